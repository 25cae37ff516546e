"""Watches an EASY scheduler at work and checks what it promises to the head of the queue, from the trace alone.

The promise of a job that heads the queue: the first moment at which enough slots are free for it if every running job
takes as long as its user said. Whatever starts meanwhile must not move it, and it must be kept.
"""

from __future__ import annotations

import math

from dcsim.schedulers.plan import Start
from tests.oracles.ticks import ticks

__all__ = ["BrokenPromiseError", "EasyWitness"]


class BrokenPromiseError(AssertionError):
    """The head of the queue would start later than it was promised."""


class EasyWitness:
    """A scheduler that passes on what another one says, and keeps its own books of who runs and who waits.

    ``slots`` counts them; on nodes, where it is None, the view is asked whether the head has a place once those who
    should have ended are gone.
    """

    def __init__(self, scheduler, trace, slots=None, refused=()):
        self.scheduler, self.trace, self.slots = scheduler, trace, slots
        self.submit, self.duration, self.walltime = (
            [ticks(time) for time in times.tolist()] for times in (trace.submit, trace.duration, trace.walltime)
        )
        self.coming = [row for row in range(len(trace)) if row not in refused and not trace.left_out[row]]
        self.waiting, self.running, self.promised = [], {}, {}
        self.backfilled = 0

    def __call__(self, queue, view):
        now = ticks(view.now)
        self.running = {row: start for row, start in self.running.items() if start + self.duration[row] > now}
        self.waiting += [row for row in self.coming if self.submit[row] <= now]
        self.coming = [row for row in self.coming if self.submit[row] > now]
        jobs = {job.order: job for job in queue}
        assert sorted(jobs) == sorted(self.waiting), "the queue is not who has come and has not started"
        for action in self.scheduler(queue, view):
            assert isinstance(action, Start)
            head, row = min(self.waiting), action.job.order
            before = self.shadow(head, jobs, view)
            yield action
            self.waiting.remove(row)
            self.running[row] = now
            if row == head:
                if now > self.promised.get(row, math.inf):
                    raise BrokenPromiseError(f"job {row} starts at {now}, was promised {self.promised[row]}")
                continue
            self.backfilled += 1
            after = self.shadow(head, jobs, view)
            if after > before:
                raise BrokenPromiseError(f"job {row} moves job {head} from {before} to {after}")
        if self.waiting:
            head = min(self.waiting)
            self.promised[head] = min(self.promised.get(head, math.inf), self.shadow(head, jobs, view))

    def shadow(self, head, jobs, view):
        """Return when the head can start at the latest, by what users promised."""
        ends = {row: start + self.walltime[row] for row, start in self.running.items()}
        for at in sorted({ticks(view.now), *ends.values()}):
            if self._fits(head, [row for row, end in ends.items() if end <= at], jobs, view):
                return at
        return math.inf

    def _fits(self, head, gone, jobs, view):
        if self.slots is None:
            there = {job.order: job for job in view.running}
            return view.fits(jobs[head], without=[there[row] for row in gone])
        held = sum(self.trace.slots[row] for row in self.running if row not in gone)
        return self.trace.slots[head] <= self.slots - held
