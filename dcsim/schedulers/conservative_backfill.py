"""Conservative backfill: every waiting job has a reservation, and nobody may delay one that was made before.

Semantics: at every pass the waiting jobs, in order of arrival, get the earliest time from which enough slots stay free
for as long as they may run, by the promises of the running jobs and the reservations made before; whoever may begin
now starts. That is what keeping reservations and making them anew whenever a job ends early amounts to (Mu'alem and
Feitelson, IEEE TPDS 2001). Reservations count slots; where nodes matter, a job starts only if it has a place as well,
and one that has none today although enough slots are free keeps those that it needs.

Cost: slots waited for times reservations at each pass; the compiled twin keeps its profile from pass to pass.
"""

from __future__ import annotations

from bisect import bisect_left
from math import inf
from typing import TYPE_CHECKING

from dcsim.jobs.instants import snap
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["conservative_backfill"]


@scheduler("conservative_backfill", discipline="conservative_backfill")
def conservative_backfill(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start every job whose reservation, made in order of arrival, is due."""
    waiting = list(queue)
    while waiting and waiting[-1].slots > view.free:
        waiting.pop()  # nobody behind needs to know of their reservations
    if not waiting:
        return
    profile = _Profile(view)
    for job in waiting:
        if job.slots > view.free <= 0:
            continue  # only jobs that need no slot can still start, and they mind no reservation
        begin = profile.earliest(job.slots, view.would_end(job, at=0.0))
        if begin <= view.now and view.fits(job):
            profile.reserve(view.now, view.would_end(job), job.slots)
            yield Start(job)
        elif begin < inf:
            profile.reserve(begin, view.would_end(job, at=begin), job.slots)


class _Profile:
    """How many slots are free from each of some times on."""

    def __init__(self, view: View) -> None:
        self.times, self.free = [view.now], [view.free]
        for job in view.ending:
            if job.ends <= self.times[-1]:
                self.free[-1] += job.slots
            elif job.ends < inf:
                self.times.append(job.ends)
                self.free.append(self.free[-1] + job.slots)

    def earliest(self, slots: int, length: float) -> float:
        """Return the first time from which so many slots are free for so long; infinite if there is none."""
        times, free, count = self.times, self.free, len(self.times)
        first = 0
        while first < count:
            if free[first] >= slots:
                begin, last = times[first], first + 1
                end = snap(begin + length)
                while last < count and times[last] < end and free[last] >= slots:
                    last += 1
                if last == count or times[last] >= end:
                    return begin
                first = last
            first += 1
        return inf

    def reserve(self, begin: float, end: float, slots: int) -> None:
        """Take slots out from one time to another."""
        if end > begin and slots:
            first = self._break(begin)
            for place in range(first, self._break(end) if end < inf else len(self.times)):
                self.free[place] -= slots

    def _break(self, at: float) -> int:
        """Return the place of a time in the profile, put in if need be."""
        place = bisect_left(self.times, at)
        if place == len(self.times) or self.times[place] != at:
            self.times.insert(place, at)
            self.free.insert(place, self.free[place - 1])
        return place
