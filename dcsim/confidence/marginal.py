"""Averages over settings that may have unequal numbers of replicas."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["replica_averages"]


def replica_averages(values: ArrayLike) -> NDArray[np.float64]:
    """Return each replica's average over settings, of replicas that all of the settings have.

    A replica that only some settings have would tell more of these than of the others: where a setting needed ten
    times as many replicas as another, the mean of all would be nearly its own. Settings share their seeds, replica by
    replica, so the averages are independent of one another.

    Parameters
    ----------
    values : array_like, float64[settings, replicas]
        NaN where a setting lacks a replica; at least one setting.

    Returns
    -------
    ndarray, float64[replicas]
        NaN where any setting lacks the replica.

    Examples
    --------
    >>> replica_averages([[0.0, 1.0, np.nan], [10.0, 13.0, 14.0]])
    array([ 5.,  7., nan])
    """
    averages: NDArray[np.float64] = np.asarray(values, dtype=np.float64).mean(axis=0)
    return averages
