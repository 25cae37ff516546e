"""Workers that go at their own pace and meet at shared servers."""

from __future__ import annotations

from dcsim.kernels.closed_queue import cycle_time

__all__ = ["crowded", "remote"]


def remote(hosts: int, servers: int) -> float:
    """Return the part of a buffer that leaves its host: all of it to dedicated servers, else all but one shard.

    Examples
    --------
    >>> remote(4, 0), remote(4, 2), remote(1, 0)
    (0.75, 1.0, 0.0)
    """
    return 1.0 if servers else (hosts - 1) / hosts


def crowded(alone_s: float, workers: int, together_s: float) -> float:
    """Return the step of workers that queue at shared servers, none waiting for another's step.

    A worker is away from the servers for ``alone_s - together_s / workers``, then served among those who happen to be
    there: mean-value analysis of the closed network (``dcsim.kernels.closed_queue``).

    Parameters
    ----------
    alone_s : float
        Step of one worker that nobody disturbs.
    workers : int
        How many there are.
    together_s : float
        Time in which the servers serve one exchange of each worker.

    Examples
    --------
    >>> crowded(10.0, 1, 2.0), crowded(10.0, 100, 200.0) >= 200.0
    (10.0, True)
    """
    demand = min(together_s / workers, alone_s)
    return max(alone_s, cycle_time(workers, alone_s - demand, demand))
