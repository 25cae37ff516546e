"""Arrays that the serving side of the fleet is advanced with: constants, inputs and state.

Sizes: ``S`` services, ``R`` regions, ``K`` kinds of server, ``P`` serving pools (equal hosts of one region),
``F`` fluid classes of user models, ``N`` steps of ``dt`` seconds, ``T >= N + look_ahead(constants)`` steps
of input, ``C`` places for cohorts, ``M`` the most hosts that share one NIC. Floats are ``float64`` in SI
units, indices and counts are ``int64``, all arrays are C-contiguous. *Work* is measured in fully busy
reference hosts. A *gang* is the group of hosts that trains one job.

Nothing here needs numba, so inputs can be built without loading it.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from dcsim.kernels.fleet_records import BOOK, COHORT, SUSPENDED, WAITING, Records, new_records

__all__ = [
    "FleetConstants", "FleetInputs", "FleetState", "Lending", "Pools", "Regions", "Services", "UserModels",
    "copy_state", "look_ahead", "new_state",
]  # fmt: skip

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


class Regions(NamedTuple):
    """How far regions are from each other.

    Parameters
    ----------
    rtt : float64[R, R]
        Round trip between users of the row and hosts of the column, s; zero on the diagonal.
    order : int64[R, R]
        Row ``r``: all regions in the order in which load of ``r`` is placed, ``r`` itself first.
    """

    rtt: Floats
    order: Ints


class Services(NamedTuple):
    """Services, by service.

    Parameters
    ----------
    kind : int64[S]
        Kind of server that serves.
    target, limit : float64[S]
        Utilisation of active hosts in ordinary times and at most, ``0 < target <= limit <= 1``.
    service_time : float64[S]
        Time of one request on one core, s.
    budget : float64[S]
        Network and queueing that a request may add, s.
    """

    kind: Ints
    target: Floats
    limit: Floats
    service_time: Floats
    budget: Floats


class Pools(NamedTuple):
    """Serving pools, by pool. Several pools may share a region and a kind.

    Parameters
    ----------
    region, kind : int64[P]
        Where and what.
    hosts : float64[P]
        Hosts.
    speed : float64[P]
        Work of one fully busy host, in reference hosts.
    cores : float64[P]
        Cores of one host.
    idle_power, peak_power : float64[P]
        Power of one host, W.
    exponent : float64[P]
        Exponent of the power curve, see :mod:`dcsim.kernels.power`.
    """

    region: Ints
    kind: Ints
    hosts: Floats
    speed: Floats
    cores: Floats
    idle_power: Floats
    peak_power: Floats
    exponent: Floats


class Lending(NamedTuple):
    """What runs on lent hosts, by pool. With ``k`` hosts of a sled training at once, column ``k - 1`` holds.

    Parameters
    ----------
    group : int64[P]
        Hosts of one gang; 0 where the pool lends nothing (its other values are then unused).
    notice : float64[P]
        Time between asking for hosts and having them back, s.
    reserve : float64[P]
        Share of the needed hosts that is kept beyond the need.
    job_steps : float64[P]
        Training steps of one job.
    checkpoint_every : float64[P]
        Compute between two checkpoints, s, > 0.
    checkpoint_bytes : float64[P]
        Bytes of one checkpoint of a gang.
    restart : float64[P]
        From being granted hosts to the first step, s.
    saves_on_notice : bool[P]
        Whether an evicted gang writes a checkpoint within the notice.
    hosts_per_nic : int64[P]
        Hosts that share one NIC, at most ``M``.
    spread : bool[P]
        Whether gangs spread over as many NICs as there are, rather than fill a sled before the next.
    step_time : float64[P, M]
        One training step, s.
    checkpoint_time : float64[P, M]
        Writing one checkpoint, s.
    """

    group: Ints
    notice: Floats
    reserve: Floats
    job_steps: Floats
    checkpoint_every: Floats
    checkpoint_bytes: Floats
    restart: Floats
    saves_on_notice: Bools
    hosts_per_nic: Ints
    spread: Bools
    step_time: Floats
    checkpoint_time: Floats


class UserModels(NamedTuple):
    """Fluid classes of tiny trainings, by class; where several share a kind, the first goes first.

    Parameters
    ----------
    kind : int64[F]
        Kind of server that trains.
    work : float64[F]
        One training on a fully busy reference host, s.
    """

    kind: Ints
    work: Floats


class FleetConstants(NamedTuple):
    """What does not change while the fleet is advanced.

    Parameters
    ----------
    dt : float
        Length of one step, s.
    kinds : int
        ``K``.
    regions, services, pools, lending, user_models
        See each.
    """

    dt: float
    kinds: int
    regions: Regions
    services: Services
    pools: Pools
    lending: Lending
    user_models: UserModels


class FleetInputs(NamedTuple):
    """What drives the fleet, by step; row 0 is the first step advanced, rows past ``N`` are foreseen.

    Parameters
    ----------
    demand : float64[T, S, R]
        Work offered by the users of each region.
    unserved : float64[T, R]
        Share of the load of a region's users that reaches no region, in [0, 1].
    open : float64[T, R]
        Share of the step during which the region accepts load; taken to be no more than ``up``. Below 1 with
        ``up == 1`` the region drains from ``open * dt`` on.
    up : float64[T, R]
        Share of the step during which the region has power. Below 1 it goes down at ``up * dt``.
    trigger : float64[T, F, R]
        Trainings of user models triggered by the users of each region, 1/s.
    """

    demand: Floats
    unserved: Floats
    open: Floats
    up: Floats
    trigger: Floats


class FleetState(NamedTuple):
    """What is carried from step to step; advanced in place. The record types say what each field is.

    Parameters
    ----------
    cohorts : COHORT[P, C]
        Gangs on lent hosts; as many per pool as its book says, in order of their start.
    suspended : SUSPENDED[P, C]
        Jobs that lost their hosts; as many entries per pool as its book says, the oldest first.
    books : BOOK[P]
        Entries in use, and jobs on offer.
    waiting : WAITING[F, R]
        Trainings of user models that wait.
    """

    cohorts: Records
    suspended: Records
    books: Records
    waiting: Records


def look_ahead(constants: FleetConstants) -> int:
    """Return how many steps of input must follow the last one advanced: lending pools foresee their need.

    Parameters
    ----------
    constants : FleetConstants
        Of the fleet.

    Returns
    -------
    int
        The longest notice of a pool that lends, in whole steps rounded up.
    """
    lends = constants.lending.group > 0
    notice = float(np.max(constants.lending.notice[lends], initial=0.0))
    return math.ceil(notice / constants.dt)


def new_state(constants: FleetConstants, *, cohorts: int = 64, jobs: float = math.inf) -> FleetState:
    """Return the state of a fleet that lends nothing yet and where nothing waits.

    Parameters
    ----------
    constants : FleetConstants
        Of the fleet.
    cohorts : int
        ``C``, at least 8. Folding is exact while no pool needs more places; beyond, the two cohorts (or
        suspended entries) that differ least are folded into their mean, which keeps all totals but narrows
        the spread of finish times.
    jobs : float
        Jobs on offer per lending pool; infinite for an endless backlog.

    Returns
    -------
    FleetState
        Of zeros.

    Raises
    ------
    ValueError
        If ``cohorts`` is below 8.
    """
    if cohorts < 8:
        raise ValueError("cohorts must be at least 8: a pool may need that many places at once")
    pools, classes = len(constants.pools.hosts), len(constants.user_models.kind)
    state = FleetState(
        cohorts=new_records((pools, cohorts), COHORT),
        suspended=new_records((pools, cohorts), SUSPENDED),
        books=new_records((pools,), BOOK),
        waiting=new_records((classes, len(constants.regions.rtt)), WAITING),
    )
    state.books["jobs_left"] = jobs
    return state


def copy_state(state: FleetState) -> FleetState:
    """Return a state that shares no memory with ``state``.

    Parameters
    ----------
    state : FleetState
        To copy.

    Returns
    -------
    FleetState
        Equal to it.
    """
    return FleetState._make(records.copy() for records in state)
