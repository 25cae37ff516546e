"""Catalogue devices as roofline parameters."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.compute.layers import LAYER_KINDS
from dcsim.kernels.roofline import Devices

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.compute.like import CpuLike, DeviceLike, GpuLike

__all__ = ["Device", "box_bandwidth", "cpu_device", "device_arrays", "gpu_device"]

_VALUE_BYTES = {"fp32": 4.0, "tf32": 4.0, "fp16": 2.0, "tensor_fp16": 2.0, "bf16": 2.0, "int8": 1.0}


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
    efficiency, half_work : tuple of float
        By kind of layer, in the order of ``LAYER_KINDS``; NaN for kinds that the device has no figures for.
    """

    peak: float
    bandwidth: float
    launch: float
    efficiency: tuple[float, ...]
    half_work: tuple[float, ...]


def gpu_device(gpu: GpuLike, precision: str = "fp32") -> Device:
    """Return the roofline of one GPU.

    Layers are given at 4 bytes a value, so a narrower precision moves them as if the memory were that much
    faster.

    Parameters
    ----------
    gpu : GpuLike
        Catalogue entry.
    precision : str
        Arithmetic to use.

    Raises
    ------
    ValueError
        When the GPU has no peak at that precision.
    """
    if precision not in gpu.peak:
        raise ValueError(f"has no peak for '{precision}'; known: {', '.join(sorted(gpu.peak))}")
    return _device(gpu, gpu.peak[precision], 4.0 / _VALUE_BYTES[precision], 1.0)


def cpu_device(
    cpu: CpuLike, sockets: int, precision: str = "fp32", cores: int | None = None, co_located: int = 1
) -> Device:
    """Return the roofline of all sockets of one host.

    Twice the sockets have twice the peak and bandwidth, and need twice the work in one call to be as
    efficient.

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
        Copies of the model that share the memory and the caches.

    Raises
    ------
    ValueError
        When the processor does not compute in that precision.
    """
    if precision != "fp32":
        raise ValueError(f"has no peak for '{precision}'; known: fp32")
    share = 1.0 if cores is None else cores / (sockets * cpu.cores)
    return _device(cpu, share * sockets * cpu.peak, float(sockets) / co_located, share * sockets)


def device_arrays(devices: Sequence[Device]) -> Devices:
    """Return several devices as arrays, for ``dcsim.kernels.roofline.step_times``."""
    return Devices(
        peak=np.array([device.peak for device in devices], dtype=np.float64),
        bandwidth=np.array([device.bandwidth for device in devices], dtype=np.float64),
        launch=np.array([device.launch for device in devices], dtype=np.float64),
        efficiency=np.array([device.efficiency for device in devices], dtype=np.float64),
        half_work=np.array([device.half_work for device in devices], dtype=np.float64),
    )


def box_bandwidth(gpu: GpuLike) -> float:
    """Return the bytes/s that each GPU sends when the GPUs of one server reduce among themselves.

    All its direct links at their effective rate; what the catalogue gives for the box where it has none. An
    approximation: rings are assumed to use every link, which the cube meshes of the DGX-1 allow.

    Raises
    ------
    ValueError
        When the GPU has neither.
    """
    if gpu.box_bandwidth is not None:
        return gpu.box_bandwidth
    link = gpu.effective_link_bandwidth or gpu.link_bandwidth
    if not gpu.links or not link:
        raise ValueError("its GPU has neither links nor a box_bandwidth")
    return gpu.links * link


def _device(spec: DeviceLike, peak: float, bandwidth_factor: float, work_factor: float) -> Device:
    known = [spec.efficiency.get(kind) for kind in LAYER_KINDS]
    return Device(
        peak=peak,
        bandwidth=spec.memory_bandwidth * spec.bandwidth_efficiency * bandwidth_factor,
        launch=spec.launch_overhead,
        efficiency=tuple(math.nan if entry is None else entry.max for entry in known),
        half_work=tuple(math.nan if entry is None else entry.half_work * work_factor for entry in known),
    )
