"""Sharded parameter server: workers push their gradients to every shard, then pull the shards back."""

from __future__ import annotations

import numpy as np

from dcsim.collectives import collective
from dcsim.collectives.plan import LazyPhases, Phase, Plan, phase

__all__ = ["parameter_server"]

IN_FLIGHT = 256
"""Shards that a worker pushes or pulls at once; it bounds a phase of 4096 ranks to a million messages."""


@collective("parameter_server", operation="all_reduce")
def parameter_server(ranks: int, nbytes: float, *, servers: int = 0) -> Plan:
    """Plan a push of all gradients to their shards and a pull of the sums: many to many, all at once.

    With ``s`` servers among p ranks each of the ``w = p - s`` workers exchanges ``S / s`` with every server:
    time ``2 (a + max(w / s, 1) S / B)`` at latency a and bandwidth B. With ``servers=0`` every rank is worker
    and server of one shard: ``2 (a + (p - 1) / p S / B)``, as little data as a ring in two steps (Li et al. 2014,
    "Scaling distributed machine learning with the parameter server"). Synchronous: nobody pulls before all
    have pushed. Beyond 256 shards a worker takes them in turns, each starting at another one.

    Parameters
    ----------
    ranks : int
        Number of ranks p.
    nbytes : float
        Buffer S that every worker contributes, spread evenly over the shards.
    servers : int
        The last so many ranks hold the parameters and do not work; 0: every rank does both.

    Returns
    -------
    Plan
        One phase to push and one to pull for every 256 shards, made one at a time.

    Raises
    ------
    ValueError
        When no rank would be left to work, or the number of servers is negative.

    Examples
    --------
    >>> plan = parameter_server(6, 100.0, servers=2)
    >>> plan.steps(), plan.sent().tolist()
    (2, [100.0, 100.0, 100.0, 100.0, 200.0, 200.0])
    >>> parameter_server(4, 100.0).sent().tolist()
    [150.0, 150.0, 150.0, 150.0]
    """
    if not 0 <= servers < ranks:
        raise ValueError(f"{servers} of {ranks} ranks cannot be servers: at least one has to work")
    workers = ranks - servers
    shards = servers or ranks
    turns = np.arange(shards) if servers else np.arange(1, ranks)
    pushes = -(-turns.size // IN_FLIGHT)

    def exchange(number: int) -> Phase:
        turn = turns[number % pushes * IN_FLIGHT :][:IN_FLIGHT]
        worker = np.repeat(np.arange(workers), turn.size)
        shard = ranks - shards + (worker + np.tile(turn, workers)) % shards
        pushing = number < pushes
        return phase(worker if pushing else shard, shard if pushing else worker, nbytes / shards)

    return Plan(ranks, LazyPhases(ranks, 2 * pushes, exchange))
