"""From a resolved scenario to what the world acts out: names are looked up here, and plans are made."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from dcsim.collectives import collective
from dcsim.drills import drill
from dcsim.engine.streams import Streams
from dcsim.errors import InputError, Problem
from dcsim.generators import generator
from dcsim.generators.diurnal import utc_offsets
from dcsim.generators.plan import LoadRequest
from dcsim.kernels.fleet_arrays import FleetInputs, look_ahead
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Tenant
from dcsim.training_streams import StreamContext, service_stream, stream_of_jobs
from dcsim.world.constants import fleet_constants, serving_pools
from dcsim.world.demand import demand_of, triggers_of
from dcsim.world.facts import RecipeRow
from dcsim.world.fleet import Fleet, HostPool, build_fleet
from dcsim.world.off_peak import OffPeakPlan
from dcsim.world.off_peak_pools import elastic_pools
from dcsim.world.outages import Outage, availability, merge_outages
from dcsim.world.shared_network import network_plan
from dcsim.world.simulation import WorldPlan
from dcsim.world.steps import RecipeCost, recipe_cost, training_steps
from dcsim.world.synchronisation import Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcsim.resolve import Resolved
    from dcsim.spec.network import Fidelity
    from dcsim.spec.service import LoadSource
    from dcsim.world.outages import Availability

__all__ = ["Assembly", "assemble"]

Floats = NDArray[np.float64]
T = TypeVar("T")


@dataclass(frozen=True)
class Assembly:
    """A world plan and the facts that go into the results beside it.

    Parameters
    ----------
    plan : WorldPlan
        What the world acts out.
    recipes : list of RecipeRow
        Recipes on the pools that run them.
    training_kinds : dict of str to str
        Server kind that trains each service.
    warnings : list of Problem
        Inputs that turned out to have no effect.
    """

    plan: WorldPlan
    recipes: list[RecipeRow]
    training_kinds: dict[str, str]
    warnings: list[Problem]


class _Costs:
    """Costs of recipes on servers, computed once each."""

    def __init__(self, resolved: Resolved, fleet: Fleet) -> None:
        self._resolved = resolved
        self._fleet = fleet
        self._known: dict[tuple[str, str, str, int], RecipeCost] = {}
        self._sized: dict[tuple[str, str, str, int, int], RecipeCost] = {}
        self._steps: dict[str, float] = {}
        self.rows: list[RecipeRow] = []

    def steps(self, name: str) -> float:
        """Return the steps of one training."""
        if name not in self._steps:
            recipe = self._resolved.entry("training", name)
            plan = collective.get(recipe.collective).call
            self._steps[name] = self._told(
                name, lambda: training_steps(recipe, self._fleet.fabric, plan, self._resolved.entry)
            )
        return self._steps[name]

    def cost(self, name: str, pool: HostPool, sharing: int) -> RecipeCost:
        """Return the cost of a recipe on a pool, ``sharing`` hosts of each NIC training at once."""
        key = (name, pool.rack, pool.nic, sharing)
        if key not in self._known:
            scenario = self._resolved.scenario
            fidelities = dict.fromkeys((scenario.network, *scenario.compare_networks))
            found = {each: self._cost(name, pool, sharing, each) for each in fidelities}
            hosts, steps = self._resolved.entry("training", name).hosts, self.steps(name)
            self.rows += [
                RecipeRow(name, pool.server, pool.rack, hosts, sharing, each, cost, steps)
                for each, cost in found.items()
            ]
            self._known[key] = found[scenario.network]
        return self._known[key]

    def sized(self, name: str, pool: HostPool, sharing: int, hosts: int) -> RecipeCost:
        """Return the cost of a recipe with another number of hosts."""
        key = (name, pool.rack, pool.nic, sharing, hosts)
        if key not in self._sized:
            self._sized[key] = self._cost(name, pool, sharing, self._resolved.scenario.network, hosts)
        return self._sized[key]

    def _cost(self, name: str, pool: HostPool, sharing: int, fidelity: Fidelity, hosts: int = 0) -> RecipeCost:
        """Return the cost at one fidelity of the network, with as many hosts as the recipe says where 0."""
        entry, fleet = self._resolved.entry, self._fleet
        recipe, server, rack = entry("training", name), entry("servers", pool.server), fleet.rack_types[pool.rack]
        if hosts:
            recipe = recipe.model_copy(update={"hosts": hosts})
        sled, nic, switch = fleet.sleds[pool.sled], fleet.nics[pool.nic], entry("switches", rack.switch)
        named = fleet.fabric.transport
        transport = entry("transports", named) if named is not None else None
        place = Place(sled, nic, sharing, fleet.fabric, rack, switch, transport)
        plan = collective.get(recipe.collective).call
        return self._told(name, lambda: recipe_cost(recipe, server, place, fidelity, plan, entry))

    def _told(self, name: str, compute: Callable[[], T]) -> T:
        try:
            return compute()
        except ValueError as error:
            raise InputError([self._resolved.problem(f"catalog.training.{name}", str(error))]) from error


def assemble(resolved: Resolved) -> Assembly:
    """Return everything that one run needs.

    Parameters
    ----------
    resolved : Resolved
        The scenario with all defaults written out.

    Raises
    ------
    InputError
        For files that cannot be replayed and recipes that cannot run on their servers.
    """
    scenario = resolved.scenario
    fleet = build_fleet(scenario.fleet, resolved.entry)
    costs, warnings = _Costs(resolved, fleet), list[Problem]()
    harvest = scenario.harvest
    harvested: dict[str, str] = {str(kind): name for kind, name in harvest.recipes.items()} if harvest else {}
    constants = fleet_constants(
        fleet,
        scenario.services,
        scenario.resolution,
        harvest,
        {kind: resolved.entry("training", name) for kind, name in harvested.items()},
        lambda pool, sharing: (costs.cost(harvested[pool.kind], pool, sharing), costs.steps(harvested[pool.kind])),
    )
    outages = _outages(resolved, fleet)
    needed = round(scenario.duration / scenario.resolution) + look_ahead(constants)
    shares = availability(outages, len(fleet.regions), needed, scenario.resolution, scenario.fleet.failover_time)
    context = StreamContext(resolved, fleet, costs.cost, costs.steps, Streams(scenario.seed), warnings)
    trained = {name: service for name, service in scenario.services.items() if service.training is not None}
    made = [service_stream(context, name, service) for name, service in trained.items()]
    made += [stream_of_jobs(context, index, spec) for index, spec in enumerate(scenario.training)]
    plugin = scheduler.get(scenario.scheduler)
    plan = WorldPlan(
        fleet=fleet,
        horizon=scenario.duration,
        resolution=scenario.resolution,
        services=list(scenario.services),
        user_services=[name for name, service in scenario.services.items() if service.user_models is not None],
        constants=constants,
        inputs=_inputs(resolved, fleet, shares, needed),
        recipes=[harvested.get(pool.kind, "") for pool in serving_pools(fleet)],
        backlog=inf if harvest is None or harvest.backlog is None else float(harvest.backlog),
        streams=[each.stream for each in made],
        initial=[(code, *version) for code, each in enumerate(made) for version in each.initial],
        outages=outages,
        availability=shares,
        scheduler=plugin.call,
        queue_order=plugin.facts.get("order"),
        tenants={name: Tenant(of.quota, of.weight) for name, of in scenario.tenants.items()},
        network=network_plan(fleet, scenario.services, [each.stream for each in made])
        if scenario.network != "closed_form"
        else None,
        off_peak=_off_peak(resolved, fleet, costs, context.streams),
    )
    kinds = {name: each.stream.kind for name, each in zip(trained, made, strict=False)}
    return Assembly(plan, costs.rows, kinds, warnings)


def _off_peak(resolved: Resolved, fleet: Fleet, costs: _Costs, streams: Streams) -> OffPeakPlan | None:
    """Return the study of elastic groups, where one is asked for."""
    scenario, harvest = resolved.scenario, resolved.scenario.harvest
    if harvest is None or harvest.elastic is None:
        return None
    names = {str(kind): name for kind, name in harvest.recipes.items()}
    middle = (np.arange(round(scenario.duration / scenario.resolution)) + 0.5) * scenario.resolution
    hours = [
        ((scenario.start.timestamp() + middle + utc_offsets(scenario.start, site.time_zone, middle)) / 3600.0) % 24.0
        for site in fleet.regions.values()
    ]
    return OffPeakPlan(
        spec=harvest.elastic,
        pools=elastic_pools(
            serving_pools(fleet),
            harvest,
            {kind: resolved.entry("training", name) for kind, name in names.items()},
            lambda pool, sharing, hosts: costs.sized(names[pool.kind], pool, sharing, hosts),
        ),
        notice=harvest.notice,
        reserve=harvest.reserve,
        local_hour=np.stack(hours, axis=1),
        draw=streams.__getitem__,
    )


def _inputs(resolved: Resolved, fleet: Fleet, shares: Availability, needed: int) -> FleetInputs:
    """Return what the users offer in each load step, and what is open to them."""
    scenario = resolved.scenario
    steps = round(scenario.duration / scenario.resolution)
    loads = {name: _loads(resolved, name, fleet, steps, needed - steps) for name in scenario.services}
    return FleetInputs(
        demand=demand_of(fleet, scenario.services, loads, scenario.fleet.capacity_unit, needed),
        unserved=shares.unserved,
        open=shares.open,
        up=shares.up,
        trigger=triggers_of(fleet, scenario.services, loads, needed),
    )


def _outages(resolved: Resolved, fleet: Fleet) -> tuple[Outage, ...]:
    """Return what the drills amount to."""
    scenario = resolved.scenario
    faults = [fault for spec in scenario.drills for fault in drill.get(spec.kind).call(spec, scenario.fleet)]
    return merge_outages(faults, fleet.region_names)


def _loads(resolved: Resolved, name: str, fleet: Fleet, steps: int, ahead: int) -> Floats:
    """Return the load of a service as shares of each region's daily peak, shape (steps + ahead, R)."""
    scenario = resolved.scenario
    source: LoadSource = scenario.services[name].serving.load
    plan = generator.get(source.generator).call.load
    where = f"services.{name}.serving.load"
    if plan is None:
        raise InputError([resolved.problem(f"{where}.generator", f"'{source.generator}' yields no load")])
    curves: dict[str, Floats] = {}
    for site in fleet.regions.values():
        if site.time_zone not in curves:
            request = LoadRequest(
                start=scenario.start,
                time_zone=site.time_zone,
                resolution=scenario.resolution,
                steps=steps + ahead,
                ahead=ahead,
                profile=resolved.entry("diurnal", source.profile) if source.profile else None,
                file=resolved.file(f"{where}.file", source.file) if source.file else None,
                time_column=source.time,
                value_column=source.value,
            )
            curves[site.time_zone] = plan(request)
    return np.stack([curves[site.time_zone] for site in fleet.regions.values()], axis=1)
