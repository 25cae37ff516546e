"""Intervals after Student's t around means of few independent values."""

from __future__ import annotations

import importlib
import math
import statistics
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ROUNDING", "Interval", "interval", "jackknife_half_width", "student_quantile", "student_tails"]


ROUNDING = 1e-9
"""Part of the largest value below which a half width is rounding: sums over a million times of day lose 1e-12 of it."""


class Interval(NamedTuple):
    """A mean and how far the true one may be from it.

    Parameters
    ----------
    mean : float
        Over ``number`` values.
    half_width : float or None
        Half of the interval that holds the true mean with the chosen confidence; None for a single value. Less than a
        billionth of the largest value is what sums of floats lose, and so 0.
    number : int
        How many values.
    """

    mean: float
    half_width: float | None
    number: int


def interval(values: Sequence[float], level: float = 0.95) -> Interval:
    """Return the mean of independent values with its confidence interval.

    The half width is t(n - 1) s / sqrt(n), with the sample's standard deviation s and the two-sided quantile t of
    Student's distribution.

    Parameters
    ----------
    values : sequence of float
        At least one.
    level : float
        Confidence, in (0, 1).

    Examples
    --------
    >>> mean, half_width, number = interval([9.0, 10.0, 11.0])
    >>> mean, round(half_width, 3), number
    (10.0, 2.484, 3)
    """
    number = len(values)
    mean = statistics.fmean(values)
    if number < 2:
        return Interval(mean, None, number)
    deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (number - 1))
    if deviation == 0.0:  # equal replicas need no quantile
        return Interval(mean, 0.0, number)
    half_width = student_quantile(0.5 + level / 2.0, number - 1) * deviation / math.sqrt(number)
    return Interval(mean, 0.0 if half_width <= ROUNDING * max(map(abs, values)) else half_width, number)


def jackknife_half_width(whole: float, without: Sequence[float]) -> float:
    """Return half of the 95 % interval of what is found from several values together (Tukey 1958).

    The pseudo-values ``n whole - (n - 1) without`` are treated as independent values, see :func:`interval`.

    Parameters
    ----------
    whole : float
        Found from all values.
    without : sequence of float
        Found from all but one, each left out in turn; at least two.

    Examples
    --------
    >>> values = [9.0, 10.0, 11.0]  # of a mean it is that of the mean
    >>> round(jackknife_half_width(10.0, [10.5, 10.0, 9.5]), 3), round(interval(values).half_width, 3)
    (2.484, 2.484)
    """
    number = len(without)
    half = interval([number * whole - (number - 1) * each for each in without]).half_width
    return half if half is not None else math.inf


def student_quantile(share: float, freedom: float) -> float:
    """Return the value that Student's t stays below with a probability of ``share``.

    Parameters
    ----------
    share : float
        In (0, 1).
    freedom : float
        Degrees of freedom, above 0.

    Examples
    --------
    >>> [round(student_quantile(0.975, freedom), 3) for freedom in (1, 2, 9, 30)]
    [12.706, 4.303, 2.262, 2.042]
    """
    return float(_special().stdtrit(freedom, share))


def student_tails(t: float, freedom: float) -> float:
    """Return the probability that Student's t lies farther from zero than ``t``, on either side.

    Examples
    --------
    >>> round(student_tails(2.262157, 9), 6)
    0.05
    """
    return float(2.0 * _special().stdtr(freedom, -abs(t)))


@cache
def _special() -> Any:
    """Import SciPy's functions on first use: a quarter of a second that only intervals need."""
    return importlib.import_module("scipy.special")
