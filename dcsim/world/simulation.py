"""One run of the world: everything that was planned, on one clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from dcsim.engine.clock import Progress, run_until
from dcsim.world.cluster import Cluster
from dcsim.world.constants import serving_pools
from dcsim.world.freshness import Freshness
from dcsim.world.levels import Levels
from dcsim.world.outages import Availability, Outage, strike
from dcsim.world.pool_steps import record_queues, record_resting_pools
from dcsim.world.serving import ServingSide
from dcsim.world.shared_links import DIRECTIONS, LEVELS
from dcsim.world.shared_network import NetworkPlan, SharedNetwork
from dcsim.world.training import ENDS, OUTCOMES, Training, training_pools

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.kernels.fleet_arrays import FleetConstants, FleetInputs
    from dcsim.schedulers.plan import Scheduler
    from dcsim.trace.recorder import Recorder
    from dcsim.world.fleet import Fleet
    from dcsim.world.stream import TrainingStream

__all__ = ["Outcome", "WorldPlan", "run_world", "vocabulary"]


@dataclass(frozen=True)
class WorldPlan:
    """What the world acts out.

    Parameters
    ----------
    fleet : Fleet
        Regions and pools.
    horizon, resolution : float
        Simulated span and length of a load step (s).
    services, user_services : sequence of str
        Names in the order of the arrays.
    constants, inputs
        The serving side, see ``dcsim.kernels.fleet_arrays``.
    recipes : sequence of str
        Recipe lent hosts run, by serving pool; empty where none.
    backlog : float
        Jobs on offer per lending pool.
    streams : sequence of TrainingStream
        Training workflows.
    initial : sequence of tuple
        Versions published before the start: (stream, model, region, data time, publication time).
    outages : sequence of Outage
        What the drills amount to.
    availability : Availability
        The same as shares of the load steps.
    scheduler : callable
        Places gangs.
    network : NetworkPlan, optional
        The links that gangs share; not given in the closed form of the network.
    """

    fleet: Fleet
    horizon: float
    resolution: float
    services: Sequence[str]
    user_services: Sequence[str]
    constants: FleetConstants
    inputs: FleetInputs
    recipes: Sequence[str]
    backlog: float
    streams: Sequence[TrainingStream]
    initial: Sequence[tuple[int, int, int, float, float]]
    outages: Sequence[Outage]
    availability: Availability
    scheduler: Scheduler
    network: NetworkPlan | None


@dataclass(frozen=True)
class Outcome:
    """How a run went, apart from its tables.

    Parameters
    ----------
    events : int
        SimPy events fired.
    conservation : dict
        Balance sheets: jobs, server-hours, energy, lent hosts.
    """

    events: int
    conservation: dict[str, Any]


def vocabulary(plan: WorldPlan) -> dict[str, tuple[str, ...]]:
    """Return the names behind the codes of the tables; services and regions come first, in their order."""
    servers = dict.fromkeys(pool.server for pool in plan.fleet.pools)
    return {
        "region": (*plan.fleet.region_names, "none"),
        "service": tuple(dict.fromkeys((*plan.services, *(stream.name for stream in plan.streams)))),
        "server": (*servers, "none"),
        "role": ("serving", "training", "storage"),
        "jobs.outcome": OUTCOMES,
        "segments.end": ENDS,
        "harvest.recipe": tuple(dict.fromkeys(filter(None, plan.recipes))),
        **_link_names(plan.network),
    }


def _link_names(network: NetworkPlan | None) -> dict[str, tuple[str, ...]]:
    names = () if network is None else network.links.names
    return {"links.level": LEVELS, "links.direction": DIRECTIONS, "links.link": names, "contention.link": names}


def run_world(plan: WorldPlan, recorder: Recorder, progress: Progress | None = None) -> Outcome:
    """Act a plan out and record it.

    Parameters
    ----------
    plan : WorldPlan
        What happens.
    recorder : Recorder
        Takes the tables; made with ``vocabulary(plan)``.
    progress : callable, optional
        Told of simulated time and event count; it may raise to stop the run.
    """
    env = simpy.Environment()
    levels, freshness = Levels(), Freshness(recorder, plan.streams)
    for code, model, region, data_s, published_s in plan.initial:
        freshness.publish(code, model, region, data_s, published_s)
    cluster = Cluster(training_pools(plan.fleet, numbered=plan.network is not None), plan.scheduler)
    names = vocabulary(plan)
    network = None
    if plan.network is not None:
        network = SharedNetwork(env, plan.fleet, plan.network, plan.resolution, plan.horizon, recorder)
    training = Training(env, plan.fleet, cluster, plan.streams, recorder, freshness, levels, names, network)
    sends = network is not None and network.serving.sends
    serving = ServingSide(
        env, plan.constants, plan.inputs, serving_pools(plan.fleet), plan.user_services, plan.recipes,
        {**names, "recipe": names["harvest.recipe"]}, plan.backlog, recorder,
        network.serving.hear if network is not None and sends else None,
    )  # fmt: skip
    for outage in plan.outages:
        env.process(strike(env, outage, training))
    env.process(serving.run())
    if network is not None and sends:
        env.process(network.serving.run(env, plan.resolution))
    env.process(training.arrivals())
    events = run_until(env, plan.horizon, progress)

    training.close()
    if network is not None:
        network.close()
    freshness.close()
    steps = round(plan.horizon / plan.resolution)
    edges = np.minimum(np.arange(steps + 1) * plan.resolution, plan.horizon)
    host_s, energy_j = record_resting_pools(
        recorder, plan.fleet, levels, edges, plan.availability.up[:steps], names["server"]
    )
    record_queues(recorder, plan.fleet, levels, edges)
    return Outcome(events, _balances(plan, training, serving, host_s, energy_j))


def _balances(
    plan: WorldPlan, training: Training, serving: ServingSide, host_s: float, energy_j: float
) -> dict[str, Any]:
    """Return the balance sheets that every run must close."""
    arrived = sum(int((stream.arrivals.time_s < plan.horizon).sum()) for stream in plan.streams)
    total_s = plan.fleet.hosts * plan.horizon
    lent = serving.lent_s
    return {
        "jobs": {
            "in": arrived,
            "done": training.counts["done"],
            "lost": training.counts["superseded"],
            "queued": training.counts["queued"],
            "running": training.counts["running"],
        },
        "server_hours": {
            "fleet": total_s / 3600.0,
            "serving_pools": serving.host_s / 3600.0,
            "other_pools": host_s / 3600.0,
            "error_ratio": _error(serving.host_s + host_s, total_s),
        },
        "energy_j": {
            "serving_pools": serving.energy_j,
            "other_pools": energy_j,
            "total": serving.energy_j + energy_j,
            "all_idle": _power_bound(plan, "idle_power"),
            "all_busy": _power_bound(plan, "peak_power"),
        },
        "lent_host_hours": {
            "lent": lent / 3600.0,
            "accounted": serving.lent_uses_s / 3600.0,
            "error_ratio": _error(serving.lent_uses_s, lent),
        },
    }


def _power_bound(plan: WorldPlan, power: str) -> float:
    """Return the energy (J) of the fleet if every host that is up drew its idle (or its peak) power throughout."""
    up = plan.availability.up[: round(plan.horizon / plan.resolution)].sum(axis=0) * plan.resolution
    return float(sum(pool.hosts * getattr(pool, power) * up[pool.region] for pool in plan.fleet.pools))


def _error(found: float, wanted: float) -> float:
    return abs(found - wanted) / wanted if wanted else abs(found)
