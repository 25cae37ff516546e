"""Halving/doubling: reduce-scatter by vector halving, all-gather by vector doubling."""

from __future__ import annotations

import itertools

import numpy as np

from dcsim.collectives import collective
from dcsim.collectives.plan import Phase, Plan, phase

__all__ = ["halving_doubling"]


@collective("halving_doubling")
def halving_doubling(ranks: int, nbytes: float) -> Plan:
    """Plan a halving/doubling all-reduce: ``2 log2 p`` steps of ``S/2, S/4 ... S/4, S/2``.

    As little data as a ring in few steps. Partners are at distances 1, 2, 4 ... so that most data stays
    near (vector halving, distance doubling). Where p is not a power of two, the ranks form binary blocks
    (44 = 32 + 8 + 4): each block reduces and scatters within itself, then its segments go to the next
    larger block, smallest block first, and come back the same way before the all-gather (Rabenseifner and
    Traeff 2004, "More efficient reduction algorithms for non-power-of-two number of processors in
    message-passing parallel systems"; the algorithm that Goyal et al. 2017 use). A small block's rank feeds
    several ranks of the larger one after another; that the larger block still halves meanwhile is not
    counted as a gain.

    Parameters
    ----------
    ranks : int
        Number of ranks p.
    nbytes : float
        Buffer S that every rank contributes.

    Returns
    -------
    Plan
        ``2 log2 p`` phases for a power of two.

    Examples
    --------
    >>> plan = halving_doubling(8, 80.0)
    >>> [step.nbytes for step in plan.phases], float(plan.sent()[0])
    ([40.0, 20.0, 10.0, 10.0, 20.0, 40.0], 140.0)
    """
    blocks = _blocks(ranks)
    halving = [_exchange(blocks, bit, nbytes) for bit in range(blocks[0][1].bit_length() - 1)]
    passing = [
        step
        for (large, size), (small, few) in reversed(list(itertools.pairwise(blocks)))
        for step in _feed(large, size, small, few, nbytes)
    ]
    up = [*halving, *passing]
    down = [phase(step.dst, step.src, step.nbytes) for step in reversed(up)]
    return Plan(ranks, (*up, *down))


def _blocks(ranks: int) -> list[tuple[int, int]]:
    """Return (first rank, size) of the binary blocks, largest first."""
    blocks = []
    first = 0
    for bit in reversed(range(ranks.bit_length())):
        if ranks >> bit & 1:
            blocks.append((first, 1 << bit))
            first += 1 << bit
    return blocks


def _exchange(blocks: list[tuple[int, int]], bit: int, nbytes: float) -> Phase:
    """Swap halves of what is left with the partner at distance ``2**bit``, in the blocks that reach it."""
    taking_part = [(first, size) for first, size in blocks if size > 1 << bit]
    src = np.concatenate([np.arange(first, first + size) for first, size in taking_part])
    dst = np.concatenate([first + (np.arange(size) ^ (1 << bit)) for first, size in taking_part])
    return phase(src, dst, nbytes / (2 << bit))


def _feed(large: int, size: int, small: int, few: int, nbytes: float) -> list[Phase]:
    """Send the segments of a small block to the ranks of the larger one that hold their parts.

    Rank j of a block holds the segment whose number is j with its bits reversed, so the parts of j's
    segment lie with the ranks of the larger block that are equal to j modulo the small block's size.
    """
    own = np.arange(few)
    return [phase(small + own, large + own + turn * few, nbytes / size) for turn in range(size // few)]
