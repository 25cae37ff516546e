"""Throughput against latency: many models on many machines, each alone or in groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

__all__ = ["Trade", "trade"]


@dataclass(frozen=True)
class Trade:
    """Groups of several sizes, compared; one entry for each size.

    Parameters
    ----------
    sizes, groups : ndarray of int64, shape (sizes,)
        Machines of a group, and groups that train at the same time.
    wait_s : ndarray of float64, shape (sizes,)
        Until one model is trained (s).
    rate : ndarray of float64, shape (sizes,)
        Models that all groups train in a second.
    last_s : ndarray of float64, shape (sizes,)
        Until the last of all models is trained (s).
    efficient : ndarray of bool, shape (sizes,)
        Whether no other size waits less without training fewer models, or trains more without waiting longer.
    """

    sizes: Ints
    groups: Ints
    wait_s: Floats
    rate: Floats
    last_s: Floats
    efficient: NDArray[np.bool_]


def trade(
    machines: int, models: int, work_s: float, sizes: Sequence[int] | Ints, speedup: Sequence[float] | Floats
) -> Trade:
    """Compare sizes of groups in which machines train models.

    Parameters
    ----------
    machines, models : int
        That there are, and that are to be trained.
    work_s : float
        Time of one model on one machine (s).
    sizes : sequence of int, shape (sizes,)
        Machines of a group; those that are left over stay idle.
    speedup : sequence of float, shape (sizes,)
        Of a group of each size over one machine, learning included.

    Raises
    ------
    ValueError
        For sizes that the machines do not hold, and numbers that are not above zero.

    Examples
    --------
    >>> found = trade(100, 100, 4.0, [1, 5], [1.0, 4.0])  # in days
    >>> found.rate.tolist(), found.wait_s.tolist(), found.last_s.tolist(), found.efficient.tolist()
    ([25.0, 20.0], [4.0, 1.0], [4.0, 5.0], [True, True])
    """
    size, gain = np.asarray(sizes, dtype=np.int64), np.asarray(speedup, dtype=np.float64)
    if size.size == 0 or size.shape != gain.shape or size.min() < 1 or size.max() > machines:
        raise ValueError(f"needs sizes from 1 to {machines} machines, with a speed-up for each")
    if models < 1 or not work_s > 0.0 or not (gain > 0.0).all():
        raise ValueError("needs models, work and speed-ups above zero")
    groups = machines // size
    wait = work_s / gain
    rate = groups / wait
    last = -(-models // groups) * wait
    better = (wait <= wait[:, None]) & (rate >= rate[:, None]) & ((wait < wait[:, None]) | (rate > rate[:, None]))
    return Trade(size, groups, wait, rate, last, np.logical_not(better.any(axis=1)))
