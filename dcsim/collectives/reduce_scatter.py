"""Ring reduce-scatter: every rank ends with the sum of one part of the buffer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, around

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["reduce_scatter"]


@collective("reduce_scatter", operation="reduce_scatter")
def reduce_scatter(ranks: int, nbytes: float, *, rings: Sequence[Sequence[int]] = ()) -> Plan:
    """Plan a ring reduce-scatter: ``p - 1`` steps of ``S / p``, each rank to its right neighbour.

    Time ``(p - 1) (a + S / (p B))`` at latency a and bandwidth B: the first half of ``ring`` (Patarasuk and
    Yuan 2009).

    Parameters
    ----------
    ranks : int
        Number of ranks p.
    nbytes : float
        Buffer S that every rank contributes, of which each gets ``S / p``.
    rings : sequence of sequence of int
        Orders of the ranks, each for an equal share of the buffer, as NVIDIA's NCCL runs them side by side where ranks
        are joined by several links; by default one ring, by number.

    Returns
    -------
    Plan
        One repeated phase; none for a single rank.

    Examples
    --------
    >>> plan = reduce_scatter(8, 80.0)
    >>> plan.steps(), float(plan.sent()[0])
    (7, 70.0)
    """
    return Plan(ranks, around(ranks, nbytes, ranks - 1, rings))
