"""The training pools of the fleet and the gangs that wait for them."""

from __future__ import annotations

from bisect import insort
from typing import TYPE_CHECKING

from dcsim.world.pool import Gang, TrainingPool

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcsim.schedulers.plan import Scheduler

__all__ = ["Cluster"]


class Cluster:
    """Queues of gangs by server kind, placed by a scheduler.

    Parameters
    ----------
    pools : iterable of TrainingPool
        All training pools.
    scheduler : callable
        The plan: which gang next, and where.
    """

    def __init__(self, pools: Iterable[TrainingPool], scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._queues: dict[str, list[Gang]] = {}
        self._pools: dict[str, list[TrainingPool]] = {}
        for pool in pools:
            self._pools.setdefault(pool.kind, []).append(pool)
            self._queues.setdefault(pool.kind, [])

    def submit(self, gang: Gang) -> None:
        """Queue a gang; it is told by ``granted()`` once it holds its slots, perhaps at once."""
        queue = self._queues[gang.kind]
        if queue and queue[-1].rank > gang.rank:
            insort(queue, gang, key=lambda waiting: waiting.rank)
        else:
            queue.append(gang)
        self.place(gang.kind)

    def withdraw(self, gang: Gang) -> None:
        """Take a gang out of its queue, if it still waits there; those behind it may now start."""
        if gang in self._queues[gang.kind]:
            self._queues[gang.kind].remove(gang)
        self.place(gang.kind)

    def release(self, gang: Gang) -> None:
        """Free the slots of a running gang and place those that waited for them."""
        if gang.pool is not None:
            gang.pool.give_back(gang)
        self.place(gang.kind)

    def close_region(self, region: int) -> list[Gang]:
        """Take a region's pools out of service and return the gangs that ran there, last started first.

        They hold nothing any more.
        """
        stopped: list[Gang] = []
        for pools in self._pools.values():
            for pool in pools:
                if pool.region == region:
                    pool.close()
                    for gang in pool.running():
                        pool.give_back(gang)
                        stopped.append(gang)
        return stopped

    def open_region(self, region: int) -> None:
        """Put a region's pools back into service and place what waits for them."""
        for kind, pools in self._pools.items():
            for pool in pools:
                if pool.region == region:
                    pool.open()
            self.place(kind)

    def place(self, kind: str) -> None:
        """Carry the scheduler's placements out until it has no more."""
        queue, pools = self._queues[kind], self._pools[kind]
        while queue:
            placement = self._scheduler(queue, pools)
            if placement is None:
                return
            gang = queue.pop(placement.place)
            pool = pools[placement.pool]
            for victim in placement.evict:
                if isinstance(victim, Gang):
                    pool.give_back(victim)
                    victim.evicted()
            pool.take(gang)
            gang.granted()
