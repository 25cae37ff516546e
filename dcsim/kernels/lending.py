"""Which hosts of a pool are lent to opportunistic training, and when they are asked back.

A pool lends whole gangs out of the hosts beyond ``need * (1 + reserve)``, where the need is the largest
that is foreseen until hosts asked for now would be back: the local load at the target utilisation, plus the
load of others that is served at present. Three things end a loan:

- a need that is foreseen: the gang gets its notice so that the hosts are back when the step of the need
begins;
- a need that was not: the gang gets its notice at once, and the hosts are missed until it is over;
- a region that drains (notice) or goes down (none).

The gangs started last go first.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.cohorts import mark, start
from dcsim.kernels.folding import Terms, make_room
from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_arrays import Cohorts, FleetConstants, FleetInputs, FleetState, Lending

__all__ = ["decide", "foresee", "free_hosts", "terms_of", "wishes"]

SLACK = 1e-6
"""Share of a gang that is rounding."""


@kernel
def wishes(constants: FleetConstants, inputs: FleetInputs, steps: int) -> NDArray[np.float64]:
    """Add up what the users of each region will want of its own hosts.

    Parameters
    ----------
    constants, inputs
        See each.
    steps : int
        Rows of the inputs to look at.

    Returns
    -------
    float64[steps, R, K]
        Reference hosts, at the target utilisation.
    """
    services, user_models = constants.services, constants.user_models
    wish = np.zeros((steps, constants.regions.rtt.shape[0], constants.kinds))
    for i in range(steps):
        for s in range(services.kind.size):
            for r in range(wish.shape[1]):
                wish[i, r, services.kind[s]] += inputs.demand[i, s, r] / services.target[s]
        for f in range(user_models.kind.size):
            for r in range(wish.shape[1]):
                wish[i, r, user_models.kind[f]] += inputs.trigger[i, f, r] * user_models.work[f]
    return wish


@kernel
def foresee(wish: NDArray[np.float64], i: int, ahead: int, q: int, k: int, need: float) -> float:
    """Return the largest need of a region and kind in the next steps.

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
def terms_of(lending: Lending, cohorts: Cohorts, p: int, hosts: float) -> Terms:
    """Return the terms of a pool, with the NIC share that its gangs have at present.

    Parameters
    ----------
    lending, cohorts
        See each.
    p : int
        Pool.
    hosts : float
        Hosts of the pool.

    Returns
    -------
    Terms
        Packed gangs share a NIC with the other hosts of the gang on the sled, spread ones with as many as
        the lent hosts make inevitable.
    """
    sharing = min(lending.group[p], lending.hosts_per_nic[p])
    if lending.spread[p]:
        gangs = 0
        for c in range(cohorts.used[p]):
            gangs += cohorts.gangs[p, c]
        sleds = hosts / lending.hosts_per_nic[p]
        sharing = min(math.ceil(gangs * lending.group[p] / sleds - SLACK), lending.hosts_per_nic[p])
    column = max(1, sharing) - 1
    return Terms(
        lending.step_time[p, column],
        lending.checkpoint_time[p, column],
        lending.checkpoint_every[p],
        lending.job_steps[p],
        lending.restart[p],
        lending.notice[p],
        lending.saves_on_notice[p],
    )


@kernel
def _gangs(cohorts: Cohorts, p: int, told_at: NDArray[np.float64]) -> tuple[int, int]:
    """Return how many gangs of a pool have no notice, and how many do."""
    staying, leaving = 0, 0
    for c in range(cohorts.used[p]):
        if told_at[c] < math.inf or cohorts.notice_left[p, c] < math.inf:
            leaving += cohorts.gangs[p, c]
        else:
            staying += cohorts.gangs[p, c]
    return staying, leaving


@kernel
def _whole(gangs: float) -> int:
    """Return the whole gangs that fit, at least 0."""
    return math.floor(max(0.0, gangs) + SLACK)


@kernel
def decide(
    lending: Lending,
    state: FleetState,
    p: int,
    dt: float,
    hosts: float,
    need: float,
    foreseen: float,
    share_open: float,
    share_up: float,
    told_at: NDArray[np.float64],
    tally: NDArray[np.float64],
) -> None:
    """Start and end loans of one pool in one step.

    Parameters
    ----------
    lending, state
        See each; gangs are started, and divided where only some are told to leave.
    p : int
        Pool; it lends.
    dt : float
        Length of the step, s.
    hosts : float
        Hosts of the pool.
    need, foreseen : float
        Hosts of the pool that the load needs now, and until hosts asked for now would be back.
    share_open, share_up : float
        Of the step during which the region accepts load, and has power.
    told_at : float64[C]
        Overwritten: when gangs are told to leave, s from the start of the step; infinite where not.
    tally : float64[TALLIES]
        Gangs started are counted.
    """
    cohorts = state.cohorts
    group = lending.group[p]
    terms = terms_of(lending, cohorts, p, hosts)
    make_room(cohorts, p, 2, terms)
    told_at[:] = math.inf
    if share_up < 1.0:
        return
    staying, leaving = _gangs(cohorts, p, told_at)
    if share_open < 1.0:
        mark(cohorts, p, staying, share_open * dt, told_at)
        return
    missing = math.ceil((need + staying * group - hosts) / group - SLACK)
    if missing > 0:
        mark(cohorts, p, missing, 0.0, told_at)
        staying, leaving = _gangs(cohorts, p, told_at)
    wanted = _whole((hosts - foreseen * (1.0 + lending.reserve[p])) / group)
    if staying > wanted:
        notice = lending.notice[p]
        mark(cohorts, p, staying - wanted, math.ceil(notice / dt) * dt - notice, told_at)
        return
    fitting = _whole((hosts - need * (1.0 + lending.reserve[p])) / group - leaving)
    if min(wanted, fitting) > staying:
        start(
            cohorts,
            state.suspended,
            state.jobs_left,
            p,
            min(wanted, fitting) - staying,
            lending.restart[p],
            tally,
        )


@kernel
def free_hosts(
    lending: Lending,
    cohorts: Cohorts,
    p: int,
    dt: float,
    hosts: float,
    share_open: float,
    told_at: NDArray[np.float64],
) -> float:
    """Return the mean hosts of a pool that serving may use in one step.

    Parameters
    ----------
    lending, cohorts
        See each.
    p : int
        Pool; it lends.
    dt : float
        Length of the step, s.
    hosts : float
        Hosts of the pool.
    share_open : float
        Of the step during which the region accepts load, from its start.
    told_at : float64[C]
        When gangs are told to leave.

    Returns
    -------
    float
        Hosts; those under notice are missed until they return.
    """
    free = hosts * share_open
    for c in range(cohorts.used[p]):
        back = math.inf
        if cohorts.notice_left[p, c] < math.inf:
            back = cohorts.notice_left[p, c]
        elif told_at[c] < math.inf:
            back = told_at[c] + lending.notice[p]
        free -= cohorts.gangs[p, c] * lending.group[p] * min(back / dt, share_open)
    return float(max(0.0, free))
