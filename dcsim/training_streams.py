"""Training streams of a scenario: recipes, arrivals and distances put together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from dcsim.collectives import collective
from dcsim.compute.layers import gradient_bytes
from dcsim.errors import InputError, Problem
from dcsim.generators import generator
from dcsim.generators.plan import ArrivalRequest, Arrivals
from dcsim.world.crossings import messages
from dcsim.world.graph import region_rtts
from dcsim.world.stream import Checkpoints, Timing, TrainingStream, critical_path
from dcsim.world.synchronisation import Place
from dcsim.world.traffic import StreamTraffic

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from dcsim.engine.streams import Streams
    from dcsim.resolve import Resolved
    from dcsim.spec.data import Dataset
    from dcsim.spec.scenario import TrainingStream as StreamSpec
    from dcsim.spec.service import Service
    from dcsim.spec.training import TrainingRecipe
    from dcsim.world.fleet import Fleet, HostPool
    from dcsim.world.steps import RecipeCost

__all__ = ["StreamContext", "StreamPlan", "service_stream", "stream_of_jobs"]


_MOST_ARRIVALS = 20_000_000
_MOST_PERIODS = 1000
"""Periods that one training of a service may last: every later one of its model would be in flight beside it."""


@dataclass(frozen=True)
class StreamContext:
    """What all streams of a scenario are made from.

    Parameters
    ----------
    resolved : Resolved
        The scenario.
    fleet : Fleet
        Regions and pools.
    cost : callable
        ``(recipe name, pool, sharing) -> RecipeCost``.
    steps : callable
        ``recipe name -> steps of one training``.
    streams : Streams
        Random streams.
    warnings : list of Problem
        Grows by inputs that have no effect.
    """

    resolved: Resolved
    fleet: Fleet
    cost: Callable[[str, HostPool, int], RecipeCost]
    steps: Callable[[str], float]
    streams: Streams
    warnings: list[Problem]


@dataclass(frozen=True)
class StreamPlan:
    """A stream, and the versions published before the start: (model, region, data time, publication time)."""

    stream: TrainingStream
    initial: list[tuple[int, int, float, float]]


def service_stream(context: StreamContext, name: str, service: Service) -> StreamPlan:
    """Return the training workflows of a service, those in flight at the start included."""
    training = service.training
    if training is None:
        raise ValueError(f"{name} has no training")
    recipe: TrainingRecipe = context.resolved.entry("training", training.recipe)
    dataset = recipe.dataset or service.dataset
    timing = critical_path(training.workflow)
    every = training.every
    base = _stream(context, name, training.recipe, timing, dataset, training.priority, publishes=True)
    length = max(timing.beside_s, timing.before_s + base.nominal_s() + timing.after_s)
    where = f"services.{name}.training.every"
    if not length <= _MOST_PERIODS * every.period:
        message = (
            f"one training with its workflow takes {length:.4g} s, more than {_MOST_PERIODS} periods; lengthen the "
            f"period, or speed up recipe '{training.recipe}' (its checkpoints and the NICs count too)"
        )
        raise InputError([context.resolved.problem(f"{where}.period", message)])
    request = ArrivalRequest(
        horizon=context.resolved.scenario.duration,
        history=length + every.period,
        models=every.models,
        rng=context.streams[f"generators/{name}"],
        every=every.period,
        rate=every.models / every.period,
    )
    _refuse_too_many(context, f"{where}.period", request)
    arrivals = _arrivals(context, where, every.generator, request)
    home = next(pool.region for pool in context.fleet.pools if pool.role == "training" and pool.kind == base.kind)
    initial = _already_published(arrivals, length, home)
    first = 0.0 if not context.resolved.scenario.warm_start else -length
    mine = replace(
        base,
        arrivals=_from(arrivals, first),
        tenant=name,
        opportunistic=_opportunistic(context, name),
        due_s=service.staleness.target - every.period - timing.after_s,
    )
    return StreamPlan(mine, initial)


def stream_of_jobs(context: StreamContext, index: int, spec: StreamSpec) -> StreamPlan:
    """Return a stream of jobs that nobody is served by."""
    where = f"training[{index}]"
    base = _stream(context, spec.name, spec.recipe, Timing(0.0, 0.0, 0.0), None, spec.priority, publishes=False)
    scenario = context.resolved.scenario
    request = ArrivalRequest(
        horizon=scenario.duration,
        history=base.nominal_s() if scenario.warm_start else 0.0,
        models=1,
        rng=context.streams[f"generators/{spec.name}"],
        every=spec.every,
        rate=spec.rate,
        file=context.resolved.file(f"{where}.file", spec.file) if spec.file else None,
        scale=spec.scale,
        start=scenario.start,
        time_zone=spec.time_zone or "UTC",
        profile=context.resolved.entry("experiments", spec.profile) if spec.profile else None,
    )
    _refuse_too_many(context, f"{where}.{'every' if spec.rate is None else 'rate'}", request)
    arrivals = _arrivals(context, where, spec.generator, request)
    if arrivals.beyond:
        message = f"{arrivals.beyond} jobs arrive after the end of the scenario and have no effect"
        context.warnings.append(context.resolved.problem(f"{where}.file", message))
    _refuse_too_large(context, f"{where}.{'profile' if spec.profile else 'file'}", spec.recipe, arrivals)
    tenant = spec.tenant or spec.name
    mine = replace(
        base,
        arrivals=_from(arrivals, -base.nominal_s()),
        tenant=tenant,
        opportunistic=spec.opportunistic or _opportunistic(context, tenant),
    )
    return StreamPlan(mine, [])


def _stream(
    context: StreamContext,
    name: str,
    recipe_name: str,
    timing: Timing,
    dataset: str | None,
    priority: int,
    *,
    publishes: bool,
) -> TrainingStream:
    """Return a stream without its arrivals."""
    resolved, fleet = context.resolved, context.fleet
    recipe: TrainingRecipe = resolved.entry("training", recipe_name)
    compute, communication, checkpoints, per_host = {}, {}, {}, 1
    costs: dict[int, RecipeCost] = {}
    steps = context.steps(recipe_name)
    for index, pool in enumerate(fleet.pools):
        if pool.role == "training" and pool.kind == recipe.server_kind:
            cost = context.cost(recipe_name, pool, min(recipe.hosts, pool.hosts_per_nic))
            costs[index] = cost
            compute[index] = steps * cost.step_s
            communication[index] = cost.exposed_s / cost.step_s
            checkpoints[index] = Checkpoints(recipe.checkpoint_every, cost.checkpoint_s)
            per_host = pool.gpus_per_host or 1
    data = resolved.entry("datasets", dataset) if dataset else None
    wan = np.array([site.wan_bandwidth for site in fleet.regions.values()])
    between = np.minimum(wan[:, None], wan[None, :])
    rtts = region_rtts(list(fleet.regions.values()), fleet.fabric.wan_detour)
    away = ~np.eye(len(wan), dtype=bool)
    copied = resolved.entry("models", recipe.model).served_bytes
    return TrainingStream(
        name=name,
        kind=recipe.server_kind,
        slots=recipe.hosts * per_host,
        priority=priority,
        timing=timing,
        compute_s=compute,
        communication=communication,
        checkpoints=checkpoints,
        restart_s=recipe.restart_time,
        replicated=recipe.checkpoint_storage == "replicated",
        saves_on_notice=recipe.on_notice == "checkpoint",
        data_regions=_data_regions(fleet, data.storage if data else ()),
        stage_s=(away * ((_read_bytes(data, recipe, steps, per_host) if data else 0.0) / between + rtts)).tolist(),
        copy_s=away * (copied / between + rtts / 2),
        publishes=publishes,
        traffic=_traffic(context, recipe_name, costs, dataset),
        arrivals=Arrivals(np.empty(0), np.empty(0, np.int64)),
    )


def _traffic(
    context: StreamContext, recipe_name: str, costs: dict[int, RecipeCost], dataset: str | None
) -> dict[int, StreamTraffic]:
    """Return what gangs put on shared links, by pool; nothing in the closed form of the network."""
    resolved, fleet = context.resolved, context.fleet
    recipe: TrainingRecipe = resolved.entry("training", recipe_name)
    dataset = dataset or recipe.dataset
    if resolved.scenario.network == "closed_form":
        return {}
    nbytes = gradient_bytes(resolved.entry("models", recipe.model))
    call = collective.get(recipe.collective).call
    plan = cache(lambda ranks: messages(call(ranks, nbytes)))
    data = resolved.entry("datasets", dataset) if dataset else None
    steps = context.steps(recipe_name)
    found = {}
    for index, cost in costs.items():
        pool = fleet.pools[index]
        sharing = min(recipe.hosts, pool.hosts_per_nic)
        reads = _read_bytes(data, recipe, steps, pool.gpus_per_host or 1) / steps if data else 0.0
        place = Place(fleet.sleds[pool.sled], fleet.nics[pool.nic], sharing, fleet.fabric)
        found[index] = StreamTraffic(
            plan=plan,
            ranks=recipe.hosts,
            step=cost.step,
            overlap=recipe.overlap,
            sync_every=recipe.sync_every,
            bandwidth=place.bandwidth,
            latency=place.latency,
            read_bytes=reads / (recipe.hosts * (pool.gpus_per_host or 1)),
            checkpoint_bytes=cost.checkpoint_bytes,
            checkpoint_every_s=recipe.checkpoint_every,
            checkpoint_s=cost.checkpoint_s,
            away=_copy_region(fleet, pool.region) if recipe.checkpoint_storage == "replicated" else -1,
        )
    return found


def _copy_region(fleet: Fleet, region: int) -> int:
    """Return where checkpoints of a region are copied: the nearest other region, one with storage if there is any."""
    sites = list(fleet.regions.values())
    others = [other for other in range(len(sites)) if other != region]
    rtts = region_rtts(sites, fleet.fabric.wan_detour)[region]
    return min(others, key=lambda other: (not sites[other].storage, rtts[other]), default=-1)


def _read_bytes(data: Dataset, recipe: TrainingRecipe, steps: float, devices: int) -> float:
    """Return what one training reads: its samples, but no part of the dataset twice."""
    samples = steps * recipe.batch_per_device * recipe.hosts * devices
    return float(min(data.size, samples * data.bytes_per_sample))


def _data_regions(fleet: Fleet, named: tuple[str, ...]) -> tuple[int, ...]:
    """Return the regions that hold a dataset: those named, else those with storage racks, else all."""
    names = fleet.region_names
    storage = [index for index, site in enumerate(fleet.regions.values()) if site.storage]
    return tuple(names.index(name) for name in named if name in names) or tuple(storage) or tuple(range(len(names)))


def _arrivals(context: StreamContext, where: str, name: str, request: ArrivalRequest) -> Arrivals:
    plan = generator.get(name).call.arrivals
    if plan is None:
        raise InputError([context.resolved.problem(f"{where}.generator", f"'{name}' yields no arrivals")])
    return plan(request)


def _refuse_too_many(context: StreamContext, key: str, request: ArrivalRequest) -> None:
    """Refuse streams of more arrivals than fit into memory, before any is made."""
    rate = request.models / request.every if request.every else request.rate or 0.0
    if rate and not rate * (request.horizon + request.history) <= _MOST_ARRIVALS:
        message = (
            f"gives {rate * (request.horizon + request.history):.4g} trainings over {request.horizon:.4g} s and the "
            f"{request.history:.4g} s before that matter; at most {_MOST_ARRIVALS:,} fit, so let them come less often"
        )
        raise InputError([context.resolved.problem(key, message)])


def _already_published(
    arrivals: Arrivals, length: float, region: int
) -> list[tuple[int, int, float, float]]:
    """Return the newest version of each model that was finished before the start."""
    past = arrivals.time_s + length <= 0.0
    newest = dict(zip(arrivals.model[past].tolist(), arrivals.time_s[past].tolist(), strict=True))
    return [(model, region, time, time + length) for model, time in sorted(newest.items())]


def _from(arrivals: Arrivals, first: float) -> Arrivals:
    """Leave out what arrived before a time (and was over when the scenario began)."""
    keep: NDArray[np.bool_] = arrivals.time_s > first if first < 0 else arrivals.time_s >= first
    return Arrivals(
        arrivals.time_s[keep], arrivals.model[keep], arrivals.gpus[keep], arrivals.duration_s[keep], arrivals.beyond
    )


def _opportunistic(context: StreamContext, tenant: str) -> bool:
    """Return whether all jobs of a tenant may be stopped for those of others."""
    known = context.resolved.scenario.tenants.get(tenant)
    return known is not None and known.opportunistic


def _refuse_too_large(context: StreamContext, key: str, recipe_name: str, arrivals: Arrivals) -> None:
    """Refuse jobs that no pool can ever hold: they would block the queue for ever."""
    kind = context.resolved.entry("training", recipe_name).server_kind
    largest = max(
        (p.hosts * (p.gpus_per_host or 1) for p in context.fleet.pools if p.role == "training" and p.kind == kind),
        default=0,
    )
    too_large = int((arrivals.gpus > largest).sum())
    if too_large:
        message = f"{too_large} jobs need more than the {largest} slots of the largest {kind} training pool"
        raise InputError([context.resolved.problem(key, message)])
