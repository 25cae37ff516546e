"""What this package reads of specs, as protocols: compute knows shapes, not the files they come from."""

# ruff: noqa: D102 - every property means what the field of that name in dcsim.spec means

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["CpuLike", "DeviceLike", "EfficiencyLike", "GpuLike", "LayerLike", "ModelLike"]


class LayerLike(Protocol):
    """One kind of call of a model."""

    @property
    def kind(self) -> str: ...
    @property
    def flops(self) -> float: ...
    @property
    def read(self) -> float: ...
    @property
    def write(self) -> float: ...
    @property
    def weights(self) -> float: ...
    @property
    def parameters(self) -> int: ...
    @property
    def repeat(self) -> int: ...
    @property
    def tensors(self) -> tuple[int, ...] | None: ...
    @property
    def in_place(self) -> bool: ...
    @property
    def columns(self) -> int: ...
    @property
    def rows(self) -> int: ...


class ModelLike(Protocol):
    """A model and its training."""

    @property
    def layers(self) -> Sequence[LayerLike]: ...
    @property
    def gradient_bytes(self) -> float | None: ...
    @property
    def backward_ratio(self) -> float: ...
    @property
    def training_state(self) -> float: ...


class EfficiencyLike(Protocol):
    """Share of the peak by work of one call."""

    @property
    def max(self) -> float: ...
    @property
    def half_work(self) -> float: ...


class DeviceLike(Protocol):
    """What GPUs and CPUs share."""

    @property
    def memory_bandwidth(self) -> float: ...
    @property
    def bandwidth_efficiency(self) -> float: ...
    @property
    def launch_overhead(self) -> float: ...
    @property
    def efficiency(self) -> Mapping[Any, EfficiencyLike]: ...


class GpuLike(DeviceLike, Protocol):
    """A GPU of the catalogue."""

    @property
    def peak(self) -> Mapping[Any, float]: ...
    @property
    def links(self) -> int | None: ...
    @property
    def link_bandwidth(self) -> float | None: ...
    @property
    def effective_link_bandwidth(self) -> float | None: ...
    @property
    def box_bandwidth(self) -> float | None: ...


class CpuLike(DeviceLike, Protocol):
    """A processor package of the catalogue."""

    @property
    def peak(self) -> float: ...
    @property
    def cores(self) -> int: ...
