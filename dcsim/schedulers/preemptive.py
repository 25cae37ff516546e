"""Priority with preemption: a job may stop running jobs of lower priority, at the cost of their open work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.jobs.victims import fewest
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start, Stop

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["preemptive"]


@scheduler("preemptive", order=lambda job: (-job.priority, job.order))
def preemptive(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start the head of the queue; if it fits nowhere, in the pool where the fewest lower-priority jobs must go.

    Within a pool the lowest priority goes first, of one priority the last started, which has the least to lose; nobody
    goes in vain. A head that has no place even so blocks those behind it.
    """
    for head in queue:
        if view.fits(head):
            yield Start(head)
            continue
        choices = [
            (len(gone), pool, gone)
            for pool in range(len(view.pools))
            if (gone := _victims(head, pool, view)) is not None
        ]
        if not choices:
            return
        _, pool, gone = min(choices, key=lambda choice: choice[:2])
        for job in gone:
            yield Stop(job)
        yield Start(head, pool=pool)


def _victims(head: Job, pool: int, view: View) -> list[Job] | None:
    """Return who must go from a pool so that the head has a place there; None if that cannot be."""
    running = [job for job in reversed(view.running) if job.pool == pool and job.priority < head.priority]
    running.sort(key=lambda job: job.priority)
    return fewest(running, lambda gone: view.fits(head, pool=pool, without=gone))
