"""Differences between two ways of doing the same thing, pair by pair, and which of many are more than luck."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING, NamedTuple

from dcsim.confidence.student import ROUNDING, student_quantile, student_tails

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Paired", "benjamini_hochberg", "paired"]


class Paired(NamedTuple):
    """The mean difference of pairs and how far the true one may be from it.

    Parameters
    ----------
    mean : float
        Mean of the second minus the first.
    half_width : float or None
        Half of the confidence interval; None for a single pair.
    p : float or None
        Probability of a mean difference at least as far from zero if there were none; 0 where every pair differs by
        the same; None for a single pair.
    number : int
        How many pairs.
    """

    mean: float
    half_width: float | None
    p: float | None
    number: int


def paired(first: Sequence[float], second: Sequence[float], level: float = 0.95) -> Paired:
    """Return how much higher the second values are than the first, with a confidence interval.

    Both values of a pair share their random numbers (the seed), so that luck that strikes both drops out of the
    difference; the differences are independent, and their mean follows Student's t with n - 1 degrees of freedom
    (Law, Simulation Modeling and Analysis, 5th edition, section 10.2.1). Differences of less than a billionth of the
    larger value are what sums of floats lose, and so 0; a spread as small is none.

    Parameters
    ----------
    first, second : sequence of float
        Equally many, at least one; equal places are pairs.
    level : float
        Confidence, in (0, 1).

    Examples
    --------
    >>> found = paired([10.0, 50.0, 30.0], [11.0, 52.0, 33.0])
    >>> found.mean, round(found.half_width, 2), round(found.p, 3)
    (2.0, 2.48, 0.074)
    >>> paired([10.0, 50.0], [11.0, 51.0])
    Paired(mean=1.0, half_width=0.0, p=0.0, number=2)
    """
    differences = [_difference(one, other) for one, other in zip(first, second, strict=True)]
    number = len(differences)
    mean = statistics.fmean(differences)
    if number < 2:
        return Paired(mean, None, None, number)
    deviation = math.sqrt(math.fsum((each - mean) ** 2 for each in differences) / (number - 1) / number)
    if deviation <= ROUNDING * max(map(abs, [*first, *second])):
        return Paired(mean, 0.0, 0.0 if mean else 1.0, number)
    half_width = student_quantile(0.5 + level / 2.0, number - 1) * deviation
    return Paired(mean, half_width, student_tails(mean / deviation, number - 1), number)


def _difference(one: float, other: float) -> float:
    return 0.0 if math.isclose(one, other, rel_tol=ROUNDING) else other - one


def benjamini_hochberg(probabilities: Sequence[float], rate: float = 0.05) -> list[bool]:
    """Return which of many differences are real, so that of those named real a share of ``rate`` at most is not.

    Of m probabilities in rising order the k-th stands for a real difference if it, or a later one, is no more than
    ``k / m rate`` (Benjamini and Hochberg 1995, "Controlling the false discovery rate"). That holds for independent
    probabilities and for those that rise together, as totals do with their parts (Benjamini and Yekutieli 2001).

    Parameters
    ----------
    probabilities : sequence of float
        Of each difference, were there none.
    rate : float
        Share of false ones among those named real, in expectation.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.6, 0.03, 0.04])
    [True, False, False, False]
    >>> benjamini_hochberg([0.01, 0.02, 0.03, 0.04])  # the largest is below 0.05, so all are
    [True, True, True, True]
    """
    number = len(probabilities)
    order = sorted(range(number), key=lambda each: probabilities[each])
    limit = max(
        (probabilities[each] for rank, each in enumerate(order, 1) if probabilities[each] <= rank / number * rate),
        default=-1.0,
    )
    return [probability <= limit for probability in probabilities]
