"""The cluster of one kind of server, as its scheduler sees it and as its actions change it."""

from __future__ import annotations

from bisect import bisect_left, insort
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from dcsim.errors import RunError
from dcsim.jobs.instants import snap
from dcsim.world.job_queue import JobQueue
from dcsim.world.slot_season import SlotSeason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dcsim.schedulers import plan
    from dcsim.world.member import Member, MemberPool

__all__ = ["JobView", "SchedulerError"]

_ENDS: Callable[[Member], Any] = attrgetter("ends", "order")


class SchedulerError(RunError):
    """A scheduler asked for what cannot be."""


class JobView:
    """Pools, running jobs and the queue of one kind of server; see ``dcsim.schedulers.plan.View``.

    Parameters
    ----------
    pools : sequence of MemberPool
        The pools of the kind.
    order : callable, optional
        What its queue is sorted by.
    tenants : mapping of str to Tenant
        What each is entitled to.
    """

    def __init__(
        self,
        pools: Sequence[MemberPool],
        order: Callable[[plan.Job], Any] | None,
        tenants: Mapping[str, plan.Tenant],
    ) -> None:
        self.now = 0.0
        self.pools: Sequence[Any] = pools
        self.tenants = tenants
        self.queue = JobQueue(order)
        self.free = self.slots = 0
        self.cpus = sum(pool.cpus for pool in pools)
        self.memory = sum(pool.memory for pool in pools)
        self._lone = pools[0] if len(pools) == 1 else None
        self.counted = self._lone is not None and self._lone.counted
        self._running: dict[Member, None] = {}
        self._listed: list[Member] | None = None  # the same as a list, until it changes
        self._ending: list[Member] | None = None  # kept sorted from the first question on
        self._season = SlotSeason()
        self.recount(0.0)

    def recount(self, now: float) -> None:
        """Take note that slots have come into service or gone out of it."""
        self.free = sum(pool.free for pool in self.pools)
        self.slots = sum(pool.slots for pool in self.pools)
        self._season.note(now, self.slots)

    @property
    def falls(self) -> Sequence[tuple[float, int]]:
        """Return the expected falls of the slots in service: when, and how many stay."""
        return self._season.falls(self.now)

    @property
    def lines(self) -> Mapping[tuple[str, bool, int], Iterable[Member]]:
        """Return the waiting jobs by tenant, by whether they are opportunistic, and by slots."""
        return self.queue.lines

    @property
    def full(self) -> bool:
        """Return whether nothing is free that any job could be given."""
        return all(pool.full for pool in self.pools)

    @property
    def running(self) -> Sequence[Member]:
        """Return the running jobs, in order of start."""
        if self._listed is None:
            self._listed = list(self._running)
        return self._listed

    @property
    def ending(self) -> Sequence[Member]:
        """Return the running jobs, in order of ``ends``, then of arrival."""
        if self._ending is None:
            self._ending = sorted(self._running, key=_ENDS)
        return self._ending

    def fits(
        self,
        job: Any,
        slots: int = 0,
        pool: int = -1,
        without: Sequence[Any] = (),
        beside: Sequence[Any] = (),
    ) -> bool:
        """Return whether a waiting job has a place; see ``dcsim.schedulers.plan.View.fits``."""
        slots = slots or job.slots
        if self._lone is not None:
            return self._lone.fits(job, slots, without, beside)
        if pool >= 0:
            return self._fits_in(pool, job, slots, without, beside)
        return any(self._fits_in(index, job, slots, without, beside) for index in range(len(self.pools)))

    def would_end(self, job: Any, slots: int = 0, pool: int = -1, at: float | None = None) -> float:
        """Return when a waiting job would end by its estimate if it started now (or at a time), s."""
        slots = slots or job.slots
        if self._lone is not None:
            pace = self._lone.least_pace(job, slots)
        else:
            pools = self.pools if pool < 0 else (self.pools[pool],)
            pace = min(filter(None, (each.least_pace(job, slots) for each in pools)), default=1.0)
        since: float = self.now if at is None else at
        return snap(since + float(job.lasts(slots, pace)))

    def start(self, job: Any, slots: int = 0, pool: int = -1) -> None:
        """Start a waiting job."""
        slots = slots or job.slots
        if not job.in_queue:
            raise SchedulerError(f"started job {job.order}, which does not wait")
        if slots != job.slots and not job.least <= slots <= job.most:
            raise SchedulerError(
                f"started job {job.order} with {slots} slots; it may have {job.least} to {job.most}"
            )
        if pool < 0:
            pool = self._roomiest(job, slots)
        elif not self._fits_in(pool, job, slots):
            pool = -1
        if pool < 0:
            raise SchedulerError(f"started job {job.order}, which has no place")
        self.queue.start(job)
        job.granted(self._take(job, slots, pool))

    def stop(self, job: Any, why: str) -> None:
        """Stop a running job."""
        if job not in self._running:
            raise SchedulerError(f"stopped job {job.order}, which does not run")
        self.release(job)
        job.evicted(why)

    def resize(self, job: Any, slots: int) -> None:
        """Let a running job go on with another number of slots, in the same pool."""
        if job not in self._running:
            raise SchedulerError(f"resized job {job.order}, which does not run")
        pool, before = job.pool, job.slots
        if not job.least <= slots <= job.most:
            raise SchedulerError(f"resized job {job.order} to {slots} slots; it may have {job.least} to {job.most}")
        if slots > before and not self.pools[pool].fits(job, slots, (job,)):
            raise SchedulerError(f"resized job {job.order} to {slots} slots, for which there is no place")
        self.release(job)
        job.resized(slots)
        job.goes_on(self._take(job, slots, pool, shrunk=slots < before))

    def release(self, job: Any) -> None:
        """Take back what a running job holds."""
        pool = self.pools[job.pool]
        free = pool.free
        pool.give_back(job)
        self.free += pool.free - free
        if self._ending is not None:
            del self._ending[bisect_left(self._ending, (job.ends, job.order), key=_ENDS)]
        del self._running[job]
        self._listed = None
        job.pool = -1

    def _take(self, job: Member, slots: int, index: int, *, shrunk: bool = False) -> float:
        """Give a job its slots, and return how fast it runs on them."""
        pool = self.pools[index]
        free = pool.free
        if shrunk:
            pool.keep(job, slots)
        else:
            pool.take(job, slots)
        self.free += pool.free - free
        job.pool, job.begun = index, self.now
        pace: float = pool.pace(job)
        job.ends = snap(self.now + job.lasts(slots, pace))
        job.slots = slots
        self._running[job] = None
        self._listed = None
        if self._ending is not None:
            insort(self._ending, job, key=_ENDS)
        return pace

    def _fits_in(
        self, index: int, job: Member, slots: int, without: Sequence[Member] = (), beside: Sequence[Member] = ()
    ) -> bool:
        pool = self.pools[index]
        if without or beside:
            without = [other for other in without if other.pool == index]
        return bool(pool.speed(job) > 0.0 and pool.fits(job, slots, without, beside))

    def _roomiest(self, job: Member, slots: int) -> int:
        """Return the pool with the most free slots among those that have a place for a job; -1 if none has."""
        if self._lone is not None:
            return 0 if self._lone.fits(job, slots) else -1
        best, free = -1, 0
        for index, pool in enumerate(self.pools):
            if (best < 0 or pool.free > free) and self._fits_in(index, job, slots):
                best, free = index, pool.free
        return best


