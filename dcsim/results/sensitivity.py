"""How much of a figure's variance each parameter accounts for (Sobol' 2001), and in which direction each moves it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Indices", "rank_correlation", "sobol_indices"]

_RESAMPLES = 500
_SEED = 0


@dataclass(frozen=True)
class Indices:
    """Shares of parameters in the variance of a figure.

    Parameters
    ----------
    first, total : ndarray, float64[D]
        Share of each parameter alone, and with all of its interactions. NaN where nothing varies.
    first_half_width, total_half_width : ndarray, float64[D]
        Half of their 95 % intervals, by resampling.
    """

    first: NDArray[np.float64]
    total: NDArray[np.float64]
    first_half_width: NDArray[np.float64]
    total_half_width: NDArray[np.float64]


def sobol_indices(first: ArrayLike, second: ArrayLike, mixed: ArrayLike) -> Indices:
    """Estimate first-order and total-effect indices from a design of two samples.

    With f(A), f(B) and f(AB_i), where AB_i is A with column i of B, all with the mean of f(A) and f(B) subtracted::

        S_i  = mean(f(B) (f(AB_i) - f(A))) / var        (Saltelli et al. 2010, table 2 b)
        ST_i = mean((f(A) - f(AB_i))^2) / 2 / var       (Jansen 1999, table 2 f there)

    The intervals are normal ones, from the deviation over 500 resamples of the sample's rows.

    Parameters
    ----------
    first, second : array_like, float64[N]
        The figure on samples A and B.
    mixed : array_like, float64[D, N]
        The figure on A with each column of B in turn.

    Examples
    --------
    >>> draws = np.random.default_rng(1)
    >>> a, b = draws.random((2, 4096, 2))
    >>> f = lambda x: 2.0 * x[:, 0] + x[:, 1]  # variances 4 to 1
    >>> mixed = [np.column_stack([b[:, 0], a[:, 1]]), np.column_stack([a[:, 0], b[:, 1]])]
    >>> found = sobol_indices(f(a), f(b), [f(each) for each in mixed])
    >>> [round(float(share), 1) for share in (*found.first, *found.total)]
    [0.8, 0.2, 0.8, 0.2]
    """
    a, b, ab = (np.asarray(each, dtype=np.float64) for each in (first, second, mixed))
    single, whole = _shares(a, b, ab)
    rows = np.random.default_rng(_SEED).integers(0, len(a), (_RESAMPLES, len(a)))
    drawn = np.array([_shares(a[row], b[row], ab[:, row]) for row in rows])
    half = 1.959963984540054 * drawn.std(axis=0, ddof=1)
    return Indices(single, whole, half[0], half[1])


def _shares(
    a: NDArray[np.float64], b: NDArray[np.float64], ab: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return first-order and total indices."""
    middle = (a.mean() + b.mean()) / 2.0
    a, b, ab = a - middle, b - middle, ab - middle
    variance = np.concatenate([a, b]).var()
    if variance <= 0.0:
        return np.full(len(ab), np.nan), np.full(len(ab), np.nan)
    return (b * (ab - a)).mean(axis=1) / variance, ((a - ab) ** 2).mean(axis=1) / 2.0 / variance


def rank_correlation(first: ArrayLike, second: ArrayLike) -> float:
    """Return Spearman's rank correlation; ties share their mean rank, and what does not vary gives 0.

    Examples
    --------
    >>> rank_correlation([1.0, 2.0, 3.0], [1.0, 8.0, 27.0]), rank_correlation([1.0, 2.0, 3.0], [5.0, 5.0, 5.0])
    (1.0, 0.0)
    """
    one, other = (_ranks(np.asarray(each, dtype=np.float64)) for each in (first, second))
    spread = float(np.sqrt((one**2).sum() * (other**2).sum()))
    return float((one * other).sum() / spread) if spread > 0.0 else 0.0


def _ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return ranks with the middle rank subtracted."""
    _, place, count = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(count)
    ranks: NDArray[np.float64] = (ends - (count - 1) / 2.0)[place] - (len(values) + 1) / 2.0
    return ranks
