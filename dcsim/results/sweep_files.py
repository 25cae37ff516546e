"""What the directory of a sweep holds.

::

    DIR/results.parquet   every metric row, by setting and seed; the same bytes whoever carried the points out
    DIR/points.parquet    every point: its key, what was simulated, how many rows, why it failed
    DIR/failures.csv      the points that failed, if any did
    DIR/sweep.yaml        the sweep, written out in full
    DIR/sweep.json        where, when and how it was carried out; the one file that differs between machines
    DIR/runs/             run directories by setting and seed, if they are kept
    DIR/parts/            while it is under way: results of finished batches, and the sweep.yaml that they are of
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

__all__ = [
    "FAILURES_FILE", "PARTS_FOLDER", "POINTS_FILE", "PROVENANCE_FILE", "RESULTS_FILE", "RUNS_FOLDER", "SWEEP_FILE",
    "written_out",
]  # fmt: skip

RESULTS_FILE = "results.parquet"
POINTS_FILE = "points.parquet"
FAILURES_FILE = "failures.csv"
SWEEP_FILE = "sweep.yaml"
PROVENANCE_FILE = "sweep.json"
PARTS_FOLDER = "parts"
RUNS_FOLDER = "runs"


def written_out(directory: Path) -> Path | None:
    """Return the sweep file in the directory of a sweep, that of what is under way there first; None without one."""
    files = (directory / PARTS_FOLDER / SWEEP_FILE, directory / SWEEP_FILE)
    return next((file for file in files if file.is_file()), None)
