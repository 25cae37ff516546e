"""EASY backfill: the head of the queue has a reservation, and who does not delay it may overtake.

Semantics: the shadow time is the first moment at which the head has a place if running jobs end when their users
promised; all that end at that moment count. Behind the head, in order of arrival, a job that has a place now starts
if it ends by its promise no later than the shadow time, or if the head still has its place then beside it. The
reservation is made anew at every pass (Lifka, "The ANL/IBM SP scheduling system", JSSPP 1995; Mu'alem and Feitelson,
"Utilization, predictability, workloads, and user runtime estimates in scheduling the IBM SP2 with backfilling", IEEE
TPDS 2001).
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["easy_backfill"]


@scheduler("easy_backfill", discipline="easy_backfill")
def easy_backfill(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start jobs in order of arrival; behind the first that has no place, those that do not delay it."""
    waiting = iter(queue)
    for head in waiting:
        if not view.fits(head):
            break
        yield Start(head)
    else:
        return
    shadow = -inf  # nobody asks before the first job that could overtake
    gone: list[Job] = []
    delays = inf  # where slots are only counted: as many as that would delay the head
    counted = view.counted
    for job in waiting:
        if view.full:
            return
        if (counted and job.slots > view.free) or not view.fits(job):
            continue
        if shadow == -inf:
            shadow, gone = _reservation(head, view)
        if view.would_end(job) <= shadow:
            yield Start(job)
            gone.append(job)
        elif counted and job.slots >= delays:
            continue
        elif view.fits(head, without=gone, beside=(job,)):
            yield Start(job)
        else:
            delays = job.slots


def _reservation(head: Job, view: View) -> tuple[float, list[Job]]:
    """Return the shadow time, and the running jobs that have ended by then; infinite if the head never has a place."""
    ending, short = view.ending, head.slots - view.free
    last = 0
    while last < len(ending):
        at = ending[last].ends
        while last < len(ending) and ending[last].ends == at:
            short -= ending[last].slots
            last += 1
        if short <= 0 and view.fits(head, without=ending[:last]):
            return at, list(ending[:last])
    return inf, list(ending)
