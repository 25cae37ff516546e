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
        Half of the confidence interval; None for a single pair, and for counts that differ by the same in every pair,
        which tells nothing of how far they may differ in others.
    p : float or None
        Probability of a mean difference at least as far from zero if there were none; 0 where every pair differs by
        the same and that cannot be chance; None for a single pair.
    number : int
        How many pairs.
    """

    mean: float
    half_width: float | None
    p: float | None
    number: int


def paired(first: Sequence[float], second: Sequence[float], level: float = 0.95, *, counts: bool = False) -> Paired:
    """Return how much higher the second values are than the first, with a confidence interval.

    Both values of a pair share their random numbers (the seed), so that luck that strikes both drops out of the
    difference; the differences are independent, and their mean follows Student's t with n - 1 degrees of freedom
    (Law, Simulation Modeling and Analysis, 5th edition, section 10.2.1). Of each pair a billionth of its larger value
    is what sums of floats lose: a smaller difference is none, and differences no farther apart are equal.

    Measures that differ by the same in every pair do so for certain. Counts may by chance: what is left of the luck of
    two equal fleets, once what they share is given, are two independent draws of one distribution, so that by Cauchy
    and Schwarz no difference is likelier than none, and c no likelier than -c. Either has a probability of 1/3 at most,
    and all n pairs differ by the same, whatever it is, with one of at most ``2 / 3^n``. A pair of two given values has
    a probability of 1/4 at most, and so have all the same pair, whichever it is, one of at most ``2 / 4^n``.

    Parameters
    ----------
    first, second : sequence of float
        Equally many, at least one; equal places are pairs.
    level : float
        Confidence, in (0, 1).
    counts : bool
        Whether the values count something.

    Examples
    --------
    >>> found = paired([10.0, 50.0, 30.0], [11.0, 52.0, 33.0])
    >>> found.mean, round(found.half_width, 2), round(found.p, 3)
    (2.0, 2.48, 0.074)
    >>> paired([10.0, 50.0], [11.0, 51.0])
    Paired(mean=1.0, half_width=0.0, p=0.0, number=2)
    >>> paired([0.0, 2.0], [1.0, 3.0], counts=True).p == 2 / 9, paired([0.0, 0.0], [1.0, 1.0], counts=True).p == 2 / 16
    (True, True)
    """
    allowed = [ROUNDING * max(abs(one), abs(other)) for one, other in zip(first, second, strict=True)]
    exact = [other - one for one, other in zip(first, second, strict=True)]
    differences = [each if abs(each) > limit else 0.0 for each, limit in zip(exact, allowed, strict=True)]
    number, mean = len(differences), statistics.fmean(differences)
    if number < 2:
        return Paired(mean, None, None, number)
    if not any(differences):
        return Paired(0.0, 0.0, 1.0, number)
    if all(differences) and _equal(differences, allowed):
        if not counts:
            return Paired(mean, 0.0, 0.0, number)
        least = 4 if len(set(first)) == len(set(second)) == 1 else 3
        return Paired(mean, None, 2.0 / least**number, number)
    size = max(map(abs, differences))  # squares of what is tiny would vanish
    squares = math.fsum(((each - mean) / size) ** 2 for each in differences)
    deviation = size * math.sqrt(squares / (number - 1) / number)
    half_width = student_quantile(0.5 + level / 2.0, number - 1) * deviation
    return Paired(mean, half_width, student_tails(mean / deviation, number - 1), number)


def _equal(differences: Sequence[float], allowed: Sequence[float]) -> bool:
    """Whether there is a difference that all pairs have, each up to its own rounding."""
    pairs = list(zip(differences, allowed, strict=True))
    return max(each - limit for each, limit in pairs) <= min(each + limit for each, limit in pairs)


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
