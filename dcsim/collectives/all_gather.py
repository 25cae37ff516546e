"""Ring all-gather: every rank ends with the parts of all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, around

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["all_gather"]


@collective("all_gather", operation="all_gather")
def all_gather(ranks: int, nbytes: float, *, rings: Sequence[Sequence[int]] = ()) -> Plan:
    """Plan a ring all-gather: ``p - 1`` steps of ``S / p``, each rank to its right neighbour.

    Time ``(p - 1) (a + S / (p B))`` at latency a and bandwidth B: the second half of ``ring`` (Patarasuk and
    Yuan 2009).

    Parameters
    ----------
    ranks : int
        Number of ranks p.
    nbytes : float
        Gathered buffer S, of which every rank contributes ``S / p``.
    rings : sequence of sequence of int
        Orders of the ranks, each for an equal share of the buffer, as NVIDIA's NCCL runs them side by side where ranks
        are joined by several links; by default one ring, by number.

    Returns
    -------
    Plan
        One repeated phase; none for a single rank.

    Examples
    --------
    >>> plan = all_gather(8, 80.0)
    >>> plan.steps(), float(plan.received()[0])
    (7, 70.0)
    """
    return Plan(ranks, around(ranks, nbytes, ranks - 1, rings))
