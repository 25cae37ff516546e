"""The audit that every scheduler must pass does notice what it is there for: each record is spoiled in one way."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from dcsim.jobs.block import JobBlock, JobResults
from dcsim.jobs.rows import taken
from dcsim.schedulers.plan import Start
from dcsim.world.job_run import Segment
from tests.oracles import job_audit
from tests.oracles.job_audit import Cluster
from tests.property.job_traces import Onlooker

CLUSTER = Cluster((4,), nodes=(2, 2), checkpoint_every=10.0, restart=5.0, refused=frozenset({2}))
TRACE = JobBlock(
    np.array(["a", "b", "c", "d"], object), np.array([0.0, 0.0, 1.0, 2.0]), np.array([2, 3, 9, 1]),
    np.array([100.0, 50.0, 10.0, 7.0]), np.array([100.0, 50.0, 10.0, 7.0]), np.array([0, 0, 0, 1], np.int8),
)  # fmt: skip
# a runs 0..25, is stopped for b (2 checkpoints kept, 5 s lost), and takes 5 + 80 s from 75 on
RUNS = (
    Segment(0, "a", "", 0, ((0, 2),), 2, 0.0, 25.0, 20.0, 5.0, 0.0, "preempted"),
    Segment(1, "b", "", 0, ((0, 2), (1, 1)), 3, 25.0, 75.0, 50.0, 0.0, 0.0, "done"),
    Segment(0, "a", "", 0, ((1, 2),), 2, 75.0, 160.0, 80.0, 0.0, 5.0, "done"),
)
NAN = np.nan
ROWS = JobResults(
    TRACE, np.array([0.0, 25.0, NAN, NAN]), np.array([160.0, 75.0, NAN, NAN]), np.array([0, 0, 3, 5], np.int8),
    np.array([1, 0, 0, 0]), np.array([5.0, 0.0, 0.0, 0.0]), np.array([5.0, 0.0, 0.0, 0.0]),
    np.array([50.0, 25.0, 0.0, 0.0]),
)  # fmt: skip


def spoiled(name, place, value):
    column = getattr(ROWS, name).copy()
    column[place] = value
    return replace(ROWS, **{name: column})


def with_run(place, **changes):
    return [*RUNS[:place], RUNS[place]._replace(**changes), *RUNS[place + 1 :]]


def test_an_honest_record_passes():
    job_audit.check(TRACE, ROWS, RUNS, CLUSTER)


WRONG_RUNS = {
    "is left out": (RUNS[:1] + RUNS[2:], "has None"),
    "is there twice": ((*RUNS[:2], RUNS[1], RUNS[2]), "job 1: run 0 of 2 is done"),
    "is of a job too large": ((*RUNS, RUNS[1]._replace(order=2, begin=200.0, end=210.0)), "too_large and has"),
    "ends late": (with_run(1, end=76.0, useful=51.0), "job 1 ends"),
    "begins before the job came": (with_run(0, begin=-1.0), "begins at -1.0, before 0.0"),
    "overlaps another of the same job": (with_run(2, begin=24.0, slots=2), "begins at 24.0, before 25.0"),
    "is on a full node": (with_run(1, nodes=((0, 3),)), "node 0 has 2 slots"),
    "is only partly placed": (with_run(1, nodes=((0, 2),)), "job 1 is partly placed"),
    "is on one node twice": (with_run(0, nodes=((0, 1), (0, 1))), "job 0 is on one node twice"),
    "has too few slots": (with_run(1, slots=2, nodes=((0, 2),)), "holds 2 of 3"),
    "has too many slots": (with_run(0, slots=3, nodes=((0, 2), (1, 1))), "holds 3 of 2"),
    "keeps what it should lose": (with_run(0, useful=25.0, lost=0.0), "useful time of run 0 of job 0"),
    "loses a second more": (with_run(0, useful=19.0, lost=6.0), "useful time of run 0 of job 0"),
    "does not pay for the restart": (with_run(2, end=155.0, overhead=0.0), "job 0 ends"),
    "does not say that it was stopped": (with_run(0, why="done"), "run 0 of 2 is done"),
    "never ends the job": (with_run(1, why="preempted"), "run 0 of 1 is preempted"),
}


@pytest.mark.parametrize(("runs", "message"), WRONG_RUNS.values(), ids=WRONG_RUNS)
def test_a_run_that(runs, message):
    with pytest.raises(AssertionError, match=message):
        job_audit.check(TRACE, ROWS, runs, CLUSTER)


WRONG_ROWS = {
    "is lost": (JobResults(taken(TRACE, [0, 1, 2]), *(getattr(ROWS, name)[:3] for name in
                ("start", "finish", "outcome", "preemptions", "lost", "overhead", "queued"))),
                "lost, doubled or out of order"),
    "is still queued": (spoiled("outcome", 1, 1), "job 1 is queued, not done"),
    "is refused though it fits": (spoiled("outcome", 1, 3), "job 1 is too_large, not done"),
    "was left out by the trace": (spoiled("outcome", 3, 0), "job 3 is done, not no_duration"),
    "starts early": (spoiled("start", 1, 24.0), "job 1 starts at 25.0"),
    "finishes early": (spoiled("finish", 0, 159.0), "job 0 finishes at 160.0"),
    "has lost a second less": (spoiled("lost", 0, 4.0), "lost time of job 0"),
    "has no overhead": (spoiled("overhead", 0, 0.0), "overhead of job 0"),
    "was in the queue for a second more": (spoiled("queued", 0, 51.0), "time of job 0 in the queue"),
    "was never in the queue": (spoiled("queued", 1, 0.0), "time of job 1 in the queue"),
    "was never stopped": (spoiled("preemptions", 0, 0), "job 0 was stopped otherwise"),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "message"), WRONG_ROWS.values(), ids=WRONG_ROWS)
def test_a_job_that(rows, message):
    with pytest.raises(AssertionError, match=message):
        job_audit.check(TRACE, rows, RUNS, CLUSTER)


def test_a_job_that_shares_its_slots_with_another():
    rows = replace(
        spoiled("start", 1, 20.0), finish=np.array([160.0, 70.0, NAN, NAN]), queued=np.array([50.0, 20.0, 0.0, 0.0])
    )
    with pytest.raises(AssertionError, match=r"5.0 of 4 slots of pool 0 are held"):
        job_audit.check(TRACE, rows, with_run(1, begin=20.0, end=70.0), CLUSTER)


@pytest.mark.parametrize("capacity", [((20.0, 2),), ((10.0, 0), (11.0, 4))])
def test_slots_out_of_service_cannot_be_held(capacity):
    with pytest.raises(AssertionError, match="slots of pool 0 are held"):
        job_audit.check(TRACE, ROWS, RUNS, replace(CLUSTER, capacity=capacity))


def test_a_change_of_capacity_at_the_end_of_a_run_is_fine():
    job_audit.check(TRACE, ROWS, RUNS, replace(CLUSTER, capacity=((25.0, 3), (75.0, 2))))


def job(order, slots, begun=np.nan):
    return SimpleNamespace(order=order, slots=slots, begun=begun)


SIGHTS = {
    "is honest": ([1], [0], 2, None),
    "misses a job that has come": ([], [0], 2, "after all arrivals"),
    "has a job that has not come": ([1, 2], [0], 2, "after all arrivals"),
    "has a job twice": ([0, 1], [0], 2, "both waits and runs"),
    "has lost slots": ([1], [0], 1, "free and held"),
    "is not sorted": ([1, 0], [], 4, "not sorted"),
}


@pytest.mark.parametrize(("waiting", "running", "free", "message"), SIGHTS.values(), ids=SIGHTS)
def test_a_pass_that(waiting, running, free, message):
    queue = [job(row, TRACE.slots[row]) for row in waiting]
    view = SimpleNamespace(now=0.0, free=free, slots=4, running=[job(row, TRACE.slots[row], 0.0) for row in running])
    onlooker = Onlooker(lambda queue, view: iter([Start(queue[0])]), lambda job: job.order, TRACE, CLUSTER)
    if message is None:
        assert [action.job.order for action in onlooker(queue, view)] == waiting
        return
    with pytest.raises(AssertionError, match=message):
        list(onlooker(queue, view))


def test_a_pass_before_the_ends_of_its_instant():
    onlooker = Onlooker(lambda queue, view: iter([]), None, TRACE, CLUSTER)
    view = SimpleNamespace(now=100.0, free=2, slots=4, running=[job(0, 2, 0.0)])
    with pytest.raises(AssertionError, match="after all ends"):
        list(onlooker([job(1, 3)], view))
