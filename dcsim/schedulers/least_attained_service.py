"""Least attained service in two queues, after Tiresias: who has had little goes first, whatever is still to come."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate
from typing import TYPE_CHECKING

from dcsim.jobs.victims import fewest
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start, Stop, Wake

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["THRESHOLDS", "least_attained_service"]

THRESHOLDS = (3250.0,)
"""Service at which a job falls into the next queue, slot-seconds (``simulator/jobs.py`` of Tiresias, two queues)."""
_INSTANT_S = 1e-6
"""A threshold nearer than this is reached."""


def _level(job: Job) -> int:
    """Return the queue of a job, 0 first; before them those that hold no slots, and so attain nothing."""
    return bisect_right(THRESHOLDS, job.attained + job.slots * _INSTANT_S) if job.slots else -1


def _standing(job: Job) -> tuple[int, int]:
    """Return the place of a job among all, running or waiting; less goes first."""
    return _level(job), job.order


@scheduler("least_attained_service", order=_standing)
def least_attained_service(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Run the jobs that fit in order of (queue, arrival); those that run and stand behind are stopped for them.

    The queue of a job follows from the service that it has attained, slots times time (discretised two-dimensional
    LAS; Gu et al., "Tiresias: A GPU Cluster Manager for Distributed Deep Learning", NSDI 2019). A job without a place
    is passed over. Nothing is known of durations. The policy asks to be called when the next running job falls.
    """
    if not queue:
        return
    behind, keys, held = _behind(view.running)
    for job in queue:
        first = bisect_right(keys, _standing(job))
        most = view.free + held[len(behind) - first]  # later ones can have no more
        if most <= 0 < job.slots:
            break
        if view.fits(job):
            yield Start(job)
        elif job.slots <= most and (gone := _room(job, behind[first:], view)) is not None:
            for victim in gone:
                yield Stop(victim)
            yield Start(job)
            left = {victim.order for victim in gone}
            behind, keys, held = _behind([other for other in behind if other.order not in left])
    yield from _next_fall(view)


def _behind(running: Sequence[Job]) -> tuple[list[Job], list[tuple[int, int]], list[int]]:
    """Return jobs in order of standing, their places, and the slots that the last 0, 1, 2 ... of them hold."""
    placed = sorted((_standing(job), job.slots, job) for job in running)
    held = accumulate((slots for _, slots, _ in reversed(placed)), initial=0)
    return [job for _, _, job in placed], [key for key, _, _ in placed], list(held)


def _room(job: Job, behind: Sequence[Job], view: View) -> list[Job] | None:
    """Return who must go so that a job has a place, those that stand last first; None if it cannot have one."""
    return fewest(behind[::-1], lambda gone: view.fits(job, without=gone))


def _next_fall(view: View) -> Iterator[Action]:
    """Ask to be called when the next running job falls into a lower queue."""
    falls = [
        view.now + (THRESHOLDS[level] - job.attained) / job.slots
        for job in view.running
        if 0 <= (level := _level(job)) < len(THRESHOLDS)
    ]
    if falls:
        yield Wake(min(falls))
