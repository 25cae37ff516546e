"""Slots of equal nodes, taken and given back; which nodes have how many free slots is kept in bits.

``consolidate``: a job of up to a node's slots goes to the node with the fewest free slots that suffices; one of several
whole nodes to that many empty ones; one of a part more to the next node in order of most free slots. The lowest number
wins among equals. Hu et al., "Characterization and prediction of deep learning workloads in large-scale GPU
datacenters" (Helios), SC 2021.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel
from dcsim.kernels.job_records import SPARE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.job_records import NodeSets, Parts

__all__ = ["consolidate", "give_back", "has_place"]


@lean_kernel
def _lowest_bit(word: int) -> int:
    """Return the number of the lowest bit of 32 that is set; one is."""
    bit = 0
    for step in (16, 8, 4, 2, 1):
        if word & ((1 << step) - 1) == 0:
            word >>= step
            bit += step
    return bit


@lean_kernel
def _lowest(sets: NodeSets, free: int) -> int:
    """Return the lowest node with exactly so many free slots; there is one."""
    group = 0
    while sets.full[free, group] == 0:
        group += 1
    word = 32 * group + _lowest_bit(sets.full[free, group])
    return 32 * word + _lowest_bit(sets.words[free, word])


@lean_kernel
def _change(sets: NodeSets, node: int, by: int) -> None:
    """Give a node more or fewer free slots."""
    free = sets.free[node]
    word, group = node >> 5, node >> 10
    sets.words[free, word] ^= 1 << (node & 31)
    if sets.words[free, word] == 0:
        sets.full[free, group] ^= 1 << (word & 31)
    sets.many[free] -= 1
    free += by
    sets.free[node] = free
    if sets.words[free, word] == 0:
        sets.full[free, group] ^= 1 << (word & 31)
    sets.words[free, word] ^= 1 << (node & 31)
    sets.many[free] += 1


@lean_kernel
def _take(sets: NodeSets, parts: Parts, counts: NDArray[np.int64], node: int, slots: int, before: int) -> int:
    """Take slots of a node; return the part, which comes before others of its job."""
    part = int(counts[SPARE])
    counts[SPARE] = parts.next[part]
    parts.node[part], parts.slots[part], parts.next[part] = node, slots, before
    _change(sets, node, -slots)
    return part


@lean_kernel
def _for_rest(sets: NodeSets, whole: int, rest: int) -> int:
    """Return how many free slots the node has that takes what does not fill a node; -1 if there is none."""
    size = sets.many.size - 1
    if whole == 0:
        for free in range(rest, size + 1):
            if sets.many[free] > 0:
                return free
        return -1
    if sets.many[size] > whole:
        return size
    for free in range(size - 1, rest - 1, -1):
        if sets.many[free] > 0:
            return free
    return -1


@lean_kernel
def has_place(sets: NodeSets, slots: int) -> bool:
    """Return whether a job has a place.

    Parameters
    ----------
    sets : NodeSets
        The nodes.
    slots : int
        What it needs.
    """
    size = sets.many.size - 1
    whole, rest = slots // size, slots % size
    return sets.many[size] >= whole and (rest == 0 or _for_rest(sets, whole, rest) >= 0)


@lean_kernel
def consolidate(sets: NodeSets, parts: Parts, counts: NDArray[np.int64], slots: int) -> int:
    """Take the slots of a job that has a place.

    Parameters
    ----------
    sets : NodeSets
        The nodes.
    parts : Parts
        Where the slots taken are remembered.
    counts : int64[11]
        ``SPARE`` is the first unused part.
    slots : int
        What it needs.

    Returns
    -------
    int
        The first of its parts; -1 for a job of no slots.
    """
    size = sets.many.size - 1
    whole, rest = slots // size, slots % size
    free = _for_rest(sets, whole, rest)
    part = -1
    for _ in range(whole):
        part = _take(sets, parts, counts, _lowest(sets, size), size, part)
    if rest > 0:
        part = _take(sets, parts, counts, _lowest(sets, free), rest, part)
    return part


@lean_kernel
def give_back(sets: NodeSets, parts: Parts, counts: NDArray[np.int64], part: int) -> int:
    """Give the slots of a job back.

    Parameters
    ----------
    sets : NodeSets
        The nodes.
    parts : Parts
        Where the slots taken are remembered.
    counts : int64[11]
        ``SPARE`` is the first unused part.
    part : int
        The first of its parts, or -1.

    Returns
    -------
    int
        How many slots it held.
    """
    slots = 0
    while part >= 0:
        slots += int(parts.slots[part])
        _change(sets, int(parts.node[part]), int(parts.slots[part]))
        following = parts.next[part]
        parts.next[part] = counts[SPARE]
        counts[SPARE] = part
        part = following
    return slots
