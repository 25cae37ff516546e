"""Where the ranks of a collective are: hosts of a fabric with what stands in its racks, or GPUs of servers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.errors import InputError, Problem
from dcsim.network.box import box_topology, boxed
from dcsim.network.build import build_topology
from dcsim.network.fabric_file import load_fabric
from dcsim.spec.fabric import GraphFabric, PodFabric, SledRacks
from dcsim.world.placement import place
from dcsim.world.rounds import distinct_rounds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.collectives.plan import Plan
    from dcsim.network.topology import Topology
    from dcsim.spec.catalog import Catalog
    from dcsim.spec.fabric import FabricSpec
    from dcsim.spec.gpu_topology import GpuTopology
    from dcsim.spec.hardware import Nic, Rack, Sled, Switch
    from dcsim.world.placement import Placement

__all__ = ["Arena", "Ground", "among_gpus", "among_hosts", "find_box", "find_ground"]

DEFAULT_SLED = "big_basin_p100_sled"


@dataclass(frozen=True)
class Ground:
    """A fabric and what stands in its racks.

    Parameters
    ----------
    fabric : FabricSpec
        How hosts are joined.
    sled, nic, rack, switch : Sled, Nic, Rack, Switch, optional
        What stands in the racks of pods. Other fabrics say it themselves, and take only the software overhead of a
        message from the adapter.
    own_overhead_s : float, optional
        Software overhead of a message (s), instead of that of the adapter.
    """

    fabric: FabricSpec
    sled: Sled | None = None
    nic: Nic | None = None
    rack: Rack | None = None
    switch: Switch | None = None
    own_overhead_s: float | None = None

    @property
    def overhead_s(self) -> float:
        """Software overhead of a message between hosts (s); 0 where nothing tells it."""
        if self.own_overhead_s is not None:
            return self.own_overhead_s
        return self.nic.message_overhead if self.nic is not None else 0.0

    @property
    def hosts_per_nic(self) -> int:
        """Hosts that share an adapter."""
        if isinstance(self.fabric, PodFabric) and self.sled is not None:
            return -(-self.sled.hosts // self.sled.nics)
        return self.fabric.hosts_per_sled if isinstance(self.fabric, SledRacks) else 1

    def topology(self, hosts: int | None) -> Topology:
        """Return the links of the fabric for so many hosts; see ``build_topology``."""
        return build_topology(self.fabric, hosts, rack=self.rack, sled=self.sled, nic=self.nic, switch=self.switch)


@dataclass(frozen=True, eq=False)
class Arena:
    """The links that a collective may use, and where its ranks are.

    Parameters
    ----------
    topology : Topology
        Links and routes.
    hosts : ndarray of int64, shape (ranks,)
        End of the topology that each rank is.
    overhead_s : float
        Software cost of a message that leaves its box (s).
    local : int
        Consecutive ranks that share a box.
    named : tuple of str
        Names of the hosts of a graph, whose hosts need not all be joined; empty on all other fabrics.
    """

    topology: Topology
    hosts: NDArray[np.int64]
    overhead_s: float
    local: int = 1
    named: tuple[str, ...] = ()

    @property
    def leaves_boxes(self) -> bool:
        """Whether messages leave a box at all."""
        return self.local < len(self.hosts)

    def unjoined(self, plan: Plan) -> tuple[str, str] | None:
        """Return two hosts of a graph that a plan sends between and no way joins; None where there are none."""
        if not self.named:
            return None
        for step, _ in distinct_rounds(plan):
            src, dst = self.hosts[step.src], self.hosts[step.dst]
            reachable = self.topology.routes(src, dst).reachable
            if not reachable.all():
                lost = int(reachable.argmin())
                return self.named[src[lost] // self.local], self.named[dst[lost] // self.local]
        return None


def find_ground(fabric: str, sled: str | None, catalog: Catalog) -> Ground:
    """Return a fabric of the catalogue or of a file, with the sleds that stand in it and their racks.

    Parameters
    ----------
    fabric : str
        Name or file.
    sled : str, optional
        Name of the sled; for pods ``big_basin_p100_sled`` where not given.
    catalog : Catalog
        Entries by name.

    Raises
    ------
    InputError
        With every problem of either.
    """
    problems: list[Problem] = []
    found: FabricSpec | None = None
    try:
        found = load_fabric(fabric, catalog)
    except InputError as error:
        problems += _called("--fabric", fabric, error)
    pods = isinstance(found, PodFabric)
    name = sled or (DEFAULT_SLED if pods else None)
    try:
        standing = _standing(name, catalog, racked=pods) if name else {}
    except InputError as error:
        problems += _called("--sled", "catalogue", error)
    if found is None or problems:
        raise InputError(problems)
    return Ground(found, **standing)


def _called(option: str, file: str, error: InputError) -> list[Problem]:
    """Return the problems of an error, those with a whole file as problems of the option that names it."""
    return [Problem(option, 0, 0, "", p.message) if p.file == file and not p.line else p for p in error.problems]


def _standing(sled: str, catalog: Catalog, *, racked: bool) -> dict[str, Any]:
    """Return a sled and its adapter, with the first rack that holds such sleds and its switch where asked for."""
    found: Any = catalog.load("sleds", sled)
    standing = {"sled": found, "nic": catalog.load("nics", found.nic)}
    if not racked:
        return standing
    name = _holder(catalog, "racks", "sled", sled)
    if name is None:
        raise InputError([Problem("--sled", 0, 0, "", f"no rack of the catalogue holds '{sled}'; write one in racks/")])
    rack: Any = catalog.load("racks", name)
    return {**standing, "rack": rack, "switch": catalog.load("switches", rack.switch)}


def _holder(catalog: Catalog, kind: str, field: str, held: str) -> str | None:
    """Return the first entry of a kind that names another in a field."""
    for name in catalog.names(kind):
        node = catalog.raw(kind, name).root.child(field)
        if node is not None and node.value == held:
            return name
    return None


def among_hosts(ground: Ground, ranks: int, taking_part: int, placement: Placement) -> Arena:
    """Return the arena of one rank to a host.

    Parameters
    ----------
    ground : Ground
        Fabric and hosts.
    ranks : int
        How many.
    taking_part : int
        Ranks to an adapter.
    placement : {"contiguous", "strided"}
        How ranks follow one another; see ``place``.

    Raises
    ------
    ValueError
        Where an adapter or the fabric has too few hosts.
    """
    hosts = place(ranks, ground.hosts_per_nic, taking_part, placement)
    topology = ground.topology(int(hosts.max()) + 1)
    named = ground.fabric.hosts if isinstance(ground.fabric, GraphFabric) else ()
    return Arena(topology, hosts, ground.overhead_s, named=named)


def find_box(server: str, catalog: Catalog) -> tuple[GpuTopology, str]:
    """Return how the GPUs of a server are wired, and the name of the sled that it stands on.

    Raises
    ------
    InputError
        For a server that is unknown, or whose GPUs, wiring or sled the catalogue does not tell.
    """
    try:
        found: Any = catalog.load("servers", server)
    except InputError as error:
        raise InputError(_called("--server", "catalogue", error)) from None
    if found.gpu_topology is None:
        raise InputError([Problem("--server", 0, 0, "", f"'{server}' has no gpu_topology; choose a server with GPUs")])
    wiring: Any = catalog.load("gpu_topologies", found.gpu_topology)
    name = _holder(catalog, "sleds", "server", server)
    if name is None:
        message = f"no sled of the catalogue holds '{server}'; write one in sleds/"
        raise InputError([Problem("--server", 0, 0, "", message)])
    return wiring, name


def among_gpus(ground: Ground, box: GpuTopology, ranks: int) -> Arena:
    """Return the arena of one rank to a GPU: of one server, or of as many as are needed, filled one after the other.

    Parameters
    ----------
    ground : Ground
        The fabric between the servers.
    box : GpuTopology
        Wiring of each server.
    ranks : int
        How many.

    Raises
    ------
    ValueError
        Where the fabric has too few hosts.
    """
    inside, servers = box_topology(box), -(-ranks // box.gpus)
    if servers == 1:
        return Arena(inside, np.arange(ranks), 0.0, ranks)
    outside = among_hosts(ground, servers, ground.hosts_per_nic, "contiguous")
    topology = boxed(outside.topology, inside)
    return Arena(topology, np.arange(ranks), outside.overhead_s, box.gpus, outside.named)
