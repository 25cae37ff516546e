"""Gather: every rank sends its part to rank 0 at the same time, the pattern behind incast."""

from __future__ import annotations

import numpy as np

from dcsim.collectives import collective
from dcsim.collectives.plan import Plan, phase

__all__ = ["gather"]


@collective("gather", operation="gather")
def gather(ranks: int, nbytes: float) -> Plan:
    """Plan a gather in one step: ``p - 1`` messages of ``S / p`` to rank 0, all at once.

    Time ``a + (p - 1) / p S / B`` at latency a and bandwidth B, if the port of rank 0 loses nothing: so many
    synchronised senders on one port are the incast of Phanishayee et al. 2008, "Measurement and analysis of TCP
    throughput collapse in cluster-based storage systems". NCCL gathers the same way, by grouped sends.

    Parameters
    ----------
    ranks : int
        Number of ranks p.
    nbytes : float
        Buffer S of rank 0 when gathered, of which every rank holds ``S / p``.

    Returns
    -------
    Plan
        One phase; none for a single rank.

    Examples
    --------
    >>> plan = gather(4, 40.0)
    >>> plan.steps(), plan.received().tolist()
    (1, [30.0, 0.0, 0.0, 0.0])
    """
    if ranks == 1:
        return Plan(1, ())
    others = np.arange(1, ranks)
    return Plan(ranks, (phase(others, np.zeros_like(others), nbytes / ranks),))
