"""Elastic jobs: they shrink so that others start, grow into what is idle, and are stopped only when all else fails."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Resize, Start, Stop, Wake

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["PAUSE_S", "elastic"]

PAUSE_S = 1800.0
"""A job grows at most once in this time, and only if it has more than it to run: three checkpoint intervals."""


@scheduler("elastic", resizes=True)
def elastic(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start jobs in order of arrival, with what they ask for or, if they are elastic, with what is free.

    1. Where slots went out of service under running jobs, those shrink, last started first; then they are stopped.
    2. The head of the queue starts with as many slots as are free, at most what it asks for. If they are fewer than
       its least, running jobs of one pool shrink for it, last started first, no further than needed.
       A head that has no place even so blocks those behind it.
    3. Once nobody waits, running jobs grow into what is free, in order of start, as far as they may.
    """
    for pool in range(len(view.pools)):
        yield from _give_up(pool, view)
    for head in queue:
        place = _place(head, view)
        if place is None:
            pool = _shrinkable(head, view)
            if pool < 0:
                return
            yield from _shrink_for(head, pool, view)
            place = _place(head, view)
        if place is None:
            return
        yield Start(head, *place)
    yield from _grow(view)


def _give_up(pool: int, view: View) -> Iterator[Action]:
    """Free what is held beyond the slots in service."""
    if view.pools[pool].free >= 0:
        return
    last = [job for job in reversed(view.running) if job.pool == pool and job.slots]
    for job in last:
        if view.pools[pool].free < 0 and job.least < job.slots:
            yield Resize(job, max(job.least, job.slots + view.pools[pool].free))
    for job in last:
        if view.pools[pool].free < 0:
            yield Stop(job)


def _place(job: Job, view: View) -> tuple[int, int] | None:
    """Return the slots and the pool with which a job can start: the most slots, of equal pools the first."""
    best: tuple[int, int] | None = None
    for pool, each in enumerate(view.pools):
        for slots in dict.fromkeys((min(job.slots, each.free), job.least)):
            if slots >= job.least and (best is None or slots > best[0]) and view.fits(job, slots, pool):
                best = slots, pool
                break
    return best


def _shrinkable(head: Job, view: View) -> int:
    """Return the pool with the most slots to be had by shrinking, if they are enough for a job; -1 if not."""
    room = [pool.free if pool.speed(head) > 0.0 else -1 for pool in view.pools]
    for job in view.running:
        room[job.pool] += job.slots - job.least
    pool = max(range(len(room)), key=lambda each: room[each], default=-1)
    return pool if pool >= 0 and room[pool] >= head.least else -1


def _shrink_for(head: Job, pool: int, view: View) -> Iterator[Action]:
    """Shrink running jobs of a pool until a job has a place with its least."""
    for job in [other for other in reversed(view.running) if other.pool == pool and other.slots > other.least]:
        if view.fits(head, head.least, pool):
            return
        missing = max(1, head.least - view.pools[pool].free)
        yield Resize(job, max(job.least, job.slots - missing))


def _grow(view: View) -> Iterator[Action]:
    """Let running jobs have what is free; a job that grew or started lately is left alone for a while."""
    again = inf
    for job in list(view.running):
        free = view.pools[job.pool].free
        if free <= 0 or job.slots >= job.most or job.estimate <= PAUSE_S:
            continue
        due = job.begun + PAUSE_S
        if due > view.now:
            again = min(again, due)
        elif view.fits(job, slots := min(job.most, job.slots + free), job.pool, without=(job,)):
            yield Resize(job, slots)
    if again < inf:
        yield Wake(again)
