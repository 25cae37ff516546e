"""What this package reads of specs, as protocols."""

# ruff: noqa: D102 - every property means what the field of that name in dcsim.spec.phone means

from __future__ import annotations

from typing import Protocol

__all__ = ["CaseLike", "ProcessorLike"]


class ProcessorLike(Protocol):
    """One processor of a phone."""

    @property
    def rate(self) -> float: ...
    @property
    def power(self) -> float: ...
    @property
    def fixed_share(self) -> float: ...
    @property
    def spread(self) -> float: ...


class CaseLike(Protocol):
    """How a phone sheds heat."""

    @property
    def resistance(self) -> float: ...
    @property
    def capacity(self) -> float: ...
    @property
    def trip(self) -> float: ...
    @property
    def clear(self) -> float: ...
    @property
    def period(self) -> float: ...
    @property
    def clocks(self) -> tuple[float, ...]: ...
