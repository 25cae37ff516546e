"""Binomial tree: the whole buffer is reduced towards rank 0, then broadcast from it."""

from __future__ import annotations

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, binomial_levels, phase

__all__ = ["binomial_tree"]


@collective("binomial_tree", operation="all_reduce")
def binomial_tree(ranks: int, nbytes: float) -> Plan:
    """Plan a reduce and a broadcast along a binomial tree: ``2 ceil(log2 p)`` steps of ``S``.

    Time ``2 ceil(log2 p) (a + S / B)`` at latency a and bandwidth B. The plain way of the first message-passing
    libraries, and the yardstick of the others: twice the data of ``recursive_doubling``, but each message has
    one reader, and no step needs more than ``p / 2`` senders (Thakur, Rabenseifner and Gropp 2005,
    "Optimization of collective communication operations in MPICH", on broadcast and reduce).

    Parameters
    ----------
    ranks : int
        Number of ranks p, a power of two or not.
    nbytes : float
        Buffer S that every rank contributes.

    Returns
    -------
    Plan
        ``2 ceil(log2 p)`` phases.

    Examples
    --------
    >>> plan = binomial_tree(6, 10.0)
    >>> plan.steps(), plan.sent().tolist()
    (6, [30.0, 10.0, 20.0, 10.0, 20.0, 10.0])
    """
    levels = binomial_levels(ranks)
    reduce = [phase(children, parents, nbytes) for parents, children in reversed(levels)]
    broadcast = [phase(parents, children, nbytes) for parents, children in levels]
    return Plan(ranks, (*reduce, *broadcast))
