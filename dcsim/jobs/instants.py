"""Times of jobs are whole microseconds, so that ties are no matter of rounding: 0.1 s + 0.2 s is 0.3 s.

A time is held as the float that reading its decimal gives, and so is every sum of times, once it is snapped. That is
exact below 2^31 s (68 years, or Unix time until January 2038); from there up to 2^32 s a sum may be off by a
microsecond, and later times are left as they are: floats are coarser there. ``dcsim.kernels.job_instants`` has the
same formula.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COARSE", "TICK", "snap", "snapped", "times_within"]

TICK = 1e-6
"""The unit of time, s."""
COARSE = float(1 << 32)
"""From here on, s, neighbouring floats are about a microsecond apart."""


def snap(time: float) -> float:
    """Return a time at the nearest whole microsecond, s; infinite time stays infinite.

    Examples
    --------
    >>> snap(0.1 + 0.2), snap(1.7e9 + 0.1), snap(float("inf"))
    (0.3, 1700000000.1, inf)
    """
    if not time % 1.0 or not -COARSE < time < COARSE:
        return time  # the usual case is also the quick one
    return round(time * 1e6) / 1e6


def snapped(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return times at the nearest whole microseconds, s.

    Examples
    --------
    >>> snapped(np.array([0.1 + 0.2, 1e-7, np.inf, 1e300])).tolist()
    [0.3, 0.0, inf, 1e+300]
    """
    with np.errstate(over="ignore"):
        nearest = times * 1e6
    np.rint(nearest, out=nearest)
    nearest /= 1e6
    if not times.size or -COARSE < times.min() <= times.max() < COARSE:
        return nearest
    return np.where(np.abs(times) < COARSE, nearest, times)


def times_within(interval: float, span: float) -> int:
    """Return how often a finite interval of time fits into a span, both whole microseconds, s.

    Examples
    --------
    >>> times_within(0.1, 0.3), 0.3 // 0.1
    (3, 2.0)
    """
    return round(span * 1e6) // max(1, round(interval * 1e6))
