"""Which code it is: dcsim's own modules, and those of other distributions that bring plug-ins."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
from functools import cache
from pathlib import Path

__all__ = ["code_digest", "digest_of"]

_GROUPS = "dcsim."
"""What the names of entry-point groups of plug-ins begin with."""


@cache  # a process goes on with the modules that it imported, whatever becomes of their files
def code_digest() -> str:
    """Return a hash of all code that may take part in a simulation, wherever it is installed."""
    groups = [group for group in importlib.metadata.entry_points().groups if group.startswith(_GROUPS)]
    points = [point for group in groups for point in importlib.metadata.entry_points(group=group)]
    packages = sorted({"dcsim", *(point.module.partition(".")[0] for point in points)})
    return digest_of(packages)


def digest_of(packages: list[str]) -> str:
    """Return a hash of the sources of importable packages or modules; of one that is not there, of its name.

    Examples
    --------
    >>> digest_of(["this"]) == digest_of(["this"]) != digest_of(["this", "no_such_module"])
    True
    """
    total = hashlib.sha256()
    for package in packages:
        for name, path in _sources(package):
            total.update(f"{name} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
        total.update(f"{package}\n".encode())
    return total.hexdigest()


def _sources(package: str) -> list[tuple[str, Path]]:
    """Return the files of a package by their names in it, in order."""
    spec = importlib.util.find_spec(package)
    if spec is None:
        return []
    if spec.submodule_search_locations is None:
        return [(package, Path(spec.origin))] if spec.origin is not None and Path(spec.origin).is_file() else []
    found = [(path.relative_to(root).as_posix(), path) for root in map(Path, spec.submodule_search_locations)
             for path in root.rglob("*.py")]  # fmt: skip
    return sorted(found)
