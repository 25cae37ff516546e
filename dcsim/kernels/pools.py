"""What the hosts of each pool did in one step, and the power that they drew.

Active hosts draw power at their utilisation, hosts that train (user models, or compute on lent hosts) at full
utilisation, all others that are up (idle, in restart, writing a checkpoint, under notice) at idle power.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.cohorts import (
    CHECKPOINT,
    COMPUTE,
    EVICTED,
    FINISHED,
    LOST,
    NOTICE,
    RESTART,
    STARTED,
    STEPS,
    USEFUL,
    WRITTEN,
)
from dcsim.kernels.jit import kernel
from dcsim.kernels.power import host_power

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_arrays import FleetConstants, Lending, Pools, Services
    from dcsim.kernels.fleet_outputs import HarvestOutputs, PoolOutputs
    from dcsim.kernels.serving import Placement

__all__ = ["power_shapes", "record_harvest", "record_pool"]


@kernel
def power_shapes(services: Services, pools: Pools) -> NDArray[np.float64]:
    """Return the dynamic power at the target utilisation as a share of that of a fully busy host.

    Parameters
    ----------
    services, pools
        See each.

    Returns
    -------
    float64[S, P]
        In [0, 1].
    """
    shapes = np.zeros((services.kind.size, pools.kind.size))
    for s in range(services.kind.size):
        for p in range(pools.kind.size):
            shapes[s, p] = host_power(services.target[s], 0.0, 1.0, pools.exponent[p])
    return shapes


@kernel
def record_harvest(
    i: int, p: int, lending: Lending, tally: NDArray[np.float64], outputs: HarvestOutputs
) -> None:
    """Write step i of the harvest outputs of one pool.

    Parameters
    ----------
    i, p : int
        Step and pool.
    lending : Lending
        See there.
    tally : float64[TALLIES]
        What its gangs did.
    outputs : HarvestOutputs
        Row ``i``, column ``p`` is overwritten.
    """
    group = float(lending.group[p])
    overhead = tally[CHECKPOINT] + tally[RESTART] + tally[NOTICE]
    outputs.lent[i, p] = group * (tally[COMPUTE] + overhead)
    outputs.useful[i, p] = group * tally[USEFUL]
    outputs.lost[i, p] = group * tally[LOST]
    outputs.checkpoint[i, p] = group * tally[CHECKPOINT]
    outputs.restart[i, p] = group * tally[RESTART]
    outputs.notice[i, p] = group * tally[NOTICE]
    outputs.uncommitted[i, p] = group * (tally[COMPUTE] - tally[USEFUL] - tally[LOST])
    outputs.checkpoint_bytes[i, p] = tally[WRITTEN] * lending.checkpoint_bytes[p]
    outputs.steps[i, p] = tally[STEPS]
    outputs.started[i, p] = tally[STARTED]
    outputs.evicted[i, p] = tally[EVICTED]
    outputs.finished[i, p] = tally[FINISHED]


@kernel
def record_pool(
    i: int,
    p: int,
    constants: FleetConstants,
    share_up: float,
    free: float,
    capacity: NDArray[np.float64],
    placement: Placement,
    shapes: NDArray[np.float64],
    busy: NDArray[np.float64],
    tally: NDArray[np.float64],
    outputs: PoolOutputs,
) -> None:
    """Write step i of the pool outputs of one pool.

    Parameters
    ----------
    i, p : int
        Step and pool.
    constants : FleetConstants
        See there.
    share_up : float
        Of the step during which the region has power.
    free : float
        Mean hosts of the pool that serving may use.
    capacity : float64[R, K]
        The same of all pools of a region and kind, in reference hosts.
    placement : Placement
        Of the load of the step.
    shapes : float64[S, P]
        From :func:`power_shapes`.
    busy : float64[R, K]
        Reference hosts that trained user models.
    tally : float64[TALLIES]
        What gangs on lent hosts did.
    outputs : PoolOutputs
        Row ``i``, column ``p`` is overwritten.
    """
    pools, group = constants.pools, constants.lending.group[p]
    q, k = pools.region[p], pools.kind[p]
    serving, working, drawing, training = 0.0, 0.0, 0.0, 0.0
    if capacity[q, k] > 0.0:
        share = free / capacity[q, k]
        training = busy[q, k] * share
        for s in range(shapes.shape[0]):
            if constants.services.kind[s] == k and placement.switched[s, q] > 0.0:
                hosts = placement.switched[s, q] * share
                shape = shapes[s, p]
                if placement.over[q, k]:
                    shape = host_power(placement.utilisation[s, q], 0.0, 1.0, pools.exponent[p])
                serving += hosts
                working += hosts * placement.utilisation[s, q]
                drawing += hosts * shape
    computing = training + tally[COMPUTE] * group / constants.dt
    lent = (tally[COMPUTE] + tally[CHECKPOINT] + tally[RESTART] + tally[NOTICE]) * group / constants.dt
    up = pools.hosts[p] * share_up
    outputs.serving[i, p] = serving
    outputs.training[i, p] = training
    outputs.lent[i, p] = lent
    outputs.idle[i, p] = max(0.0, up - serving - training - lent)
    outputs.down[i, p] = pools.hosts[p] - up
    outputs.busy[i, p] = (working + computing) / up if up > 0.0 else 0.0
    dynamic = pools.peak_power[p] - pools.idle_power[p]
    outputs.power[i, p] = up * pools.idle_power[p] + dynamic * (drawing + computing)
