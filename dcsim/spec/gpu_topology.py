"""How the GPUs of a server are joined: links between them, PCIe switches, sockets, and where the adapters are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcsim.spec.base import BytesPerSecond, NonNegativeSeconds, PositiveInt, Ratio, Sourced, Spec
from dcsim.spec.device import PositiveRatio
from dcsim.spec.fabric import NodeName

__all__ = ["GpuLink", "GpuTopology", "Protocol", "Wire", "WireKind"]

WireKind = Literal["nvlink", "pcie", "root", "socket", "adapter"]
"""Between GPUs (or GPUs and their own switch); below a PCIe switch; from there to a socket; between sockets; to a
network adapter, where what leaves the server is slowed down on its way there."""


class Wire(Spec):
    """What one link of a kind carries.

    Parameters
    ----------
    bandwidth : BytesPerSecond
        What software reaches in one direction.
    latency : NonNegativeSeconds
        One way, s.
    """

    bandwidth: BytesPerSecond
    latency: NonNegativeSeconds


class GpuLink(Spec):
    """Two parts of a server and what joins them.

    Parameters
    ----------
    a, b : str
        Names; GPUs are called gpu0, gpu1 and so on.
    wire : WireKind
        What kind of link.
    count : int
        How many, side by side.
    """

    a: NodeName
    b: NodeName
    wire: WireKind
    count: PositiveInt = 1


class Protocol(Spec):
    """One way in which a library moves the messages of a collective inside a server.

    Parameters
    ----------
    start : NonNegativeSeconds
        From the call to the first message: launch of the kernel and its set-up, s.
    bandwidth_share : float
        Share of the links' bandwidth that is left for data.
    latency_share : float
        Share of the links' latency that a message waits for.
    """

    start: NonNegativeSeconds
    bandwidth_share: PositiveRatio = 1.0
    latency_share: Ratio = 1.0


class GpuTopology(Sourced):
    """The wiring of a server with several GPUs.

    Parameters
    ----------
    gpus : int
        How many.
    wires : dict of WireKind to Wire
        What each kind of link carries.
    links : tuple of GpuLink
        Links, each with both directions.
    nics : tuple of str
        Parts that the server's network adapters hang on; a GPU sends through the nearest.
    protocols : dict of str to Protocol
        Of which a collective inside the server takes the fastest. What leaves it starts as the first, that for large
        buffers, does. Where none are given, those of an entry of the catalogue with the same kind of links.
    in_switch : Protocol, optional
        The all-reduce of a crossbar whose switches add up and copy what passes through them: for a buffer of S, each
        of g GPUs then sends no more than S (1 + 1/g).
    """

    gpus: PositiveInt
    wires: dict[WireKind, Wire]
    links: Annotated[tuple[GpuLink, ...], Field(min_length=1)]
    nics: Annotated[tuple[NodeName, ...], Field(min_length=1)]
    protocols: dict[str, Protocol] = Field(default_factory=dict)
    in_switch: Protocol | None = None

    @model_validator(mode="after")
    def _agrees(self) -> GpuTopology:
        named = {name for link in self.links for name in (link.a, link.b)}
        for link in self.links:
            if link.wire not in self.wires:
                raise ValueError(f"{link.a} to {link.b}: wires does not say what '{link.wire}' carries")
            if link.a == link.b:
                raise ValueError(f"joins '{link.a}' with itself")
        for index in range(self.gpus):
            if f"gpu{index}" not in named:
                raise ValueError(f"no link ends at gpu{index}")
        for name in self.nics:
            if name not in named:
                raise ValueError(f"nics: no link ends at '{name}'")
        return self
