"""Compiled kernels: arrays in, arrays out, SI units.

Kernels know nothing of the rest of dcsim. A module is imported the first time it is asked for, so that
``import dcsim.kernels`` does not load numba.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

__all__ = ["names"]


def names() -> tuple[str, ...]:
    """Names of the kernel modules, in alphabetical order.

    Examples
    --------
    >>> "power" in names()
    True
    """
    return tuple(sorted(module.name for module in pkgutil.iter_modules(__path__)))


def __getattr__(name: str) -> ModuleType:
    """Import a kernel module on first use (PEP 562)."""
    if name in names():
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the public names and the kernel modules."""
    return sorted([*__all__, *names()])
