"""Passes of a scheduler: what it may ask for, and what it may not."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.schedulers.plan import Resize, Start, Stop
from dcsim.world.job_replay import JobWorld
from dcsim.world.job_slots import CountedSlots
from dcsim.world.job_view import SchedulerError
from tests.unit.world.job_worlds import block, replay, script


def _starts_all(queue, view):
    for job in queue:
        yield Start(job)


def _starts_twice(queue, view):
    for job in queue:
        yield Start(job)
        yield Start(job)


def _stops_one_that_waits(queue, view):
    for job in queue:
        yield Stop(job)


def _resizes_one_that_waits(queue, view):
    for job in queue:
        yield Resize(job, 1)


def _starts_too_big(queue, view):
    for job in queue:
        yield Start(job, slots=4)


def _stops_for_ever(queue, view):
    for job in queue:
        if view.fits(job):
            yield Start(job)
            yield Stop(job)


def _answers_nonsense(queue, view):
    yield "start"


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (_starts_all, "'_starts_all' started job 1, which has no place"),
        (_starts_twice, "started job 0, which does not wait"),
        (_stops_one_that_waits, "stopped job 0, which does not run"),
        (_resizes_one_that_waits, "resized job 0, which does not run"),
        (_starts_too_big, "started job 0 with 4 slots; it may have 2 to 2"),
        (_stops_for_ever, "'_stops_for_ever' stops jobs without end at 0 s"),
        (_answers_nonsense, "yielded 'start', which is no action"),
    ],
)
def test_what_cannot_be_is_told(policy, told):
    with pytest.raises(SchedulerError, match=told):
        replay(block((0, 2, 10), (0, 3, 10)), 4, policy)


@pytest.mark.parametrize(
    ("slots", "told"), [(5, "it may have 1 to 4"), (0, "it may have 1 to 4"), (4, "for which there is no place")]
)
def test_resizes_that_cannot_be_are_told(slots, told):
    actions = {5.0: lambda view: [Resize(view.running[0], slots)]}
    trace = block((0, 2, 10), (5, 1, 1), (5, 1, 1), least=np.array([1, 1, 1]), most=np.array([4, 1, 1]))
    with pytest.raises(SchedulerError, match=told):
        replay(trace, 3, script(actions))


def test_stopped_job_waits_for_the_next_pass_of_the_instant():
    seen = []

    def stopping(queue, view):
        if view.now == 5.0 and not seen:
            yield Stop(view.running[0])
        seen.append((view.now, [job.order for job in queue], view.free))
        for job in queue:
            if view.fits(job):
                yield Start(job)

    results, _, _ = replay(block((0, 2, 10), (5, 2, 3)), 2, stopping)
    assert seen[0] == (0.0, [0], 2)
    seen.clear()
    results, _, _ = replay(block((0, 2, 10), (5, 2, 3)), 2, script({5.0: lambda view: [Stop(view.running[0])]}))
    assert results.start.tolist() == [0.0, 5.0]
    assert results.finish.tolist() == [8.0 + 60.0 + 10.0, 8.0]


def test_start_takes_the_pool_with_the_most_free_slots():
    held = []
    pools = [CountedSlots(4), CountedSlots(6)]
    trace = block((0, 3, 10), (0, 3, 10), (0, 3, 10), (0, 1, 10))
    world = JobWorld([trace], pools, _starts_all, segments=lambda run: held.append((run.order, run.pool)))
    list(world.results())
    assert sorted(held) == [(0, 1), (1, 0), (2, 1), (3, 0)]


def test_named_pool_must_have_room():
    def second(queue, view):
        for job in queue:
            assert not view.fits(job, pool=0)
            assert view.fits(job, pool=1)
            yield Start(job, pool=0)

    world = JobWorld([block((0, 3, 10))], [CountedSlots(2), CountedSlots(3)], second)
    with pytest.raises(SchedulerError, match="no place"):
        list(world.results())


def test_view_keeps_running_jobs_in_both_orders():
    seen = []

    def watching(queue, view):
        seen.append(([job.order for job in view.running], [job.order for job in view.ending], view.free))
        yield from _starts_all(queue, view)

    replay(block((0, 1, 30), (1, 1, 10), (2, 1, 20), (3, 1, 1)), 4, watching)
    assert seen == [
        ([], [], 4), ([0], [0], 3), ([0, 1], [1, 0], 2), ([0, 1, 2], [1, 2, 0], 1),
        ([0, 1, 2], [1, 2, 0], 1), ([0, 2], [2, 0], 2), ([0], [0], 3), ([], [], 4),
    ]  # fmt: skip


def test_fits_thinks_jobs_away_and_beside():
    seen = []

    def asking(queue, view):
        if len(queue) == 2:
            big, small = queue
            seen.append((
                view.fits(big), view.fits(small), view.fits(big, without=view.running),
                view.fits(big, without=view.running, beside=[small]), view.fits(big, slots=1), view.would_end(big),
            ))  # fmt: skip
        for job in queue:
            if view.fits(job):
                yield Start(job)
                return

    replay(block((0, 3, 30), (1, 4, 10), (1, 1, 2)), 4, asking)
    assert seen[0] == (False, True, True, False, True, 11.0)
