"""Finds out what a user named: a sweep file, the directory of a sweep, or a scenario to sweep over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem
from dcsim.results.sweep_files import SWEEP_FILE, written_out
from dcsim.spec.shelf import kind_of
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import quoted
from dcsim.spec.yaml import load_yaml

if TYPE_CHECKING:
    from dcsim.spec.catalog import Catalog
    from dcsim.spec.yaml import Document

__all__ = ["names_a_sweep", "open_sweep"]

_ONLY_IN_SWEEPS = frozenset({"scenario", "set", "design", "samples", "replicas", "seeds"})
_ONLY_IN_SCENARIOS = frozenset({"fleet", "extends", "start", "services"})


def open_sweep(name_or_path: str | Path, catalog: Catalog) -> Document | None:
    """Read a sweep from its file, its directory, or by its name in the catalogue; None for a scenario.

    Raises
    ------
    InputError
        If there is no such file or name, or the file is no clean YAML.
    """
    text, path = str(name_or_path), Path(name_or_path)
    known = sorted({*catalog.names("scenarios"), *catalog.names("sweeps")})
    inside = written_out(path)
    if path.is_dir() and (inside is not None or text not in known):
        if inside is None:
            message = f"holds no sweep (no {SWEEP_FILE}); name a scenario, a sweep file, or the directory of a sweep"
            raise InputError([Problem(text, 0, 0, "", message)])
        return load_yaml(inside, lenient=True)
    if path.suffix in {".yaml", ".yml"} or len(path.parts) > 1 or path.is_file():
        document = load_yaml(path, name=text, lenient=True)
        return document if _is_sweep(document) else None
    if catalog.path("sweeps", text) is not None:
        return catalog.raw("sweeps", text)
    if catalog.path("scenarios", text) is None:
        message = f"no such file, and {Suggester().unknown('scenario or sweep', text, known)}"
        raise InputError([Problem(quoted(text)[1:-1], 0, 0, "", message)])
    return None


def names_a_sweep(name: str, catalog: Catalog) -> bool:
    """Whether a file, or a name of the catalogue, is that of a sweep; a file that cannot be read is by its folder."""
    path = Path(name)
    try:
        return not path.is_dir() and open_sweep(name, catalog) is not None
    except InputError:
        return path.is_file() and kind_of(path) == "sweeps"


def _is_sweep(document: Document) -> bool:
    """Whether a file is a sweep rather than a scenario: by its folder, or the fields that it has."""
    fields = set(document.root.value)
    by_fields = bool(fields & _ONLY_IN_SWEEPS) and not fields & _ONLY_IN_SCENARIOS
    return by_fields or kind_of(document.path) == "sweeps"
