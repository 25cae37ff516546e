"""What the hosts of each pool did in one step, and the power that they drew.

Active hosts draw power at their utilisation, hosts that train (user models, or compute on lent hosts) at full
utilisation, all others that are up (idle, in restart, writing a checkpoint, under notice) at idle power.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import kernel
from dcsim.kernels.power import host_power

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_records import Record, Records

__all__ = ["power_shapes", "record_harvest", "record_pool"]


@kernel
def power_shapes(services: Records, pools: Records) -> NDArray[np.float64]:
    """Return the dynamic power at the target utilisation as a share of that of a fully busy host.

    Parameters
    ----------
    services, pools : SERVICE[S], POOL[P]
        Of the fleet.

    Returns
    -------
    float64[S, P]
        In [0, 1].
    """
    shapes = np.zeros((services.size, pools.size))
    for s in range(services.size):
        for p in range(pools.size):
            shapes[s, p] = host_power(services[s].target, 0.0, 1.0, pools[p].exponent)
    return shapes


@kernel
def record_harvest(lending: Record, tally: Record, row: Record) -> None:
    """Write what the gangs of one pool did in one step.

    Parameters
    ----------
    lending, tally : LENDING, TALLY
        Of the pool.
    row : record
        Fields as in :class:`dcsim.kernels.fleet_outputs.HarvestOutputs`; overwritten.
    """
    group = lending.group
    row.lent = group * (tally.compute + tally.checkpoint + tally.restart + tally.notice)
    row.useful = group * tally.useful
    row.lost = group * tally.lost
    row.checkpoint = group * tally.checkpoint
    row.restart = group * tally.restart
    row.notice = group * tally.notice
    row.uncommitted = group * (tally.compute - tally.useful - tally.lost)
    row.checkpoint_bytes = tally.written * lending.checkpoint_bytes
    row.steps = tally.steps
    row.started = tally.started
    row.evicted = tally.evicted
    row.finished = tally.finished


@kernel
def record_pool(
    p: int,
    dt: float,
    pool: Record,
    group: int,
    share_up: float,
    services: Records,
    loads: Records,
    site: Record,
    shapes: NDArray[np.float64],
    tally: Record,
    row: Record,
) -> None:
    """Write what the hosts of one pool did in one step.

    Parameters
    ----------
    p : int
        Pool.
    dt : float
        Length of the step, s.
    pool : POOL
        The pool.
    group : int
        Hosts of one gang.
    share_up : float
        Of the step during which the region has power.
    services, loads, site : SERVICE[S], LOAD[S, R], SITE
        As served; ``site`` is that of the pool.
    shapes : float64[S, P]
        From :func:`power_shapes`.
    tally : TALLY
        Of the pool.
    row : record
        Fields as in :class:`dcsim.kernels.fleet_outputs.PoolOutputs`; overwritten.
    """
    serving, working, drawing, computing = 0.0, 0.0, 0.0, 0.0
    if site.work > 0.0:
        share = tally.free / site.work
        computing = site.busy * share
        for s in range(services.size):
            load = loads[s, pool.region]
            if services[s].kind == pool.kind and load.switched > 0.0:
                hosts = load.switched * share
                shape = shapes[s, p]
                if site.over:
                    shape = host_power(load.utilisation, 0.0, 1.0, pool.exponent)
                serving += hosts
                working += hosts * load.utilisation
                drawing += hosts * shape
    up = pool.hosts * share_up
    row.serving = serving
    row.training = computing
    row.lent = group * (tally.compute + tally.checkpoint + tally.restart + tally.notice) / dt
    row.idle = max(0.0, up - serving - computing - row.lent)
    row.down = pool.hosts - up
    computing += group * tally.compute / dt
    row.busy = (working + computing) / up if up > 0.0 else 0.0
    row.power = up * pool.idle_power + (pool.peak_power - pool.idle_power) * (drawing + computing)
