"""Scatter: rank 0 sends every rank its part, all at the same time."""

from __future__ import annotations

import numpy as np

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, phase

__all__ = ["scatter"]


@collective("scatter", operation="scatter")
def scatter(ranks: int, nbytes: float) -> Plan:
    """Plan a scatter in one step: ``p - 1`` messages of ``S / p`` from rank 0, all at once.

    Time ``a + (p - 1) / p S / B`` at latency a and bandwidth B: ``gather`` turned round, as NCCL does it by
    grouped sends.

    Parameters
    ----------
    ranks : int
        Number of ranks p.
    nbytes : float
        Buffer S of rank 0, of which every rank gets ``S / p``.

    Returns
    -------
    Plan
        One phase; none for a single rank.

    Examples
    --------
    >>> plan = scatter(4, 40.0)
    >>> plan.steps(), plan.sent().tolist()
    (1, [30.0, 0.0, 0.0, 0.0])
    """
    if ranks == 1:
        return Plan(1, ())
    others = np.arange(1, ranks)
    return Plan(ranks, (phase(np.zeros_like(others), others, nbytes / ranks),))
