"""Replicas keep jobs, arrivals and days, and are the same for every policy; figures over them have honest intervals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.errors import InputError
from dcsim.jobs.block import JobBlock
from dcsim.jobs.instants import snap
from dcsim.jobs.replicas import differences, exchanged, over_replicas

DAY = 86400.0


def blocks(submits, left_out=(), sizes=(), **more):
    """Return a trace in blocks of the given sizes; each job's slots tell it apart."""
    count = len(submits)
    without = np.zeros(count, np.int8)
    without[list(left_out)] = 3
    jobs = JobBlock(
        np.arange(count).astype(str).astype(object), np.array(submits, float), np.arange(count) + 1,
        np.arange(count) * 10.0, np.arange(count) * 20.0, without,
        {name: np.array(column) for name, column in more.items()},
    )  # fmt: skip
    cuts = np.cumsum([*sizes])
    for rows in np.split(np.arange(count), cuts[cuts < count]):
        yield JobBlock(
            jobs.job_id[rows], jobs.submit[rows], jobs.slots[rows], jobs.duration[rows], jobs.walltime[rows],
            jobs.left_out[rows], {name: column[rows] for name, column in jobs.more.items()},
        )  # fmt: skip


def column(trace, name):
    return np.concatenate([getattr(block, name) for block in trace])


@given(
    st.lists(st.floats(0.0, 4 * DAY).map(snap), min_size=1, max_size=60).map(sorted),
    st.lists(st.integers(1, 20), max_size=6),
    st.integers(1, 4),
)
def test_jobs_stay_whole_within_their_day_and_arrivals_stay(submits, sizes, replica):
    trace = list(exchanged(blocks(submits, sizes=sizes), seed=3, replica=replica))
    slots = column(trace, "slots")
    assert column(trace, "submit").tolist() == submits
    assert sorted(slots.tolist()) == list(range(1, len(submits) + 1))
    assert column(trace, "job_id").tolist() == [str(each - 1) for each in slots]
    assert column(trace, "duration").tolist() == [(each - 1) * 10.0 for each in slots]
    assert column(trace, "walltime").tolist() == [(each - 1) * 20.0 for each in slots]
    days = np.floor((np.array(submits) - submits[0]) / DAY)
    assert (days[slots - 1] == days).all()


@given(st.lists(st.integers(1, 30), max_size=8))
def test_a_replica_does_not_depend_on_how_the_trace_was_cut(sizes):
    submits = [number * 5000.0 for number in range(60)]
    whole = column(exchanged(blocks(submits), seed=3, replica=1), "slots")
    assert column(exchanged(blocks(submits, sizes=sizes), seed=3, replica=1), "slots").tolist() == whole.tolist()


def test_replicas_differ_and_the_first_is_the_trace():
    submits = list(range(40))
    drawn = [
        column(exchanged(blocks(submits), seed=seed, replica=replica), "slots").tolist()
        for seed, replica in ((1, 0), (1, 1), (1, 2), (2, 1))
    ]
    assert drawn[0] == list(range(1, 41))
    assert len(set(map(tuple, drawn))) == 4


def test_every_place_is_as_likely():
    first = [column(exchanged(blocks([0, 1, 2, 3]), seed=7, replica=each), "slots")[0] for each in range(1, 801)]
    counts = np.bincount(first, minlength=5)[1:]
    assert ((counts - 200) ** 2 / 200).sum() < 16.3  # chi-square, 3 degrees of freedom, 0.1 %


def test_rows_that_cannot_be_replayed_stay_and_deadlines_move_along():
    trace = list(exchanged(blocks([0, 0, 10, 20, 30], left_out=[1], deadline=[5.0, 0, 15, 25, 35]), seed=1, replica=2))
    slots, deadline = column(trace, "slots"), np.concatenate([block.more["deadline"] for block in trace])
    assert slots[1] == 2
    assert deadline[1] == 0.0
    moved = [place for place in range(5) if place != 1]
    assert [deadline[place] - column(trace, "submit")[place] for place in moved] == [5.0] * 4
    assert slots.tolist() != [1, 2, 3, 4, 5]


def test_a_window_goes_on_over_rows_without_a_time():
    submits = [0.0, 0.0, 0.0, 2 * DAY, 0.0, 2 * DAY]
    trace = list(exchanged(blocks(submits, left_out=[0, 2, 4], sizes=[1, 1, 1, 1, 1]), seed=1, replica=1))
    assert column(trace, "submit").tolist() == submits
    assert column(trace, "left_out").tolist() == [3, 0, 3, 0, 3, 0]
    assert len(trace) == 2


def test_jobs_that_wait_for_one_another_cannot_change_places():
    trace = blocks([0, 1], after=np.array(["", "0"], object))
    with pytest.raises(InputError, match="--replicas: jobs of this trace wait for one another"):
        list(exchanged(trace, seed=1, replica=1))


def test_figures_of_any_depth():
    low, high = ({"jobs": 2, "wait_s": {"mean": mean, "p50": p50}} for mean, p50 in ((1.0, None), (3.0, 1.0)))
    told = over_replicas([low, high])
    assert told["jobs"] == {"mean": 2.0, "half_width": 0.0, "values": [2, 2]}
    assert told["wait_s"]["p50"] is None
    assert told["wait_s"]["mean"]["mean"] == 2.0
    assert told["wait_s"]["mean"]["half_width"] == pytest.approx(12.7062, rel=1e-4)


def test_a_difference_of_rounding_is_none():
    one, other = [{"used": 0.1 + 0.2}, {"used": 1.1 + 2.2}], [{"used": 0.3}, {"used": 3.3}]
    assert differences(one, other)["used"] == {"mean": 0.0, "half_width": 0.0, "values": [0.0, 0.0]}


def test_differences_are_taken_in_pairs():
    one, other = [{"wait_s": 10.0}, {"wait_s": 100.0}], [{"wait_s": 12.0}, {"wait_s": 102.0}]
    assert differences(one, other) == {"wait_s": {"mean": -2.0, "half_width": 0.0, "values": [-2.0, -2.0]}}
    assert over_replicas(one)["wait_s"]["half_width"] > 500
    with pytest.raises(ValueError, match="equally many"):
        differences(one, other[:1])
