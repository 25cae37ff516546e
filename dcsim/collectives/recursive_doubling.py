"""Recursive doubling: every rank swaps its whole buffer with a partner at distances 1, 2, 4 ..."""

from __future__ import annotations

import numpy as np

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, phase

__all__ = ["recursive_doubling"]


@collective("recursive_doubling", operation="all_reduce", folds="pairs at both ends")
def recursive_doubling(ranks: int, nbytes: float) -> Plan:
    """Plan a recursive-doubling all-reduce: ``log2 p`` steps of ``S``.

    Time ``log2 p (a + S / B)`` at latency a and bandwidth B. Few steps, much data: best for small buffers.
    Where p is not a power of two, the ranks beyond the next lower power are folded in: of the first ``2 r``
    ranks (``r = p - 2**floor(log2 p)``) the even ones hand their buffer to their odd neighbour, sit out, and
    get the result at the end, two steps more (Thakur, Rabenseifner and Gropp 2005, "Optimization of collective
    communication operations in MPICH").

    Parameters
    ----------
    ranks : int
        Number of ranks p.
    nbytes : float
        Buffer S that every rank contributes.

    Returns
    -------
    Plan
        ``floor(log2 p)`` phases, two more where p is not a power of two.

    Examples
    --------
    >>> recursive_doubling(8, 1.0).steps(), recursive_doubling(9, 1.0).steps()
    (3, 5)
    """
    power = 1 << (ranks.bit_length() - 1)
    extra = ranks - power
    folded = 2 * np.arange(extra)
    active = np.concatenate((folded + 1, np.arange(2 * extra, ranks)))
    place = np.arange(power)
    phases = [phase(active, active[place ^ (1 << bit)], nbytes) for bit in range(power.bit_length() - 1)]
    if extra:
        phases = [phase(folded, folded + 1, nbytes), *phases, phase(folded + 1, folded, nbytes)]
    return Plan(ranks, tuple(phases))
