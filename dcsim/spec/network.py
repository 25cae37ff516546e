"""How closely the network is looked at."""

from __future__ import annotations

from typing import Literal

__all__ = ["FIDELITIES", "Fidelity"]

Fidelity = Literal["closed_form", "flow", "packet"]
"""Alpha-beta formulas, flows that share links max-min fairly, or packets at the port where senders collide."""
FIDELITIES: tuple[Fidelity, ...] = ("closed_form", "flow", "packet")
"""All fidelities, coarsest first."""
