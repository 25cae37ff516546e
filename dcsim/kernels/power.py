"""Utilisation to electrical power, and the energy of a step function of power.

A machine draws

    P(u) = idle + (peak - idle) * (2 u - u ** r)

at the busy share u, with r = 1.4 as measured over thousands of servers (Fan, Weber and Barroso, "Power
provisioning for a warehouse-sized computer", ISCA 2007). r = 1 is the straight line between idle and peak.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["energy", "host_power", "pool_power"]


@kernel
def host_power(utilisation: float, idle: float, peak: float, exponent: float) -> float:
    """Power of one machine at a busy share.

    Parameters
    ----------
    utilisation : float
        Busy share; values outside [0, 1] are taken as the nearer end.
    idle, peak : float
        Power at shares 0 and 1, W.
    exponent : float
        r of the formula above, in [1, 2] for a curve that never falls.

    Returns
    -------
    float
        Power, W.

    Examples
    --------
    >>> [host_power(share, 60.0, 200.0, 1.0) for share in (0.0, 0.5, 1.0)]
    [60.0, 130.0, 200.0]
    """
    if utilisation <= 0.0:
        return idle
    if utilisation >= 1.0:
        return peak
    return idle + (peak - idle) * (2.0 * utilisation - math.pow(utilisation, exponent))


@kernel
def pool_power(
    active: NDArray[np.float64],
    utilisation: NDArray[np.float64],
    resting: NDArray[np.float64],
    idle: NDArray[np.float64],
    peak: NDArray[np.float64],
    exponent: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Power of pools of equal machines, some of which work while the others rest.

    Parameters
    ----------
    active : ndarray, float64[P]
        Machines that work.
    utilisation : ndarray, float64[P]
        Busy share of each of them.
    resting : ndarray, float64[P]
        Machines that are switched on and idle; machines without power are left out.
    idle, peak, exponent : ndarray, float64[P]
        Curve of one machine, as in ``host_power``.

    Returns
    -------
    ndarray, float64[P]
        Power of each pool, W.
    """
    watts = np.empty(active.size)
    for p in range(active.size):
        working = host_power(utilisation[p], idle[p], peak[p], exponent[p])
        watts[p] = active[p] * working + resting[p] * idle[p]
    return watts


@kernel
def energy(edges: NDArray[np.float64], watts: NDArray[np.float64]) -> float:
    """Energy of a power that holds between one edge and the next.

    Parameters
    ----------
    edges : ndarray, float64[n + 1]
        Times at which the power changes, ascending, s; the last one is the end.
    watts : ndarray, float64[n]
        Power from ``edges[i]`` to ``edges[i + 1]``, W.

    Returns
    -------
    float
        Energy, J.

    Examples
    --------
    >>> float(energy(np.array([0.0, 10.0, 30.0]), np.array([100.0, 50.0])))
    2000.0
    """
    joules = 0.0
    for i in range(watts.size):
        joules += watts[i] * (edges[i + 1] - edges[i])
    return joules
