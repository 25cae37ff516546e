"""Catalogue devices as roofline parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.compute.layers import LAYER_KINDS
from dcsim.kernels.roofline import DEVICE_COLUMNS, Devices

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dcsim.compute.like import CpuLike, DeviceLike, GpuLike

__all__ = ["LIBRARY_LAUNCH", "Device", "box_bandwidth", "cpu_device", "device_arrays", "gpu_device", "mixed_precision"]

_VALUE_BYTES = {"fp32": 4.0, "tf32": 4.0, "fp16": 2.0, "tensor_fp16": 2.0, "bf16": 2.0, "int8": 1.0}
_MATRIX = {"tf32", "tensor_fp16", "bf16", "int8"}
_CPU_PRECISIONS = ("fp32", "int8")
_CACHE_BYTES_PER_CYCLE = 16.0
"""Of one core from the last-level cache, sustained: half of what its ring or mesh port is built for."""
_CORE_GATHER = 10 * 64.0 / 90e-9
"""Bytes/s of scattered rows that one core reads: ten misses of 64 bytes at a time (its line-fill buffers), each
of about 90 ns. Samples of a batch are spread over the cores."""

_CORE_BANDWIDTH = 12e9
"""Bytes/s that one core streams from memory: as many misses at a time, and some more that its prefetchers start."""

LIBRARY_LAUNCH = 5e-6
"""Starting a kernel of a library from a program of one's own, without a framework's operator around it (s); assumed,
as measured latencies of CUDA kernels that do nothing are 3 to 10 us."""

PCIE = 6e9
"""Bytes/s among GPUs on PCIe 3: DeepBench's all-reduce among 2, 4 and 8 M40 fits 5.98, 5.98 and 6.18 GB/s."""


@dataclass(frozen=True)
class Device:
    """Roofline of one device at one precision.

    Parameters
    ----------
    peak : float
        FLOP/s.
    bandwidth : float
        Bytes/s that a program gets, for layers given at 4 bytes a value.
    launch : float
        Cost of starting one layer call (s).
    efficiency : tuple of float
        Share of the peak by kind of layer, in the order of ``LAYER_KINDS``; NaN for kinds that the device has no
        figures for.
    units : float
        Compute units: multiprocessors or cores.
    matrix : bool
        Whether matrix units compute.
    fused : bool
        Whether normalisations and activations are fused, as kernels for narrow values on matrix units do.
    gain : float
        Multiplications saved by fast convolutions; 1 for none.
    value : float
        Bytes of a value.
    gather : float
        Bytes/s of scattered rows, for layers given at 4 bytes a value; infinite where the memory's rate binds.
    cache, cache_bandwidth : float
        Bytes that caches keep, for layers given at 4 bytes a value, and bytes/s from them; 0 for none.
    """

    peak: float
    bandwidth: float
    launch: float
    efficiency: tuple[float, ...]
    units: float
    matrix: bool = False
    fused: bool = False
    gain: float = 1.0
    value: float = 4.0
    gather: float = math.inf
    cache: float = 0.0
    cache_bandwidth: float = 0.0

    def at_rate(self, rate: float) -> Device:
        """Return the device with all rates times a factor; calls take as long to start."""
        return replace(
            self,
            peak=self.peak * rate,
            bandwidth=self.bandwidth * rate,
            gather=self.gather * rate,
            cache_bandwidth=self.cache_bandwidth * rate,
        )


def gpu_device(gpu: GpuLike, precision: str = "fp32", *, fused: bool = True) -> Device:
    """Return the roofline of one GPU.

    Layers are given at 4 bytes a value, so a narrower precision moves them as if the memory were that much
    faster.

    Parameters
    ----------
    gpu : GpuLike
        Catalogue entry.
    precision : str
        Arithmetic to use; ``mixed`` is FP16 on matrix units where the GPU has them, else plain FP16.
    fused : bool
        Whether the framework has fused kernels for narrow values on matrix units.

    Raises
    ------
    ValueError
        When the GPU has no peak at that precision.
    """
    if precision == "mixed":
        precision = mixed_precision(gpu.peak)
    if precision not in gpu.peak:
        raise ValueError(f"has no peak for '{precision}'; known: {', '.join(sorted(gpu.peak))}")
    value = _VALUE_BYTES[precision]
    return Device(
        peak=gpu.peak[precision],
        bandwidth=gpu.memory_bandwidth * gpu.bandwidth_efficiency * 4.0 / value,
        launch=gpu.launch_overhead,
        efficiency=_shares(gpu, precision),
        units=float(gpu.compute_units),
        matrix=precision in _MATRIX,
        fused=fused and precision in _MATRIX and value < 4.0,
        gain=gpu.winograd if precision == "fp32" else 1.0,
        value=value,
    )


def cpu_device(
    cpu: CpuLike,
    sockets: int,
    precision: str = "fp32",
    cores: int | None = None,
    co_located: int = 1,
    lookup_cores: int | None = None,
) -> Device:
    """Return the roofline of the sockets of one host, or of some of their cores.

    INT8 moves a quarter of the bytes; its arithmetic peak is taken as that of FP32, as cores without
    instructions for it gain little.

    Parameters
    ----------
    cpu : CpuLike
        Catalogue entry.
    sockets : int
        Packages used.
    precision : str
        Arithmetic to use.
    cores : int, optional
        Cores that work, of all packages together; all of them where not given.
    co_located : int
        Copies of the model on these sockets, each with so many cores, that share memory and last-level cache.
    lookup_cores : int, optional
        Cores that the lookups of one operator use; all that work where not given.

    Raises
    ------
    ValueError
        When the processor does not compute in that precision, or has no such number of cores.

    Examples
    --------
    >>> from dcsim.spec.catalog import Catalog
    >>> cpu = Catalog().load("cpus", "e5_2680v4")
    >>> one, two = (cpu_device(cpu, 1, cores=7, co_located=copies) for copies in (1, 2))
    >>> one.bandwidth / two.bandwidth, one.peak / two.peak
    (2.0, 1.0)
    """
    if precision not in _CPU_PRECISIONS:
        raise ValueError(f"has no peak for '{precision}'; known: {', '.join(_CPU_PRECISIONS)}")
    working = sockets * cpu.cores if cores is None else cores
    if not 1 <= working * co_located <= sockets * cpu.cores:
        raise ValueError(f"has {sockets * cpu.cores} cores, not {co_located} x {working}")
    wider = 4.0 / _VALUE_BYTES[precision]
    shared = sockets * cpu.memory_bandwidth * cpu.bandwidth_efficiency
    return Device(
        peak=cpu.peak * working / cpu.cores * _boost(cpu, working * co_located / sockets),
        bandwidth=min(shared / co_located, working * _CORE_BANDWIDTH) * wider,
        launch=cpu.launch_overhead,
        efficiency=_shares(cpu, precision),
        units=float(working),
        value=_VALUE_BYTES[precision],
        gather=min(working, lookup_cores or working) * _CORE_GATHER * wider,
        cache=sockets * cpu.llc * wider / co_located,
        cache_bandwidth=working * cpu.base_frequency * _CACHE_BYTES_PER_CYCLE * wider,
    )


def device_arrays(devices: Sequence[Device]) -> Devices:
    """Return several devices as arrays, for ``dcsim.kernels.roofline.step_times``."""
    return Devices(
        table=np.array([[getattr(device, name) for name in DEVICE_COLUMNS] for device in devices], dtype=np.float64),
        efficiency=np.array([device.efficiency for device in devices], dtype=np.float64),
    )


def box_bandwidth(gpu: GpuLike) -> float:
    """Return the bytes/s that each GPU sends when the GPUs of one server reduce among themselves.

    All its direct links at their effective rate; where it has none, what the catalogue gives for the box, else
    ``PCIE``. An approximation: rings are assumed to use every link, which the cube meshes of the DGX-1 allow.
    """
    link = gpu.effective_link_bandwidth or gpu.link_bandwidth
    if gpu.links and link:
        return gpu.links * link
    return PCIE if gpu.box_bandwidth is None else gpu.box_bandwidth


def _boost(cpu: CpuLike, working: float) -> float:
    """Return the clock over the guaranteed one with so many cores of a socket at work.

    From the turbo clock of one core it falls evenly to the guaranteed clock of all, as they share one power budget.
    """
    if cpu.turbo_frequency is None or cpu.cores == 1:
        return 1.0
    idle = (cpu.cores - max(1.0, working)) / (cpu.cores - 1)
    return 1.0 + idle * (cpu.turbo_frequency / cpu.base_frequency - 1.0)


def mixed_precision(peak: Mapping[Any, float]) -> str:
    """Return the arithmetic of mixed precision: the first of tensor FP16, BF16 and FP16 that a GPU has a peak for."""
    return next((name for name in ("tensor_fp16", "bf16", "fp16") if name in peak), "tensor_fp16")


def _shares(device: DeviceLike, precision: str) -> tuple[float, ...]:
    found = (device.share(precision, kind) for kind in LAYER_KINDS)
    return tuple(math.nan if share is None else share for share in found)
