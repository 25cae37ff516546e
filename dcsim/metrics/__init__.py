"""Metrics: pure functions from the finished tables of a run to tidy rows, one file each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.registry import Registry

if TYPE_CHECKING:
    from dcsim.metrics.plan import Metric

__all__ = ["metric"]

metric: Registry[Metric] = Registry("metric", "dcsim.metrics")
"""``@metric("x", unit="h", reads={"jobs": ("queued_s",)})`` names the unit and the columns it reads."""
