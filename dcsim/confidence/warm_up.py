"""How much of the beginning of a series is warm-up: the rule of the smallest marginal standard error, MSER-5."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.confidence.student import ROUNDING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["WarmUp", "warm_up"]

_BATCH = 5
"""Values that are averaged before the rule is applied (White, Cobb and Spratt 2000)."""


class WarmUp(NamedTuple):
    """The part of a series that is left out.

    Parameters
    ----------
    length : int
        Values to leave out at the beginning.
    over : bool
        Whether the series settles: False where the rule would leave out more than half of it, or, applied to what is
        left from its end backwards, more than half of that. Then it still rises, falls or swings when it ends, and a
        mean over the rest says little.
    """

    length: int
    over: bool


def warm_up(values: ArrayLike) -> WarmUp:
    """Return how many values to leave out so that the mean of the rest is known best.

    Of all truncations d of the n means Z of five consecutive values the one is taken whose marginal standard error,
    ``sum over j > d of (Z[j] - mean)^2 / (n - d)^2``, is smallest, the first of equal ones (White 1997, "An effective
    truncation heuristic for bias reduction in simulation output"; White, Cobb and Spratt 2000, "A comparison of five
    steady-state truncation heuristics for simulation"). Truncations beyond half of the series are not trusted. Series
    of fewer than 25 values are not averaged first.

    Parameters
    ----------
    values : array_like, float64[n]
        At equal distances in time, finite, at least one.

    Raises
    ------
    ValueError
        If it is no such series.

    Examples
    --------
    >>> warm_up([9.0, 7.0, 5.0, *[3.0, 2.0, 3.0, 4.0] * 30])
    WarmUp(length=5, over=True)
    >>> warm_up(np.arange(100.0))
    WarmUp(length=50, over=False)
    """
    series = np.asarray(values, dtype=np.float64)
    if series.ndim != 1 or not len(series):
        raise ValueError(f"needs a series of one or more values, not an array of shape {series.shape}")
    if not np.isfinite(series).all():
        raise ValueError("needs finite values; leave out those that are not")
    batch = _BATCH if len(series) >= 5 * _BATCH else 1
    number = len(series) // batch
    if number < 2:
        return WarmUp(0, over=True)
    means = series[: number * batch].reshape(number, batch).mean(axis=1)
    if np.ptp(means) <= ROUNDING * np.abs(means).max():
        return WarmUp(0, over=True)
    half = number // 2
    best = _best(means)
    rest = means[best:]
    return WarmUp(min(best, half) * batch, over=best <= half and _best(rest[::-1]) <= len(rest) // 2)


def _best(means: NDArray[np.float64]) -> int:
    """Return the truncation with the smallest marginal standard error, the first of equal ones.

    The last few are left out: what is left of them is all but equal by chance.
    """
    number = len(means)
    centred = means - means.mean()
    kept = np.arange(number, 0, -1)
    sums, squares = (np.cumsum(each[::-1])[::-1] for each in (centred, centred * centred))
    errors = np.maximum(squares - sums * sums / kept, 0.0) / (kept * kept)
    return int(np.argmin(errors[: max(number // 2 + 1, number - _BATCH)]))
