"""The fleet as arrays: pools of equal hosts, and where every single host stands.

Region > datacenter > pod > rack > chassis > sled > host. A host's NIC is its sled's, shared by the hosts of the sled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.spec.site import ROLES, FleetSpec, RegionSite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.spec.fabric import PodFabric
    from dcsim.spec.hardware import Nic, Rack, Server, Sled

__all__ = ["Entry", "Fleet", "HostArrays", "HostPool", "RackArrays", "build_fleet"]

Entry = Callable[[str, str], Any]
"""Looks a catalogue entry up: ``entry("servers", "leopard")``."""


@dataclass(frozen=True)
class HostPool:
    """Equal hosts of one region, in racks of one type, for one role.

    Parameters
    ----------
    region : int
        Index of the region.
    rack, server, role, kind : str
        Rack entry, server entry, role of the racks, server kind.
    racks, hosts : int
        Counts.
    hosts_per_sled, hosts_per_nic, gpus_per_host, cores_per_host : int
        Of one sled, one NIC, one host.
    idle_power, peak_power, power_exponent : float
        Power of one host, its head node's included (W); exponent of its curve.
    price, lifetime : float
        Capital cost of one host, its head node's included (USD); time to write it off (s).
    speed : float
        Work of one host relative to the reference host of its kind.
    sled, nic : str
        Catalogue entries.
    """

    region: int
    rack: str
    server: str
    role: str
    kind: str
    racks: int
    hosts: int
    hosts_per_sled: int
    hosts_per_nic: int
    gpus_per_host: int
    cores_per_host: int
    idle_power: float
    peak_power: float
    power_exponent: float
    price: float
    lifetime: float
    speed: float
    sled: str
    nic: str


@dataclass(frozen=True)
class RackArrays:
    """Where each rack stands: one entry per rack, in order of pools.

    Parameters
    ----------
    pool, region : ndarray of int64, shape (racks,)
        Index of pool and region.
    datacenter, pod : ndarray of int64, shape (racks,)
        Numbers that are unique over the whole fleet.
    """

    pool: NDArray[np.int64]
    region: NDArray[np.int64]
    datacenter: NDArray[np.int64]
    pod: NDArray[np.int64]


@dataclass(frozen=True)
class HostArrays:
    """Where each host stands: one entry per host, in order of pools.

    Parameters
    ----------
    pool, region : ndarray of int16, shape (hosts,)
        Index of pool and region.
    datacenter, pod, rack, chassis, sled : ndarray of int32, shape (hosts,)
        Numbers that are unique over the whole fleet. A sled's number is its NIC's too where it has one NIC.
    nic : ndarray of int32, shape (hosts,)
        Number of the NIC that the host shares.
    """

    pool: NDArray[np.int16]
    region: NDArray[np.int16]
    datacenter: NDArray[np.int32]
    pod: NDArray[np.int32]
    rack: NDArray[np.int32]
    chassis: NDArray[np.int32]
    sled: NDArray[np.int32]
    nic: NDArray[np.int32]


@dataclass(frozen=True)
class Fleet:
    """Regions, pools and hosts.

    Parameters
    ----------
    regions : dict of str to RegionSite
        In the order of the scenario; an index means a position in it.
    pools : tuple of HostPool
        In order of region and role.
    fabric : PodFabric
        What every region is built with.
    sleds, rack_types : dict
        Sled and rack entries in use, by name.
    nics : dict of str to Nic
        NIC entries in use, by name.
    """

    regions: dict[str, RegionSite]
    pools: tuple[HostPool, ...]
    fabric: PodFabric
    sleds: dict[str, Sled]
    rack_types: dict[str, Rack]
    nics: dict[str, Nic]

    @property
    def region_names(self) -> list[str]:
        """Names of the regions, in order."""
        return list(self.regions)

    @property
    def hosts(self) -> int:
        """Number of hosts."""
        return sum(pool.hosts for pool in self.pools)

    def with_role(self, role: str) -> list[int]:
        """Return the indices of the pools of a role."""
        return [index for index, pool in enumerate(self.pools) if pool.role == role]

    @cached_property
    def rack_arrays(self) -> RackArrays:
        """Where each rack stands."""
        return _place_racks(self)

    @cached_property
    def host_arrays(self) -> HostArrays:
        """Where each host stands; built on first use, about 26 bytes a host."""
        return _place_hosts(self)


def build_fleet(spec: FleetSpec, entry: Entry) -> Fleet:
    """Return the fleet of a scenario.

    Parameters
    ----------
    spec : FleetSpec
        As resolved.
    entry : callable
        Looks catalogue entries up.
    """
    pools: list[HostPool] = []
    sleds: dict[str, Sled] = {}
    racks: dict[str, Rack] = {}
    nics: dict[str, Nic] = {}
    for index, site in enumerate(spec.regions.values()):
        for role in ROLES:
            for rack_name, count in getattr(site, role).items():
                rack = racks.setdefault(rack_name, entry("racks", rack_name))
                sled = sleds.setdefault(rack.sled, entry("sleds", rack.sled))
                nics.setdefault(sled.nic, _overridden(entry("nics", sled.nic), spec))
                pools.append(_pool(index, role, rack_name, count, rack, sled, entry))
    return Fleet(dict(spec.regions), tuple(pools), entry("fabrics", spec.fabric), sleds, racks, nics)


def _overridden(nic: Nic, spec: FleetSpec) -> Nic:
    """Return a NIC with the fleet-wide overrides of the scenario."""
    if spec.nic is None:
        return nic
    fields = {name: getattr(spec.nic, name) for name in type(spec.nic).model_fields}
    return nic.model_copy(update={name: value for name, value in fields.items() if value is not None})


def _pool(region: int, role: str, name: str, count: int, rack: Rack, sled: Sled, entry: Entry) -> HostPool:
    server: Server = entry("servers", sled.server)
    head: Server | None = entry("servers", server.head_node) if server.head_node else None
    computing = head or server
    cores = entry("cpus", computing.cpu).cores * computing.sockets if computing.cpu else 1
    return HostPool(
        region=region, rack=name, server=sled.server, role=role, kind=server.kind,
        racks=count, hosts=count * rack.sleds * sled.hosts,
        hosts_per_sled=sled.hosts, hosts_per_nic=-(-sled.hosts // sled.nics), gpus_per_host=server.gpus,
        cores_per_host=cores,
        idle_power=server.idle_power + (head.idle_power if head else 0.0),
        peak_power=server.peak_power + (head.peak_power if head else 0.0),
        power_exponent=server.power_exponent,
        price=server.price + (head.price if head else 0.0), lifetime=server.lifetime,
        speed=server.serving_speed, sled=rack.sled, nic=sled.nic,
    )  # fmt: skip


def _place_racks(fleet: Fleet) -> RackArrays:
    """Return where racks stand: they are numbered through each region, pods and datacenters by racks."""
    pool = np.repeat(np.arange(len(fleet.pools)), np.array([pool.racks for pool in fleet.pools]))
    region = np.array([pool.region for pool in fleet.pools], np.int64)[pool]
    in_region = _ranks_within(region)
    per_datacenter = fleet.fabric.racks_per_pod * fleet.fabric.pods_per_datacenter
    return RackArrays(
        pool=pool,
        region=region,
        datacenter=_unique_numbers(region, in_region // per_datacenter),
        pod=_unique_numbers(region, in_region // fleet.fabric.racks_per_pod),
    )


def _place_hosts(fleet: Fleet) -> HostArrays:
    """Return where hosts stand."""
    racks = fleet.rack_arrays
    pool_of_rack = racks.pool
    types = [fleet.rack_types[pool.rack] for pool in fleet.pools]
    sleds = np.array([rack.sleds for rack in types])[pool_of_rack]
    rack_of_sled = np.repeat(np.arange(len(pool_of_rack)), sleds)
    per_chassis = np.array([rack.sleds_per_chassis for rack in types])[pool_of_rack][rack_of_sled]
    chassis_of_sled = _unique_numbers(rack_of_sled, _ranks_within(rack_of_sled) // per_chassis)

    pool_of_sled = pool_of_rack[rack_of_sled]
    hosts = np.array([pool.hosts_per_sled for pool in fleet.pools])[pool_of_sled]
    sled = np.repeat(np.arange(len(rack_of_sled)), hosts)
    per_nic = np.array([pool.hosts_per_nic for pool in fleet.pools])[pool_of_sled][sled]
    rack = rack_of_sled[sled]
    return HostArrays(
        pool=pool_of_rack[rack].astype(np.int16),
        region=racks.region[rack].astype(np.int16),
        datacenter=racks.datacenter[rack].astype(np.int32),
        pod=racks.pod[rack].astype(np.int32),
        rack=rack.astype(np.int32),
        chassis=chassis_of_sled[sled].astype(np.int32),
        sled=sled.astype(np.int32),
        nic=_unique_numbers(sled, _ranks_within(sled) // per_nic).astype(np.int32),
    )


def _ranks_within(group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return 0, 1, 2, ... within each run of equal numbers of a sorted array."""
    if not len(group):
        return group
    starts = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    return np.arange(len(group)) - np.repeat(starts, np.diff(np.r_[starts, len(group)]))


def _unique_numbers(outer: NDArray[np.int64], inner: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return a number for each pair of two arrays that are sorted together, from zero upwards."""
    if not len(outer):
        return outer
    changed = (outer[1:] != outer[:-1]) | (inner[1:] != inner[:-1])
    return np.asarray(np.r_[0, np.cumsum(changed)])
