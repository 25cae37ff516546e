"""Where to begin to look for a place: while slots are only taken, no later search for as much finds an earlier place.

A two-dimensional Fenwick tree (Fenwick, "A new data structure for cumulative frequency tables", Software: Practice and
Experience 24, 1994) of the latest places found, by class of slots and class of walltime: a place that was found for a
job bounds those of all that need as many slots for as long.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel
from dcsim.kernels.slot_queue import size_class

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["SPANS", "bound", "forget", "found"]

_PER_DOUBLING = 8
_SHORTEST = -20
"""Powers of two of a second below which walltimes are one class."""
SPANS = 60 * _PER_DOUBLING + 3
"""Columns of the tree: walltimes from 1 microsecond to 30,000 years, eight classes to the doubling."""


@lean_kernel
def _span_class(walltime: float, above: int) -> int:
    """Return the last class that begins no later than a walltime, or the first no earlier where ``above`` is 1."""
    longest = SPANS - 2  # of infinite walltimes alone
    if walltime in (0.0, math.inf):
        return longest if walltime > 0.0 else 0
    part, power = math.frexp(walltime)
    eighths = (part - 0.5) * (2 * _PER_DOUBLING)
    at = (power - _SHORTEST) * _PER_DOUBLING + int(eighths) + 1
    if at < 1:
        return above
    if above > 0:
        return min(at + (1 if eighths > int(eighths) else 0), longest)
    return min(at, longest - 1)


@lean_kernel
def forget(bounds: NDArray[np.float64]) -> None:
    """Forget all bounds.

    Parameters
    ----------
    bounds : float64[1 + classes, SPANS]
        The tree; written.
    """
    for i in range(bounds.shape[0]):
        for j in range(bounds.shape[1]):
            bounds[i, j] = -math.inf


@lean_kernel
def found(bounds: NDArray[np.float64], slots: int, walltime: float, moment: float) -> None:
    """Note the first place of so many slots for so long.

    Parameters
    ----------
    bounds : float64[1 + classes, SPANS]
        The tree; written.
    slots : int
        How many.
    walltime : float
        For how long, s.
    moment : float
        When the place begins, s.
    """
    i = 1 + (size_class(slots - 1) + 1 if slots > 0 else 0)
    begin = 1 + _span_class(walltime, 1)
    while i < bounds.shape[0]:
        j = begin
        while j < bounds.shape[1]:
            bounds[i, j] = max(bounds[i, j], moment)
            j += j & -j
        i += i & -i


@lean_kernel
def bound(bounds: NDArray[np.float64], slots: int, walltime: float) -> float:
    """Return a moment before which so many slots have no place for so long.

    Parameters
    ----------
    bounds : float64[1 + classes, SPANS]
        The tree.
    slots : int
        How many.
    walltime : float
        For how long, s.

    Returns
    -------
    float
        s; minus infinity where nothing is known.
    """
    latest = -math.inf
    i = 1 + size_class(slots)
    begin = 1 + _span_class(walltime, 0)
    while i > 0:
        j = begin
        while j > 0:
            latest = max(latest, bounds[i, j])
            j -= j & -j
        i -= i & -i
    return latest
