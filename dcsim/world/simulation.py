"""One run of the world: everything that was planned, on one clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from dcsim.engine.clock import Progress, run_until
from dcsim.world.constants import serving_pools
from dcsim.world.freshness import Freshness
from dcsim.world.levels import Levels
from dcsim.world.off_peak import OffPeak, OffPeakPlan
from dcsim.world.outages import Availability, Outage, strike
from dcsim.world.pool_steps import record_queues, record_resting_pools
from dcsim.world.serving import ServingSide
from dcsim.world.shared_links import DIRECTIONS, LEVELS
from dcsim.world.shared_network import NetworkPlan, SharedNetwork
from dcsim.world.training import ENDS, OUTCOMES, Training, training_pools
from dcsim.world.training_cluster import TrainingCluster

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dcsim.kernels.fleet_arrays import FleetConstants, FleetInputs
    from dcsim.schedulers.plan import Job, Scheduler, Tenant
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
    queue_order : callable, optional
        What the scheduler wants its queue sorted by.
    tenants : mapping of str to Tenant
        What each tenant of the training pools is entitled to.
    network : NetworkPlan, optional
        The links that gangs share; not given in the closed form of the network.
    off_peak : OffPeakPlan, optional
        Study of elastic groups on free hosts.
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
    queue_order: Callable[[Job], Any] | None
    tenants: Mapping[str, Tenant]
    network: NetworkPlan | None
    off_peak: OffPeakPlan | None = None


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
        "elastic.recipe": tuple(dict.fromkeys(filter(None, plan.recipes))),
        "free_hosts.rack": tuple(plan.fleet.rack_types),
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
    pools = training_pools(plan.fleet, numbered=plan.network is not None)
    cluster = TrainingCluster(env, pools, plan.scheduler, plan.queue_order, plan.tenants)
    names = vocabulary(plan)
    network = None
    if plan.network is not None:
        network = SharedNetwork(env, plan.fleet, plan.network, plan.resolution, plan.horizon, recorder)
    training = Training(env, plan.fleet, cluster, plan.streams, recorder, freshness, levels, names, network)
    sends = network is not None and network.serving.sends
    off_peak = None
    if plan.off_peak is not None:
        off_peak = OffPeak(plan.off_peak, serving_pools(plan.fleet), names, plan.resolution, recorder)
    serving = ServingSide(
        env, plan.constants, plan.inputs, serving_pools(plan.fleet), plan.user_services, plan.recipes,
        {**names, "recipe": names["harvest.recipe"]}, plan.backlog, recorder,
        network.serving.hear if network is not None and sends else None,
        off_peak.hear if off_peak is not None else None,
    )  # fmt: skip
    for outage in plan.outages:
        env.process(strike(env, outage, training))
    env.process(serving.run())
    if network is not None and sends:
        env.process(network.serving.run(env, plan.resolution))
    env.process(training.arrivals())
    events = run_until(env, plan.horizon, progress)

    training.close()
    if off_peak is not None:
        off_peak.close()
    if network is not None:
        network.close()
    freshness.close()
    steps = round(plan.horizon / plan.resolution)
    edges = np.minimum(np.arange(steps + 1) * plan.resolution, plan.horizon)
    host_s, energy_j = record_resting_pools(
        recorder, plan.fleet, levels, edges, plan.availability.up[:steps], names["server"]
    )
    record_queues(recorder, plan.fleet, levels, edges)
    balances = _balances(plan, training, serving, host_s, energy_j)
    if off_peak is not None:
        balances["elastic_host_hours"] = _sheet("paid", off_peak.paid_s, off_peak.accounted_s)
    return Outcome(events, balances)


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
        "lent_host_hours": _sheet("lent", lent, serving.lent_uses_s),
    }


def _sheet(name: str, wanted_s: float, accounted_s: float) -> dict[str, float]:
    """Return host-hours beside what they are accounted for."""
    return {
        name: wanted_s / 3600.0, "accounted": accounted_s / 3600.0, "error_ratio": _error(accounted_s, wanted_s),
    }  # fmt: skip


def _power_bound(plan: WorldPlan, power: str) -> float:
    """Return the energy (J) of the fleet if every host that is up drew its idle (or its peak) power throughout."""
    up = plan.availability.up[: round(plan.horizon / plan.resolution)].sum(axis=0) * plan.resolution
    return float(sum(pool.hosts * getattr(pool, power) * up[pool.region] for pool in plan.fleet.pools))


def _error(found: float, wanted: float) -> float:
    return abs(found - wanted) / wanted if wanted else abs(found)
