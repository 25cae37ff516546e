"""Compiled replays of jobs against schedules worked out by hand, and at size."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numba import config

from dcsim.jobs.block import OUTCOMES, JobBlock
from dcsim.jobs.compiled import DISCIPLINES, replay
from tests.oracles.job_traces import block, cut, starts


def outcomes(results):
    return [OUTCOMES[code] for one in results for code in one.outcome.tolist()]


@pytest.mark.parametrize(
    ("discipline", "third", "expected"),
    [
        ("fifo", 8, [0, 10, 15, 15, 15]),
        ("first_fit", 8, [0, 10, 2, 15, 15]),
        ("first_fit", 9, [0, 19, 2, 10, 10]),
        ("shortest_first", 8, [0, 10, 15, 15, 15]),
        ("easy_backfill", 8, [0, 10, 2, 15, 15]),
        ("easy_backfill", 9, [0, 10, 15, 15, 15]),
        ("conservative_backfill", 8, [0, 10, 2, 15, 15]),
    ],
)
def test_by_hand(discipline, third, expected):
    """On 4 slots one is free until 10, and the second job waits for all four."""
    jobs = [(0, 3, 10, 10), (1, 4, 5, 5), (2, 1, third, third), (3, 1, 9, 20), (4, 1, 7, 7)]
    assert starts(replay([block(jobs)], discipline, slots=4)) == expected


def test_a_conservative_reservation_holds_where_easy_gives_it_away():
    """The second job is promised 10 and the third 15, on all 4 slots. The fourth ends at 16 if it starts at once.

    It leaves the second, which needs 3 slots, alone; only the third minds, which has a reservation in one case.
    """
    jobs = [(0, 3, 10, 10), (1, 3, 5, 5), (1, 4, 5, 5), (1, 1, 15, 15)]
    assert starts(replay([block(jobs)], "easy_backfill", slots=4)) == [0, 10, 16, 1]
    assert starts(replay([block(jobs)], "conservative_backfill", slots=4)) == [0, 10, 15, 20]


def test_a_job_of_no_duration_lets_others_start_at_the_same_instant():
    jobs = [(0, 4, 0, 0), (0, 4, 0, 5), (0, 4, 3, 3)]
    for discipline in DISCIPLINES:
        replayed = replay([block(jobs)], discipline, slots=4)
        assert starts(replayed) == ([0, 3, 0] if discipline == "shortest_first" else [0, 0, 0])
        assert replayed.figures["end_s"] == 3.0


def test_a_job_that_ends_at_the_shadow_time_is_in_time():
    """Three tenths and two after one are the same moment, though 0.1 + 0.2 is more than 0.3 as a sum of floats."""
    jobs = [(0.0, 1, 0.3, 0.3), (0.1, 2, 1.0, 1.0), (0.1, 1, 0.2, 0.2)]
    for discipline in ("easy_backfill", "conservative_backfill"):
        (results,) = replay([block(jobs)], discipline, slots=2)
        assert results.start.tolist() == [0.0, 0.3, 0.1]
        assert results.finish.tolist() == [0.3, 1.3, 0.3]


def test_nothing_is_fragmented_where_slots_are_counted():
    replayed = replay([block([(0, 3, 9, 9), (1, 2, 1, 1)])], "fifo", slots=4)
    list(replayed)
    assert replayed.figures["fragmented_slot_s"] == 0.0


def test_a_job_without_an_end_runs_for_ever():
    jobs = [(0, 3, math.inf, math.inf), (1, 2, 1, 1), (2, 1, 1, 1)]
    results = list(replay([block(jobs)], "easy_backfill", slots=4))
    assert outcomes(results) == ["running", "queued", "done"]
    assert np.isnan(results[0].finish[:2]).all()
    assert results[0].finish[2] == 3.0


def test_what_cannot_be_replayed_is_kept_as_a_row():
    jobs = [(5, 1, 2, 2), (0, 0, 0, 0), (6, 9, 1, 1), (7, 4, 1, 1)]
    for size in (1, 4):
        replayed = replay(cut(block(jobs, left_out=[0, 3, 0, 0]), size), "fifo", slots=4)
        results = list(replayed)
        assert outcomes(results) == ["done", "no_submit", "too_large", "done"]
        assert starts(results) == [5, None, None, 7]
        assert [name for one in results for name in one.jobs.job_id] == ["j0", "j1", "j2", "j3"]
        assert replayed.figures["begin_s"] == 5.0


def test_figures_by_hand():
    """Two nodes of 2: 1 + 1 slots are taken on each of them in turn; the third job fits, but not together."""
    jobs = [(0, 2, 4, 4), (0, 1, 6, 6), (1, 2, 1, 1)]
    replayed = replay([block(jobs)], "fifo", nodes=2, per_node=2)
    assert starts(replayed) == [0, 0, 4]
    assert replayed.figures == {
        "begin_s": 0.0, "end_s": 6.0, "capacity_slot_s": 24.0, "busy_slot_s": 16.0, "queue_job_s": 3.0, "passes": 5.0,
        "fragmented_slot_s": 0.0,
    }  # fmt: skip
    scattered = [(0, 1, 9, 9), (0, 2, 1, 1), (0, 1, 2, 2), (1, 1, 9, 9), (2, 2, 1, 1)]
    replayed = replay([block(scattered)], "fifo", nodes=2, per_node=2)
    assert starts(replayed) == [0, 0, 0, 1, 9]
    assert replayed.figures["fragmented_slot_s"] == 14.0


@pytest.mark.skipif(config.DISABLE_JIT, reason="too many for kernels that are not compiled")
def test_a_million_jobs_at_one_instant():
    count = 1_000_000
    draw = np.random.default_rng(3)
    duration = np.ceil(draw.lognormal(3.0, 2.0, count))
    slots = draw.integers(1, 200, count)
    whole = JobBlock(
        np.arange(count), np.zeros(count), slots, duration, 2.0 * duration, np.zeros(count, np.int8)
    )  # fmt: skip
    replayed = replay(cut(whole, 100_000), "easy_backfill", slots=4000)
    results = list(replayed)
    assert sum(len(one) for one in results) == count
    assert all((one.outcome == 0).all() for one in results)
    assert replayed.figures["busy_slot_s"] == pytest.approx((slots * duration).sum(), rel=1e-9)


def test_a_stream_is_forgotten_as_it_is_done():
    draw = np.random.default_rng(3)

    def blocks():
        at = 0.0
        for _ in range(100):
            submit = at + np.sort(draw.random(1000)) * 1000.0
            at += 1000.0
            one, ones = np.ones(1000, np.int64), np.ones(1000)
            yield JobBlock(np.arange(1000), submit, one, 2.0 * ones, 2.0 * ones, np.zeros(1000, np.int8))

    replayed = replay(blocks(), "easy_backfill", slots=4)
    seen = sum(len(one) for one in replayed)
    assert seen == 100_000
    assert len(replayed._jobs.submit) <= 4096
    assert len(replayed._discipline.running.ends) <= 4096


def test_wrong_arguments_are_refused():
    with pytest.raises(ValueError, match="no compiled discipline 'lifo'"):
        replay([], "lifo", slots=4)
    with pytest.raises(ValueError, match="only fifo"):
        replay([], "easy_backfill", nodes=4, per_node=8)
    with pytest.raises(ValueError, match="at least one slot"):
        replay([], "fifo")
    assert list(replay([], "fifo", slots=1)) == []
