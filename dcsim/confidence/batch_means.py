"""The mean of a long series of dependent values, with an interval: batch means."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.confidence.student import ROUNDING, student_quantile

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["BATCHES", "SeriesMean", "batch_means"]

BATCHES = (8, 32)
"""Fewest batches that say anything of their own spread, and most that are made (Schmeiser 1982: more gain nothing)."""
_NEIGHBOURS = 1.2816
"""Standard deviations above which neighbouring batches are taken for dependent: one in ten independent ones is."""
_ENOUGH = 20
"""Independent values that a series is worth at least: batches of a shorter one pass the test by luck."""


class SeriesMean(NamedTuple):
    """The mean of a series and how far the true one may be from it.

    Parameters
    ----------
    mean : float
        Over all values of the batches.
    half_width : float or None
        Half of the confidence interval; None where the series is too short for batches that do not depend on one
        another.
    effective : float or None
        Number of independent values whose mean would be known as well; None as above.
    batches, length : int
        How many batches, and of how many values; 0 where there are none.
    deviation : float or None
        Standard error of the mean; None as above.
    """

    mean: float
    half_width: float | None
    effective: float | None
    batches: int
    length: int
    deviation: float | None


def batch_means(values: ArrayLike, level: float = 0.95, period: int = 1) -> SeriesMean:
    """Return the mean of dependent values with its confidence interval.

    The series is cut into batches of equal length, as short as neighbours allow: from 32 batches down to 8, the first
    number whose batches pass von Neumann's test against positive correlation of neighbours (1941, one in ten). Of b
    batches with variance s^2 and lag-one correlation r the mean has the variance ``s^2 / b (1 + r) / (1 - r)``, where
    only a positive r counts, as left over by the test (the correction of ASAP3, Steiger et al. 2005), and the interval
    Student's t with b - 1 degrees of freedom. What does not fill the last batch is cut off at the beginning.

    Parameters
    ----------
    values : array_like, float64[n]
        At equal distances in time, finite, warm-up removed.
    level : float
        Confidence, in (0, 1).
    period : int
        Values of one season, such as a day: batches hold whole seasons, or their means would differ by the hour.

    Raises
    ------
    ValueError
        Where there are no values, of which there is no mean.

    Examples
    --------
    >>> found = batch_means([1.0, 3.0] * 50)
    >>> found.mean, found.half_width, found.batches
    (2.0, 0.0, 25)
    >>> batch_means([1.0, 2.0, 3.0]).half_width is None
    True
    """
    series = np.asarray(values, dtype=np.float64)
    if series.ndim != 1 or not len(series):
        raise ValueError(f"needs a series of one or more values, not an array of shape {series.shape}")
    fewest, most = BATCHES
    seasons = len(series) // period
    mean = float(series.mean())
    size = float(np.abs(series).max())
    for batches in _numbers(seasons, fewest, most):
        length = seasons // batches * period
        cut = series[len(series) - batches * length :]
        means = cut.reshape(batches, length).mean(axis=1)
        spread = float(means.var(ddof=1))
        if math.sqrt(spread) <= ROUNDING * size:
            return SeriesMean(float(cut.mean()), 0.0, float(len(cut)), batches, length, 0.0)
        if _neighbours(means) <= _NEIGHBOURS:
            variance = spread / batches * _inflation(means)
            deviation = math.sqrt(variance)
            half_width = student_quantile(0.5 + level / 2.0, batches - 1) * deviation
            effective = float(cut.var(ddof=1)) / variance
            if effective < _ENOUGH:
                break
            return SeriesMean(float(cut.mean()), half_width, effective, batches, length, deviation)
    return SeriesMean(mean, None, None, 0, 0, None)


def _numbers(seasons: int, fewest: int, most: int) -> list[int]:
    """Return the numbers of batches to try: each with longer batches than the one before."""
    shortest = -(-seasons // most)
    found: list[int] = []
    for length in range(max(shortest, 1), seasons // fewest + 1):
        number = seasons // length
        if number not in found:
            found.append(number)
    return found


def _neighbours(means: NDArray[np.float64]) -> float:
    """Return von Neumann's statistic of neighbours that are alike, standard normal if independent."""
    number = len(means)
    centred = means - means.mean()
    squares = float(centred @ centred)
    alike = float(centred[:-1] @ centred[1:]) / squares + float(centred[0] ** 2 + centred[-1] ** 2) / (2.0 * squares)
    return alike * math.sqrt((number * number - 1.0) / (number - 2.0))


def _inflation(means: NDArray[np.float64]) -> float:
    """Return by how much correlated batches raise the variance of their mean."""
    centred = means - means.mean()
    r = max(float(centred[:-1] @ centred[1:]) / float(centred @ centred), 0.0)
    return (1.0 + r) / (1.0 - r)
