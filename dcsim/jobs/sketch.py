"""A distribution in bounded memory: counts of values on a logarithmic scale.

Bins grow by the same factor, so a percentile is known with the same relative error wherever it lies, and the memory
does not depend on how many values there were (Masson, Rim and Lee, "DDSketch", VLDB 2019; here with fixed bins).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["RELATIVE_ERROR", "Sketch"]

RELATIVE_ERROR = 1e-3
"""Largest relative error of a percentile between ``_LEAST`` and ``_MOST``."""

_LEAST, _MOST = 1e-6, 1e12
_GROWTH = (1.0 + RELATIVE_ERROR) / (1.0 - RELATIVE_ERROR)
_BINS = math.ceil(math.log(_MOST / _LEAST) / math.log(_GROWTH)) + 1


class Sketch:
    """Values of at least 0, of which count, mean, smallest and largest are exact and percentiles within 0.1 %.

    Examples
    --------
    >>> waits = Sketch()
    >>> waits.add(np.array([0.0, 0.0, 30.0, 600.0]))
    >>> waits.count, waits.mean, waits.most, waits.quantile(0.5)
    (4, 157.5, 600.0, 0.0)
    >>> abs(waits.quantile(0.75) / 30.0 - 1) <= RELATIVE_ERROR
    True
    """

    def __init__(self) -> None:
        self.count = 0
        self.least = math.inf
        self.most = -math.inf
        self._sum = 0.0
        self._counts = np.zeros(_BINS, np.int64)

    def add(self, values: NDArray[np.float64]) -> None:
        """Count values, each finite and at least 0.

        Raises
        ------
        ValueError
            If one is not.
        """
        if not len(values):
            return
        least, most = float(values.min()), float(values.max())
        if not (least >= 0.0 and math.isfinite(most)):  # NaN fails too
            raise ValueError(f"values must be finite and at least 0, not {least:g} to {most:g}")
        self.count += len(values)
        self._sum += float(values.sum())
        self.least, self.most = min(self.least, least), max(self.most, most)
        bins = np.ceil(np.log(np.maximum(values, _LEAST) / _LEAST) / math.log(_GROWTH))
        self._counts += np.bincount(np.minimum(bins, _BINS - 1).astype(np.int64), minlength=_BINS)

    @property
    def mean(self) -> float:
        """Return the mean; NaN without values."""
        return self._sum / self.count if self.count else math.nan

    def quantile(self, share: float) -> float:
        """Return the smallest value at or below which a share of all values lies; NaN without values.

        Parameters
        ----------
        share : float
            In [0, 1]; 0.5 asks for the median.
        """
        if not self.count:
            return math.nan
        rank = min(max(math.ceil(share * self.count), 1), self.count)
        return float(self._value(np.searchsorted(np.cumsum(self._counts), rank)))

    def cumulative(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the values that occur, ascending, and the share of all values at or below each."""
        occupied = np.flatnonzero(self._counts)
        return self._value(occupied), np.cumsum(self._counts[occupied]) / max(self.count, 1)

    def _value(self, place: NDArray[np.int64] | np.int64) -> NDArray[np.float64]:
        """Return the value that stands for a bin: off by the same factor from its lower and its upper end."""
        value = np.where(place == 0, 0.0, 2.0 / (_GROWTH + 1.0) * _LEAST * _GROWTH ** np.asarray(place, np.float64))
        return np.clip(value, self.least, self.most)
