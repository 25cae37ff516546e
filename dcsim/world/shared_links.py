"""The links of a fleet that several parties share and that can be too narrow for them.

One direction of one bundle of cables is a link: the uplinks of a rack, those of a pod, the WAN of a region, the NIC
of a unit that several gangs hold parts of. A link that all who could ever use it cannot overload together is left out,
which changes nothing: nobody ever waits for it. So a fleet whose fabric does not block has none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.world.link_bounds import Bounds, adapters_of, efficiency

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from numpy.typing import NDArray

    from dcsim.world.fleet import Fleet, HostPool
    from dcsim.world.link_bounds import PoolTraffic

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
    fleet: Fleet, host_traffic: Mapping[str, float], traffic: Mapping[int, PoolTraffic], parted: Collection[int]
) -> SharedLinks:
    """Return the links of a fleet that can bind.

    Parameters
    ----------
    fleet : Fleet
        Regions and pools.
    host_traffic : mapping of str to float
        Bytes/s that a fully busy serving host of a kind sends, and receives, at most.
    traffic : mapping of int to PoolTraffic
        What the gangs of each training pool do.
    parted : collection of int
        Training pools whose units several gangs may share.
    """
    links, bounds = _Links(fleet), Bounds(fleet, host_traffic, traffic)
    places = fleet.rack_arrays
    firsts = np.concatenate([[0], np.cumsum([pool.racks for pool in fleet.pools])])
    in_region = np.arange(len(places.region)) - np.searchsorted(places.region, places.region)
    racks, serving = [(NONE, NONE)] * len(places.pool), {}
    for index, pool in enumerate(fleet.pools):
        one, width = adapters_of(fleet, pool), _uplink(fleet, pool)
        if pool.role == "training":
            most = bounds.of_racks(index, 1, one)
            for rack in range(firsts[index], firsts[index + 1]):
                racks[rack] = links.pair(pool.region, "rack", f"rack {in_region[rack]}", width, most)
        elif pool.role == "serving":
            most = bounds.of_racks(index, pool.racks, one)
            serving[index] = links.pair(pool.region, "rack", f"{pool.rack} racks", pool.racks * width, most)
    stores = _stores(fleet, links, bounds)
    pods = _pods(fleet, links, bounds, stores)
    crossing = bounds.on_wan().tolist()
    wan = [
        links.pair(region, "wan", "wan", site.wan_bandwidth * _narrowest(fleet, region), crossing[region])
        for region, site in enumerate(fleet.regions.values())
    ]
    nics = {index: _nics(fleet, links, index) for index in sorted(parted)}
    names, region, level, direction, capacity = zip(*links.rows, strict=True) if links.rows else ((),) * 5
    return SharedLinks(
        tuple(names), np.array(region, np.int64), np.array(level, np.int64), np.array(direction, np.int64),
        np.array(capacity, np.float64), tuple(racks), pods, tuple(wan), nics, stores, serving,
        tuple(int(first) for first in firsts[:-1]), places.pod.tolist(),
    )  # fmt: skip


def _uplink(fleet: Fleet, pool: HostPool) -> float:
    """Return the goodput of the uplinks of one rack (bytes/s)."""
    return float(fleet.fabric.tor_uplinks * fleet.fabric.uplink_bandwidth) * efficiency(fleet, pool)


def _narrowest(fleet: Fleet, region: int) -> float:
    """Return the lowest protocol efficiency of a region."""
    return min((efficiency(fleet, pool) for pool in fleet.pools if pool.region == region), default=1.0)


def _stores(fleet: Fleet, links: _Links, bounds: Bounds) -> tuple[tuple[Store, ...], ...]:
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
        stores = []
        for (index, pod, count), part in zip(here, hosts, strict=True):
            pool, share = fleet.pools[index], part / sum(hosts)
            most = bounds.of_racks(index, count, adapters_of(fleet, pool), share)
            name = f"{pool.rack} racks of pod {pod - first}"
            stores.append(Store(pod, share, links.pair(region, "rack", name, count * _uplink(fleet, pool), most)))
        found.append(tuple(stores))
    return tuple(found)


def _pods(
    fleet: Fleet, links: _Links, bounds: Bounds, stores: tuple[tuple[Store, ...], ...]
) -> tuple[Pair, ...]:
    """Return the uplinks of the pods that hold training or storage racks; each is built for a full pod."""
    places, fabric = fleet.rack_arrays, fleet.fabric
    built = fabric.racks_per_pod * fabric.tor_uplinks * fabric.uplink_bandwidth / fabric.spine_oversubscription
    share = {store.pod: 0.0 for region in stores for store in region}
    for store in (store for region in stores for store in region):
        share[store.pod] += store.share
    reach = [min(adapters_of(fleet, pool), _uplink(fleet, pool)) for pool in fleet.pools]
    found, first = list[Pair](), dict[int, int]()
    cells, counts = np.unique(np.stack([places.pod, places.pool]), axis=1, return_counts=True)
    for pod in range(int(places.pod.max(initial=-1)) + 1):
        mine = np.flatnonzero(cells[0] == pod)
        inside = [(int(cells[1, place]), int(counts[place])) for place in mine]
        region = fleet.pools[inside[0][0]].region
        roles = {fleet.pools[index].role for index, _ in inside}
        most = sum(bounds.of_racks(index, count, reach[index], share.get(pod, 0.0)) for index, count in inside)
        name = f"pod {pod - first.setdefault(region, pod)}"
        works = bool(roles - {"serving"})
        found.append(links.pair(region, "pod", name, built * _narrowest(fleet, region), most if works else 0.0))
    return tuple(found)


def _nics(fleet: Fleet, links: _Links, index: int) -> int:
    """Add the NICs of a pool's units and return the first link."""
    pool = fleet.pools[index]
    sled, nic = fleet.sleds[pool.sled], fleet.nics[pool.nic]
    units = pool.hosts if pool.gpus_per_host else pool.hosts // pool.hosts_per_nic
    adapters = max(1, sled.nics // sled.hosts) if pool.gpus_per_host else 1
    first = len(links.rows)
    for unit in range(units):
        width = adapters * nic.bandwidth * efficiency(fleet, pool)
        links.pair(pool.region, "nic", f"{pool.rack} unit {unit}", width, np.inf)
    return first
