"""All-reduce algorithms as plans: which rank sends how much to which, in which order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcsim.collectives.plan import Plan

__all__ = ["collective"]

collective: Registry[Callable[[int, float], Plan]] = Registry("collective", "dcsim.collectives")
"""Algorithms by name: ``(ranks, nbytes) -> Plan``; every rank contributes ``nbytes``."""
