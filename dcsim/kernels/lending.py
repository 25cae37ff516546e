"""Which hosts of a pool are lent to opportunistic training, and when they are asked back.

A pool lends whole gangs out of the hosts beyond ``need * (1 + reserve)``, where the need is the largest that is
foreseen until hosts asked for now would be back: the local load at the target utilisation, plus the load of
others that is served at present. Three things end a loan:

- a need that is foreseen: the gang gets its notice so that the hosts are back when the step of the need begins;
- a need that was not: the gang gets its notice at once, and the hosts are missed until it is over;
- a region that drains (notice) or goes down (none).

The gangs started last go first.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.cohorts import mark, start
from dcsim.kernels.folding import make_room
from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_records import Record, Records

__all__ = ["decide", "foresee", "free_hosts", "share_nics", "wishes"]

SLACK = 1e-6
"""Share of a gang that is rounding."""


@kernel
def wishes(
    steps: int,
    services: Records,
    user_models: Records,
    demand: NDArray[np.float64],
    trigger: NDArray[np.float64],
    kinds: int,
) -> NDArray[np.float64]:
    """Add up what the users of each region will want of its own hosts.

    Parameters
    ----------
    steps : int
        Rows of the inputs to look at.
    services, user_models : SERVICE[S], USER_MODELS[F]
        Of the fleet.
    demand, trigger : float64[T, S, R], float64[T, F, R]
        See :class:`dcsim.kernels.fleet_arrays.FleetInputs`.
    kinds : int
        Kinds of server.

    Returns
    -------
    float64[steps, R, K]
        Reference hosts, at the target utilisation.
    """
    regions = demand.shape[2]
    wish = np.zeros((steps, regions, kinds))
    for i in range(steps):
        for s in range(services.size):
            for r in range(regions):
                wish[i, r, services[s].kind] += demand[i, s, r] / services[s].target
        for f in range(user_models.size):
            for r in range(regions):
                wish[i, r, user_models[f].kind] += trigger[i, f, r] * user_models[f].work
    return wish


@kernel
def foresee(wish: NDArray[np.float64], i: int, ahead: int, q: int, k: int, need: float) -> float:
    """Return the largest need of a region and kind in this and the next steps.

    Parameters
    ----------
    wish : float64[T, R, K]
        Local wishes.
    i : int
        Present step.
    ahead : int
        Steps to look ahead.
    q, k : int
        Region and kind.
    need : float
        Present need; what is beyond the local wish, the load of others, is taken to last.

    Returns
    -------
    float
        Reference hosts.
    """
    most = wish[i, q, k]
    for j in range(i + 1, i + ahead + 1):
        most = max(most, wish[j, q, k])
    return float(most + max(0.0, need - wish[i, q, k]))


@kernel
def share_nics(
    cohorts: Records,
    p: int,
    book: Record,
    hosts: float,
    step_time: NDArray[np.float64],
    checkpoint_time: NDArray[np.float64],
    lending: Record,
) -> None:
    """Set the times of a step and of a checkpoint under the NIC share that gangs have at present.

    Packed gangs share a NIC with the other hosts of the gang on the sled, spread ones with as many as the lent
    hosts make inevitable.

    Parameters
    ----------
    cohorts : COHORT[P, C]
        Of the fleet.
    p : int
        Pool.
    book : BOOK
        Of the pool.
    hosts : float
        Hosts of the pool.
    step_time, checkpoint_time : float64[P, M]
        By the hosts of a sled that train at once.
    lending : LENDING
        Of the pool; ``step_time`` and ``checkpoint_time`` are overwritten.
    """
    sharing = min(lending.group, lending.hosts_per_nic)
    if lending.spread:
        lent = 0
        for c in range(book.cohorts):
            lent += cohorts[p, c].gangs * lending.group
        even = lent * lending.hosts_per_nic / hosts
        sharing = min(math.ceil(even - SLACK), lending.hosts_per_nic)
    column = max(1, sharing) - 1
    lending.step_time = step_time[p, column]
    lending.checkpoint_time = checkpoint_time[p, column]


@kernel
def _gangs(cohorts: Records, p: int, book: Record) -> tuple[int, int]:
    """Return how many gangs of a pool have no notice, and how many do."""
    staying, leaving = 0, 0
    for c in range(book.cohorts):
        if cohorts[p, c].told_in < math.inf or cohorts[p, c].notice_left < math.inf:
            leaving += cohorts[p, c].gangs
        else:
            staying += cohorts[p, c].gangs
    return staying, leaving


@kernel
def _whole(gangs: float) -> int:
    """Return the whole gangs that fit, at least 0."""
    return int(max(0.0, gangs) + SLACK)


@kernel
def decide(
    cohorts: Records,
    suspended: Records,
    p: int,
    book: Record,
    lending: Record,
    dt: float,
    hosts: float,
    need: float,
    foreseen: float,
    share_open: float,
    share_up: float,
    tally: Record,
) -> None:
    """Start and end loans of one pool in one step.

    Parameters
    ----------
    cohorts, suspended : COHORT[P, C], SUSPENDED[P, C]
        Of the fleet; ``told_in`` says when gangs are told to leave.
    p : int
        Pool; it lends.
    book, lending : BOOK, LENDING
        Of the pool.
    dt : float
        Length of the step, s.
    hosts : float
        Hosts of the pool.
    need, foreseen : float
        Hosts of the pool that the load needs now, and until hosts asked for now would be back.
    share_open, share_up : float
        Of the step during which the region accepts load, and has power.
    tally : TALLY
        Gangs started are counted.
    """
    make_room(cohorts, p, book, 2, lending)
    for c in range(book.cohorts):
        cohorts[p, c].told_in = math.inf
    if share_up < 1.0:
        return
    staying, leaving = _gangs(cohorts, p, book)
    if share_open < 1.0:
        mark(cohorts, p, book, staying, share_open * dt)
        return
    missing = math.ceil((need + staying * lending.group - hosts) / lending.group - SLACK)
    if missing > 0:
        mark(cohorts, p, book, missing, 0.0)
        staying, leaving = _gangs(cohorts, p, book)
    wanted = _whole((hosts - foreseen * (1.0 + lending.reserve)) / lending.group)
    if staying > wanted:
        mark(cohorts, p, book, staying - wanted, math.ceil(lending.notice / dt) * dt - lending.notice)
        return
    fitting = _whole((hosts - need * (1.0 + lending.reserve)) / lending.group - leaving)
    if min(wanted, fitting) > staying:
        start(cohorts, suspended, p, book, min(wanted, fitting) - staying, lending.restart, tally)


@kernel
def free_hosts(
    cohorts: Records, p: int, book: Record, lending: Record, dt: float, hosts: float, share_open: float
) -> float:
    """Return the mean hosts of a pool that serving may use in one step.

    Parameters
    ----------
    cohorts : COHORT[P, C]
        Of the fleet.
    p : int
        Pool; it lends.
    book, lending : BOOK, LENDING
        Of the pool.
    dt : float
        Length of the step, s.
    hosts : float
        Hosts of the pool.
    share_open : float
        Of the step during which the region accepts load, from its start.

    Returns
    -------
    float
        Hosts; those under notice are missed until they return.
    """
    free = hosts * share_open
    for c in range(book.cohorts):
        missed = share_open
        if cohorts[p, c].notice_left < math.inf:
            missed = min(missed, cohorts[p, c].notice_left / dt)
        elif cohorts[p, c].told_in < math.inf:
            missed = min(missed, (cohorts[p, c].told_in + lending.notice) / dt)
        free -= cohorts[p, c].gangs * lending.group * missed
    return float(max(0.0, free))
