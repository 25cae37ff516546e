"""Halving/doubling with the farthest partner first: half of the vector crosses the largest distance."""

from __future__ import annotations

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, need_power_of_two, vector_halving

__all__ = ["halving_doubling_far"]


@collective("halving_doubling_far", operation="all_reduce")
def halving_doubling_far(ranks: int, nbytes: float) -> Plan:
    """Plan a halving/doubling all-reduce whose partners are at distances ``p/2, p/4 ... 1``, p a power of two.

    Sizes, steps and time are those of ``halving_doubling``: ``2 log2 p a + 2 (p - 1) / p S / B``. Each rank
    ends up with the segment of its own number, so segments need no reordering (the recursive halving of Thakur,
    Rabenseifner and Gropp 2005, "Optimization of collective communication operations in MPICH"), but the first
    step sends half of the buffer across the largest distance, which oversubscribed uplinks feel. Partners at
    such distances exist for powers of two only.

    Parameters
    ----------
    ranks : int
        Number of ranks p, a power of two.
    nbytes : float
        Buffer S that every rank contributes.

    Returns
    -------
    Plan
        ``2 log2 p`` phases.

    Raises
    ------
    ValueError
        For any other number of ranks.

    Examples
    --------
    >>> plan = halving_doubling_far(8, 80.0)
    >>> [(step.nbytes, int(step.dst[0])) for step in plan.phases]
    [(40.0, 4), (20.0, 2), (10.0, 1), (10.0, 0), (20.0, 0), (40.0, 0)]
    """
    need_power_of_two(ranks)
    return vector_halving(ranks, nbytes, nearest_first=False)
