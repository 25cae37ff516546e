"""Slots that running jobs give back, sorted by the time that was promised: sums up to a time in logarithmic time.

A treap (Seidel and Aragon, "Randomized search trees", Algorithmica 16, 1996): a search tree by (promise, node) that is
also a heap by a priority, here the scrambled number of the node. Node 0 stands for none; the root is its right child.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.job_records import Promises

__all__ = ["first_with", "join", "part", "up_to"]

_MASK = (1 << 32) - 1


@lean_kernel
def _priority(node: int) -> int:
    """Return the scrambled number of a node."""
    mixed = int(node)
    for _ in range(2):
        mixed = ((mixed >> 16) ^ mixed) * 0x45D9F3B & _MASK
    return (mixed >> 16) ^ mixed


@lean_kernel
def _share_out(
    at: int, node: int, end: NDArray[np.float64], own: NDArray[np.int64], total: NDArray[np.int64],
    child: NDArray[np.int64],
) -> None:  # fmt: skip
    """Hang what comes before and after a new node out of a subtree below its left and its right."""
    before = 0
    below = at
    while below != 0:
        left = end[below] < end[node] or (end[below] == end[node] and below < node)
        if left:
            before += own[below] + total[child[below, 0]]
        below = child[below, 1] if left else child[below, 0]
    after = total[at] - before
    low, low_side, high, high_side = node, 0, node, 1
    while at != 0:
        if end[at] < end[node] or (end[at] == end[node] and at < node):
            total[at], before = before, before - own[at] - total[child[at, 0]]
            child[low, low_side] = at
            low, low_side, at = at, 1, child[at, 1]
        else:
            total[at], after = after, after - own[at] - total[child[at, 1]]
            child[high, high_side] = at
            high, high_side, at = at, 0, child[at, 0]
    child[low, low_side] = 0
    child[high, high_side] = 0


@lean_kernel
def join(promises: Promises, node: int, promise: float, slots: int) -> None:
    """Add a job.

    Parameters
    ----------
    promises : Promises
        The tree.
    node : int
        Unused number, from 1 up.
    promise : float
        When the job ends at the latest, s.
    slots : int
        What it gives back then.
    """
    end, own, total, child = promises
    end[node], own[node] = promise, slots
    rank = _priority(node)
    above, side = 0, 1
    at = child[0, 1]
    while at != 0 and _priority(at) >= rank:
        total[at] += slots
        side = 1 if end[at] < promise or (end[at] == promise and at < node) else 0
        above, at = at, child[at, side]
    child[above, side] = node
    total[node] = total[at] + slots
    _share_out(at, node, end, own, total, child)


@lean_kernel
def part(promises: Promises, node: int) -> None:
    """Take a job out.

    Parameters
    ----------
    promises : Promises
        The tree.
    node : int
        Its number.
    """
    end, own, total, child = promises
    above, side = 0, 1
    at = child[0, 1]
    while at != node:
        total[at] -= own[node]
        side = 1 if end[at] < end[node] or (end[at] == end[node] and at < node) else 0
        above, at = at, child[at, side]
    left, right = child[node, 0], child[node, 1]
    while left != 0 and right != 0:
        if _priority(left) >= _priority(right):
            total[left] += total[right]
            child[above, side] = left
            above, side, left = left, 1, child[left, 1]
        else:
            total[right] += total[left]
            child[above, side] = right
            above, side, right = right, 0, child[right, 0]
    child[above, side] = left if left != 0 else right


@lean_kernel
def first_with(promises: Promises, slots: int) -> float:
    """Return the first moment by which jobs have promised to give so many slots back.

    Parameters
    ----------
    promises : Promises
        The tree.
    slots : int
        At least 1.

    Returns
    -------
    float
        s; infinite where they never do.
    """
    end, own, total, child = promises
    at = child[0, 1]
    while at != 0:
        left = total[child[at, 0]]
        if left >= slots:
            at = child[at, 0]
        elif left + own[at] >= slots:
            return float(end[at])
        else:
            slots -= left + own[at]
            at = child[at, 1]
    return math.inf


@lean_kernel
def up_to(promises: Promises, moment: float) -> int:
    """Return the slots given back up to a moment, those of the very moment among them.

    Parameters
    ----------
    promises : Promises
        The tree.
    moment : float
        s.

    Returns
    -------
    int
        Slots.
    """
    end, own, total, child = promises
    slots = 0
    at = child[0, 1]
    while at != 0:
        if end[at] <= moment:
            slots += total[child[at, 0]] + own[at]
            at = child[at, 1]
        else:
            at = child[at, 0]
    return slots
