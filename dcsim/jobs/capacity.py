"""Slots in service over time, as a user writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.jobs.rows import MOST_SECONDS, MOST_SLOTS
from dcsim.trace.csv_table import Field, read_csv

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["read_capacity"]


def read_capacity(place: str | Path, most: int = MOST_SLOTS) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Read ``time,slots``: from each time on, so many slots are in service.

    Parameters
    ----------
    place : str or Path
        The file.
    most : int
        Slots of the cluster, of which no more can be in service.

    Returns
    -------
    times : ndarray of float64
        When, s; they rise.
    slots : ndarray of int64
        How many from then on.

    Raises
    ------
    InputError
        With every problem of the file; times that do not rise are one.
    """
    beyond = f"must be 0 to {most:,}: the cluster has no more slots"
    fields = (Field("time", high=MOST_SECONDS, unit="seconds"), Field("slots", "whole", high=most, beyond=beyond))
    table = read_csv(place, fields)
    times = table.columns["time"]
    behind = np.flatnonzero(np.diff(times) <= 0.0) + 1
    table.refuse(
        table.problem(row, "time", f"comes not after {times[row - 1]:.15g} above; write times that rise")
        for row in behind.tolist()
    )
    return times, table.columns["slots"]
