"""The links of a fleet that several parties share and that can be too narrow for them.

One direction of one cable bundle is a link: the uplinks of a rack, those of a pod, the WAN of a region, the NIC of a
unit that several gangs hold parts of. A link that everything behind it together cannot overload is left out, which
changes nothing: nobody ever waits for it. So a fleet whose fabric does not block has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from dcsim.world.fleet import Fleet, HostPool

__all__ = ["DIRECTIONS", "LEVELS", "NONE", "Pair", "SharedLinks", "Store", "shared_links"]

LEVELS = ("nic", "rack", "pod", "wan")
"""What a link may be, in the order of the table's codes."""
DIRECTIONS = ("up", "down")
"""Away from the hosts and towards them, in the order of the table's codes."""
NONE = -1
"""No link: what would be one cannot be overloaded."""
Pair = tuple[int, int]
"""Links up and down."""


@dataclass(frozen=True)
class Store:
    """Storage racks of one pool in one pod, which share their load evenly.

    Parameters
    ----------
    pod : int
        Number of the pod.
    share : float
        Part of the storage hosts of the region that stand in them.
    links : tuple of int
        Uplinks of all these racks together, up and down.
    """

    pod: int
    share: float
    links: Pair


@dataclass(frozen=True, eq=False)
class SharedLinks:
    """Links that can bind, and where hosts are joined to them.

    Parameters
    ----------
    names : tuple of str
        Unique name of each link.
    region, level, direction : ndarray of int64, shape (L,)
        Where it is, and codes into ``LEVELS`` and ``DIRECTIONS``.
    capacity : ndarray of float64, shape (L,)
        Goodput (bytes/s).
    racks, pods, wan : tuple of (int, int)
        Links up and down of every rack, pod and region; ``NONE`` where they cannot bind.
    nics : dict of int to int
        First link of the NICs of a pool's units, up and down in turn; for pools whose units gangs share.
    stores : tuple of tuple of Store
        Storage racks of each region.
    serving : dict of int to (int, int)
        Uplinks of all racks of a serving pool together, for pools that can overload them.
    first_rack : tuple of int
        Number of the first rack of each pool.
    pod_of_rack : list of int
        Number of the pod of each rack.
    """

    names: tuple[str, ...]
    region: NDArray[np.int64]
    level: NDArray[np.int64]
    direction: NDArray[np.int64]
    capacity: NDArray[np.float64]
    racks: tuple[Pair, ...]
    pods: tuple[Pair, ...]
    wan: tuple[Pair, ...]
    nics: dict[int, int]
    stores: tuple[tuple[Store, ...], ...]
    serving: dict[int, Pair]
    first_rack: tuple[int, ...]
    pod_of_rack: list[int]


class _Links:
    """Links in the making."""

    def __init__(self, fleet: Fleet) -> None:
        self._regions = fleet.region_names
        self.rows: list[tuple[str, int, int, int, float]] = []

    def pair(self, region: int, level: str, name: str, capacity: float, most: float) -> Pair:
        """Add both directions of a link unless ``most`` (bytes/s) is all that can ever be on it."""
        if most <= capacity:
            return NONE, NONE
        first = len(self.rows)
        for code, direction in enumerate(DIRECTIONS):
            full = f"{self._regions[region]} {name} {direction}"
            self.rows.append((full, region, LEVELS.index(level), code, capacity))
        return first, first + 1


def shared_links(
    fleet: Fleet, host_traffic: Mapping[str, float], parted: Collection[int], wan_most: NDArray[np.float64]
) -> SharedLinks:
    """Return the links of a fleet that can bind.

    Parameters
    ----------
    fleet : Fleet
        Regions and pools.
    host_traffic : dict of str to float
        Bytes/s that a fully busy serving host of a kind sends, and receives, at most.
    parted : collection of int
        Training pools whose units several gangs may share.
    wan_most : ndarray, shape (R,)
        Bytes/s that may leave, or reach, each region at most.
    """
    links = _Links(fleet)
    places = fleet.rack_arrays
    uplink = [fleet.fabric.tor_uplinks * fleet.fabric.uplink_bandwidth * _efficiency(fleet, p) for p in fleet.pools]
    most = [_most(fleet, pool, host_traffic) for pool in fleet.pools]
    firsts = np.concatenate([[0], np.cumsum([pool.racks for pool in fleet.pools])])
    in_region = np.arange(len(places.region)) - np.searchsorted(places.region, places.region)
    racks = [(NONE, NONE)] * len(places.pool)
    for index, pool in enumerate(fleet.pools):
        if pool.role == "training":
            for rack in range(firsts[index], firsts[index + 1]):
                name = f"rack {in_region[rack]}"
                racks[rack] = links.pair(pool.region, "rack", name, uplink[index], most[index])
    stores = _stores(fleet, links, uplink, most)
    serving = {
        index: links.pair(
            pool.region, "rack", f"{pool.rack} racks", pool.racks * uplink[index], pool.racks * most[index]
        )
        for index, pool in enumerate(fleet.pools)
        if pool.role == "serving"
    }
    pods = _pods(fleet, links, most)
    wan = [
        links.pair(region, "wan", "wan", site.wan_bandwidth * _narrowest(fleet, region), float(wan_most[region]))
        for region, site in enumerate(fleet.regions.values())
    ]
    nics = {index: _nics(fleet, links, index) for index in sorted(parted)}
    names, region, level, direction, capacity = zip(*links.rows, strict=True) if links.rows else ((),) * 5
    return SharedLinks(
        tuple(names), np.array(region, np.int64), np.array(level, np.int64), np.array(direction, np.int64),
        np.array(capacity, np.float64), tuple(racks), pods, tuple(wan), nics, stores, serving,
        tuple(int(first) for first in firsts[:-1]), places.pod.tolist(),
    )  # fmt: skip


def _efficiency(fleet: Fleet, pool: HostPool) -> float:
    return float(fleet.nics[pool.nic].protocol_efficiency)


def _narrowest(fleet: Fleet, region: int) -> float:
    """Return the lowest protocol efficiency of a region."""
    return min((_efficiency(fleet, pool) for pool in fleet.pools if pool.region == region), default=1.0)


def _nic(fleet: Fleet, pool: HostPool) -> float:
    """Return the goodput of one adapter of a pool (bytes/s)."""
    return float(fleet.nics[pool.nic].bandwidth) * _efficiency(fleet, pool)


def _most(fleet: Fleet, pool: HostPool, host_traffic: Mapping[str, float]) -> float:
    """Return what one rack can put on its uplinks at most (bytes/s); they may carry less."""
    rack, sled = fleet.rack_types[pool.rack], fleet.sleds[pool.sled]
    adapters = rack.sleds * sled.nics * _nic(fleet, pool)
    if pool.role != "serving":
        return adapters
    return min(adapters, rack.sleds * sled.hosts * host_traffic.get(pool.kind, 0.0))


def _stores(fleet: Fleet, links: _Links, uplink: list[float], most: list[float]) -> tuple[tuple[Store, ...], ...]:
    """Return the storage racks of each region, pool by pool and pod by pod."""
    places = fleet.rack_arrays
    found: list[tuple[Store, ...]] = []
    for region in range(len(fleet.regions)):
        here: list[tuple[int, int, int]] = []
        for index, pool in enumerate(fleet.pools):
            if pool.region == region and pool.role == "storage":
                pods, counts = np.unique(places.pod[places.pool == index], return_counts=True)
                here += [(index, int(pod), int(count)) for pod, count in zip(pods, counts, strict=True)]
        hosts = [fleet.pools[index].hosts * count / fleet.pools[index].racks for index, _, count in here]
        first = int(places.pod[np.searchsorted(places.region, region)]) if here else 0
        found.append(tuple(
            Store(pod, part / sum(hosts), links.pair(
                region, "rack", f"{fleet.pools[index].rack} racks of pod {pod - first}",
                count * uplink[index], count * most[index],
            ))
            for (index, pod, count), part in zip(here, hosts, strict=True)
        ))  # fmt: skip
    return tuple(found)


def _pods(fleet: Fleet, links: _Links, most: list[float]) -> tuple[Pair, ...]:
    """Return the uplinks of the pods that hold training or storage racks; each is built for a full pod."""
    places, fabric = fleet.rack_arrays, fleet.fabric
    wide = fabric.tor_uplinks * fabric.uplink_bandwidth
    built = fabric.racks_per_pod * wide / fabric.spine_oversubscription
    count = int(places.pod.max(initial=-1)) + 1
    roles = np.array([pool.role != "serving" for pool in fleet.pools], np.bool_)
    working = np.bincount(places.pod, weights=roles[places.pool], minlength=count)
    reach = np.array([min(most[i], wide * _efficiency(fleet, pool)) for i, pool in enumerate(fleet.pools)])
    demand = np.bincount(places.pod, weights=reach[places.pool], minlength=count)
    region = places.region[np.searchsorted(places.pod, np.arange(count))]
    first = np.searchsorted(region, region)
    pairs = []
    for pod in range(count):
        capacity = built * _narrowest(fleet, int(region[pod]))
        most_of_pod = float(demand[pod]) if working[pod] else 0.0
        pairs.append(links.pair(int(region[pod]), "pod", f"pod {pod - first[pod]}", capacity, most_of_pod))
    return tuple(pairs)


def _nics(fleet: Fleet, links: _Links, index: int) -> int:
    """Add the NICs of a pool's units and return the first link."""
    pool = fleet.pools[index]
    sled = fleet.sleds[pool.sled]
    units = pool.hosts if pool.gpus_per_host else pool.hosts // pool.hosts_per_nic
    adapters = max(1, sled.nics // sled.hosts) if pool.gpus_per_host else 1
    first = len(links.rows)
    for unit in range(units):
        links.pair(pool.region, "nic", f"{pool.rack} unit {unit}", adapters * _nic(fleet, pool), np.inf)
    return first
