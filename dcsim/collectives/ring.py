"""Ring all-reduce: reduce-scatter, then all-gather, each around the ring."""

from __future__ import annotations

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, around

__all__ = ["ring"]


@collective("ring", operation="all_reduce")
def ring(ranks: int, nbytes: float) -> Plan:
    """Plan a ring all-reduce: ``2 (p - 1)`` steps of ``S / p``, each rank to its right neighbour.

    Time ``2 (p - 1) (a + S / (p B))`` at latency a and bandwidth B. Bandwidth-optimal for every number of
    ranks; its latency grows with the ranks (Patarasuk and Yuan 2009, "Bandwidth optimal all-reduce algorithms
    for clusters of workstations").

    Parameters
    ----------
    ranks : int
        Number of ranks p.
    nbytes : float
        Buffer S that every rank contributes.

    Returns
    -------
    Plan
        One repeated phase; none for a single rank.

    Examples
    --------
    >>> plan = ring(8, 80.0)
    >>> plan.steps(), float(plan.sent()[0])
    (14, 140.0)
    """
    return Plan(ranks, around(ranks, nbytes, 2 * (ranks - 1)))
