"""Where the ranks of a collective are: hosts of a fabric with what stands in its racks, or GPUs of servers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.errors import InputError, Problem
from dcsim.network.box import box_topology, boxed
from dcsim.network.build import build_topology
from dcsim.network.fabric_file import load_fabric
from dcsim.network.rings import Ring, rings_inside, rings_through
from dcsim.spec.fabric import GraphFabric, PodFabric, SledRacks
from dcsim.world.collective import PlanTime, plan_time
from dcsim.world.placement import place
from dcsim.world.rounds import distinct_rounds
from dcsim.world.standing import faults_of, sled_standing, standing_of, wiring_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.collectives.plan import Plan
    from dcsim.network.topology import Topology
    from dcsim.spec.catalog import Catalog
    from dcsim.spec.fabric import FabricSpec
    from dcsim.spec.gpu_topology import GpuTopology, Protocol
    from dcsim.spec.hardware import Nic, Rack, Server, Sled, Switch
    from dcsim.spec.network import Fidelity
    from dcsim.spec.transport import Transport
    from dcsim.world.placement import Placement
    from dcsim.world.standing import Standing

__all__ = ["Arena", "Ground", "among_gpus", "among_hosts", "find_box", "find_ground", "full_bandwidth", "on_ground"]

DEFAULT_SLED = "big_basin_p100_sled"
PLAIN_FABRIC = "f4_100g"
"""What joins hosts where no fabric is named; racks of a server that is named are then joined without a bottleneck."""


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
    assumed : str
        What the user should know of sleds and racks that the catalogue does not hold.
    """

    fabric: FabricSpec
    sled: Sled | None = None
    nic: Nic | None = None
    rack: Rack | None = None
    switch: Switch | None = None
    own_overhead_s: float | None = None
    assumed: str = ""

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
    rings, inside : tuple of Ring
        Orders of the ranks in which rings use the links of boxes best: through all ranks, and inside each box.
    protocols : tuple of Protocol
        Ways in which messages may be moved, of which the fastest is taken.
    assumed : str
        What the user should know of where the hosts stand.
    """

    topology: Topology
    hosts: NDArray[np.int64]
    overhead_s: float
    local: int = 1
    named: tuple[str, ...] = ()
    rings: tuple[Ring, ...] = ()
    inside: tuple[Ring, ...] = ()
    protocols: tuple[Protocol, ...] = ()
    assumed: str = ""

    @property
    def leaves_boxes(self) -> bool:
        """Whether messages leave a box at all."""
        return self.local < len(self.hosts)

    @cached_property
    def _ways(self) -> list[tuple[float, Topology]]:
        """What each protocol takes to start, and what it leaves of the links."""
        return [
            (
                way.start,
                replace(
                    self.topology,
                    capacity=self.topology.capacity * way.bandwidth_share,
                    latency=self.topology.latency * way.latency_share,
                ),
            )
            for way in self.protocols
        ] or [(0.0, self.topology)]

    def act(self, plan: Plan, *, fidelity: Fidelity = "flow", transport: Transport | None = None) -> PlanTime:
        """Return how long a collective takes here, by the protocol that is fastest; see ``plan_time``.

        Parameters
        ----------
        plan : Plan
            What is sent.
        fidelity : {"closed_form", "flow", "packet"}
            How closely the network is looked at.
        transport : Transport, optional
            How hosts answer to losses; without it there are none.
        """
        found = []
        for start_s, links in self._ways:
            done = plan_time(
                plan, links, self.hosts, fidelity=fidelity, overhead_s=self.overhead_s, transport=transport
            )
            begun = start_s if plan.phases else 0.0
            found.append(
                replace(
                    done,
                    time_s=done.time_s + begun,
                    closed_form_s=done.closed_form_s + begun,
                    waiting_s=done.waiting_s + begun,
                )
            )
        return min(found, key=lambda done: done.time_s)

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


def find_ground(fabric: str | None, sled: str | None, catalog: Catalog, *, standing: Standing | None = None) -> Ground:
    """Return a fabric of the catalogue or of a file, with the sleds that stand in it and their racks.

    Parameters
    ----------
    fabric : str, optional
        Name or file; where not given, ``PLAIN_FABRIC``, or for a ``standing`` one on which nothing but adapters binds.
    sled : str, optional
        Name of the sled; for pods ``big_basin_p100_sled`` where not given.
    catalog : Catalog
        Entries by name.
    standing : Standing, optional
        What stands in it, instead of a sled by name.

    Raises
    ------
    InputError
        With every problem of either.
    """
    if fabric is None and standing is not None:
        return on_ground(full_bandwidth(standing, catalog), standing)
    problems: list[Problem] = []
    found: FabricSpec | None = None
    fabric = fabric or PLAIN_FABRIC
    try:
        found = load_fabric(fabric, catalog)
    except InputError as error:
        problems += _called("--fabric", fabric, error)
    pods = isinstance(found, PodFabric)
    name = sled or (DEFAULT_SLED if pods else None)
    if standing is None and name is not None:
        try:
            standing = sled_standing(name, catalog)
        except InputError as error:
            problems += _called("--sled", "catalogue", error)
    if found is None or problems:
        raise InputError(problems)
    return on_ground(found, standing)


def on_ground(fabric: FabricSpec, standing: Standing | None) -> Ground:
    """Return a fabric with what stands in its racks, which only those of pods need to know in full."""
    if standing is None:
        return Ground(fabric)
    if not isinstance(fabric, PodFabric):
        return Ground(fabric, standing.sled, standing.nic)
    return Ground(fabric, standing.sled, standing.nic, standing.rack, standing.switch, assumed=standing.assumed)


def full_bandwidth(standing: Standing, catalog: Catalog) -> FabricSpec:
    """Return a fabric of racks like these on which nothing but the adapters binds.

    Raises
    ------
    InputError
        Where the fabric whose switches and fibres it has cannot be read.
    """
    plain: Any = catalog.load("fabrics", PLAIN_FABRIC)
    rate = standing.nic.bandwidth * standing.sled.nics * standing.rack.sleds
    wide: FabricSpec = plain.model_copy(
        update={"tor_uplinks": 1, "uplink_bandwidth": rate, "spine_oversubscription": 1.0}
    )
    return wide


def _called(option: str, file: str, error: InputError) -> list[Problem]:
    """Return the problems of an error, those with a whole file as problems of the option that names it."""
    return [Problem(option, 0, 0, "", p.message) if p.file == file and not p.line else p for p in error.problems]


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
    return Arena(topology, hosts, ground.overhead_s, named=named, assumed=ground.assumed)


def find_box(name: str, catalog: Catalog) -> tuple[Server, GpuTopology, Standing]:
    """Return a server, how its GPUs are wired, and where it stands; assumed where the catalogue does not tell.

    Raises
    ------
    InputError
        For a server that is unknown, or has no GPUs.
    """
    try:
        server: Any = catalog.load("servers", name)
        if server.gpu is not None:
            return server, wiring_of(server, catalog), standing_of(name, server, catalog)
    except InputError as error:
        told = InputError(faults_of(name, catalog, error))
        raise InputError(_called("--server", "catalogue", told)) from None
    raise InputError([Problem("--server", 0, 0, "", f"'{name}' has no GPUs; choose a server with GPUs")])


def among_gpus(ground: Ground, box: GpuTopology, ranks: int, *, each: int | None = None) -> Arena:
    """Return the arena of one rank to a GPU: of one server, or of as many as are needed, filled one after the other.

    Parameters
    ----------
    ground : Ground
        The fabric between the servers.
    box : GpuTopology
        Wiring of each server.
    ranks : int
        How many.
    each : int, optional
        GPUs of each server that hold a rank, the first ones; by default all.

    Raises
    ------
    ValueError
        Where the fabric has too few hosts.
    """
    local = each or box.gpus
    inside, servers = box_topology(box), -(-ranks // local)
    ways = tuple(box.protocols.values())
    if servers == 1:
        rings = rings_inside(inside, ranks)
        return Arena(inside, np.arange(ranks), 0.0, ranks, rings=rings, inside=rings, protocols=ways)
    outside = among_hosts(ground, servers, ground.hosts_per_nic, "contiguous")
    topology = boxed(outside.topology, inside)
    rank = np.arange(ranks)
    ends = rank // local * box.gpus + rank % local
    full = ranks % local == 0
    return Arena(
        topology,
        ends,
        outside.overhead_s,
        local,
        outside.named,
        rings=rings_through(inside, local, servers) if full else (tuple(range(ranks)),),
        inside=rings_inside(inside, local),
        protocols=ways[:1],
        assumed=outside.assumed,
    )
