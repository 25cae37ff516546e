"""Figures of a handful of jobs, worked out by hand, and the same figures from any cut of the rows into blocks."""

from __future__ import annotations

import json

import numpy as np
import pytest

from dcsim.jobs.block import JobBlock, JobResults
from dcsim.jobs.sketch import RELATIVE_ERROR
from dcsim.jobs.statistics import Statistics

# submit, slots, duration, start, finish, outcome, preemptions, lost, overhead, tenant, deadline
ROWS = [
    (0.0, 2, 100.0, 0.0, 100.0, 0, 0, 0.0, 0.0, "ads", 100.0),  # slowdown 1
    (0.0, 4, 100.0, 100.0, 200.0, 0, 0, 0.0, 0.0, "ads", 150.0),  # waits 100, slowdown 2, late
    (10.0, 1, 1.0, 20.0, 21.0, 0, 0, 0.0, 0.0, "feed", np.inf),  # waits 10, slowdown 11, bounded 1.1
    (50.0, 1, 100.0, 50.0, 300.0, 0, 1, 30.0, 5.0, "feed", np.inf),  # stopped once, slowdown 2.5
    (60.0, 8, 10.0, np.nan, np.nan, 3, 0, 0.0, 0.0, "feed", 500.0),  # too large: never done
    (70.0, 1, 50.0, np.nan, np.nan, 1, 0, 0.0, 0.0, "", np.inf),  # waits for ever
    (0.0, 0, 0.0, np.nan, np.nan, 5, 0, 0.0, 0.0, "late", 9.0),  # no duration: not replayed
]


def results(rows, tenants=True, deadlines=True):
    columns = list(zip(*rows, strict=True))
    submit, slots, duration, start, finish, outcome, preemptions, lost, overhead = map(np.array, columns[:9])
    more = {}
    if tenants:
        more["tenant"] = np.array(columns[9], object)
    if deadlines:
        more["deadline"] = np.array(columns[10], float)
    ids = np.arange(len(rows)).astype(str).astype(object)
    left_out = np.maximum(outcome - 4, 0).astype(np.int8)
    queued = np.where(outcome > 2, 0.0, np.where(np.isnan(start), 300.0, start) - submit + 7.0 * preemptions)
    jobs = JobBlock(ids, submit, slots.astype(np.int64), duration, duration, left_out, more)
    outcome, preemptions = outcome.astype(np.int8), preemptions.astype(np.int64)
    return JobResults(jobs, start, finish, outcome, preemptions, lost, overhead, queued)


@pytest.fixture
def gathered():
    statistics = Statistics()
    statistics.add(results(ROWS))
    return statistics


def test_waits_and_slowdowns(gathered):
    summary = gathered.summary()
    assert summary["jobs"] == 7
    assert summary["outcomes"] == {
        "done": 4, "queued": 1, "running": 0, "too_large": 1, "unreachable": 0, "no_duration": 1, "no_slots": 0,
        "no_submit": 0,
    }  # fmt: skip
    assert summary["wait_s"]["mean"] == (0 + 100 + 10 + 0) / 4
    assert summary["queued_s"]["mean"] == (0 + 100 + 10 + 7) / 4  # seven after the stop
    assert summary["wait_s"]["p50"] == 0.0
    assert summary["wait_s"]["p95"] == summary["wait_s"]["max"] == 100.0
    assert summary["jct_s"]["mean"] == (100 + 200 + 11 + 250) / 4
    assert summary["slowdown_ratio"]["mean"] == pytest.approx((1 + 2 + 11 + 2.5) / 4)
    assert summary["bounded_slowdown_ratio"]["mean"] == pytest.approx((1 + 2 + 1.1 + 2.5) / 4)
    assert summary["bounded_slowdown_ratio"]["p50"] == pytest.approx(1.1, rel=RELATIVE_ERROR)


def test_span_and_use(gathered):
    summary = gathered.summary(slots=4)
    assert (summary["first_submit_s"], summary["last_finish_s"], summary["makespan_s"]) == (0.0, 300.0, 300.0)
    assert summary["used_slot_s"] == 2 * 100 + 4 * 100 + 1 + (100 + 30 + 5)
    assert summary["utilisation_ratio"] == summary["used_slot_s"] / (4 * 300)
    assert summary["fragmented_ratio"] is None
    assert gathered.summary()["utilisation_ratio"] is None


def test_use_while_jobs_came(gathered):
    late = 2 * 30 + 4 * 100 + (100 + 30 + 5)  # after 70 s; the stopped job is taken to have run in one piece to its end
    summary = gathered.summary(slots=4)
    assert summary["utilisation_while_jobs_came_ratio"] == (summary["used_slot_s"] - late) / (4 * 70)


def test_what_the_replay_knows_better_is_taken(gathered):
    known = {"busy_slot_s": 600.0, "capacity_slot_s": 1200.0, "fragmented_slot_s": 60.0, "unusable_slot_s": 120.0,
             "events": 3.0}  # fmt: skip
    summary = gathered.summary(slots=4, figures=known)
    assert (summary["used_slot_s"], summary["utilisation_ratio"], summary["fragmented_ratio"]) == (600.0, 0.5, 0.05)
    assert summary["unusable_ratio"] == 0.1


def test_fairness(gathered):
    summary = gathered.summary()
    slowdowns = [1, 2, 1.1, 2.5]
    assert summary["jain_jobs_ratio"] == pytest.approx(sum(slowdowns) ** 2 / (4 * sum(x * x for x in slowdowns)))
    assert summary["jain_tenants_ratio"] == pytest.approx((1.5 + 1.8) ** 2 / (2 * (1.5**2 + 1.8**2)))
    assert gathered.tenants() == [
        {"tenant": "", "jobs": 1, "done": 0, "wait_s": None, "bounded_slowdown_ratio": None, "slot_s": 0.0},
        {"tenant": "ads", "jobs": 2, "done": 2, "wait_s": 50.0, "bounded_slowdown_ratio": 1.5, "slot_s": 600.0},
        {"tenant": "feed", "jobs": 3, "done": 2, "wait_s": 5.0, "bounded_slowdown_ratio": 1.8, "slot_s": 101.0},
    ]
    assert summary["tenants"] == 3


def test_deadlines_and_stops(gathered):
    summary = gathered.summary()
    assert (summary["deadlines"], summary["deadline_misses"]) == (3, 2)
    assert summary["deadline_miss_ratio"] == pytest.approx(2 / 3)
    assert (summary["preempted_jobs"], summary["preemptions"]) == (1, 1)
    assert (summary["lost_s"], summary["overhead_s"]) == (30.0, 5.0)


def test_running_jobs_hold_their_slots_to_the_end():
    rows = [ROWS[0], (10.0, 3, 1e9, 20.0, np.nan, 2, 0, 0.0, 0.0, "ads", np.inf)]
    statistics = Statistics()
    statistics.add(results(rows))
    assert statistics.summary()["used_slot_s"] == 2 * 100 + 3 * 80
    assert statistics.summary(slots=8)["utilisation_while_jobs_came_ratio"] == 2 * 10 / (8 * 10)


def test_a_job_of_no_duration_has_no_slowdown_but_a_bounded_one():
    statistics = Statistics()
    statistics.add(results([(0.0, 1, 0.0, 30.0, 30.0, 0, 0, 0.0, 0.0, "", np.inf)]))
    summary = statistics.summary()
    assert summary["slowdown_ratio"]["mean"] is None
    assert summary["bounded_slowdown_ratio"]["mean"] == 3.0


@pytest.mark.parametrize("columns", [{"tenants": False}, {"deadlines": False}])
def test_a_trace_need_not_have_every_column(columns):
    statistics = Statistics()
    statistics.add(results(ROWS, **columns))
    summary = statistics.summary()
    assert (summary["jain_tenants_ratio"] is None) == (columns == {"tenants": False})
    assert (summary["deadlines"] == 0) == (columns == {"deadlines": False})


def test_nothing_at_all_is_told_without_numbers():
    summary = Statistics().summary(slots=8)
    assert summary["jobs"] == 0
    assert summary["wait_s"] == {"mean": None, "p50": None, "p95": None, "p99": None, "max": None}
    assert summary["utilisation_ratio"] is None
    assert json.loads(json.dumps(summary, allow_nan=False)) == summary


def test_blocks_make_no_difference(gathered):
    one_by_one = Statistics()
    for row in ROWS:
        one_by_one.add(results([row]))
    assert one_by_one.summary(slots=4) == gathered.summary(slots=4)
    assert one_by_one.tenants() == gathered.tenants()
