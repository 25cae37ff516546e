"""Generators: serving load and training arrivals as arrays. One file each; see ``plan`` for their two forms."""

from __future__ import annotations

from dcsim.generators.plan import Generator
from dcsim.registry import Registry

__all__ = ["generator"]

generator: Registry[Generator] = Registry("generator", __name__)
