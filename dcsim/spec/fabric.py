"""Fabrics: how hosts are joined. One spec for each ``type:`` of the entries in ``hardware_catalog/fabrics``."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from dcsim.spec.base import Bytes, BytesPerSecond, Name, NonNegativeSeconds, PositiveInt, Seconds, Sourced, Spec
from dcsim.spec.device import Year

__all__ = [
    "FABRICS", "Cable", "FabricSpec", "FabricType", "FatTree", "GraphFabric", "LeafSpine", "NodeName", "PodFabric",
    "Routing", "SledRacks", "UnknownFabric",
]  # fmt: skip

FabricType = Literal["pods", "leaf_spine", "fat_tree", "sled_racks", "graph"]
"""Shapes of fabrics."""
Routing = Literal["hash", "sum_modulo", "single"]
"""How a flow chooses among equally short paths; see ``dcsim.network.ecmp``."""
NodeName = Annotated[str, Field(min_length=1, max_length=64)]
"""What a host or a switch of a graph is called."""
_AtLeastOne = Annotated[float, Field(ge=1)]
_JUMBO_BYTES = 9000.0  # the longest frame in common use on Ethernet
_MOST_HOSTS = 2_000_000
_MOST_LINKS = 16_000_000


def _holds_a_packet(buffer: float) -> float:
    """Refuse packet memory in which not even one packet has room."""
    if buffer < _JUMBO_BYTES:
        raise ValueError(
            f"has no room for one packet: must be at least {_JUMBO_BYTES:.0f} B, a jumbo frame; "
            "leave the field out where the memory is unknown"
        )
    return buffer


_PortMemory = Annotated[Bytes, AfterValidator(_holds_a_packet)]


def _bounded(what: str, ends: int, links: int, fields: str, *, kind: str = "hosts") -> None:
    """Refuse a fabric whose links would not fit into memory."""
    for number, most, each in ((ends, _MOST_HOSTS, kind), (links, _MOST_LINKS, "links")):
        if number > most:
            raise ValueError(f"{what} has {number} {each}, more than {most}; lower {fields}")


class FabricSpec(Sourced):
    """What every fabric says of itself.

    Parameters
    ----------
    type : FabricType
        Shape of the fabric, which decides its other fields.
    transport : str, optional
        Transport entry that its hosts send with: decides what is lost where senders collide at a port whose packet
        memory is known. Where not given, nothing is lost.
    """

    type: FabricType = "pods"
    transport: Name | None = None


class UnknownFabric(FabricSpec, extra="ignore"):
    """A fabric of a type that does not exist; only what all fabrics share can be checked."""


class PodFabric(FabricSpec):
    """The network of a region between its racks: pods of racks, planes of spine switches, a core.

    Parameters
    ----------
    type : {"pods"}
        Shape of the fabric.
    year : int
        Published.
    racks_per_pod : int
        Racks under one set of fabric switches.
    pods_per_datacenter : int
        Pods of one building.
    tor_uplinks : int
        Uplinks of one top-of-rack switch, one to each plane.
    uplink_bandwidth : BytesPerSecond
        Of one uplink in one direction.
    spine_oversubscription : float
        What a pod's racks can send over what the pod can send to the spine.
    hop_latency : Seconds
        Of one link with its switch, s.
    wan_detour : float
        Length of the fibre between two regions over the great circle between them.
    routing : Routing
        How a flow chooses its plane.
    """

    type: Literal["pods"] = "pods"
    year: Year
    racks_per_pod: PositiveInt
    pods_per_datacenter: PositiveInt
    tor_uplinks: PositiveInt
    uplink_bandwidth: BytesPerSecond
    spine_oversubscription: _AtLeastOne
    hop_latency: Seconds
    wan_detour: _AtLeastOne
    routing: Routing = "hash"

    @model_validator(mode="after")
    def _fits(self) -> PodFabric:
        racks = self.racks_per_pod * self.pods_per_datacenter
        fields = "racks_per_pod, pods_per_datacenter or tor_uplinks"
        _bounded("a datacenter", racks, 2 * racks * self.tor_uplinks, fields, kind="racks")
        return self


class LeafSpine(FabricSpec):
    """Leaf switches with hosts below and every spine switch above.

    Parameters
    ----------
    type : {"leaf_spine"}
        Shape of the fabric.
    leaves, hosts_per_leaf, spines : int
        How many.
    host_bandwidth : BytesPerSecond
        Between a host and its leaf, in one direction.
    uplink_bandwidth : BytesPerSecond
        Between a leaf and one spine, in one direction.
    hop_latency : NonNegativeSeconds
        Of one link with its switch, s.
    routing : Routing
        How a flow chooses its spine.
    buffer : Bytes, optional
        Packet memory that one port of a switch can fill, at least 9000 B; not given where unknown.
    """

    type: Literal["leaf_spine"]
    leaves: PositiveInt
    hosts_per_leaf: PositiveInt
    spines: PositiveInt
    host_bandwidth: BytesPerSecond
    uplink_bandwidth: BytesPerSecond
    hop_latency: NonNegativeSeconds
    routing: Routing = "hash"
    buffer: _PortMemory | None = None

    @model_validator(mode="after")
    def _fits(self) -> LeafSpine:
        hosts, pairs = self.leaves * self.hosts_per_leaf, self.leaves * self.spines
        _bounded("the fabric", hosts, 2 * (hosts + pairs), "leaves, hosts_per_leaf or spines")
        return self


class FatTree(FabricSpec):
    """A tree of equal switches in three tiers, Al-Fares, Loukissas and Vahdat, SIGCOMM 2008.

    k ports a switch make k pods of k/2 edge and k/2 aggregation switches, (k/2)**2 core switches and k**3/4 hosts.

    Parameters
    ----------
    type : {"fat_tree"}
        Shape of the fabric.
    ports : int
        Of each switch; even.
    bandwidth : BytesPerSecond
        Of a host's link in one direction.
    oversubscription : float
        What the hosts of an edge switch can send over what it can send up: the links above the edge have the
        bandwidth of a host's link over this.
    hop_latency : NonNegativeSeconds
        Of one link with its switch, s.
    routing : Routing
        How a flow chooses its aggregation and core switch.
    buffer : Bytes, optional
        Packet memory that one port of a switch can fill, at least 9000 B; not given where unknown.
    """

    type: Literal["fat_tree"]
    ports: Annotated[PositiveInt, Field(multiple_of=2)]
    bandwidth: BytesPerSecond
    oversubscription: _AtLeastOne = 1.0
    hop_latency: NonNegativeSeconds
    routing: Routing = "hash"
    buffer: _PortMemory | None = None

    @model_validator(mode="after")
    def _fits(self) -> FatTree:
        hosts = self.ports**3 // 4
        _bounded("the tree", hosts, 6 * hosts, "ports")
        return self


class SledRacks(FabricSpec):
    """Racks of sleds with one NIC each under a core that never blocks; as many racks as the hosts need.

    Parameters
    ----------
    type : {"sled_racks"}
        Shape of the fabric.
    sleds_per_rack, hosts_per_sled : int
        How many.
    host_bandwidth, host_latency : BytesPerSecond, NonNegativeSeconds, optional
        Between a host and the NIC that it shares, in one direction; flows inside a sled take nothing else. Needed
        where hosts share a NIC.
    nic_bandwidth, nic_latency : BytesPerSecond, NonNegativeSeconds
        Between a NIC and the top-of-rack switch, in one direction.
    uplink_bandwidth, uplink_latency : BytesPerSecond, NonNegativeSeconds
        Between a rack and the core, in one direction; the core adds no latency.
    buffer : Bytes, optional
        Packet memory that one port of a top-of-rack switch can fill, at least 9000 B; not given where unknown.
    """

    type: Literal["sled_racks"]
    sleds_per_rack: PositiveInt
    hosts_per_sled: PositiveInt
    host_bandwidth: BytesPerSecond | None = None
    host_latency: NonNegativeSeconds | None = None
    nic_bandwidth: BytesPerSecond
    nic_latency: NonNegativeSeconds
    uplink_bandwidth: BytesPerSecond
    uplink_latency: NonNegativeSeconds
    buffer: _PortMemory | None = None

    @model_validator(mode="after")
    def _agrees(self) -> SledRacks:
        if (self.host_bandwidth is None) != (self.host_latency is None):
            raise ValueError("host_bandwidth and host_latency need each other; give both or neither")
        if self.hosts_per_sled > 1 and self.host_bandwidth is None:
            raise ValueError("hosts that share a NIC need host_bandwidth and host_latency")
        hosts = self.sleds_per_rack * self.hosts_per_sled
        _bounded("a rack", hosts, 2 * (hosts + self.sleds_per_rack + 1), "sleds_per_rack or hosts_per_sled")
        return self


class Cable(Spec):
    """Two nodes and what is between them.

    Parameters
    ----------
    a, b : str
        Names of hosts or switches.
    bandwidth : BytesPerSecond
        In one direction.
    latency : NonNegativeSeconds
        One way, with the switch at its end, s.
    one_way : bool
        Whether it carries from a to b only.
    """

    a: NodeName
    b: NodeName
    bandwidth: BytesPerSecond
    latency: NonNegativeSeconds
    one_way: bool = False

    @model_validator(mode="after")
    def _joins(self) -> Cable:
        if self.a == self.b:
            raise ValueError(f"joins '{self.a}' with itself")
        return self


class GraphFabric(FabricSpec):
    """Any network, cable by cable.

    Flows take a path of the fewest links, chosen node by node.

    Parameters
    ----------
    type : {"graph"}
        Shape of the fabric.
    hosts : tuple of str
        Nodes that send and receive, in the order of their numbers; all others are switches.
    links : tuple of Cable
        The cables.
    file : str, optional
        A CSV file with the columns a, b, bandwidth, latency and, if wanted, one_way (true or false), seen from the
        folder of this one; instead of ``links``.
    forwarding_hosts : bool
        Whether hosts pass on what is not for them, as in a torus without switches.
    routing : Routing
        How a flow chooses its next node.
    buffer : Bytes, optional
        Packet memory that one port of a switch can fill, at least 9000 B; not given where unknown.
    """

    type: Literal["graph"]
    hosts: Annotated[tuple[NodeName, ...], Field(min_length=1)]
    links: tuple[Cable, ...] = ()
    file: str | None = None
    forwarding_hosts: bool = False
    routing: Routing = "hash"
    buffer: _PortMemory | None = None

    @model_validator(mode="after")
    def _agrees(self) -> GraphFabric:
        seen: set[str] = set()
        for name in self.hosts:
            if name in seen:
                raise ValueError(f"host '{name}' stands twice in hosts")
            seen.add(name)
        if bool(self.links) == (self.file is not None):
            raise ValueError("needs either links, or a file that holds them")
        return self


FABRICS: dict[str, type[FabricSpec]] = {
    "pods": PodFabric,
    "leaf_spine": LeafSpine,
    "fat_tree": FatTree,
    "sled_racks": SledRacks,
    "graph": GraphFabric,
}
"""The spec of each type of fabric."""
