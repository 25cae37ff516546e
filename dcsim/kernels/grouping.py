"""Rows of a table in order of a small integer key."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["group_order"]


@kernel
def group_order(keys: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Return the rows in order of their key, rows of one key staying in the order in which they stand.

    A counting sort: linear in rows and keys, where a comparison sort of a year of publications takes seconds.

    Parameters
    ----------
    keys : ndarray, int64[n]
        In [0, size).
    size : int
        Number of keys.

    Returns
    -------
    ndarray, int64[n]
        Row numbers.

    Examples
    --------
    >>> group_order(np.array([2, 0, 2, 1]), 3).tolist()
    [1, 3, 0, 2]
    """
    place = np.zeros(size + 1, np.int64)
    for key in keys:
        place[key + 1] += 1
    for key in range(size):
        place[key + 1] += place[key]
    order = np.empty(keys.size, np.int64)
    for row in range(keys.size):
        order[place[keys[row]]] = row
        place[keys[row]] += 1
    return order
