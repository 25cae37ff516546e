"""Run directories that a sweep keeps: whether one holds the run that its place says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.errors import InputError
from dcsim.trace.provenance import read_json
from dcsim.trace.store import RUN_FILE

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["is_run_of"]


def is_run_of(directory: Path, digest: str, seed: int) -> bool:
    """Whether a directory holds a finished run of a scenario, known by its hash, with a seed.

    With values of an axis in another order, the number of a setting, and with it the directory, is that of another.
    """
    path = directory / RUN_FILE
    if not path.is_file():
        return False
    try:
        run = read_json(path)["run"]
        return (run["digest"], run["seed"]) == (digest, seed)
    except (InputError, KeyError, TypeError):
        return False
