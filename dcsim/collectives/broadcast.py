"""Broadcast from rank 0: down a binomial tree if short, scattered down it and gathered around a ring if long."""

from __future__ import annotations

from dcsim.collectives import collective
from dcsim.collectives.plan import Phase, Plan, Ranks, around, binomial_levels, phase

__all__ = ["broadcast"]

SHORT_BYTES = 12288
FEW_RANKS = 8


@collective("broadcast", operation="broadcast")
def broadcast(ranks: int, nbytes: float) -> Plan:
    """Plan a broadcast: ``ceil(log2 p)`` steps of ``S``, or a scatter and an all-gather for long buffers.

    At latency a and bandwidth B the tree takes ``ceil(log2 p) (a + S / B)``; scatter and all-gather take
    ``(ceil(log2 p) + p - 1) a + 2 (p - 1) / p S / B``. The second is used from 12 KiB and 8 ranks on, as MPICH
    chooses (Thakur, Rabenseifner and Gropp 2005, "Optimization of collective communication operations in
    MPICH"; the algorithm is van de Geijn's). Where p is not a power of two, one subtree of a level may be
    smaller than the others; the level then counts the size of the largest.

    Parameters
    ----------
    ranks : int
        Number of ranks p.
    nbytes : float
        Buffer S of rank 0.

    Returns
    -------
    Plan
        At most ``ceil(log2 p) + 1`` distinct phases.

    Examples
    --------
    >>> broadcast(16, 8000.0).steps(), broadcast(16, 16000.0).steps()
    (4, 19)
    >>> [step.nbytes for step in broadcast(16, 16000.0).phases]
    [8000.0, 4000.0, 2000.0, 1000.0, 1000.0]
    """
    levels = binomial_levels(ranks)
    if ranks < FEW_RANKS or nbytes < SHORT_BYTES:
        return Plan(ranks, tuple(phase(parents, children, nbytes) for parents, children in levels))
    scatter = [_handed_down(parents, children, ranks, nbytes) for parents, children in levels]
    return Plan(ranks, (*scatter, *around(ranks, nbytes, ranks - 1)))


def _handed_down(parents: Ranks, children: Ranks, ranks: int, nbytes: float) -> Phase:
    """Return one level of the scatter: each child gets the parts of its subtree, of which the first is largest."""
    parts = min(children[0] - parents[0], ranks - children[0])
    return phase(parents, children, nbytes * parts / ranks)
