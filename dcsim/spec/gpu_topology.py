"""How the GPUs of a server are joined: links between them, PCIe switches, sockets, and where the adapters are."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcsim.spec.base import BytesPerSecond, NonNegativeSeconds, PositiveInt, Sourced, Spec
from dcsim.spec.fabric import NodeName

__all__ = ["GpuLink", "GpuTopology", "Wire", "WireKind"]

WireKind = Literal["nvlink", "pcie", "root", "socket"]
"""Between GPUs (or GPUs and their own switch); below a PCIe switch; from there to a socket; between sockets."""


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
    """

    gpus: PositiveInt
    wires: dict[WireKind, Wire]
    links: Annotated[tuple[GpuLink, ...], Field(min_length=1)]
    nics: Annotated[tuple[NodeName, ...], Field(min_length=1)]

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
