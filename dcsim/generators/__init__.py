"""Generators: serving load and training arrivals as arrays. One file each; see ``plan`` for their two forms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.registry import Registry

if TYPE_CHECKING:
    from dcsim.generators.plan import Generator

__all__ = ["generator"]

generator: Registry[Generator] = Registry("generator", __name__)
