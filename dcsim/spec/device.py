"""Devices that compute: what a GPU and a CPU reach, hold and draw."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from dcsim.spec.base import (
    Bytes,
    BytesPerSecond,
    Flop,
    FlopPerSecond,
    Hertz,
    NonNegativeBytes,
    NonNegativeSeconds,
    NonNegativeWatts,
    PositiveInt,
    Ratio,
    Sourced,
    Spec,
    Usd,
    Watts,
)

__all__ = ["Cpu", "Efficiency", "Gpu", "LayerKind", "PositiveRatio", "Precision", "Year"]

LayerKind = Literal["gemm", "conv", "recurrent", "embedding", "elementwise", "tree"]
"""Kinds of work that a device does at rates of their own."""
Precision = Literal["fp32", "fp16", "tensor_fp16", "tf32", "bf16", "int8"]
"""Number formats; ``tensor_fp16`` multiplies FP16 on matrix units and adds in FP32."""
PositiveRatio = Annotated[Ratio, Field(gt=0)]
"""A share above zero."""
Year = Annotated[int, Field(ge=1990, le=2100)]
"""A calendar year."""


class Efficiency(Spec):
    """Share of the peak that calls of one kind reach: ``max * work / (work + half_work)``.

    Parameters
    ----------
    max : float
        Share reached by a very large call.
    half_work : Flop
        Work of the call that reaches half of ``max``, FLOP.
    """

    max: PositiveRatio
    half_work: Flop


class Gpu(Sourced):
    """One accelerator as software sees it.

    Parameters
    ----------
    vendor : str
        Maker, in lower case.
    year : int
        Launch.
    peak : dict of precision to FlopPerSecond
        Dense arithmetic peak at boost clock, FLOP/s.
    memory, memory_bandwidth : Bytes, BytesPerSecond
        Capacity and peak rate of the device memory.
    reserved : NonNegativeBytes
        Of the memory: driver context, the libraries' kernels and their workspaces. 0.75 GiB where not given, between
        the 0.3 to 0.4 GB of a bare context and the 1 GB with all kernels of a framework that users report for Volta
        (pytorch/pytorch, issues 20532 and 28394).
    bandwidth_efficiency : float
        Share of the memory's peak rate that streaming reaches.
    launch_overhead : NonNegativeSeconds
        Host and device cost of one layer call, s.
    efficiency : dict of layer kind to Efficiency
        Share of the arithmetic peak by kind of layer.
    tdp, idle_power : Watts
        Design power and power without work, W.
    price : Usd, optional
        Of one device, where it was sold alone.
    links : int, optional
        Direct links to other GPUs; none for devices on PCIe alone.
    link_bandwidth, effective_link_bandwidth : BytesPerSecond, optional
        Of one link in one direction: nominal, and after protocol overhead.
    box_bandwidth : BytesPerSecond, optional
        What each GPU sends when the GPUs of a server without direct links reduce among themselves; given exactly
        for GPUs without links.
    """

    vendor: str
    year: Year
    peak: Annotated[dict[Precision, FlopPerSecond], Field(min_length=1)]
    memory: Bytes
    reserved: NonNegativeBytes = 0.75 * 2.0**30
    memory_bandwidth: BytesPerSecond
    bandwidth_efficiency: PositiveRatio
    launch_overhead: NonNegativeSeconds
    efficiency: dict[LayerKind, Efficiency]
    tdp: Watts
    idle_power: NonNegativeWatts
    price: Usd | None = None
    links: PositiveInt | None = None
    link_bandwidth: BytesPerSecond | None = None
    effective_link_bandwidth: BytesPerSecond | None = None
    box_bandwidth: BytesPerSecond | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Gpu:
        if self.idle_power > self.tdp:
            raise ValueError("idle_power is above tdp")
        if (self.links is None) != (self.link_bandwidth is None):
            raise ValueError("links and link_bandwidth need each other")
        if (self.links is None) == (self.box_bandwidth is None):
            raise ValueError("needs either links, or box_bandwidth for a GPU without them")
        if self.effective_link_bandwidth is not None and (
            self.link_bandwidth is None or self.effective_link_bandwidth > self.link_bandwidth
        ):
            raise ValueError("effective_link_bandwidth needs a link_bandwidth that is at least as large")
        return self


class Cpu(Sourced):
    """One processor package.

    Parameters
    ----------
    year : int, optional
        Launch.
    cores : int
        Physical cores.
    base_frequency : Hertz
        Guaranteed clock, Hz.
    flop_per_cycle : int
        FP32 operations of one core in one cycle, a fused multiply-add counting two.
    llc : Bytes
        Last-level cache.
    memory_bandwidth : BytesPerSecond
        Channels x 8 B x transfer rate.
    bandwidth_efficiency, launch_overhead, efficiency
        As for a ``Gpu``.
    tdp : Watts
        Design power, W.
    price : Usd, optional
        List price.

    Examples
    --------
    >>> Cpu(title="toy", source="a doctest", cores=8, base_frequency="2 GHz", flop_per_cycle=32, llc="12 MiB",
    ...     memory_bandwidth="34 GB/s", bandwidth_efficiency=0.8, launch_overhead="2 us", efficiency={},
    ...     tdp="45 W").peak
    512000000000.0
    """

    year: Year | None = None
    cores: PositiveInt
    base_frequency: Hertz
    flop_per_cycle: PositiveInt
    llc: Bytes
    memory_bandwidth: BytesPerSecond
    bandwidth_efficiency: PositiveRatio
    launch_overhead: NonNegativeSeconds
    efficiency: dict[LayerKind, Efficiency]
    tdp: Watts
    price: Usd | None = None

    @property
    def peak(self) -> float:
        """FP32 arithmetic peak at the base clock, FLOP/s."""
        return float(self.cores * self.base_frequency * self.flop_per_cycle)
