"""Schedulers: which waiting gang goes next, and where. One file each; see ``plan`` for what they see and say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.registry import Registry

if TYPE_CHECKING:
    from dcsim.schedulers.plan import Scheduler

__all__ = ["scheduler"]

scheduler: Registry[Scheduler] = Registry("scheduler", __name__)
