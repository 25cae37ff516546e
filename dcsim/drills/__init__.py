"""Drills: timelines of faults. One file each; see ``plan`` for the faults that the world can carry out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.registry import Registry

if TYPE_CHECKING:
    from dcsim.drills.plan import Drill

__all__ = ["drill"]

drill: Registry[Drill] = Registry("drill", __name__)
