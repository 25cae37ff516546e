"""What this package reads of specs, as protocols."""

# ruff: noqa: D102 - every property means what the field of that name in dcsim.spec.learning means

from __future__ import annotations

from typing import Protocol

__all__ = ["EdgeLike", "LearningLike"]


class EdgeLike(Protocol):
    """Error after a training of fixed length, by batch."""

    @property
    def error(self) -> float: ...
    @property
    def slope(self) -> float: ...
    @property
    def batch(self) -> float: ...
    @property
    def sharpness(self) -> float: ...


class LearningLike(Protocol):
    """Training until a target is reached."""

    @property
    def examples_min(self) -> float: ...
    @property
    def critical_batch(self) -> float: ...
    @property
    def budget(self) -> float | None: ...
    @property
    def epoch(self) -> int: ...
    @property
    def evaluation(self) -> int: ...
    @property
    def start(self) -> float: ...
    @property
    def momentum(self) -> float: ...
    @property
    def replica_exponent(self) -> float: ...
    @property
    def replica_age(self) -> float: ...
