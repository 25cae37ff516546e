"""The hardware catalogue: what a device, a server, a rack, a network or a region is and costs.

Every entry is one YAML file whose stem is its name. Entries name one another (rack > sled > server >
CPU, GPU, NIC); that the named entry exists is checked where the catalogue is loaded.
"""

from __future__ import annotations

import difflib
import zoneinfo
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from dcsim.spec.architecture import Architecture
from dcsim.spec.base import (
    Angle,
    Bytes,
    BytesPerSecond,
    Carbon,
    Count,
    EnergyPrice,
    Name,
    NonNegativeSeconds,
    PositiveInt,
    Ratio,
    Seconds,
    Sourced,
    Spec,
    Usd,
    Watts,
)
from dcsim.spec.device import Cpu, Gpu, LayerKind, PositiveRatio, Precision, Year
from dcsim.spec.fabric import FabricSpec
from dcsim.spec.gpu_topology import GpuTopology
from dcsim.spec.phone import Phone
from dcsim.spec.transport import Transport

__all__ = [
    "HARDWARE_KINDS", "STEP_SPREAD", "Cpu", "Gpu", "LayerKind", "Nic", "NicOverride", "Precision",
    "Rack", "Region", "Server", "ServerKind", "Sled", "Switch", "TimeZone",
]  # fmt: skip

ServerKind = Literal["single_socket", "dual_socket", "gpu", "storage", "inference"]
"""Classes of servers between which work is not moved."""
STEP_SPREAD = {"tcp": 0.058, "rdma": 0.03}
"""Spread of step times where an adapter does not say, by transport: lower quartile, and 5th percentile, of the medians
of 100 jobs of ten workers in Alibaba's PAI 2020 trace (``docs/explanation/stragglers.md``). That hosts vary as little
as the steadier of those jobs, whose workers shared GPUs, is an assumption."""


GOODPUT = {"tcp": 0.94, "rdma": 0.96}
"""Goodput over line rate where an adapter does not say, by transport: 1448 payload bytes in the 1538 that a full TCP
segment takes on an Ethernet wire; 12 of 12.5 GB/s, with which NVIDIA's NCCL plans (src/graph/topo.h)."""
MESSAGE_OVERHEAD = {"tcp": 25e-6, "rdma": 14e-6}
"""Software cost of a message where an adapter does not say, by transport, s: of kernel TCP, both ends together, an
assumption; a network hop over RDMA, NVIDIA NCCL, src/graph/tuning.cc."""
STAGED_SHARE, STAGED_MOST = 0.72, 48e9 / 8
"""Where an adapter does not say what GPUs get through sockets: share of the line rate, and bytes/s at most. The best
that users of NCCL report over TCP: 22.9 of 32 Gbit/s (NVIDIA/nccl, issue 209), 48 of 100 Gbit/s (issue 450)."""


class Nic(Sourced):
    """One network adapter, for one host or shared by the hosts of a sled.

    Parameters
    ----------
    bandwidth : BytesPerSecond
        Line rate of one direction.
    max_hosts : int
        Hosts that may share the adapter; one where not given.
    protocol_efficiency : float
        Goodput over line rate; by default as ``GOODPUT`` says for the transport.
    message_overhead : NonNegativeSeconds
        Software cost of one message, both ends together, s; by default as ``MESSAGE_OVERHEAD`` says.
    transport : {"tcp", "rdma"}
        Whether what is lost is sent again after a time-out, or the network below stops senders before it loses.
    host_bandwidth : BytesPerSecond, optional
        Between one host and an adapter that it shares, in one direction; by default that of the adapter.
    staged_bandwidth : BytesPerSecond, optional
        What the GPUs of a host get through its memory and the sockets of kernel TCP; by default as ``STAGED_SHARE`` and
        ``STAGED_MOST`` say.
    step_spread : float
        Standard deviation over mean of the step times of hosts that such adapters join; by default as
        ``STEP_SPREAD`` says for the transport.
    step_persistence : Ratio
        Share of that variance that stays with a host from one step to the next ones.
    """

    bandwidth: BytesPerSecond
    max_hosts: PositiveInt = 1
    protocol_efficiency: PositiveRatio = GOODPUT["tcp"]
    message_overhead: NonNegativeSeconds = MESSAGE_OVERHEAD["tcp"]
    transport: Literal["tcp", "rdma"] = "tcp"
    host_bandwidth: BytesPerSecond | None = None
    staged_bandwidth: BytesPerSecond | None = None
    step_spread: Annotated[float, Field(ge=0, lt=1)] = STEP_SPREAD["tcp"]
    step_persistence: Ratio = 0.86

    @property
    def staged(self) -> float:
        """What GPUs get through sockets (bytes/s)."""
        return float(self.staged_bandwidth or min(STAGED_SHARE * self.bandwidth, STAGED_MOST))

    @model_validator(mode="before")
    @classmethod
    def _of_transport(cls, value: Any) -> Any:
        """Fill in what the transport decides, where it is not the one whose figures the fields have."""
        if isinstance(value, dict) and value.get("transport") == "rdma":
            plain = {
                "step_spread": STEP_SPREAD["rdma"],
                "protocol_efficiency": GOODPUT["rdma"],
                "message_overhead": f"{MESSAGE_OVERHEAD['rdma'] * 1e6:g} us",
            }
            return {**plain, **value}
        return value


class NicOverride(Spec):
    """Fields that replace those of every NIC of a fleet.

    Parameters
    ----------
    bandwidth, protocol_efficiency, message_overhead
        As for a ``Nic``.
    """

    bandwidth: BytesPerSecond | None = None
    protocol_efficiency: PositiveRatio | None = None
    message_overhead: NonNegativeSeconds | None = None


class Server(Sourced):
    """One machine.

    Parameters
    ----------
    kind : ServerKind
        Class of server.
    year : int
        First deployed or launched.
    cpu, sockets : str, int
        Processor entry and how many; none for a box of GPUs that hangs on a ``head_node``.
    gpu, gpus : str, int
        GPU entry and how many.
    gpu_topology : str, optional
        Entry of the wiring between the GPUs.
    head_node : str, optional
        Server entry that hosts the GPUs. Its power and price are added to those given here.
    memory : Bytes
        DRAM, that of the head node included.
    nic, nics : str, int
        Adapter entry and how many, for a server that shares none.
    idle_power, peak_power : Watts
        At the input of the server, without its head node.
    power_exponent : float
        r in P(u) = idle + (peak - idle) (2 u - u**r), Fan, Weber and Barroso, ISCA 2007.
    price : Usd
        Purchase, without the head node.
    lifetime : Seconds
        Over which the price is written off; four years where not given, as for all servers of the catalogue, an
        assumption.
    serving_speed : float
        Serving work of one host relative to the reference host of its kind; 1 where not given.
    disks, disk_capacity : int, Bytes
        Drives and the size of each.
    """

    kind: ServerKind
    year: Year
    cpu: Name | None = None
    sockets: Count = 0
    gpu: Name | None = None
    gpus: Count = 0
    gpu_topology: Name | None = None
    head_node: Name | None = None
    memory: Bytes
    nic: Name
    nics: PositiveInt
    idle_power: Watts
    peak_power: Watts
    power_exponent: Annotated[float, Field(ge=1, le=3)] = 1.4
    price: Usd
    lifetime: Seconds = 4 * 365 * 86_400.0
    serving_speed: Annotated[float, Field(gt=0)] = 1.0
    disks: Count = 0
    disk_capacity: Bytes | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Server:
        if self.idle_power > self.peak_power:
            raise ValueError("idle_power is above peak_power")
        for name, entry, field, count in (
            ("cpu", self.cpu, "sockets", self.sockets),
            ("gpu", self.gpu, "gpus", self.gpus),
            ("disk_capacity", self.disk_capacity, "disks", self.disks),
        ):
            if (entry is None) != (count == 0):
                raise ValueError(f"{name} and {field} need each other; give both or neither")
        if self.kind == "gpu" and not self.gpus:
            raise ValueError("a server of kind 'gpu' needs gpu and gpus")
        if self.cpu is None and self.head_node is None:
            raise ValueError("needs a cpu, or a head_node that hosts it")
        if self.gpu_topology is not None and not self.gpus:
            raise ValueError("gpu_topology without gpus")
        return self


class Sled(Sourced):
    """What slides into a chassis: one or more hosts and the adapters that they share.

    Parameters
    ----------
    server : str
        Server entry; all hosts of a sled are equal.
    hosts : int
        Hosts on the sled.
    nic, nics : str, int
        Adapter entry and how many; the hosts are split evenly over them.
    """

    server: Name
    hosts: PositiveInt
    nic: Name
    nics: PositiveInt = 1

    @model_validator(mode="after")
    def _agrees(self) -> Sled:
        if self.nics > self.hosts and self.hosts > 1:
            raise ValueError(f"{self.nics} nics for {self.hosts} hosts: a shared sled has at most one each")
        return self


class Rack(Sourced):
    """A rack full of equal sleds under one top-of-rack switch.

    Parameters
    ----------
    sled, sleds : str, int
        Sled entry and how many are installed.
    max_sleds : int
        That fit mechanically.
    sleds_per_chassis : int
        Sleds of one chassis.
    switch : str
        Top-of-rack switch entry.
    power_budget : Watts
        That the rack may draw, W.
    """

    sled: Name
    sleds: PositiveInt
    max_sleds: PositiveInt
    sleds_per_chassis: PositiveInt
    switch: Name
    power_budget: Watts

    @model_validator(mode="after")
    def _fits(self) -> Rack:
        if self.sleds > self.max_sleds:
            raise ValueError(f"holds at most {self.max_sleds} sleds, not {self.sleds}")
        if self.sleds_per_chassis > self.max_sleds:
            raise ValueError(f"sleds_per_chassis is above max_sleds, {self.max_sleds}")
        return self


class Switch(Sourced):
    """A switch: ports and the packet buffer behind them.

    Parameters
    ----------
    year : int
        Published.
    ports : int
        Usable ports.
    port_bandwidth : BytesPerSecond
        Of one port in one direction.
    latency : Seconds
        Through an idle switch, s.
    buffer : Bytes, optional
        Packet memory of one switching chip; not given where unknown.
    buffer_partitions : int
        Parts the memory is split into; a port uses only its own.
    """

    year: Year
    ports: PositiveInt
    port_bandwidth: BytesPerSecond
    latency: Seconds
    buffer: Bytes | None = None
    buffer_partitions: PositiveInt = 1

    @model_validator(mode="after")
    def _holds_a_packet(self) -> Switch:
        if self.buffer is not None and self.buffer < 9000.0 * self.buffer_partitions:
            raise ValueError("buffer is smaller than a jumbo frame (9000 B) for each of its buffer_partitions")
        return self


def _time_zone(value: str) -> str:
    """Refuse a name that the time-zone database does not hold."""
    zones = _zones()
    near = zones.get(_city(value), ())
    if value not in near:
        close = difflib.get_close_matches(value, near, n=1)
        hint = f"did you mean '{close[0]}'?" if close else "write an IANA name, such as 'Europe/Stockholm'"
        raise ValueError(f"unknown time zone '{value}'; {hint}")
    return value


TimeZone = Annotated[str, AfterValidator(_time_zone)]
"""Name of a zone in the IANA time-zone database."""


@lru_cache(maxsize=1)
def _zones() -> dict[str, tuple[str, ...]]:
    """Return the names of the time-zone database by the first letters of their cities, so that hints stay cheap."""
    zones: dict[str, tuple[str, ...]] = {}
    for name in sorted(zoneinfo.available_timezones()):
        zones[_city(name)] = (*zones.get(_city(name), ()), name)
    return zones


def _city(name: str) -> str:
    return name.rpartition("/")[2][:2].lower()


def _within(limit: float) -> AfterValidator:
    """Refuse angles beyond plus or minus a limit."""

    def check(value: float) -> float:
        if abs(value) > limit:
            raise ValueError(f"must lie between -{limit:g} deg and {limit:g} deg")
        return value

    return AfterValidator(check)


class Region(Sourced):
    """A site whose datacenters fail together.

    Parameters
    ----------
    latitude, longitude : Angle
        North and east positive, deg.
    time_zone : str
        IANA name; the local clock of its users.
    ownership : {"owned", "leased"}
        Whether the buildings are the operator's own.
    pue : float
        Power of the site over power of its servers.
    electricity_price : EnergyPrice
        USD/J.
    carbon_intensity : Carbon, optional
        Of the grid, kg/J.
    wan_bandwidth : BytesPerSecond
        Egress to all other regions together.
    """

    latitude: Annotated[Angle, _within(90)]
    longitude: Annotated[Angle, _within(180)]
    time_zone: TimeZone
    ownership: Literal["owned", "leased"]
    pue: Annotated[float, Field(ge=1)]
    electricity_price: EnergyPrice
    carbon_intensity: Carbon | None = None
    wan_bandwidth: BytesPerSecond


HARDWARE_KINDS: dict[str, type[Sourced]] = {
    "gpus": Gpu,
    "cpus": Cpu,
    "nics": Nic,
    "gpu_topologies": GpuTopology,
    "servers": Server,
    "sleds": Sled,
    "racks": Rack,
    "switches": Switch,
    "fabrics": FabricSpec,
    "transports": Transport,
    "regions": Region,
    "architectures": Architecture,
    "phones": Phone,
}
"""Folders of the hardware catalogue and what each holds."""
