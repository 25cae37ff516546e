"""Nodes in groups that share something, such as a rack: which group, or which few, have room for a job."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["in_one_group", "in_turn"]


def in_one_group(
    slots: int, room: NDArray[np.int64], most: NDArray[np.int64], group: NDArray[np.int64], inner: NDArray[np.int64]
) -> NDArray[np.int64] | None:
    """Return the nodes to fill so that a job stays in one group; in as few as possible where none is large enough.

    Parameters
    ----------
    slots : int
        How many the job needs.
    room, most : int64[N]
        How many of them each node has room for now, and were it empty.
    group, inner : int64[N]
        Numbers of the group and of the smaller group within it.

    Returns
    -------
    int64[K] or None
        Nodes of the group with the least room that suffices, inner groups with the most room first and in them the
        nodes with the most room; None where the job has to wait for a group.

    Examples
    --------
    >>> room, rack = np.array([2, 2, 4, 1]), np.array([0, 0, 1, 1])
    >>> in_one_group(4, room, room, rack, rack).tolist(), in_one_group(6, room, room, rack, rack).tolist()
    ([0, 1], [2, 3, 0, 1])
    """
    by_group = np.bincount(group, weights=room).astype(np.int64)
    by_inner = np.bincount(inner, weights=room)
    order = np.lexsort((-room, inner, -by_inner[inner]))
    if slots > np.bincount(group, weights=most).max(initial=0.0):
        together: NDArray[np.int64] = order[np.lexsort((group[order], -by_group[group[order]]))]
        return together
    enough = np.flatnonzero(by_group >= slots)
    if not len(enough):
        return None
    chosen = enough[np.argmin(by_group[enough])]
    inside: NDArray[np.int64] = order[group[order] == chosen]
    return inside


def in_turn(room: NDArray[np.int64], busy: NDArray[np.int64], group: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return all nodes so that every group gives one before any gives two.

    Parameters
    ----------
    room, busy : int64[N]
        How many slots of the job each node has room for, and how many slots others hold in its group.
    group : int64[N]
        Number of the group.

    Returns
    -------
    int64[N]
        In every turn the nodes with the most room first, then those of the groups that others use least.

    Examples
    --------
    >>> in_turn(np.array([1, 1, 1, 1]), np.array([0, 0, 0, 0]), np.array([0, 0, 1, 1])).tolist()
    [0, 2, 1, 3]
    """
    inside = np.lexsort((-room, group))
    first = np.searchsorted(group[inside], group[inside])
    turn = np.empty(len(room), np.int64)
    turn[inside] = np.arange(len(room)) - first
    order: NDArray[np.int64] = np.lexsort((busy, -room, turn))
    return order
