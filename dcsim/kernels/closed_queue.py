"""Customers that think, then share one server, for ever: mean-value analysis of the closed queueing network.

With k customers, by the arrival theorem, one that comes to the server finds the queue of k - 1:

    response[k] = demand (1 + queue[k - 1]),  cycle[k] = think + response[k],  queue[k] = k response[k] / cycle[k]

(Reiser and Lavenberg, "Mean-value analysis of closed multichain queuing networks", Journal of the ACM 27(2), 1980). It
is exact where the server shares its rate among all who are there, whatever the distributions of thinking and service.
"""

from __future__ import annotations

from dcsim.kernels.jit import kernel

__all__ = ["cycle_time"]


@kernel
def cycle_time(customers: int, think: float, demand: float) -> float:
    """Mean time from one visit of a customer to its next.

    Parameters
    ----------
    customers : int
        At least 1.
    think : float
        Time away from the server (s).
    demand : float
        Service of one visit if nobody else is there (s).

    Returns
    -------
    float
        Seconds: at least ``think + demand``, and ``customers * demand``.

    Examples
    --------
    >>> cycle_time(1, 3.0, 1.0), cycle_time(2, 3.0, 1.0), round(cycle_time(1000, 3.0, 1.0), 6)
    (4.0, 4.25, 1000.0)
    """
    queue = 0.0
    cycle = think + demand
    for k in range(1, customers + 1):
        response = demand * (1.0 + queue)
        cycle = think + response
        queue = k * response / cycle if cycle > 0.0 else 0.0
    return cycle
