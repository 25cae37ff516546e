"""Off-peak: jobs start where the slots of the night will hold them to their end, or long enough to be worth it."""

from __future__ import annotations

from math import ceil, floor, inf, nan
from typing import TYPE_CHECKING

from dcsim.jobs.victims import fewest
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Resize, Start, Stop, Wake

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["GROW", "LOOK_S", "PATIENCE_S", "WORTH", "off_peak"]

PATIENCE_S = 86400.0
"""A job that has waited for longer is passed over no more: a day, after which the forecast repeats itself."""
WORTH = 10.0
"""A run that a fall will end is worth it from so many checkpoint intervals on: nine tenths of it are kept then."""
GROW = 3.0
"""A job grows after so many checkpoint intervals of its run at the earliest, and only with ``WORTH`` of them to go."""
_FRESH_S = 2.0
"""A checkpoint is fresh for so long."""
LOOK_S = 600.0
"""While the forecast holds jobs back, it is looked at again this often."""


@scheduler("off_peak")
def off_peak(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start jobs, in order of arrival, that the slots expected to stay in service hold until they end.

    1. Where slots went out of service under running jobs, those with the least unsaved work shrink or stop, the
       opportunistic ones first.
    2. A waiting job that has a place starts if at each expected fall of the slots in service (``view.falls``) before
       its promised end enough stay for it beside everything that still runs then; or if its run until the first fall
       without room is worth it, ten checkpoint intervals at least; or, if it is elastic, with the slots for which
       there is room at every fall. Others pass it over.
    3. Once nobody waits for slots, elastic jobs grow at their checkpoints, by the same rule and not too often.
    4. A first waiting job that has waited for a day starts as soon as it has a place, whatever is forecast, and only
       jobs that end before that, by what is promised, start before it.
    """
    for pool in range(len(view.pools)):
        yield from _give_up(pool, view)
    night: _Night | None = None
    shadow, first, held, full = inf, True, False, False
    counted = view.counted
    refused: dict[int, float] = {}  # by least slots: the shortest run that was refused
    for job in queue:
        if counted and not first and (job.least > view.free or job.estimate >= refused.get(job.least, nan)):
            full = full or job.least > view.free
            continue
        if not view.fits(job, job.least):
            if first and view.now - job.submitted >= PATIENCE_S:
                shadow = _shadow(job, view)
            first, full = False, True
            continue
        night = night or _Night(view)
        overdue = first and view.now - job.submitted >= PATIENCE_S
        slots = night.slots(job, view, overdue=overdue)
        if slots < 0 or (slots and view.would_end(job, slots) > shadow):
            held, first = held or slots < 0, False
            if job.least == job.slots:
                refused[job.slots] = min(refused.get(job.slots, inf), view.would_end(job, at=0.0))
            continue
        night.take(slots, view.would_end(job, slots))
        yield Start(job, slots)
    if not full and view.free > 0:
        yield from _grow(view, night)
    if held:
        yield Wake((floor(view.now / LOOK_S) + 1.0) * LOOK_S)


class _Night:
    """The slots that are expected to be left, at every fall, beside what still runs then."""

    def __init__(self, view: View) -> None:
        self.times = [at for at, _ in view.falls]
        self.room = [stay for _, stay in view.falls]
        ending = view.ending
        held, last = 0, len(ending)
        for fall in range(len(self.times) - 1, -1, -1):
            while last and ending[last - 1].ends > self.times[fall]:
                last -= 1
                held += ending[last].slots
            self.room[fall] -= held

    def slots(self, job: Job, view: View, *, overdue: bool) -> int:
        """Return the slots with which a job should start now; -1 if it should not."""
        slots = min(job.slots, max(view.free, job.least))
        if not view.fits(job, slots):
            slots = job.least
        if overdue or not slots:
            return slots
        while slots >= max(job.least, 1) and view.fits(job, slots):
            fall = self._short(slots, view.would_end(job, slots))
            if fall < 0 or self.times[fall] - view.now >= WORTH * job.checkpoint_every:
                return slots
            slots = self.room[fall]
        return -1

    def grown(self, job: Job, view: View) -> int:
        """Return the slots with which a running job should go on."""
        slots = min(job.most, job.slots + view.pools[job.pool].free)
        fall = self._short(slots - job.slots, job.ends)
        if fall >= 0 and self.times[fall] - view.now < WORTH * job.checkpoint_every:
            slots = job.slots + max(0, self.room[fall])
        return slots

    def _short(self, slots: int, end: float) -> int:
        """Return the first fall before a time at which so many slots are not left; -1 if there is none."""
        return next((fall for fall, room in enumerate(self.room) if room < slots and self.times[fall] < end), -1)

    def take(self, slots: int, end: float) -> None:
        """Take note of a job that starts now."""
        for fall, at in enumerate(self.times):
            if at >= end:
                break
            self.room[fall] -= slots


def _grow(view: View, night: _Night | None) -> Iterator[Action]:
    """Let elastic jobs that have long to go have what is free, each when it has just written a checkpoint."""
    again = inf
    for job in list(view.running):
        every = job.checkpoint_every
        if job.slots >= job.most or job.estimate <= WORTH * every or view.pools[job.pool].free <= 0:
            continue
        night = night or _Night(view)
        slots = night.grown(job, view)
        if slots <= job.slots or not view.fits(job, slots, job.pool, without=(job,)):
            continue
        if view.now - job.begun < GROW * every or job.unsaved > _FRESH_S:
            again = min(again, ceil(view.now + every - job.unsaved + 0.25 * _FRESH_S))
            continue
        night.take(slots - job.slots, job.ends)
        yield Resize(job, slots)
    if again < inf:
        yield Wake(again)


def _shadow(head: Job, view: View) -> float:
    """Return when enough slots for a job will be free, by the promised ends of what runs, s."""
    short = head.least - view.free
    for job in view.ending:
        short -= job.slots
        if short <= 0:
            return job.ends
    return inf


def _give_up(pool: int, view: View) -> Iterator[Action]:
    """Free what is held beyond the slots in service, where that costs least work."""
    short = -view.pools[pool].free
    if short <= 0:
        return
    here = [job for job in view.running if job.pool == pool and job.slots]
    here.sort(key=lambda job: (not job.opportunistic, job.unsaved, -job.order))
    for job in here:
        if short > 0 and job.least < job.slots:
            slots = max(job.least, job.slots - short)
            short -= job.slots - slots
            yield Resize(job, slots)
    for job in fewest(here, lambda gone: sum(each.slots for each in gone) >= short) or ():
        yield Stop(job)
