"""A trace of jobs on a cluster, by any scheduler: one SimPy event for each instant at which something happens."""

from __future__ import annotations

from heapq import heappop, heappush
from itertools import chain
from math import inf
from typing import TYPE_CHECKING, Any, cast

import simpy

from dcsim.jobs.instants import TICK, snap
from dcsim.world.cluster import Cluster
from dcsim.world.job_arrivals import JobArrivals
from dcsim.world.job_chains import Chains
from dcsim.world.job_fragments import Fragments
from dcsim.world.job_ledger import JobFigures, Ledger
from dcsim.world.job_rows import ResultRows
from dcsim.world.job_run import JobRules, Segment
from dcsim.world.job_slots import CountedSlots

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from dcsim.jobs.block import JobBlock, JobResults
    from dcsim.schedulers import plan
    from dcsim.world.job_run import JobRun
    from dcsim.world.member import MemberPool

__all__ = ["JobFigures", "JobRules", "JobWorld", "Segment"]

_IDLE = 10_000


class JobWorld:
    """One replay.

    Times are whole microseconds, and so is every sum of them (``dcsim.jobs.instants``): ties are exact. At one instant
    all finishes come first, then all arrivals, then one pass of the scheduler. A job of no length that the pass starts
    ends at the same instant, which then goes on with another pass.

    Parameters
    ----------
    blocks : iterable of JobBlock
        The trace, sorted by time of submission; read as time goes on, or at once if jobs wait ``after`` others.
    pools : sequence of MemberPool
        Where jobs run: ``CountedSlots``, or ``PlacedPool`` on nodes.
    scheduler : callable
        The plan.
    order : callable, optional
        What its queue is sorted by, its registration's ``order``.
    rules : JobRules
        What stopping and resizing cost.
    tenants : mapping of str to Tenant, optional
        What each is entitled to.
    capacity : iterable of (float, int)
        Times (s, ascending) and the slots that are in service from then on, of a single pool of counted slots.
    segments : callable, optional
        Takes every uninterrupted run of a job.
    observe : callable, optional
        Told of time, waiting jobs and slots in use after every instant.

    Attributes
    ----------
    figures : JobFigures
        Sums over the replay; complete when ``results`` has been gone through.

    Raises
    ------
    ChainError
        If a job waits for one that the trace does not have, or for itself.
    ValueError
        For a capacity that changes where slots are not only counted.
    """

    def __init__(
        self,
        blocks: Iterable[JobBlock],
        pools: Sequence[MemberPool],
        scheduler: plan.Scheduler,
        *,
        order: Callable[[plan.Job], Any] | None = None,
        rules: JobRules | None = None,
        tenants: Mapping[str, plan.Tenant] | None = None,
        capacity: Iterable[tuple[float, int]] = (),
        segments: Callable[[Segment], None] | None = None,
        observe: Callable[[float, int, int], None] | None = None,
    ) -> None:
        self.figures = JobFigures()
        self._pools: Sequence[Any] = pools
        self._observe = observe
        self._wakes: list[float] = []
        self._capacity = sorted(((snap(at), slots) for at, slots in capacity), reverse=True)  # the next one last
        if self._capacity:
            if not (len(pools) == 1 and isinstance(pools[0], CountedSlots)):
                raise ValueError("capacity may change only in a single pool of counted slots")
            pools[0].largest = max(pools[0].slots, *(slots for _, slots in self._capacity))
        self._ledger = ledger = Ledger(rules or JobRules(), segments)
        ledger.cluster = self._cluster = Cluster(pools, scheduler, order, tenants, wake=self._wake)
        (self._view,) = self._cluster.views.values()
        self._rows = ResultRows()
        blocks, self._chains = _chained(blocks)
        self._held_back: dict[int, JobRun] = {}  # arrived, but others must be done first
        behind = None if self._chains is None else self._chains.behind
        self._arrivals = JobArrivals(blocks, self._rows, ledger, behind)
        self._fragmented = 0.0
        self._fragments = Fragments(pools)
        self._idle = 0
        self._due = inf

    def results(self) -> Iterator[JobResults]:
        """Run the replay; yield what became of the jobs, block by block in the order of the trace."""
        env, rows, ledger, events = simpy.Environment(), self._rows, self._ledger, 0
        if (first := self._arrivals.next) < inf:
            ledger.now = self.figures.begin_s = self._due = first
            while self._capacity and self._capacity[-1][0] <= first:
                self._resize(self._capacity.pop()[1])
            self._wait(env)
        while self._due < inf:
            env.step()
            events += 1
            if rows.ready:
                yield from rows.complete()
        self._close(events)
        yield from rows.rest()

    def _wait(self, env: simpy.Environment) -> None:
        """Let the clock run to the instant that is due."""
        env.timeout(max(0.0, self._due - env.now)).callbacks.append(self._act)

    def _act(self, event: simpy.Event) -> None:
        """Let an instant happen and find out which one is next."""
        due = self._due
        if due > self._ledger.now:
            self._pass_time(due)
            # The clock of SimPy adds up differences; instants are told apart by the times of the trace.
            self._ledger.now = due
        self._instant()
        self._due = self._next()
        if self._due < inf:
            self._wait(event.env)

    def _next(self) -> float:
        """Return when something happens next, s; infinite if nothing does."""
        due = min(self._arrivals.next, self._ledger.next_end())
        capacity, wakes, now = self._capacity, self._wakes, self._ledger.now
        if not capacity and not wakes:
            return due
        if due == inf and not self._ledger.waiting:
            return inf
        if capacity:
            due = min(due, capacity[-1][0])
        while wakes and wakes[0] <= now:
            heappop(wakes)
        self._idle = self._idle + 1 if due == inf else 0
        if wakes and self._idle < _IDLE:
            due = min(due, wakes[0])
        return due

    def _instant(self) -> None:
        """Let jobs end and arrive, and the scheduler act."""
        ledger, view = self._ledger, self._view
        now = ledger.now
        for job in ledger.ended():
            job.finish()
            view.release(job)
            if self._chains is not None:
                self._free_followers(job.order, self._chains)
        for job in self._arrivals.arrived():
            self.figures.jobs += 1
            if not sum(pool.possible(job) for pool in self._pools):  # all are asked: each counts what may come to it
                job.rows.refuse(job.row)
            elif self._chains is not None and self._chains.open[job.order]:
                self._held_back[job.order] = job
            else:
                ledger.enqueue(job)
        while self._capacity and self._capacity[-1][0] <= now:
            self._resize(self._capacity.pop()[1])
        self._cluster.schedule(now)
        self._fragmented = 0.0
        if ledger.waiting and not view.counted:
            self._fragmented = self._free_all_the_same(cast("JobRun", view.queue[0]))
        if self._observe is not None:
            self._observe(now, ledger.waiting, view.slots - view.free)

    def _free_all_the_same(self, head: JobRun) -> float:
        """Return how many slots are free though a job waits that asks for no more; 0 if it asks for more or nothing."""
        free: float = sum(pool.free_share for pool in self._pools)
        return free if 0.0 < head.slots * head.share <= free else 0.0

    def _free_followers(self, order: int, chains: Chains) -> None:
        """Let the jobs wait for slots that have waited for one that is done."""
        for row in chains.finished(order):
            job = self._held_back.pop(row, None)
            if job is not None:
                self._ledger.enqueue(job)

    def _pass_time(self, until: float) -> None:
        """Add up what holds until the next instant."""
        figures, passed = self.figures, until - self._ledger.now
        figures.queue_job_s += passed * self._ledger.waiting
        figures.capacity_slot_s += passed * self._view.slots
        figures.fragmented_slot_s += passed * self._fragmented
        self._fragments.pass_time(self._ledger.now, until)

    def _resize(self, slots: int) -> None:
        """Put another number of slots into service."""
        (pool,) = self._pools
        pool.resize(slots)
        pool.largest = max([slots, *(later for _, later in self._capacity)])
        self._cluster.recount(self._ledger.now)

    def _wake(self, at: float) -> None:
        heappush(self._wakes, max(snap(at), snap(self._ledger.now + TICK)))

    def _close(self, events: int) -> None:
        """Account for what still runs or waits at the end."""
        for job in cast("Sequence[JobRun]", self._view.running):
            job.interrupt()
        for job in cast("Sequence[JobRun]", self._view.queue):
            job.rows.stopped.append(job.row)
            job.waited()
        for job in self._held_back.values():
            job.rows.held_back.append(job.row)
        figures, ledger = self.figures, self._ledger
        figures.end_s, figures.unreachable = ledger.now, len(self._held_back)
        figures.unusable_slot_s = self._fragments.slot_s
        figures.busy_slot_s, figures.useful_slot_s = ledger.busy, ledger.useful
        figures.lost_slot_s, figures.overhead_slot_s = ledger.lost, ledger.overhead
        figures.preemptions, figures.passes, figures.events = ledger.preemptions, self._cluster.passes, events


def _chained(blocks: Iterable[JobBlock]) -> tuple[Iterable[JobBlock], Chains | None]:
    """Return a trace and which of its jobs wait for which; such a trace is read whole."""
    rest = iter(blocks)
    first = next(rest, None)
    if first is None:
        return (), None
    if "after" not in first.more:
        return chain((first,), rest), None
    whole = [first, *rest]
    return whole, Chains(whole)
