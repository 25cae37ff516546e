"""Fleets to try kernels on: one small enough for paper, and random ones with every feature in use."""

from __future__ import annotations

import math

import numpy as np

from dcsim.kernels.fleet_arrays import (
    FleetConstants,
    FleetInputs,
    Lending,
    Pools,
    Regions,
    Services,
    UserModels,
    look_ahead,
)


def lending(pools, columns=1, **fields):
    """Return terms that are equal for all pools, apart from the fields given."""
    values = {
        "group": 10, "notice": 100.0, "reserve": 0.0, "job_steps": 1e6, "checkpoint_every": 1000.0,
        "checkpoint_bytes": 5e9, "restart": 60.0, "saves_on_notice": True, "hosts_per_nic": columns, "spread": False,
        "step_time": 1.0, "checkpoint_time": 20.0,
    } | fields  # fmt: skip
    wide = ("step_time", "checkpoint_time")
    arrays = {
        name: np.full((pools, columns), value) if name in wide else np.full(pools, value)
        for name, value in values.items()
    }
    return Lending(**{name: np.asarray(arrays[name]) for name in Lending._fields})


def one_region(hosts=1000.0, dt=300.0, **fields):
    """Return a fleet of one region, one service and one pool, with no user models."""
    return FleetConstants(
        dt=dt,
        kinds=1,
        regions=Regions(np.zeros((1, 1)), np.zeros((1, 1), np.int64)),
        services=Services(
            np.zeros(1, np.int64), np.array([0.5]), np.array([0.8]), np.array([0.02]), np.array([0.1])
        ),
        pools=Pools(
            np.zeros(1, np.int64), np.zeros(1, np.int64), np.array([hosts]), np.ones(1), np.array([16.0]),
            np.array([60.0]), np.array([100.0]), np.array([1.4]),
        ),
        lending=lending(1, **fields),
        user_models=UserModels(np.zeros(0, np.int64), np.zeros(0)),
    )  # fmt: skip


def steady(constants, steps, demand):
    """Return inputs of equal steps in which all is well; ``demand`` is spread by broadcasting."""
    rows = steps + look_ahead(constants)
    services, regions, classes = (
        len(constants.services.kind), len(constants.regions.rtt), len(constants.user_models.kind),
    )  # fmt: skip
    demand = np.asarray(demand, float)
    if demand.ndim == 1:
        demand = np.concatenate([demand, np.full(max(0, rows - len(demand)), demand[-1])])[:rows, None, None]
    return FleetInputs(
        demand=np.ascontiguousarray(np.broadcast_to(demand, (rows, services, regions))),
        unserved=np.zeros((rows, regions)),
        open=np.ones((rows, regions)),
        up=np.ones((rows, regions)),
        trigger=np.zeros((rows, classes, regions)),
    )


def random_fleet(rng, services=4, regions=4, kinds=2, pools=8, classes=1, dt=300.0, size=400.0, spread=0.5):
    """Return a fleet in which pools of different speed share regions and some lend.

    All times of gangs are whole seconds, so that an oracle may go second by second where no gangs spread.
    """
    place = rng.uniform(0.0, 0.05, (regions, 2))
    rtt = np.hypot(*(place[:, None, :] - place[None, :, :]).transpose(2, 0, 1))
    target = rng.uniform(0.3, 0.7, services)
    hosts_per_nic = rng.choice([1, 2, 4], pools)
    sharing = np.minimum(np.arange(1, 5)[None, :], hosts_per_nic[:, None])
    step_time = rng.choice([0.5, 1.0, 2.0], pools)[:, None] * sharing
    whole = {name: rng.integers(low, high, pools).astype(float) for name, low, high in (
        ("job", 400, 8000), ("checkpoint_every", 200, 2000), ("restart", 0, 200), ("checkpoint_time", 0, 40),
    )}  # fmt: skip
    return FleetConstants(
        dt=dt,
        kinds=kinds,
        regions=Regions(rtt, np.argsort(rtt, axis=1, kind="stable")),
        services=Services(
            rng.integers(0, kinds, services), target, target + rng.uniform(0.0, 0.25, services),
            rng.uniform(0.005, 0.05, services), rng.uniform(0.0, 0.06, services),
        ),
        pools=Pools(
            np.arange(pools) % regions, rng.integers(0, kinds, pools), np.floor(rng.uniform(0.1, 1.0, pools) * size),
            rng.uniform(0.5, 2.0, pools), rng.choice([8.0, 16.0, 32.0], pools), rng.uniform(30.0, 90.0, pools),
            rng.uniform(100.0, 300.0, pools), rng.choice([1.0, 1.4], pools),
        ),
        lending=Lending(
            group=rng.choice([0, 1, 4, 8], pools),
            notice=rng.choice([0.0, 120.0, 300.0, 700.0], pools),
            reserve=rng.uniform(0.0, 0.1, pools),
            job_steps=whole["job"] / step_time[:, 0],
            checkpoint_every=whole["checkpoint_every"],
            checkpoint_bytes=rng.uniform(1e8, 1e10, pools),
            restart=whole["restart"],
            saves_on_notice=rng.random(pools) < 0.7,
            hosts_per_nic=hosts_per_nic,
            spread=rng.random(pools) < spread,
            step_time=step_time,
            checkpoint_time=whole["checkpoint_time"][:, None] * sharing,
        ),
        user_models=UserModels(rng.integers(0, kinds, classes), rng.uniform(2.0, 20.0, classes)),
    )  # fmt: skip


def random_inputs(rng, constants, steps, load=0.8, drills=True):
    """Return a noisy daily curve that reaches ``load`` of the fleet at its peak, with regions that drain and fail."""
    rows = steps + look_ahead(constants)
    services, regions = constants.services, len(constants.regions.rtt)
    hours = np.arange(rows) * constants.dt / 3600.0
    phase = rng.uniform(0.0, 24.0, regions)
    curve = 0.6 + 0.4 * np.cos(2.0 * math.pi * (hours[:, None] - phase[None, :]) / 24.0)
    capacity = np.zeros(constants.kinds)
    np.add.at(capacity, constants.pools.kind, constants.pools.hosts * constants.pools.speed)
    among = np.bincount(services.kind, minlength=constants.kinds)
    level = load * services.target * capacity[services.kind] / among[services.kind] / regions
    demand = level[None, :, None] * curve[:, None, :] * rng.uniform(0.8, 1.2, (rows, len(services.kind), regions))
    classes = constants.user_models
    spare = 0.1 * capacity[classes.kind] / classes.work / regions
    inputs = FleetInputs(
        demand=demand,
        unserved=np.zeros((rows, regions)),
        open=np.ones((rows, regions)),
        up=np.ones((rows, regions)),
        trigger=spare[None, :, None] * np.repeat(curve[:, None, :], len(classes.kind), axis=1),
    )
    if drills:
        _break(rng, inputs, rows, regions)
    return inputs


def _break(rng, inputs, rows, regions):
    """Lose one region without notice and drain another."""
    lost, drained = rng.choice(regions, 2, replace=regions < 2)
    begin = int(rng.integers(0, rows))
    end = min(rows, begin + int(rng.integers(1, 8)))
    inputs.up[begin:end, lost] = 0.0
    inputs.up[begin, lost] = rng.choice([0.0, 0.4])
    inputs.unserved[begin : begin + 3, lost] = np.array([1.0, 0.7, 0.2])[: rows - begin]
    begin = int(rng.integers(0, rows))
    inputs.open[begin : begin + 4, drained] = 0.0
    inputs.open[begin, drained] = rng.choice([0.0, 0.25])
    np.minimum(inputs.open, inputs.up, out=inputs.open)
