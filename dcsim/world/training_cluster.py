"""The cluster of a scenario: regions close and open, and a pass comes at the end of every instant that changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import simpy
from simpy.events import EventPriority

from dcsim.world.cluster import Cluster

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dcsim.schedulers import plan
    from dcsim.world.member import Member
    from dcsim.world.pool import TrainingPool

__all__ = ["TrainingCluster"]

_LAST = EventPriority(2)  # behind everything that SimPy itself schedules for an instant


class TrainingCluster(Cluster):
    """Queues of gangs by server kind, on the clock of a scenario.

    Parameters
    ----------
    env : simpy.Environment
        The clock.
    pools : sequence of TrainingPool
        All training pools.
    scheduler : callable
        The plan: what to start and to stop.
    order : callable, optional
        What queues are sorted by.
    tenants : mapping of str to Tenant, optional
        What each is entitled to.
    """

    def __init__(
        self,
        env: simpy.Environment,
        pools: Sequence[TrainingPool],
        scheduler: plan.Scheduler,
        order: Callable[[plan.Job], Any] | None = None,
        tenants: Mapping[str, plan.Tenant] | None = None,
    ) -> None:
        super().__init__(pools, scheduler, order, tenants, changed=self._ask, wake=self._wake_at)
        self._env = env
        self._pools = pools
        self._asked = False

    def close_region(self, region: int) -> list[Member]:
        """Take a region's pools out of service and return the gangs that ran there, last started first.

        They hold nothing any more.
        """
        stopped: list[Member] = []
        for pool in self._pools:
            if pool.region == region:
                pool.close()
                for gang in pool.running():
                    self.views[gang.kind].release(gang)
                    stopped.append(gang)
        self.recount(self._env.now)
        return stopped

    def open_region(self, region: int) -> None:
        """Put a region's pools back into service; what waits for them may start."""
        for pool in self._pools:
            if pool.region == region:
                pool.open()
        self.recount(self._env.now)

    def _ask(self) -> None:
        """Have the scheduler called when everything else of this instant is over."""
        if not self._asked:
            self._asked = True
            _EndOfInstant(self._env, self._now)

    def _now(self, _event: simpy.Event) -> None:
        self._asked = False
        self.schedule(self._env.now)

    def _wake_at(self, at: float) -> None:
        self._env.timeout(at - self._env.now).callbacks.append(lambda _event: self._ask())


class _EndOfInstant(simpy.Event):
    """Something that happens when nothing else is left to happen now."""

    def __init__(self, env: simpy.Environment, then: Callable[[simpy.Event], None]) -> None:
        super().__init__(env)
        self._ok, self._value = True, None
        self.callbacks.append(then)
        env.schedule(self, _LAST)
