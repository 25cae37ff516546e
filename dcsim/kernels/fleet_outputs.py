"""Arrays that come back from advancing the serving side of the fleet; they match the tables of a run.

Sizes as in :mod:`dcsim.kernels.fleet_arrays`. Nothing here needs numba.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "HARVEST_COLUMNS", "FleetOutputs", "HarvestOutputs", "PoolOutputs", "ServingOutputs", "UserModelOutputs",
]  # fmt: skip

Floats = NDArray[np.float64]


class ServingOutputs(NamedTuple):
    """Columns of the ``serving`` table, all float64[N, S, R].

    Parameters
    ----------
    served, good, spilled
        Work of the users of the region: served anywhere, within the budget, by another region.
    assigned
        Work that the region served.
    active
        Hosts of the region switched to the service.
    """

    served: Floats
    good: Floats
    spilled: Floats
    assigned: Floats
    active: Floats


class PoolOutputs(NamedTuple):
    """Columns of the ``pools`` table, all float64[N, P]; the first five add up to the hosts of the pool.

    Parameters
    ----------
    serving, training, lent, idle, down
        Mean hosts: serving, training user models, lent (notice included), idle, without power.
    busy
        Mean busy share of the hosts that are up; 0 where none is.
    power
        Mean power of the pool, W.
    """

    serving: Floats
    training: Floats
    lent: Floats
    idle: Floats
    down: Floats
    busy: Floats
    power: Floats


class HarvestOutputs(NamedTuple):
    """Columns of the ``harvest`` table, all float64[N, P], totals over the step.

    ``lent = useful + lost + checkpoint + restart + notice + uncommitted``, in host-seconds.

    Parameters
    ----------
    lent, useful, lost, checkpoint, restart, notice, uncommitted
        Host-seconds; ``uncommitted`` is a change and may be negative.
    checkpoint_bytes
        Bytes written.
    steps
        Training steps kept, over all gangs.
    started, evicted, finished
        Gangs started or resumed, gangs evicted or killed, jobs done.
    """

    lent: Floats
    useful: Floats
    lost: Floats
    checkpoint: Floats
    restart: Floats
    notice: Floats
    uncommitted: Floats
    checkpoint_bytes: Floats
    steps: Floats
    started: Floats
    evicted: Floats
    finished: Floats


HARVEST_COLUMNS = (
    "lent_host_s", "useful_host_s", "lost_host_s", "checkpoint_host_s", "restart_host_s", "notice_host_s",
    "uncommitted_host_s", "checkpoint_bytes", "steps", "started_groups", "evicted_groups", "finished_jobs",
)  # fmt: skip
"""Columns of the ``harvest`` table in the order of the fields of :class:`HarvestOutputs`."""


class UserModelOutputs(NamedTuple):
    """Columns of the ``user_models`` table, all float64[N, F, R].

    Parameters
    ----------
    triggered
        Trainings triggered by the users of the region.
    trained
        Trainings finished by the hosts of the region.
    waiting
        At the end of the step: at the hosts of the region, and held of its users.
    busy
        Mean hosts of the region that trained.
    delay
        From trigger to trained model for the users of the region, at the end of the step, s.
    """

    triggered: Floats
    trained: Floats
    waiting: Floats
    busy: Floats
    delay: Floats


class FleetOutputs(NamedTuple):
    """What the fleet did in each step.

    Parameters
    ----------
    serving, pools, harvest, user_models
        See each.
    """

    serving: ServingOutputs
    pools: PoolOutputs
    harvest: HarvestOutputs
    user_models: UserModelOutputs
