"""Ring all-reduce: reduce-scatter, then all-gather, each around the ring."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, around

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["ring"]


@collective("ring", operation="all_reduce")
def ring(ranks: int, nbytes: float, *, rings: Sequence[Sequence[int]] = ()) -> Plan:
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
    rings : sequence of sequence of int
        Orders of the ranks, each for an equal share of the buffer, as NVIDIA's NCCL runs them side by side where ranks
        are joined by several links; by default one ring, by number.

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
    return Plan(ranks, around(ranks, nbytes, 2 * (ranks - 1), rings))
