"""The serving side of a fleet in the form that the kernel advances."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.fleet_arrays import FleetConstants, Lending, Pools, Regions, Services, UserModels
from dcsim.world.fleet import Fleet, HostPool
from dcsim.world.graph import region_rtts

if TYPE_CHECKING:
    from dcsim.spec.harvest import Harvest
    from dcsim.spec.service import Service
    from dcsim.spec.training import TrainingRecipe
    from dcsim.world.steps import RecipeCost

__all__ = ["fleet_constants", "serving_pools"]

LendingCost = Callable[[HostPool, int], "tuple[RecipeCost, float]"]
"""``(pool, hosts of a NIC that train) -> (cost, steps of a job)``."""


def serving_pools(fleet: Fleet) -> list[HostPool]:
    """Return the pools that serve, in the order of the kernel's arrays."""
    return [fleet.pools[index] for index in fleet.with_role("serving")]


def fleet_constants(
    fleet: Fleet,
    services: Mapping[str, Service],
    resolution: float,
    harvest: Harvest | None,
    recipes: Mapping[str, TrainingRecipe],
    cost: LendingCost,
) -> FleetConstants:
    """Return what stays the same while the fleet is advanced.

    Parameters
    ----------
    fleet : Fleet
        Regions and pools.
    services : mapping of str to Service
        In the order of the results.
    resolution : float
        Length of a load step (s).
    harvest : Harvest, optional
        What is lent, if anything.
    recipes : mapping of str to TrainingRecipe
        Recipes of the harvest by server kind.
    cost : callable
        Cost of the pool's recipe at a NIC sharing.
    """
    pools = serving_pools(fleet)
    kinds = _kinds(pools, services)
    rtts = region_rtts(list(fleet.regions.values()), fleet.fabric.wan_detour)
    order = np.argsort(rtts + np.where(np.eye(len(rtts)) > 0, -1.0, 0.0), axis=1, kind="stable")
    fluid = [service.user_models for service in services.values() if service.user_models is not None]
    serving = [service.serving for service in services.values()]
    return FleetConstants(
        dt=resolution,
        kinds=len(kinds),
        regions=Regions(rtts, np.ascontiguousarray(order.astype(np.int64))),
        services=Services(
            kind=_ints(kinds[spec.kind] for spec in serving),
            target=_floats(spec.utilisation_target for spec in serving),
            limit=_floats(spec.utilisation_limit for spec in serving),
            service_time=_floats(spec.service_time for spec in serving),
            budget=_floats(spec.latency_budget for spec in serving),
        ),
        pools=Pools(
            region=_ints(pool.region for pool in pools),
            kind=_ints(kinds[pool.kind] for pool in pools),
            hosts=_floats(pool.hosts for pool in pools),
            speed=_floats(pool.speed for pool in pools),
            cores=_floats(pool.cores_per_host for pool in pools),
            idle_power=_floats(pool.idle_power for pool in pools),
            peak_power=_floats(pool.peak_power for pool in pools),
            exponent=_floats(pool.power_exponent for pool in pools),
        ),
        lending=_lending(pools, harvest, recipes, cost),
        user_models=UserModels(
            _ints(kinds[spec.server_kind] for spec in fluid), _floats(spec.work for spec in fluid)
        ),
    )


def _kinds(pools: list[HostPool], services: Mapping[str, Service]) -> dict[str, int]:
    """Return a number for each server kind, in order of appearance."""
    names = [pool.kind for pool in pools]
    for service in services.values():
        names.append(service.serving.kind)
        if service.user_models is not None:
            names.append(service.user_models.server_kind)
    return {name: index for index, name in enumerate(dict.fromkeys(names))}


def _lending(
    pools: list[HostPool],
    harvest: Harvest | None,
    recipes: Mapping[str, TrainingRecipe],
    cost: LendingCost,
) -> Lending:
    widest = max((pool.hosts_per_nic for pool in pools), default=1)
    step_time = np.ones((len(pools), widest))
    checkpoint_time = np.zeros((len(pools), widest))
    steps, nbytes = np.ones(len(pools)), np.zeros(len(pools))
    chosen = [recipes.get(pool.kind) if harvest else None for pool in pools]
    for index, (pool, recipe) in enumerate(zip(pools, chosen, strict=True)):
        if recipe is None:
            continue
        for sharing in range(1, pool.hosts_per_nic + 1):
            each, steps[index] = cost(pool, sharing)
            step_time[index, sharing - 1] = each.step_s
            checkpoint_time[index, sharing - 1] = each.checkpoint_s
            nbytes[index] = each.checkpoint_bytes
    return Lending(
        group=_ints(recipe.hosts if recipe else 0 for recipe in chosen),
        notice=np.full(len(pools), harvest.notice if harvest else 0.0),
        reserve=np.full(len(pools), harvest.reserve if harvest else 0.0),
        job_steps=steps,
        checkpoint_every=_floats(recipe.checkpoint_every if recipe else 1.0 for recipe in chosen),
        checkpoint_bytes=nbytes,
        restart=_floats(recipe.restart_time if recipe else 0.0 for recipe in chosen),
        saves_on_notice=np.array([bool(recipe and recipe.on_notice == "checkpoint") for recipe in chosen], np.bool_),
        hosts_per_nic=_ints(pool.hosts_per_nic for pool in pools),
        spread=np.full(len(pools), bool(harvest and harvest.placement == "spread"), np.bool_),
        step_time=step_time,
        checkpoint_time=checkpoint_time,
    )


def _floats(values: Iterable[float]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(list(values), np.float64)


def _ints(values: Iterable[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(list(values), np.int64)
