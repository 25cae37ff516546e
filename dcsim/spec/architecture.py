"""Architectures: what devices of a generation reach, for entries that do not say it themselves."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Literal

from pydantic import Field

from dcsim.spec.base import Count, FlopPerSecond, NonNegativeSeconds, Ratio, Sourced, Watts
from dcsim.spec.shelf import shipped_root
from dcsim.spec.yaml import load_yaml

__all__ = [
    "Architecture", "EfficiencyTable", "Gain", "LayerKind", "PositiveRatio", "Precision", "Share", "cpu_architecture",
    "gpu_architecture", "held_clock", "matrix_ratio", "share",
]  # fmt: skip

LayerKind = Literal["gemm", "conv", "recurrent", "embedding", "elementwise", "tree", "scan"]
"""Kinds of work that a device does at rates of their own; a scan reads a small table that stays in a cache, and
adds what it finds, as distances between product-quantised codes are found."""
Precision = Literal["fp32", "fp16", "tensor_fp16", "tf32", "bf16", "int8"]
"""Number formats; ``tensor_fp16`` multiplies FP16 on matrix units and adds in FP32."""
PositiveRatio = Annotated[Ratio, Field(gt=0)]
"""A share above zero."""
Share = Annotated[float, Field(gt=0, le=1.5)]
"""Share of a stated peak; above 1 where a device clocks above what its peak is stated at."""
EfficiencyTable = dict[Precision, dict[LayerKind, Share]]
"""Share of the arithmetic peak that the best tile of a call reaches, by precision and kind of layer."""


Gain = Annotated[float, Field(ge=1, le=9)]
"""Multiplications saved by a fast convolution, 9 being the window."""


class Architecture(Sourced):
    """What devices of one generation reach: the default of every figure that an entry leaves out.

    Parameters
    ----------
    device : {'gpu', 'cpu'}
        Kind of device that it is for.
    from_year : int
        Devices of this year and later, up to the next architecture.
    from_matrix_ratio : float
        GPUs whose matrix units reach at least so many times their FP32 peak, as a generation may come with and without
        wide ones.
    from_flop_per_cycle : int
        Processors whose cores compute this much in a cycle or more, up to the next architecture.
    efficiency : dict of precision to dict of layer kind to float
        Share of the arithmetic peak that the best tile of a call reaches.
    bandwidth_efficiency : float
        Share of the memory's peak rate that streaming reaches.
    launch_overhead : NonNegativeSeconds
        Cost of one call, s.
    winograd : float
        Multiplications of a convolution over those of the library's fast algorithm for FP32; 1 for none.
    unit_peak : FlopPerSecond, optional
        FP32 peak of one compute unit, from which their number follows.
    reference_tdp, reference_peak : Watts, FlopPerSecond, optional
        Design power and FP32 peak of what the shares are fitted on. A device with less power for its peak cannot hold
        the clock of that peak: power grows with the clock times the square of the voltage, which follows the clock,
        so that the shares are times the cube root of the quotient.
    """

    device: Literal["gpu", "cpu"]
    from_year: Count = 0
    from_matrix_ratio: Annotated[float, Field(ge=0)] = 0.0
    from_flop_per_cycle: Count = 0
    efficiency: EfficiencyTable
    bandwidth_efficiency: PositiveRatio
    launch_overhead: NonNegativeSeconds
    winograd: Gain = 1.0
    unit_peak: FlopPerSecond | None = None
    reference_tdp: Watts | None = None
    reference_peak: FlopPerSecond | None = None


NEAREST: Mapping[str, tuple[Precision, ...]] = {
    "fp32": ("fp32",),
    "fp16": ("fp16", "fp32"),
    "tf32": ("tf32", "tensor_fp16", "bf16", "fp32"),
    "tensor_fp16": ("tensor_fp16", "bf16", "fp32"),
    "bf16": ("bf16", "tensor_fp16", "fp32"),
    "int8": ("int8", "tensor_fp16", "bf16", "fp32"),
}
"""Where a share is taken from that is not given for a precision: those that the same units compute, nearest
first."""


@cache
def _all() -> tuple[Architecture, ...]:
    """Read the shipped architectures, oldest and narrowest first."""
    folder = shipped_root() / "hardware_catalog" / "architectures"
    read = [Architecture.model_validate(load_yaml(path).data) for path in sorted(folder.glob("*.yaml"))]
    return tuple(sorted(read, key=lambda entry: (entry.from_year, entry.from_matrix_ratio, entry.from_flop_per_cycle)))


def gpu_architecture(year: int | None, matrix_ratio: float = math.inf) -> Architecture:
    """Return the architecture of the GPUs of a year; the newest where the year is not known.

    Parameters
    ----------
    year : int, optional
        Launch.
    matrix_ratio : float
        Peak of FP16 on matrix units over that of FP32; see ``matrix_ratio``.

    Examples
    --------
    >>> gpu_architecture(2018).title == gpu_architecture(2017).title
    True
    >>> gpu_architecture(2017, 0.0).title == gpu_architecture(2016).title
    True
    """
    known = [entry for entry in _all() if entry.device == "gpu"]
    fits = [
        entry
        for entry in known
        if (year is None or entry.from_year <= year) and entry.from_matrix_ratio <= matrix_ratio
    ]
    return (fits or known[:1])[-1]


def matrix_ratio(peak: Mapping[str, float]) -> float:
    """Return the peak of 16-bit values on matrix units over that of FP32; 0 without such units.

    Examples
    --------
    >>> matrix_ratio({"fp32": 19.5, "tf32": 156.0}), matrix_ratio({"fp32": 10.0, "fp16": 20.0})
    (16.0, 0.0)
    """
    matrix = max(peak.get("tensor_fp16", 0.0), peak.get("bf16", 0.0), 2.0 * peak.get("tf32", 0.0))
    return matrix / peak["fp32"] if "fp32" in peak else math.inf


def cpu_architecture(flop_per_cycle: int | None) -> Architecture:
    """Return the architecture of processors whose cores compute so much in a cycle."""
    known = [entry for entry in _all() if entry.device == "cpu"]
    wide = flop_per_cycle or 0
    return [entry for entry in known if entry.from_flop_per_cycle <= wide or entry is known[0]][-1]


def held_clock(architecture: Architecture, tdp: float, peak: float) -> float:
    """Return the share of the clock of its FP32 peak that the design power of a GPU lets it hold.

    Examples
    --------
    >>> turing = gpu_architecture(2018)
    >>> round(held_clock(turing, 70.0, 8.1e12), 2), held_clock(turing, 400.0, 8.1e12)
    (0.77, 1.0)
    """
    if architecture.reference_tdp is None or architecture.reference_peak is None:
        return 1.0
    return math.cbrt(min(1.0, tdp / peak * architecture.reference_peak / architecture.reference_tdp))


def share(
    own: EfficiencyTable, default: EfficiencyTable, precision: str, kind: str, held: float = 1.0
) -> float | None:
    """Return the share of the peak at a precision: an entry's own figure, else that of its architecture.

    That of the architecture is times ``held``. Where neither has one for the precision itself, that of the nearest
    which the same units compute; None where there is none.

    Examples
    --------
    >>> share({"tensor_fp16": {"gemm": 0.8}}, {"fp32": {"gemm": 0.9}}, "bf16", "gemm")
    0.8
    """
    for near in NEAREST.get(precision, ()):
        for table, factor in ((own, 1.0), (default, held)):
            found = table.get(near, {}).get(kind)  # type: ignore[call-overload]
            if found is not None:
                return float(found) * factor
    return None
