"""Double binary tree: two complementary trees, each with half of the buffer, reduce and broadcast in a pipeline."""

from __future__ import annotations

import math

import numpy as np

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, Ranks, phase

__all__ = ["double_binary_tree"]

CHUNK_BYTES = 524288
"""Largest chunk: a buffer of 4 MiB in 8 steps (NCCL 2, defaults of ``NCCL_BUFFSIZE`` and ``NCCL_STEPS``)."""
FINER = ((8, 131072), (4, 65536), (1, 32768))
"""Chunks are halved while a tree has fewer than so many per level, down to so many bytes (NCCL 2, ``enqueue.cc``)."""


@collective("double_binary_tree", operation="all_reduce")
def double_binary_tree(ranks: int, nbytes: float) -> Plan:
    """Plan an all-reduce over two binary trees, pipelined in chunks: ``2 h + k - 1`` steps of ``S / (2 k)``.

    A rank that passes data on in one tree is a leaf of the other (Sanders, Speck and Traeff 2009, "Two-tree
    algorithms for full bandwidth broadcast, reduction and scan"). As in NCCL, whose trees these are (in order of
    rank, the second mirrored for even p and shifted by one for odd p), both trees reduce towards their roots and
    broadcast from them in the same steps: a chunk moves one level a step, and while it goes on the next one
    follows. A rank sends and receives at most four chunks a step, so that the time is at most ``(2 h + k - 1)
    (a + 2 S / (k B))`` for height h, k chunks a tree, latency a and bandwidth B: few steps, and nearly ``2 S / B``
    for large buffers. The size of a chunk is NCCL's rule, not the optimum of the formula, which depends on the
    network.

    Parameters
    ----------
    ranks : int
        Number of ranks p, a power of two or not.
    nbytes : float
        Buffer S that every rank contributes.

    Returns
    -------
    Plan
        Fewer than ``4 h`` distinct phases, whatever the number of chunks.

    Examples
    --------
    >>> plan = double_binary_tree(8, 100e6)
    >>> plan.steps(), len(plan.phases), plan.phases[0].nbytes
    (101, 11, 520834.0)
    >>> float(plan.sent().max() / 100e6)
    2.00000256
    """
    if ranks == 1:
        return Plan(1, ())
    parent = _parents(ranks)
    depth = _depths(parent)[1:]
    height = int(depth.max())
    chunks = max(1, math.ceil(nbytes / (2 * _chunk_bytes(nbytes, height))))
    child, parent = np.arange(1, ranks), parent[1:]
    places = np.arange(ranks)
    other = places[::-1] if ranks % 2 == 0 else (places + 1) % ranks
    below, above = np.concatenate((child, other[child])), np.concatenate((parent, other[parent]))
    src, dst = np.concatenate((below, above)), np.concatenate((above, below))
    # A child sends its first chunk up as soon as the deepest rank could have reached it, and has it back from
    # its parent as late as it is deep; each edge is then busy with one chunk a step.
    first = np.concatenate((height - depth, height - depth, height + depth - 1, height + depth - 1))
    edges = np.unique(np.concatenate((first, first + chunks)))
    phases = []
    for begin, end in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        busy = (first <= begin) & (begin < first + chunks)
        phases.append(phase(src[busy], dst[busy], nbytes / (2 * chunks), end - begin))
    return Plan(ranks, tuple(phases))


def _parents(ranks: int) -> Ranks:
    """Return each rank's parent in the tree in order of rank, whose root 0 is its own parent."""
    rank = np.arange(ranks)
    lowest = rank & -rank
    above = (rank ^ lowest) | (lowest << 1)
    return np.where(above < ranks, above, rank ^ lowest)


def _depths(parent: Ranks) -> Ranks:
    """Return each rank's distance from the root."""
    depth = np.zeros_like(parent)
    at = np.arange(parent.size)
    while at.any():
        depth += at > 0
        at = parent[at]
    return depth


def _chunk_bytes(nbytes: float, height: int) -> int:
    """Return the size of a chunk by NCCL's rule for two trees of a height."""
    size = CHUNK_BYTES
    for chunks_a_level, least in FINER:
        while nbytes / (2 * size) < chunks_a_level * height and size > least:
            size //= 2
    return size
