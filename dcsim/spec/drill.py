"""Drills as a planner writes them: what goes wrong, where, when and for how long."""

from __future__ import annotations

from dcsim.spec.base import Name, NonNegativeSeconds, Seconds, Spec

__all__ = ["DrillSpec"]


class DrillSpec(Spec):
    """One drill.

    Parameters
    ----------
    kind : str
        Name of a drill plug-in, such as ``region_loss``.
    region : str
        The region it strikes.
    at : float
        When it strikes, s from the start of the scenario.
    lasts : float
        Time until the region is back, s.
    notice : float
        Warning before it strikes, s: serving drains and gangs save their work when there is any.
    """

    kind: Name
    region: Name
    at: NonNegativeSeconds
    lasts: Seconds
    notice: NonNegativeSeconds = 0.0
