"""Step series: a level that holds until the next.

A step series is ``edges`` (float64[n + 1], ascending, s) with ``values`` (float64[n]): ``values[i]`` holds
from ``edges[i]`` to ``edges[i + 1]``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["resample", "time_weighted_mean", "weighted_percentile"]


@kernel
def time_weighted_mean(edges: NDArray[np.float64], values: NDArray[np.float64]) -> float:
    """Mean of a step series over its whole span.

    Parameters
    ----------
    edges : ndarray, float64[n + 1]
        Ascending, s.
    values : ndarray, float64[n]
        Level between one edge and the next.

    Returns
    -------
    float
        Integral over span; nan for an empty span.

    Examples
    --------
    >>> float(time_weighted_mean(np.array([0.0, 1.0, 4.0]), np.array([8.0, 0.0])))
    2.0
    """
    area = 0.0
    for i in range(values.size):
        area += values[i] * (edges[i + 1] - edges[i])
    span = edges[-1] - edges[0]
    return area / span if span > 0.0 else np.nan


@kernel
def weighted_percentile(
    values: NDArray[np.float64],
    weights: NDArray[np.float64],
    shares: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Smallest values at or below which given shares of the weight lie.

    Parameters
    ----------
    values : ndarray, float64[n]
        In any order.
    weights : ndarray, float64[n]
        At least 0, such as the time that each value held.
    shares : ndarray, float64[m]
        In [0, 1]; 0.5 asks for the median.

    Returns
    -------
    ndarray, float64[m]
        One of ``values`` that bears weight, for each share; nan when there is no weight.

    Examples
    --------
    >>> held = np.array([1.0, 1.0, 8.0])
    >>> weighted_percentile(np.array([3.0, 1.0, 2.0]), held, np.array([0.1, 0.5, 1.0])).tolist()
    [1.0, 2.0, 3.0]
    """
    order = np.argsort(values, kind="mergesort")
    total = 0.0
    for i in order:
        total += weights[i]
    result = np.full(shares.size, np.nan)
    for j in range(shares.size):
        below = 0.0
        for i in order:
            if weights[i] > 0.0:
                below += weights[i]
                result[j] = values[i]
                if below >= shares[j] * total:
                    break
    return result


@kernel
def resample(
    edges: NDArray[np.float64],
    values: NDArray[np.float64],
    bins: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean of a step series in each of the given bins.

    Parameters
    ----------
    edges, values : ndarray
        Step series.
    bins : ndarray, float64[m + 1]
        Ascending, s.

    Returns
    -------
    ndarray, float64[m]
        Mean over that part of the bin which the series covers; nan where it covers none of it.

    Examples
    --------
    >>> resample(np.array([0.0, 1.0, 3.0]), np.array([4.0, 1.0]), np.array([0.0, 2.0, 4.0, 6.0])).tolist()
    [2.5, 1.0, nan]
    """
    means = np.full(bins.size - 1, np.nan)
    first = 0
    for b in range(means.size):
        while first < values.size and edges[first + 1] <= bins[b]:
            first += 1
        area = 0.0
        covered = 0.0
        i = first
        while i < values.size and edges[i] < bins[b + 1]:
            held = min(edges[i + 1], bins[b + 1]) - max(edges[i], bins[b])
            area += values[i] * held
            covered += held
            i += 1
        if covered > 0.0:
            means[b] = area / covered
    return means
