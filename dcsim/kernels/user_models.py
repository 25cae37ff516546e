"""Tiny trainings in great number, as a fluid: triggered by users, trained on hosts that serving leaves free.

Trainings go to the nearest open region with hosts of the kind, and on to the next where those are full. Those of
users who reach no region are held and released once they reach one again; those that wait in a region that closes are
held there. In each region

    trained = min(backlog + arrivals, free hosts * dt / work)

and the delay of a training is the age of what is held, the time that the backlog needs on the free hosts (but no more
than there has been a backlog), and the work itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_records import Record, Records

__all__ = ["add_wishes", "route", "train"]

CRUMB = 1e-9
"""Models below which a rest is rounding, not a backlog."""
FEWEST_HOSTS = 1.0
"""Free hosts that a delay is reckoned with at least."""


@kernel
def _nearest(
    i: int, r: int, k: int, order: NDArray[np.int64], sites: Records, share_open: NDArray[np.float64]
) -> int:
    """Return the first open region with hosts of the kind, or -1."""
    for n in range(order.shape[1]):
        q = order[r, n]
        if sites[q, k].whole > 0.0 and share_open[i, q] > 0.0:
            return int(q)
    return -1


@kernel
def _send(triggered: float, unserved: float, dt: float, here: Record, routed: Records, f: int, q: int) -> None:
    """Send what the users of a region trigger, and what was held for them, to region q; hold what cannot go."""
    held = triggered if q < 0 else triggered * unserved
    here.held += held
    if q >= 0:
        routed[f, q].arrivals += triggered - held
        if unserved <= 0.0:
            routed[f, q].arrivals += here.held
            here.held = 0.0
    here.held_age = here.held_age + dt if here.held > 0.0 else 0.0


@kernel
def route(
    i: int,
    dt: float,
    order: NDArray[np.int64],
    user_models: Records,
    trigger: NDArray[np.float64],
    unserved: NDArray[np.float64],
    share_open: NDArray[np.float64],
    sites: Records,
    waiting: Records,
    routed: Records,
    outputs: Records,
) -> None:
    """Send the trainings triggered and released in one step to regions.

    Parameters
    ----------
    i : int
        Step.
    dt : float
        Its length, s.
    order : int64[R, R]
        Regions by distance.
    user_models : USER_MODELS[F]
        Of the fleet.
    trigger, unserved, share_open : float64[T, F, R], float64[T, R], float64[T, R]
        See :class:`dcsim.kernels.fleet_arrays.FleetInputs`.
    sites : SITE[R, K]
        ``whole`` says where there are hosts of a kind.
    waiting : WAITING[F, R]
        ``held`` and ``held_age`` advance to the end of the step; the backlog of closed regions moves to
        ``held``.
    routed : ROUTED[F, R]
        Overwritten.
    outputs : records[N, F, R]
        Fields as in :class:`dcsim.kernels.fleet_outputs.UserModelOutputs`; ``triggered`` is written.
    """
    for f in range(user_models.size):
        for r in range(order.shape[0]):
            routed[f, r].arrivals = 0.0
        for r in range(order.shape[0]):
            here = waiting[f, r]
            if share_open[i, r] <= 0.0:
                here.held += here.backlog
                here.backlog = 0.0
            q = _nearest(i, r, user_models[f].kind, order, sites, share_open)
            triggered = trigger[i, f, r] * dt
            _send(triggered, unserved[i, r], dt, here, routed, f, q)
            routed[f, r].target = q
            outputs[i, f, r].triggered = triggered


@kernel
def _pass_on(
    q: int,
    f: int,
    k: int,
    per_host: float,
    order: NDArray[np.int64],
    waiting: Records,
    routed: Records,
    sites: Records,
) -> None:
    """Send what the hosts of region q cannot train in the step to the next regions that can."""
    excess = (waiting[f, q].backlog + routed[f, q].arrivals) - routed[f, q].wished * per_host
    for n in range(1, order.shape[1]):
        site = sites[order[q, n], k]
        room = site.work - site.needed
        if excess <= 0.0:
            return
        if room > 0.0:
            moved = min(excess, room * per_host)
            excess -= moved
            site.needed += moved / per_host
            routed[f, order[q, n]].arrivals += moved
            routed[f, order[q, n]].wished += moved / per_host
            late = min(moved, waiting[f, q].backlog)
            waiting[f, q].backlog -= late
            routed[f, q].arrivals -= moved - late


@kernel
def add_wishes(
    dt: float,
    order: NDArray[np.int64],
    user_models: Records,
    waiting: Records,
    routed: Records,
    sites: Records,
) -> None:
    """Work out what sites need: hosts that serve, and those that would train if nothing were lent.

    Parameters
    ----------
    dt : float
        Length of the step, s.
    order : int64[R, R]
        Regions by distance.
    user_models : USER_MODELS[F]
        Of the fleet.
    waiting, routed : WAITING[F, R], ROUTED[F, R]
        Backlog and arrivals; what a region has no hosts for moves to others.
    sites : SITE[R, K]
        ``work`` and ``used`` without lending; ``needed`` is overwritten.
    """
    for q in range(sites.shape[0]):
        for k in range(sites.shape[1]):
            sites[q, k].needed = sites[q, k].used
    for f in range(user_models.size):
        for q in range(sites.shape[0]):
            site = sites[q, user_models[f].kind]
            wish = (waiting[f, q].backlog + routed[f, q].arrivals) * user_models[f].work / dt
            routed[f, q].wished = max(0.0, min(wish, site.work - site.needed))
            site.needed += routed[f, q].wished
        for q in range(sites.shape[0]):
            _pass_on(q, f, user_models[f].kind, dt / user_models[f].work, order, waiting, routed, sites)


@kernel
def train(
    i: int, dt: float, user_models: Records, sites: Records, waiting: Records, routed: Records, outputs: Records
) -> None:
    """Train on free hosts for one step.

    Parameters
    ----------
    i : int
        Row of the outputs to write.
    dt : float
        Length of the step, s.
    user_models : USER_MODELS[F]
        Of the fleet.
    sites : SITE[R, K]
        ``work`` and ``used`` as served; ``busy`` is overwritten.
    waiting : WAITING[F, R]
        ``backlog`` advances.
    routed : ROUTED[F, R]
        Arrivals.
    outputs : records[N, F, R]
        Fields as in :class:`dcsim.kernels.fleet_outputs.UserModelOutputs`; row ``i`` is overwritten.
    """
    for q in range(sites.shape[0]):
        for k in range(sites.shape[1]):
            sites[q, k].busy = 0.0
    for f in range(user_models.size):
        work = user_models[f].work
        for q in range(sites.shape[0]):
            site, here, row = sites[q, user_models[f].kind], waiting[f, q], outputs[i, f, q]
            there = here.backlog + routed[f, q].arrivals
            hosts = there * work / dt
            free = max(0.0, site.work - site.used - site.busy)
            row.trained = there
            if hosts > free:
                hosts = free
                row.trained = free * dt / work
            here.backlog = there - row.trained if there - row.trained > CRUMB else 0.0
            here.backlog_age = here.backlog_age + dt if here.backlog > 0.0 else 0.0
            site.busy += hosts
            row.waiting = here.backlog + here.held
            row.busy = hosts * site.hosts / site.work if hosts > 0.0 else 0.0
        _record_delays(i, f, user_models[f], sites, waiting, routed, outputs)


@kernel
def _record_delays(
    i: int, f: int, user_model: Record, sites: Records, waiting: Records, routed: Records, outputs: Records
) -> None:
    """Write how long a training takes from its trigger, for the users of each region at the end of a step.

    Parameters
    ----------
    i, f : int
        Step and class.
    user_model : USER_MODELS
        The class.
    sites, waiting, routed : SITE[R, K], WAITING[F, R], ROUTED[F, R]
        At the end of the step.
    outputs : records[N, F, R]
        ``delay`` is written, s.
    """
    for r in range(sites.shape[0]):
        seconds = waiting[f, r].held_age + user_model.work
        q = routed[f, r].target
        if q >= 0 and waiting[f, q].backlog > 0.0:
            site = sites[q, user_model.kind]
            free = max(FEWEST_HOSTS, site.work - site.used)
            seconds += min(waiting[f, q].backlog * user_model.work / free, waiting[f, q].backlog_age)
        outputs[i, f, r].delay = seconds
