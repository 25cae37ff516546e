"""Placements: which nodes a job gets. One file each; see ``plan`` for what they see and say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.registry import Registry

if TYPE_CHECKING:
    from dcsim.placements.plan import Place

__all__ = ["placement"]

placement: Registry[Place] = Registry("placement", __name__)
