"""How many replicas a wanted precision takes."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from dcsim.confidence.student import interval, student_quantile

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["GROWTH", "is_precise", "replicas_wanted"]

GROWTH = 3
"""Most by which one stage multiplies the replicas: the spread of the first few is a poor guide to that of all."""


def is_precise(values: Sequence[float], share: float, level: float = 0.95) -> bool:
    """Whether the true mean is within a share of itself from the mean of the values, with the chosen confidence.

    That is so where the half width of the interval is at most ``share / (1 + share)`` of the mean: a half width of the
    whole share of a mean that came out too large would be more than that share of the true one (Law, Simulation
    Modeling and Analysis, section 9.4.1). Values that do not differ are precise, a mean of zero included.

    Examples
    --------
    >>> is_precise([99.0, 100.0, 101.0], 0.03), is_precise([99.0, 100.0, 101.0], 0.02), is_precise([5.0], 0.5)
    (True, False, False)
    """
    mean, half_width, _ = interval(values, level)
    return half_width is not None and half_width <= _half_width(share, mean)


def _half_width(share: float, mean: float) -> float:
    """Return the half width up to which the error of a mean is at most a share of the true one."""
    return share / (1.0 + share) * abs(mean)


def replicas_wanted(values: Sequence[float], share: float, level: float = 0.95, most: int = 1000) -> int:
    """Return how many replicas are wanted in all, judged by those that there are.

    The sequential rule of Law (Simulation Modeling and Analysis, section 9.4.1): replicas are added until the half
    width t(n - 1) s / sqrt(n) is at most ``share / (1 + share)`` of the mean. The next stage ends where that would
    hold if the spread s and the mean stayed as they are, but no stage does more than treble the replicas.

    Parameters
    ----------
    values : sequence of float
        One per replica so far, at least two.
    share : float
        Wanted error of the mean as a share of the true one.
    level : float
        Confidence, in (0, 1).
    most : int
        No more than that.

    Returns
    -------
    int
        ``len(values)`` where they are enough.

    Examples
    --------
    >>> replicas_wanted([98.0, 100.0, 102.0], 0.06), replicas_wanted([98.0, 100.0, 102.0], 0.02)
    (3, 7)
    >>> replicas_wanted([98.0, 100.0, 102.0], 0.002), replicas_wanted([98.0, 100.0, 102.0], 0.002, most=8)
    (9, 8)
    """
    number = len(values)
    if number < 2:
        raise ValueError("needs two replicas at least")
    if is_precise(values, share, level):
        return number
    allowed, deviation = _half_width(share, statistics.fmean(values)), statistics.stdev(values)
    wanted, limit = number + 1, min(most, GROWTH * number)
    while wanted < limit and student_quantile(0.5 + level / 2.0, wanted - 1) * deviation > allowed * math.sqrt(wanted):
        wanted += 1
    return max(min(wanted, limit), number)
