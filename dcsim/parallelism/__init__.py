"""Parallelism: how the devices of a machine share out one training step, as plans."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcsim.parallelism.plan import Exchange, Options, StepPlan, Work

__all__ = ["parallelism"]

parallelism: Registry[Callable[[Callable[[int], Work], Exchange, int, Options], StepPlan]] = Registry(
    "parallelism", "dcsim.parallelism"
)
"""Plans by name: ``(work, exchange, batch, options) -> StepPlan``.

``work(n)`` is the work of one device with ``n`` samples, ``batch`` the samples of each device in a step.
``options=`` at registration names the fields of ``Options`` that the plan reads.
"""
