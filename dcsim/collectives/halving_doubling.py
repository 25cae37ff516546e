"""Halving/doubling: reduce-scatter by vector halving, all-gather by vector doubling, nearest partner first."""

from __future__ import annotations

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, vector_halving

__all__ = ["halving_doubling"]


@collective("halving_doubling", operation="all_reduce", folds="binary blocks")
def halving_doubling(ranks: int, nbytes: float) -> Plan:
    """Plan a halving/doubling all-reduce: ``2 log2 p`` steps of ``S/2, S/4 ... S/4, S/2``.

    Time ``2 log2 p a + 2 (p - 1) / p S / B`` at latency a and bandwidth B for a power of two: as little data
    as a ring in few steps. Partners are at distances 1, 2, 4 ... so that most data stays near (vector halving,
    distance doubling). Where p is not a power of two, the ranks form binary blocks (44 = 32 + 8 + 4): each
    block reduces and scatters within itself, then its segments go to the next larger block, smallest block
    first, and come back the same way before the all-gather (Rabenseifner and Traeff 2004, "More efficient
    reduction algorithms for non-power-of-two number of processors in message-passing parallel systems"; the
    algorithm that Goyal et al. 2017 use). A small block's rank feeds several ranks of the larger one at once;
    that the larger block still halves meanwhile is not counted as a gain.

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
    >>> plan.phases[0].dst.tolist()
    [1, 0, 3, 2, 5, 4, 7, 6]
    """
    return vector_halving(ranks, nbytes, nearest_first=True)
