"""Arrivals of a Poisson process whose rate is a step function of time.

The cumulative rate Lambda(t) turns arrivals at rate 1 into arrivals at the given rate: if E1 < E2 < ... is a
Poisson process of rate 1, then Lambda^-1(E1) < Lambda^-1(E2) < ... has the given rate (Cinlar, "Introduction
to Stochastic Processes", 1975). Random draws come in as arrays, so that the caller owns the stream.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["arrival_times", "count_per_bin", "cumulative_rate", "scattered_times", "times_at"]


@kernel
def cumulative_rate(edges: NDArray[np.float64], rates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the expected number of arrivals up to each edge.

    Parameters
    ----------
    edges : ndarray, float64[n + 1]
        Times at which the rate changes, ascending, s; the last one is the end.
    rates : ndarray, float64[n]
        Arrivals per second from ``edges[i]`` to ``edges[i + 1]``, >= 0.

    Returns
    -------
    ndarray, float64[n + 1]
        0 at the first edge, the expected total at the last.

    Examples
    --------
    >>> cumulative_rate(np.array([0.0, 10.0, 20.0]), np.array([0.5, 0.0])).tolist()
    [0.0, 5.0, 5.0]
    """
    total = np.zeros(edges.size)
    for i in range(rates.size):
        total[i + 1] = total[i] + rates[i] * (edges[i + 1] - edges[i])
    return total


@kernel
def times_at(
    edges: NDArray[np.float64],
    total: NDArray[np.float64],
    expected: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Earliest times at which the cumulative rate reaches given values.

    Parameters
    ----------
    edges : ndarray, float64[n + 1]
        As in ``cumulative_rate``.
    total : ndarray, float64[n + 1]
        What ``cumulative_rate`` returned.
    expected : ndarray, float64[m]
        Ascending values of at least 0.

    Returns
    -------
    ndarray, float64[up to m]
        Times, ascending, s; values that are not reached by the last edge are left out.
    """
    times = np.empty(expected.size)
    last = total.size - 1
    i = 0
    count = 0
    for value in expected:
        while i < last and total[i + 1] < value:
            i += 1
        if i == last:
            break
        rise = total[i + 1] - total[i]
        share = (value - total[i]) / rise if rise > 0.0 else 0.0
        times[count] = min(edges[i] + share * (edges[i + 1] - edges[i]), edges[i + 1])
        count += 1
    return times[:count]


@kernel
def arrival_times(
    edges: NDArray[np.float64],
    rates: NDArray[np.float64],
    gaps: NDArray[np.float64],
) -> tuple[NDArray[np.float64], bool]:
    """Arrival times from exponential draws.

    Parameters
    ----------
    edges, rates : ndarray
        Step function, as in ``cumulative_rate``.
    gaps : ndarray, float64[m]
        Independent draws from the exponential distribution with mean 1.

    Returns
    -------
    times : ndarray, float64[up to m]
        Ascending, s.
    complete : bool
        False when the draws ran out before the last edge: call again with more of them appended.

    Examples
    --------
    >>> times, complete = arrival_times(np.array([0.0, 10.0]), np.array([0.5]), np.array([1.0, 2.0, 9.0]))
    >>> times.tolist(), bool(complete)
    ([2.0, 6.0], True)
    """
    total = cumulative_rate(edges, rates)
    expected = np.empty(gaps.size)
    reached = 0.0
    for i in range(gaps.size):
        reached += gaps[i]
        expected[i] = reached
    return times_at(edges, total, expected), reached > total[-1]


@kernel
def scattered_times(
    edges: NDArray[np.float64],
    rates: NDArray[np.float64],
    uniforms: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Arrival times when their number is given.

    Parameters
    ----------
    edges, rates : ndarray
        Step function, as in ``cumulative_rate``.
    uniforms : ndarray, float64[m]
        Independent draws from [0, 1), one per arrival, in any order.

    Returns
    -------
    ndarray, float64[m]
        Ascending, s; empty when the rate is 0 everywhere.

    Examples
    --------
    >>> scattered_times(np.array([0.0, 10.0, 20.0]), np.array([0.0, 1.0]), np.array([0.5, 0.25])).tolist()
    [12.5, 15.0]
    """
    total = cumulative_rate(edges, rates)
    if total[-1] <= 0.0:
        return np.empty(0)
    return times_at(edges, total, np.sort(uniforms) * total[-1])


@kernel
def count_per_bin(times: NDArray[np.float64], bins: NDArray[np.float64]) -> NDArray[np.int64]:
    """Count arrivals in bins.

    Parameters
    ----------
    times : ndarray, float64[m]
        Ascending, s.
    bins : ndarray, float64[n + 1]
        Ascending; bin i holds ``bins[i] <= time < bins[i + 1]``.

    Returns
    -------
    ndarray, int64[n]
        Arrivals per bin; those outside all bins are left out.

    Examples
    --------
    >>> count_per_bin(np.array([0.0, 1.0, 2.5, 9.0]), np.array([0.0, 2.0, 4.0])).tolist()
    [2, 1]
    """
    counts = np.zeros(bins.size - 1, dtype=np.int64)
    i = 0
    for time in times:
        if time < bins[0]:
            continue
        while i < counts.size and time >= bins[i + 1]:
            i += 1
        if i == counts.size:
            break
        counts[i] += 1
    return counts
