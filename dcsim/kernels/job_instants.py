"""Times of jobs are whole microseconds: what a sum of times is, so that ties are no matter of rounding."""

from __future__ import annotations

import numpy as np

from dcsim.kernels.jit import lean_kernel

__all__ = ["COARSE", "snap"]

COARSE = float(1 << 32)
"""From here on, s, neighbouring floats are about a microsecond apart; such times are left as they are."""


@lean_kernel
def snap(time: float) -> float:
    """Return the float that stands for the nearest whole microsecond, as reading the decimal would give it.

    The sum of two such times, snapped, is the float of their exact sum while it is below 2^31 s; up to ``COARSE`` it
    may be off by a microsecond. Whole seconds stay what they are, infinite time too. It never falls where time rises.

    Parameters
    ----------
    time : float
        s.

    Returns
    -------
    float
        s.

    Examples
    --------
    >>> snap(0.1 + 0.2), snap(1.7e9 + 0.1), snap(1e12)
    (0.3, 1700000000.1, 1000000000000.0)
    """
    if -COARSE < time < COARSE:
        return float(np.rint(time * 1e6) / 1e6)
    return time
