"""Tiny trainings in great number, as a fluid: triggered by users, trained on hosts that serving leaves free.

Trainings go to the nearest open region with hosts of the kind. Those of users who reach no region are held
and released once they reach one again; those that wait in a region that closes are held there. In each
region

    trained = min(backlog + arrivals, free hosts * dt / work)

and the delay of a training is the age of what is held, the backlog over the free hosts, and the work itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_arrays import FleetConstants, FleetInputs, Ints, UserModels, UserModelState
    from dcsim.kernels.fleet_outputs import UserModelOutputs
    from dcsim.kernels.serving import Capacity

__all__ = ["add_wishes", "delays", "route", "train"]

FEWEST_HOSTS = 1.0
"""Free hosts that a delay is reckoned with at least, so that it stays finite under full load."""


@kernel
def _nearest(
    order: Ints, r: int, k: int, capacity: NDArray[np.float64], share_open: NDArray[np.float64]
) -> int:
    """Return the first open region with hosts of the kind, or -1."""
    for q in order[r]:
        if capacity[q, k] > 0.0 and share_open[q] > 0.0:
            return int(q)
    return -1


@kernel
def route(
    i: int,
    constants: FleetConstants,
    inputs: FleetInputs,
    capacity: NDArray[np.float64],
    state: UserModelState,
    inbox: NDArray[np.float64],
    target: NDArray[np.int64],
    triggered: NDArray[np.float64],
) -> None:
    """Send the trainings triggered and released in one step to regions.

    Parameters
    ----------
    i : int
        Step.
    constants, inputs
        See each.
    capacity : float64[R, K]
        Reference hosts of each region and kind, up or not.
    state : UserModelState
        ``held`` and ``held_age`` advance to the end of the step; the backlog of closed regions moves to
        ``held``.
    inbox : float64[F, R]
        Overwritten: arrivals at the hosts of each region.
    target : int64[F, R]
        Overwritten: region that trains for the users of each region, -1 where none.
    triggered : float64[N, F, R]
        Row ``i`` is overwritten.
    """
    inbox[:] = 0.0
    for f in range(inbox.shape[0]):
        for r in range(inbox.shape[1]):
            target[f, r] = _nearest(
                constants.regions.order, r, constants.user_models.kind[f], capacity, inputs.open[i]
            )
            if inputs.open[i, r] <= 0.0 and state.backlog[f, r] > 0.0:
                state.held[f, r] += state.backlog[f, r]
                state.backlog[f, r] = 0.0
            new = inputs.trigger[i, f, r] * constants.dt
            triggered[i, f, r] = new
            q = target[f, r]
            cut = new if q < 0 else new * inputs.unserved[i, r]
            state.held[f, r] += cut
            if q >= 0:
                inbox[f, q] += new - cut
                if inputs.unserved[i, r] <= 0.0:
                    inbox[f, q] += state.held[f, r]
                    state.held[f, r] = 0.0
            if state.held[f, r] > 0.0:
                state.held_age[f, r] += constants.dt
            else:
                state.held_age[f, r] = 0.0


@kernel
def add_wishes(
    user_models: UserModels,
    dt: float,
    backlog: NDArray[np.float64],
    inbox: NDArray[np.float64],
    capacity: NDArray[np.float64],
    used: NDArray[np.float64],
) -> None:
    """Add the hosts that would train if nothing were lent to those that serve.

    Parameters
    ----------
    user_models : UserModels
        See there.
    dt : float
        Length of the step, s.
    backlog, inbox : float64[F, R]
        Waiting and arriving.
    capacity : float64[R, K]
        Reference hosts without lending.
    used : float64[R, K]
        Reference hosts in use; added to, at most up to ``capacity``.
    """
    for f in range(backlog.shape[0]):
        k = user_models.kind[f]
        for q in range(backlog.shape[1]):
            wish = (backlog[f, q] + inbox[f, q]) * user_models.work[f] / dt
            used[q, k] += max(0.0, min(wish, capacity[q, k] - used[q, k]))


@kernel
def train(
    i: int,
    user_models: UserModels,
    dt: float,
    capacity: Capacity,
    used: NDArray[np.float64],
    state: UserModelState,
    inbox: NDArray[np.float64],
    busy: NDArray[np.float64],
    outputs: UserModelOutputs,
) -> None:
    """Train on free hosts for one step.

    Parameters
    ----------
    i : int
        Row of the outputs to write.
    user_models : UserModels
        See there.
    dt : float
        Length of the step, s.
    capacity : Capacity
        Hosts that may serve or train.
    used : float64[R, K]
        Reference hosts that serve.
    state : UserModelState
        ``backlog`` advances.
    inbox : float64[F, R]
        Arrivals.
    busy : float64[R, K]
        Overwritten: reference hosts that trained.
    outputs : UserModelOutputs
        Row ``i`` of ``trained``, ``waiting`` and ``busy`` is overwritten.
    """
    busy[:] = 0.0
    for f in range(inbox.shape[0]):
        k = user_models.kind[f]
        for q in range(inbox.shape[1]):
            waiting = state.backlog[f, q] + inbox[f, q]
            free = max(0.0, capacity.work[q, k] - used[q, k] - busy[q, k])
            hosts = waiting * user_models.work[f] / dt
            trained = waiting
            if hosts > free:
                hosts = free
                trained = free * dt / user_models.work[f]
            state.backlog[f, q] = waiting - trained
            busy[q, k] += hosts
            outputs.trained[i, f, q] = trained
            outputs.waiting[i, f, q] = state.backlog[f, q] + state.held[f, q]
            outputs.busy[i, f, q] = 0.0
            if hosts > 0.0:
                outputs.busy[i, f, q] = hosts * capacity.hosts[q, k] / capacity.work[q, k]


@kernel
def delays(
    i: int,
    user_models: UserModels,
    capacity: NDArray[np.float64],
    used: NDArray[np.float64],
    state: UserModelState,
    target: NDArray[np.int64],
    delay: NDArray[np.float64],
) -> None:
    """Write how long a training takes from its trigger, for the users of each region at the end of a step.

    Parameters
    ----------
    i : int
        Row to write.
    user_models : UserModels
        See there.
    capacity, used : float64[R, K]
        Reference hosts that may serve or train, and that serve.
    state : UserModelState
        At the end of the step.
    target : int64[F, R]
        Region that trains for the users of each region, -1 where none.
    delay : float64[N, F, R]
        Row ``i`` is overwritten, s.
    """
    for f in range(target.shape[0]):
        k = user_models.kind[f]
        for r in range(target.shape[1]):
            q = target[f, r]
            seconds = state.held_age[f, r] + user_models.work[f]
            if q >= 0 and state.backlog[f, q] > 0.0:
                free = max(FEWEST_HOSTS, capacity[q, k] - used[q, k])
                seconds += state.backlog[f, q] * user_models.work[f] / free
            delay[i, f, r] = seconds
