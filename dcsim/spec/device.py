"""Devices that compute: what a GPU and a CPU reach, hold and draw."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field, model_validator

from dcsim.spec.architecture import (
    Architecture,
    EfficiencyTable,
    Gain,
    LayerKind,
    PositiveRatio,
    Precision,
    cpu_architecture,
    gpu_architecture,
    held_clock,
    matrix_ratio,
    share,
)
from dcsim.spec.base import (
    Bytes,
    BytesPerSecond,
    FlopPerSecond,
    Hertz,
    NonNegativeBytes,
    NonNegativeSeconds,
    NonNegativeWatts,
    PositiveInt,
    Sourced,
    Usd,
    Watts,
)

__all__ = ["Cpu", "Gpu", "LayerKind", "PositiveRatio", "Precision", "Year"]

Year = Annotated[int, Field(ge=1990, le=2100)]
"""A calendar year."""


def _of_gpu(seen: dict[str, Any]) -> Architecture:
    return gpu_architecture(seen.get("year"), matrix_ratio(seen.get("peak") or {}))


def _of_cpu(seen: dict[str, Any]) -> Architecture:
    return cpu_architecture(seen.get("flop_per_cycle"))


def _units(seen: dict[str, Any]) -> int:
    """Return how many compute units the FP32 peak (or the lowest one) makes, by the peak of one of the generation."""
    peak, unit = seen.get("peak") or {}, _of_gpu(seen).unit_peak
    return max(1, round(peak.get("fp32", min(peak.values())) / unit)) if peak and unit else 1


class Gpu(Sourced):
    """One accelerator as software sees it.

    Parameters
    ----------
    vendor : str, optional
        Maker, in lower case.
    year : int, optional
        Launch; as new as the newest architecture where not given.
    peak : dict of precision to FlopPerSecond
        Dense arithmetic peak at boost clock, FLOP/s.
    memory, memory_bandwidth : Bytes, BytesPerSecond
        Capacity and peak rate of the device memory.
    reserved : NonNegativeBytes
        Of the memory: driver context, the libraries' kernels and their workspaces. 0.75 GiB where not given, between
        the 0.3 to 0.4 GB of a bare context and the 1 GB with all kernels of a framework that users report for Volta
        (pytorch/pytorch, issues 20532 and 28394).
    bandwidth_efficiency : float
        Share of the memory's peak rate that streaming reaches. As for all figures of this list up to ``winograd``, that
        of the newest entry of ``architectures`` that is not younger than the GPU, and whose matrix units are not wider
        for their FP32 peak, where not given.
    launch_overhead : NonNegativeSeconds
        Host and device cost of one layer call, s.
    efficiency : dict of precision to dict of layer kind to float
        Share of the arithmetic peak that the best tile of a call reaches; what is not given for a precision is taken
        from one that the same units compute, and else from the architecture,
        less what ``tdp`` does not feed.
    compute_units : int
        Multiprocessors; where not given, as many as the FP32 peak makes at the architecture's peak of one.
    winograd : float
        Multiplications of a convolution of 3x3 windows over those of the library's fast algorithm in FP32; 1 for none.
    step_spread : float
        Standard deviation over mean of the step times of such GPUs, which stays with each of them. Where not given,
        0.015: GPUs of one kind differ by 8 % within a cluster, outliers aside (Sinha et al., "Not all GPUs are created
        equal", SC 2022), taken as the 5.4 deviations between the whiskers of a normal distribution.
    tdp, idle_power : Watts
        Design power and power without work, W.
    price : Usd, optional
        Of one device, where it was sold alone.
    links : int, optional
        Direct links to other GPUs; none for devices on PCIe alone.
    link_bandwidth, effective_link_bandwidth : BytesPerSecond, optional
        Of one link in one direction: nominal, and after protocol overhead.
    box_bandwidth : BytesPerSecond, optional
        What each GPU sends when the GPUs of a server without direct links reduce among themselves; for GPUs without
        links only. Where neither is given, 6 GB/s: what DeepBench's all-reduce fits among GPUs on PCIe 3.
    """

    vendor: str | None = None
    year: Year | None = None
    peak: Annotated[dict[Precision, FlopPerSecond], Field(min_length=1)]
    memory: Bytes
    reserved: NonNegativeBytes = 0.75 * 2.0**30
    memory_bandwidth: BytesPerSecond
    bandwidth_efficiency: PositiveRatio = Field(default_factory=lambda seen: _of_gpu(seen).bandwidth_efficiency)
    launch_overhead: NonNegativeSeconds = Field(default_factory=lambda seen: _of_gpu(seen).launch_overhead)
    efficiency: EfficiencyTable = {}
    compute_units: PositiveInt = Field(default_factory=_units)
    winograd: Gain = Field(default_factory=lambda seen: _of_gpu(seen).winograd)
    step_spread: Annotated[float, Field(ge=0, lt=1)] = 0.015
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
        if self.links is not None and self.box_bandwidth is not None:
            raise ValueError("has links, so box_bandwidth would have no effect; remove one")
        if self.effective_link_bandwidth is not None and (
            self.link_bandwidth is None or self.effective_link_bandwidth > self.link_bandwidth
        ):
            raise ValueError("effective_link_bandwidth needs a link_bandwidth that is at least as large")
        return self

    def share(self, precision: str, kind: str) -> float | None:
        """Return the share of the peak that a kind of layer reaches at a precision; None where nothing says."""
        generation = _of_gpu({"year": self.year, "peak": self.peak})
        held = held_clock(generation, self.tdp, self.peak["fp32"]) if "fp32" in self.peak else 1.0
        return share(self.efficiency, generation.efficiency, precision, kind, held)


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
        As for a ``Gpu``; the architecture is the widest one that does not compute more in a cycle.
    turbo_frequency : Hertz, optional
        Clock of a core that works alone, Hz; it falls evenly to the guaranteed one as the others join in.
    tdp : Watts
        Design power, W.
    price : Usd, optional
        List price.

    Examples
    --------
    >>> Cpu(title="toy", source="a doctest", cores=8, base_frequency="2 GHz", flop_per_cycle=32, llc="12 MiB",
    ...     memory_bandwidth="34 GB/s", tdp="45 W").peak
    512000000000.0
    """

    year: Year | None = None
    cores: PositiveInt
    base_frequency: Hertz
    flop_per_cycle: PositiveInt
    llc: Bytes
    memory_bandwidth: BytesPerSecond
    bandwidth_efficiency: PositiveRatio = Field(default_factory=lambda seen: _of_cpu(seen).bandwidth_efficiency)
    launch_overhead: NonNegativeSeconds = Field(default_factory=lambda seen: _of_cpu(seen).launch_overhead)
    efficiency: EfficiencyTable = {}
    turbo_frequency: Hertz | None = None
    tdp: Watts
    price: Usd | None = None

    @property
    def peak(self) -> float:
        """FP32 arithmetic peak at the base clock, FLOP/s."""
        return float(self.cores * self.base_frequency * self.flop_per_cycle)

    def share(self, precision: str, kind: str) -> float | None:
        """Return the share of the peak that a kind of layer reaches; None where nothing says."""
        return share(self.efficiency, cpu_architecture(self.flop_per_cycle).efficiency, precision, kind)
