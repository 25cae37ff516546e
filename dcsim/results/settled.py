"""Tells whether the results of a sweep and its table of points were written together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from dcsim.results.sweep_files import POINTS_FILE, RESULTS_FILE

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SETTLED", "are_torn", "settled_as"]

SETTLED = b"dcsim.points"
"""Metadata of both files: a hash of the points."""


def settled_as(file: Path) -> bytes | None:
    """Return the hash of the points that results, or a table of points, are of; None where none can be read."""
    try:
        found: bytes | None = (pq.read_schema(file).metadata or {}).get(SETTLED)
    except (OSError, pa.ArrowException):
        return None
    return found


def are_torn(directory: Path) -> bool:
    """Whether results and points are of different sweeps: its driver was killed when it had replaced one of them."""
    results, points = settled_as(directory / RESULTS_FILE), settled_as(directory / POINTS_FILE)
    return None not in {results, points} and results != points
