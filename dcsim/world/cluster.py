"""Pools, queues and the scheduler's passes: what jobs of a scenario and jobs of a trace have in common."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

from dcsim.schedulers.plan import Resize, Start, Stop, Wake
from dcsim.world.job_view import JobView, SchedulerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from dcsim.schedulers import plan
    from dcsim.world.member import Member, MemberPool

__all__ = ["EVICTED", "PREEMPTED", "Cluster"]

PREEMPTED, EVICTED = "preempted", "evicted"
"""Why a job was stopped: its scheduler wanted it, or its servers were taken away."""
_ENDLESS = 10_000


class Cluster:
    """Queues of jobs by server kind, placed by a scheduler.

    Whoever changes something calls ``schedule`` at the end of the instant, after all finishes and arrivals; a change
    is announced by ``changed``, for those who have no other way to know that an instant needs a pass.

    Parameters
    ----------
    pools : iterable of MemberPool
        All pools.
    scheduler : callable
        The plan: what to start and to stop.
    order : callable, optional
        What queues are sorted by; order of arrival where not given.
    tenants : mapping of str to Tenant, optional
        What each is entitled to.
    changed : callable, optional
        Told of everything that may let a job start.
    wake : callable, optional
        Told of times at which the scheduler wants another pass, s.
    """

    def __init__(
        self,
        pools: Iterable[MemberPool],
        scheduler: plan.Scheduler,
        order: Callable[[plan.Job], Any] | None = None,
        tenants: Mapping[str, plan.Tenant] | None = None,
        *,
        changed: Callable[[], None] | None = None,
        wake: Callable[[float], None] | None = None,
    ) -> None:
        self.passes = 0
        self._scheduler = scheduler
        self._changed = changed
        self._wake = wake
        by_kind: dict[str, list[MemberPool]] = {}
        for pool in pools:
            by_kind.setdefault(pool.kind, []).append(pool)
        self.views = {kind: JobView(of_kind, order, tenants or {}) for kind, of_kind in by_kind.items()}

    def submit(self, job: Any) -> None:
        """Queue a job; it is told by ``granted()`` once it holds its slots."""
        self.views[job.kind].queue.add(job)
        if self._changed is not None:
            self._changed()

    def withdraw(self, job: Member) -> None:
        """Take a job out of its queue, if it still waits there; those behind it may now start."""
        self.views[job.kind].queue.withdraw(job)
        if self._changed is not None:
            self._changed()

    def release(self, job: Member) -> None:
        """Take the slots of a running job back."""
        if job.pool >= 0:
            self.views[job.kind].release(job)
        if self._changed is not None:
            self._changed()

    def recount(self, now: float) -> None:
        """Take note that slots have come into service or gone out of it."""
        for view in self.views.values():
            view.recount(now)
        if self._changed is not None:
            self._changed()

    def schedule(self, now: float) -> None:
        """Let the scheduler act until it has no more to do at this instant."""
        for view in self.views.values():
            view.now = now
            for _ in range(_ENDLESS):
                if not self._pass(view):
                    break
            else:
                raise SchedulerError(f"{self._name} stops jobs without end at {now:.6g} s")

    def _pass(self, view: JobView) -> bool:
        """Carry the scheduler's actions out; return whether another pass is due."""
        self.passes += 1
        queue = view.queue
        queue.merge()
        try:
            for action in self._scheduler(queue, view):
                if action.__class__ is Start:
                    view.start(*action)
                else:
                    self._act(view, action)
        except SchedulerError as error:
            raise SchedulerError(f"{self._name} {error}") from None
        queue.settle()
        if view.free < 0 and not queue.pending:
            _take_away(view)
        return queue.pending

    def _act(self, view: JobView, action: plan.Action) -> None:
        if isinstance(action, Stop):
            view.stop(action.job, PREEMPTED)
        elif isinstance(action, Resize):
            view.resize(action.job, action.slots)
        elif isinstance(action, Wake):
            if view.now < action.at < inf and self._wake is not None:
                self._wake(action.at)
        else:
            raise SchedulerError(f"yielded {action!r}, which is no action")

    @property
    def _name(self) -> str:
        return f"scheduler '{getattr(self._scheduler, '__name__', 'without a name')}'"


def _take_away(view: JobView) -> None:
    """Stop the jobs that started last, opportunistic ones first, until no pool holds more than it has."""
    last = list(reversed(view.running))
    last.sort(key=lambda job: not job.opportunistic)
    for job in last:
        if view.pools[job.pool].free < 0:
            view.stop(job, EVICTED)
