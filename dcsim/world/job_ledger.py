"""What all jobs of a replay share: the clock, the agenda of their ends, the rules, and the sums."""

from __future__ import annotations

from dataclasses import dataclass
from heapq import heappop, heappush
from math import inf
from typing import TYPE_CHECKING

from dcsim.jobs.instants import TICK, snap

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcsim.world.cluster import Cluster
    from dcsim.world.job_run import JobRules, JobRun, Nodes, Segment

__all__ = ["JobFigures", "Ledger"]


@dataclass
class JobFigures:
    """Sums over a replay that its rows do not hold.

    Parameters
    ----------
    jobs : int
        Jobs that arrived, those refused included.
    begin_s, end_s : float
        Time of the first arrival and of the last event.
    busy_slot_s : float
        Slot-seconds held: ``useful_slot_s + lost_slot_s + overhead_slot_s``.
    fragmented_slot_s : float
        Free slot-seconds, free parts counted, while the head of the queue waited though as much as it asks for was
        free.
    unusable_slot_s : float or None
        Slot-seconds free where the mix of jobs could not use them, F of Weng et al. (2023) over time; None where slots
        are only counted.
    capacity_slot_s : float
        Slot-seconds in service.
    queue_job_s : float
        Integral of the number of waiting jobs.
    preemptions, passes, events : int
        Stops, passes of the scheduler, SimPy events.
    unreachable : int
        Jobs that waited for another one (``after``) that never ended.
    """

    jobs: int = 0
    begin_s: float = 0.0
    end_s: float = 0.0
    busy_slot_s: float = 0.0
    useful_slot_s: float = 0.0
    lost_slot_s: float = 0.0
    overhead_slot_s: float = 0.0
    fragmented_slot_s: float = 0.0
    unusable_slot_s: float | None = None
    capacity_slot_s: float = 0.0
    queue_job_s: float = 0.0
    preemptions: int = 0
    passes: int = 0
    events: int = 0
    unreachable: int = 0


class Ledger:
    """Clock, agenda and sums of one replay.

    Parameters
    ----------
    rules : JobRules
        What stopping and resizing cost.
    segments : callable, optional
        Takes every uninterrupted run.
    """

    cluster: Cluster

    def __init__(self, rules: JobRules, segments: Callable[[Segment], None] | None) -> None:
        every, restart = max(TICK, snap(rules.checkpoint_every)), snap(rules.restart)
        self.rules = rules._replace(checkpoint_every=every, restart=restart)
        self.segments = segments
        self.now = 0.0
        self.waiting = 0
        self.busy = self.useful = self.lost = self.overhead = 0.0
        self.preemptions = 0
        self._ends: list[tuple[float, int, int, JobRun]] = []

    def enqueue(self, job: JobRun) -> None:
        """Let a job wait for its slots."""
        self.waiting += 1
        job.queued_at = self.now
        self.cluster.submit(job)

    def due(self, job: JobRun) -> None:
        """Put the end of a run on the agenda, if it has one."""
        if job.finishes < inf:
            heappush(self._ends, (job.finishes, job.order, job.runs, job))

    def next_end(self) -> float:
        """Return when the next job ends, s; infinite if none does."""
        ends = self._ends
        while ends:
            at, _, run, job = ends[0]
            if job.runs == run and job.finishes == at:
                return at
            heappop(ends)  # of a run that was cut short
        return inf

    def ended(self) -> list[JobRun]:
        """Return the jobs that end by now, and forget them."""
        ends, now, done = self._ends, self.now, []
        while ends and ends[0][0] <= now:
            at, _, run, job = heappop(ends)
            if job.runs == run and job.finishes == at:
                done.append(job)
        return done

    @staticmethod
    def nodes(job: JobRun) -> Nodes:
        """Return the nodes that a job holds or has just given back, and how many slots of each."""
        if job.spots is None:
            return ()
        return tuple(zip(job.spots.nodes.tolist(), job.spots.slots.tolist(), strict=True))
