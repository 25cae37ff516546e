"""The serving side of the whole fleet, advanced over many load steps in one compiled call.

Each step routes the trainings of user models, works out what load and trainings would need if nothing were
lent, starts and ends loans, places the load on the hosts that are left, trains user models on what serving
leaves free, and lets the gangs on lent hosts live. State is carried from step to step, so a run may be divided
at any step without a change of its numbers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dcsim.kernels.cohorts import advance
from dcsim.kernels.fleet_arrays import look_ahead
from dcsim.kernels.fleet_outputs import (
    FleetOutputs,
    HarvestOutputs,
    PoolOutputs,
    ServingOutputs,
    UserModelOutputs,
)
from dcsim.kernels.fleet_records import (
    LENDING,
    LOAD,
    POOL,
    ROUTED,
    SERVICE,
    SITE,
    TALLY,
    USER_MODELS,
    Record,
    Records,
    new_records,
    pack,
)
from dcsim.kernels.jit import kernel
from dcsim.kernels.lending import decide, foresee, free_hosts, share_nics, wishes
from dcsim.kernels.pools import power_shapes, record_harvest, record_pool
from dcsim.kernels.serving import gather, place, score, switch
from dcsim.kernels.user_models import add_wishes, route, train

if TYPE_CHECKING:
    from dcsim.kernels.fleet_arrays import FleetConstants, FleetInputs, FleetState, Floats, Ints

__all__ = ["advance_fleet"]


class Fleet(NamedTuple):
    """Constants of the fleet and the workspace of a step; fields as in :mod:`dcsim.kernels.fleet_records`.

    Parameters
    ----------
    rtt, order : float64[R, R], int64[R, R]
        See :class:`dcsim.kernels.fleet_arrays.Regions`.
    services, pools, lending, user_models : SERVICE[S], POOL[P], LENDING[P], USER_MODELS[F]
        Constants.
    step_time, checkpoint_time : float64[P, M]
        See :class:`dcsim.kernels.fleet_arrays.Lending`.
    shapes : float64[S, P]
        See :func:`dcsim.kernels.pools.power_shapes`.
    wish : float64[T, R, K]
        See :func:`dcsim.kernels.lending.wishes`.
    sites, loads, routed, tallies : SITE[R, K], LOAD[S, R], ROUTED[F, R], TALLY[P]
        Of one step.
    flow : float64[S, R, R]
        Of one step: work of the users of the row's region on the hosts of the column's.
    """

    rtt: Floats
    order: Ints
    services: Records
    pools: Records
    lending: Records
    user_models: Records
    step_time: Floats
    checkpoint_time: Floats
    shapes: Floats
    wish: Floats
    sites: Records
    loads: Records
    routed: Records
    tallies: Records
    flow: Floats


def _fleet(constants: FleetConstants, inputs: FleetInputs, rows: int) -> Fleet:
    """Return the constants and an empty workspace."""
    regions, lending = constants.regions, constants.lending
    services = pack(constants.services, constants.services._fields, SERVICE)
    pools = pack(constants.pools, constants.pools._fields, POOL)
    user_models = pack(constants.user_models, constants.user_models._fields, USER_MODELS)
    sites = new_records((len(regions.rtt), constants.kinds), SITE)
    np.add.at(sites["whole"], (pools["region"], pools["kind"]), pools["hosts"] * pools["speed"])
    return Fleet(
        rtt=regions.rtt,
        order=regions.order,
        services=services,
        pools=pools,
        lending=pack(lending, lending._fields, LENDING),
        user_models=user_models,
        step_time=lending.step_time,
        checkpoint_time=lending.checkpoint_time,
        shapes=power_shapes(services, pools),
        wish=wishes(rows, services, user_models, inputs.demand, inputs.trigger, constants.kinds),
        sites=sites,
        loads=new_records((len(services), len(regions.rtt)), LOAD),
        routed=new_records((len(user_models), len(regions.rtt)), ROUTED),
        tallies=new_records((len(pools),), TALLY),
        flow=np.zeros((len(services), len(regions.rtt), len(regions.rtt))),
    )


@kernel
def _clear(tally: Record, free: float) -> None:
    """Begin the tally of a pool in a step; all its hosts that are up and open are free for serving."""
    tally.compute = 0.0
    tally.useful = 0.0
    tally.lost = 0.0
    tally.checkpoint = 0.0
    tally.restart = 0.0
    tally.notice = 0.0
    tally.written = 0.0
    tally.steps = 0.0
    tally.started = 0.0
    tally.evicted = 0.0
    tally.finished = 0.0
    tally.free = free


@kernel
def _lend(
    i: int,
    dt: float,
    pools: Records,
    lending: Records,
    step_time: Floats,
    checkpoint_time: Floats,
    wish: Floats,
    sites: Records,
    share_open: Floats,
    share_up: Floats,
    state: FleetState,
    tallies: Records,
) -> bool:
    """Start and end loans, and set the hosts that are free for serving; return whether any are lent."""
    any_lent = False
    for p in range(pools.size):
        pool, terms, book, tally = pools[p], lending[p], state.books[p], tallies[p]
        if terms.group == 0 or pool.hosts <= 0.0:
            continue
        q, k = pool.region, pool.kind
        share = pool.hosts / sites[q, k].whole
        need = sites[q, k].needed
        foreseen = foresee(wish, i, math.ceil(terms.notice / dt), q, k, need)
        decide(
            state.cohorts, state.suspended, p, book, terms, dt, pool.hosts, need * share, foreseen * share,
            share_open[i, q], share_up[i, q], tally,
        )  # fmt: skip
        if book.cohorts > 0:
            any_lent = True
            share_nics(state.cohorts, p, book, pool.hosts, step_time, checkpoint_time, terms)
            tally.free = free_hosts(state.cohorts, p, book, terms, dt, pool.hosts, share_open[i, q])
    return any_lent


@kernel
def _assess(
    i: int, dt: float, fleet: Fleet, inputs: FleetInputs, state: FleetState, spread: bool, outputs: Records
) -> bool:
    """Work out what load and user models need if nothing is lent; return whether any region is short then."""
    pools, tallies, loads, sites = fleet.pools, fleet.tallies, fleet.loads, fleet.sites
    for s in range(loads.shape[0]):
        for r in range(loads.shape[1]):
            loads[s, r].wanted = inputs.demand[i, s, r] * (1.0 - inputs.unserved[i, r])
    for p in range(pools.size):
        _clear(tallies[p], pools[p].hosts * inputs.open[i, pools[p].region])
    gather(pools, tallies, sites)
    short = place(fleet.order, fleet.services, loads, sites, fleet.flow, spread)
    route(
        i, dt, fleet.order, fleet.user_models, inputs.trigger, inputs.unserved, inputs.open, sites,
        state.waiting, fleet.routed, outputs,
    )  # fmt: skip
    add_wishes(dt, fleet.order, fleet.user_models, state.waiting, fleet.routed, sites)
    return short


@kernel
def _advance_steps(
    dt: float,
    fleet: Fleet,
    inputs: FleetInputs,
    state: FleetState,
    serving: Records,
    pooled: Records,
    harvest: Records,
    user_models: Records,
) -> None:
    """Advance over the rows of the outputs."""
    order, rtt, services, pools, lending = fleet.order, fleet.rtt, fleet.services, fleet.pools, fleet.lending
    sites, loads, tallies, flow, routed = fleet.sites, fleet.loads, fleet.tallies, fleet.flow, fleet.routed
    spread = False
    for i in range(pooled.shape[0]):
        spread = _assess(i, dt, fleet, inputs, state, spread, user_models)
        if _lend(
            i, dt, pools, lending, fleet.step_time, fleet.checkpoint_time, fleet.wish, sites, inputs.open,
            inputs.up, state, tallies,
        ):  # fmt: skip
            gather(pools, tallies, sites)
            spread = place(order, services, loads, sites, flow, spread)
        switch(services, loads, sites)
        score(i, order, rtt, services, loads, sites, flow, spread, serving)
        train(i, dt, fleet.user_models, sites, state.waiting, routed, user_models)
        for p in range(pools.size):
            pool, terms, tally = pools[p], lending[p], tallies[p]
            up = inputs.up[i, pool.region]
            if state.books[p].cohorts > 0:
                advance(state.cohorts, state.suspended, p, state.books[p], dt * up, up < 1.0, terms, tally)
            record_harvest(terms, tally, harvest[i, p])
            site = sites[pool.region, pool.kind]
            record_pool(
                p, dt, pool, terms.group, up, services, loads, site, fleet.shapes, tally, pooled[i, p]
            )


def _rows(fields: tuple[str, ...], shape: tuple[int, ...]) -> Records:
    """Return records of floats to be written."""
    return new_records(shape, np.dtype([(name, np.float64) for name in fields]))


def _columns(records: Any) -> tuple[Floats, ...]:
    """Return the fields of records as arrays."""
    return tuple(np.asarray(records[name]) for name in records.dtype.names)


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
    inputs = inputs._replace(open=np.minimum(inputs.open, inputs.up))
    fleet = _fleet(constants, inputs, rows)
    serving = _rows(ServingOutputs._fields, (steps, *fleet.loads.shape))
    pools = _rows(PoolOutputs._fields, (steps, len(fleet.pools)))
    harvest = _rows(HarvestOutputs._fields, (steps, len(fleet.pools)))
    user_models = _rows(UserModelOutputs._fields, (steps, *fleet.routed.shape))
    _advance_steps(constants.dt, fleet, inputs, state, serving, pools, harvest, user_models)
    return FleetOutputs(
        ServingOutputs(*_columns(serving)),
        PoolOutputs(*_columns(pools)),
        HarvestOutputs(*_columns(harvest)),
        UserModelOutputs(*_columns(user_models)),
    )
