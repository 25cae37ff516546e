"""What a drill is made of: faults at times."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dcsim.spec.drill import DrillSpec
    from dcsim.spec.site import FleetSpec

__all__ = ["Drill", "Fault", "FaultKind", "Timeline"]

FaultKind = Literal["region_drain", "region_down", "region_up"]
"""``region_drain``: serving leaves and gangs save their work; ``region_down``: power is lost; ``region_up``: back."""


@dataclass(frozen=True, order=True)
class Fault:
    """One change of the state of a region.

    Parameters
    ----------
    time_s : float
        When.
    kind : str
        What the world does.
    region : str
        Where.
    """

    time_s: float
    kind: FaultKind
    region: str


Timeline = tuple[Fault, ...]
"""Faults in order of time."""

Drill = Callable[["DrillSpec", "FleetSpec"], Timeline]
"""``(spec, fleet) -> timeline``."""
