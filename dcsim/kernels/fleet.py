"""The serving side of the whole fleet, advanced over many load steps in one compiled call.

Each step routes the trainings of user models, works out what load and trainings would need if nothing were
lent, starts and ends loans, places the load on the hosts that are left, trains user models on what serving
leaves free, and lets the gangs on lent hosts live. State is carried from step to step in
:class:`FleetState`, so a run may be divided at any step without a change of its numbers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.kernels.cohorts import TALLIES, advance
from dcsim.kernels.fleet_arrays import look_ahead
from dcsim.kernels.fleet_outputs import (
    FleetOutputs,
    HarvestOutputs,
    PoolOutputs,
    ServingOutputs,
    UserModelOutputs,
)
from dcsim.kernels.jit import kernel
from dcsim.kernels.lending import decide, foresee, free_hosts, terms_of, wishes
from dcsim.kernels.pools import power_shapes, record_harvest, record_pool
from dcsim.kernels.serving import (
    Capacity,
    Placement,
    gather,
    new_capacity,
    new_placement,
    place,
    score,
    switch,
)
from dcsim.kernels.user_models import add_wishes, delays, route, train

if TYPE_CHECKING:
    from dcsim.kernels.fleet_arrays import FleetConstants, FleetInputs, FleetState, Floats, Ints

__all__ = ["advance_fleet"]


class Workspace(NamedTuple):
    """Arrays that every step overwrites.

    Parameters
    ----------
    whole : Capacity
        All hosts of the pools, up or not; its ``work`` is the base of shares of a region and kind.
    capacity : Capacity
        What serving may use in the step.
    placement : Placement
        Of the load of the step.
    wanted : float64[S, R]
        Load of the step that reaches some region.
    need : float64[R, K]
        Reference hosts that load and user models need.
    busy : float64[R, K]
        Reference hosts that train user models.
    free : float64[P]
        Hosts that serving may use.
    told_at : float64[P, C]
        When gangs are told to leave, s from the start of the step.
    tallies : float64[P, TALLIES]
        What gangs did.
    inbox : float64[F, R]
        Arrivals of user models.
    target : int64[F, R]
        Where they go.
    shapes : float64[S, P]
        Dynamic power of a host at the target utilisation, as a share of that of a fully busy one.
    """

    whole: Capacity
    capacity: Capacity
    placement: Placement
    wanted: Floats
    need: Floats
    busy: Floats
    free: Floats
    told_at: Floats
    tallies: Floats
    inbox: Floats
    target: Ints
    shapes: Floats


@kernel
def _workspace(constants: FleetConstants, state: FleetState) -> Workspace:
    """Return a workspace for a fleet."""
    services, regions, kinds = constants.services.kind.size, constants.regions.rtt.shape[0], constants.kinds
    pools, classes = constants.pools.hosts.size, constants.user_models.kind.size
    whole = new_capacity(regions, kinds)
    gather(constants.pools, constants.pools.hosts, whole)
    return Workspace(
        whole,
        new_capacity(regions, kinds),
        new_placement(services, regions, kinds),
        np.zeros((services, regions)),
        np.zeros((regions, kinds)),
        np.zeros((regions, kinds)),
        np.zeros(pools),
        np.full(state.cohorts.gangs.shape, math.inf),
        np.zeros((pools, TALLIES)),
        np.zeros((classes, regions)),
        np.zeros((classes, regions), np.int64),
        power_shapes(constants.services, constants.pools),
    )


@kernel
def _assess(
    i: int,
    constants: FleetConstants,
    inputs: FleetInputs,
    state: FleetState,
    work: Workspace,
    triggered: Floats,
) -> bool:
    """Work out what load and user models need if nothing is lent; return whether any region is short then."""
    pools = constants.pools
    route(i, constants, inputs, work.whole.work, state.user_models, work.inbox, work.target, triggered)
    for p in range(pools.hosts.size):
        q = pools.region[p]
        work.free[p] = pools.hosts[p] * min(inputs.open[i, q], inputs.up[i, q])
    gather(pools, work.free, work.capacity)
    for s in range(work.wanted.shape[0]):
        for r in range(work.wanted.shape[1]):
            work.wanted[s, r] = inputs.demand[i, s, r] * (1.0 - inputs.unserved[i, r])
    short = place(work.wanted, constants.regions, constants.services, work.capacity, work.placement)
    work.need[:] = work.placement.used
    add_wishes(
        constants.user_models,
        constants.dt,
        state.user_models.backlog,
        work.inbox,
        work.capacity.work,
        work.need,
    )
    return short


@kernel
def _lend(
    i: int, constants: FleetConstants, inputs: FleetInputs, state: FleetState, wish: Floats, work: Workspace
) -> bool:
    """Start and end loans, and set the hosts that are free for serving; return whether any are lent."""
    pools, lending, dt = constants.pools, constants.lending, constants.dt
    any_lent = False
    for p in range(pools.hosts.size):
        work.tallies[p] = 0.0
        if lending.group[p] == 0 or pools.hosts[p] <= 0.0:
            continue
        q, k = pools.region[p], pools.kind[p]
        share_open, share_up = min(inputs.open[i, q], inputs.up[i, q]), inputs.up[i, q]
        share = pools.hosts[p] / work.whole.work[q, k]
        need = work.need[q, k]
        foreseen = foresee(wish, i, math.ceil(lending.notice[p] / dt), q, k, need)
        decide(
            lending, state, p, dt, pools.hosts[p], need * share, foreseen * share, share_open, share_up,
            work.told_at[p], work.tallies[p],
        )  # fmt: skip
        if state.cohorts.used[p] > 0:
            any_lent = True
            work.free[p] = free_hosts(
                lending, state.cohorts, p, dt, pools.hosts[p], share_open, work.told_at[p]
            )
    return any_lent


@kernel
def _harvest(
    i: int,
    constants: FleetConstants,
    inputs: FleetInputs,
    state: FleetState,
    work: Workspace,
    outputs: FleetOutputs,
) -> None:
    """Let the gangs on lent hosts live for step i."""
    pools, lending, dt = constants.pools, constants.lending, constants.dt
    for p in range(pools.hosts.size):
        if state.cohorts.used[p] > 0:
            share_up = inputs.up[i, pools.region[p]]
            terms = terms_of(lending, state.cohorts, p, pools.hosts[p])
            advance(
                state.cohorts, state.suspended, state.jobs_left, p, dt * min(1.0, share_up), share_up < 1.0,
                work.told_at[p], terms, work.tallies[p],
            )  # fmt: skip
        record_harvest(i, p, lending, work.tallies[p], outputs.harvest)


@kernel
def _advance_steps(
    constants: FleetConstants, inputs: FleetInputs, state: FleetState, wish: Floats, outputs: FleetOutputs
) -> None:
    """Advance over the rows of the outputs."""
    regions, services, user_models, dt = (
        constants.regions, constants.services, constants.user_models, constants.dt,
    )  # fmt: skip
    work = _workspace(constants, state)
    for i in range(outputs.pools.lent.shape[0]):
        spread = _assess(i, constants, inputs, state, work, outputs.user_models.triggered)
        if _lend(i, constants, inputs, state, wish, work):
            gather(constants.pools, work.free, work.capacity)
            spread = place(work.wanted, regions, services, work.capacity, work.placement)
        switch(services, work.capacity, work.placement)
        score(i, regions, services, work.capacity, work.placement, spread, outputs.serving)
        train(
            i, user_models, dt, work.capacity, work.placement.used, state.user_models, work.inbox, work.busy,
            outputs.user_models,
        )  # fmt: skip
        delays(
            i, user_models, work.capacity.work, work.placement.used, state.user_models, work.target,
            outputs.user_models.delay,
        )  # fmt: skip
        _harvest(i, constants, inputs, state, work, outputs)
        for p in range(constants.pools.hosts.size):
            record_pool(
                i, p, constants, inputs.up[i, constants.pools.region[p]], work.free[p], work.capacity.work,
                work.placement, work.shapes, work.busy, work.tallies[p], outputs.pools,
            )  # fmt: skip


def _new_outputs(constants: FleetConstants, steps: int) -> FleetOutputs:
    """Return outputs to be written."""
    regions = len(constants.regions.rtt)
    load = (steps, len(constants.services.kind), regions)
    pools = (steps, len(constants.pools.hosts))
    classes = (steps, len(constants.user_models.kind), regions)
    return FleetOutputs(
        ServingOutputs._make(np.empty(load) for _ in ServingOutputs._fields),
        PoolOutputs._make(np.empty(pools) for _ in PoolOutputs._fields),
        HarvestOutputs._make(np.empty(pools) for _ in HarvestOutputs._fields),
        UserModelOutputs._make(np.empty(classes) for _ in UserModelOutputs._fields),
    )


def advance_fleet(
    constants: FleetConstants, inputs: FleetInputs, state: FleetState, steps: int
) -> FleetOutputs:
    """Advance the serving side of the fleet.

    Parameters
    ----------
    constants : FleetConstants
        What does not change.
    inputs : FleetInputs
        What drives the fleet; row 0 is the first step advanced, and at least ``look_ahead(constants)`` rows
        follow the last.
    state : FleetState
        As the fleet stands; advanced in place.
    steps : int
        Steps to advance, ``N``.

    Returns
    -------
    FleetOutputs
        What the fleet did in each step.

    Raises
    ------
    ValueError
        If the inputs have too few rows.
    """
    rows = steps + look_ahead(constants)
    shortest = min(len(array) for array in inputs)
    if shortest < rows:
        raise ValueError(f"{steps} steps need {rows} rows of input, look-ahead included; got {shortest}")
    outputs = _new_outputs(constants, steps)
    _advance_steps(constants, inputs, state, wishes(constants, inputs, rows), outputs)
    return outputs
