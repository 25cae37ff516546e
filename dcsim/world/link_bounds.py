"""How much can ever be on a link at once: what its NICs, and those whom they talk to, can send, read and save."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from dcsim.world.fleet import Fleet, HostPool

    Floats = NDArray[np.float64]

__all__ = ["Bounds", "PoolTraffic", "adapters_of", "efficiency"]


@dataclass(frozen=True)
class PoolTraffic:
    """The most that gangs of a training pool do, whichever streams they belong to.

    Parameters
    ----------
    exchanges : bool
        Whether gangs may have ranks in several racks.
    read : float
        Reading for one slot (bytes/s).
    saves, copies : float
        Checkpoints of one gang, and those that are copied to another region (bytes/s).
    smallest : int
        Slots of the smallest gang.
    """

    exchanges: bool
    read: float
    saves: float
    copies: float
    smallest: int


def efficiency(fleet: Fleet, pool: HostPool) -> float:
    """Return the protocol efficiency of a pool's NICs."""
    return float(fleet.nics[pool.nic].protocol_efficiency)


def adapters_of(fleet: Fleet, pool: HostPool) -> float:
    """Return the goodput of all adapters of one rack together (bytes/s)."""
    sleds = fleet.rack_types[pool.rack].sleds * fleet.sleds[pool.sled].nics
    return sleds * float(fleet.nics[pool.nic].bandwidth) * efficiency(fleet, pool)


class Bounds:
    """Upper bounds of what a group of racks sends or receives beyond itself.

    Parameters
    ----------
    fleet : Fleet
        Regions and pools.
    host_traffic : mapping of str to float
        Bytes/s that a fully busy serving host of a kind sends, and receives, at most.
    traffic : mapping of int to PoolTraffic
        What the gangs of each training pool do; pools that nobody trains in may lack.
    """

    def __init__(self, fleet: Fleet, host_traffic: Mapping[str, float], traffic: Mapping[int, PoolTraffic]) -> None:
        self._fleet = fleet
        self._host_traffic = host_traffic
        self._traffic = traffic
        regions = len(fleet.regions)
        self.read, self.saved, self.copied = np.zeros(regions), np.zeros(regions), np.zeros(regions)
        for index, each in traffic.items():
            pool = fleet.pools[index]
            gangs = self._slots(pool) * pool.racks // each.smallest
            self.read[pool.region] += self._slots(pool) * pool.racks * each.read
            self.saved[pool.region] += gangs * each.saves
            self.copied[pool.region] += gangs * each.copies

    @staticmethod
    def _slots(pool: HostPool) -> int:
        """Return the slots of one rack."""
        return pool.hosts // pool.racks * (pool.gpus_per_host or 1)

    def of_racks(self, index: int, racks: int, reach: float, storage_share: float = 0.0) -> float:
        """Return what some racks of a pool can send or receive at most (bytes/s).

        Parameters
        ----------
        index : int
            The pool.
        racks : int
            How many of its racks.
        reach : float
            What one of them can send or receive at most (bytes/s), whatever the reason.
        storage_share : float
            Part of the region's storage that stands in them.
        """
        pool = self._fleet.pools[index]
        if pool.role == "serving":
            most = racks * pool.hosts / pool.racks * self._host_traffic.get(pool.kind, 0.0)
        elif pool.role == "storage":
            up = self.read[pool.region] + self.copied[pool.region]
            most = storage_share * float(max(up, self.saved[pool.region]))
        elif (each := self._traffic.get(index)) is not None:
            slots = racks * self._slots(pool)
            gangs = min(slots, self._slots(pool) * pool.racks // each.smallest)
            exchanged = min(racks, pool.racks - racks) * reach if each.exchanges else 0.0
            most = exchanged + max(slots * each.read, gangs * max(each.saves, each.copies))
        else:
            most = 0.0
        return min(most, racks * reach)

    def on_wan(self) -> Floats:
        """Return what can leave or reach each region at most (bytes/s), shape (R,)."""
        pools = [pool for pool in self._fleet.pools if pool.role == "serving"]
        served = sum(pool.hosts * pool.speed * self._host_traffic.get(pool.kind, 0.0) for pool in pools)
        return np.asarray(np.maximum(self.copied, self.copied.sum() - self.copied) + served)
