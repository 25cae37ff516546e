"""Schedulers and placements by name, or from a Python file of one's own."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from dcsim.errors import Problem
from dcsim.registry import UnknownPluginError

if TYPE_CHECKING:
    from dcsim.registry import Plugin, Registry

__all__ = ["find"]

T = TypeVar("T")


def find(registry: Registry[T], name: str, problems: list[Problem]) -> Plugin[T] | None:
    """Return a plug-in by its name, or from a ``.py`` file that registers one under its stem.

    Parameters
    ----------
    registry : Registry
        Of a family; options are named after it.
    name : str
        Of the plug-in, or of the file.
    problems : list of Problem
        Takes up why there is none.
    """
    known = name
    if name.endswith(".py"):
        known, why = Path(name).stem, _load(name)
        if not why and known not in registry:
            why = f'registers no {registry.family} \'{known}\'; it needs @{registry.family}("{known}")'
        if why:
            problems.append(Problem.of_option(registry.family, f"{name} {why}"))
            return None
    try:
        return registry.get(known)
    except UnknownPluginError as error:
        problems.append(Problem.of_option(registry.family, str(error)))
        return None


def _load(name: str) -> str:
    """Run a Python file; say why it cannot be run, if so."""
    found = importlib.util.spec_from_file_location(Path(name).stem, name)
    if found is None or found.loader is None:
        return "is no Python file"
    try:
        found.loader.exec_module(importlib.util.module_from_spec(found))
    except Exception as error:  # noqa: BLE001  # whatever a user's file may raise
        why = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
        return f"cannot be loaded: {why}"
    return ""
