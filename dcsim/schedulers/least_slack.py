"""Deadlines: who must start soonest goes first, and at the last moment takes slots from those who can wait."""

from __future__ import annotations

from math import inf, isfinite
from typing import TYPE_CHECKING

from dcsim.jobs.instants import snap
from dcsim.jobs.victims import fewest
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start, Stop, Wake

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["latest_start", "least_slack"]


def latest_start(job: Job) -> float:
    """Return when a waiting job must start to meet its deadline, s; the deadline itself if its length is unknown."""
    return snap(job.deadline - (job.estimate if isfinite(job.estimate) else 0.0))


@scheduler("least_slack", order=lambda job: (latest_start(job), job.order))
def least_slack(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start jobs in order of the time at which they must start, the slack to their deadline; the head blocks.

    A head that waits until that time, or is late already, stops running jobs whose own slack is at least as long as
    it will run (those without a deadline first): they can wait for it and still be in time but for the work they lose.
    A model of a service is due when its staleness target would be missed.
    """
    for head in queue:
        if view.fits(head):
            yield Start(head)
            continue
        due = latest_start(head)
        if due > view.now:
            if due < inf:
                yield Wake(due)
            return
        gone = _room(head, view)
        if gone is None:
            return
        for job in gone:
            yield Stop(job)
        yield Start(head)


def _slack(job: Job, now: float) -> float:
    """Return for how long a running job could be stopped and still meet its deadline, s."""
    return snap(job.deadline - (job.ends if isfinite(job.ends) else now))


def _room(head: Job, view: View) -> list[Job] | None:
    """Return who must go so that a job has a place: of those that can wait, most slack first, then last started."""
    slack = [(_slack(job, view.now), job) for job in reversed(view.running)]
    patient = [(spare, job) for spare, job in slack if spare > 0.0 and spare >= head.estimate]
    patient.sort(key=lambda each: -each[0])
    return fewest([job for _, job in patient], lambda gone: view.fits(head, without=gone))
