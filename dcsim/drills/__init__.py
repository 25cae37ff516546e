"""Drills: timelines of faults. One file each; see ``plan`` for the faults that the world can carry out."""

from __future__ import annotations

from dcsim.drills.plan import Drill
from dcsim.registry import Registry

__all__ = ["drill"]

drill: Registry[Drill] = Registry("drill", __name__)
