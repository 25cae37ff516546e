"""Facts of a run: what was simulated, as small tables beside the results."""

from __future__ import annotations

from math import nan
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dcsim.spec.drill import DrillSpec
    from dcsim.spec.network import Fidelity
    from dcsim.spec.service import Service
    from dcsim.trace.recorder import Recorder
    from dcsim.world.fleet import Fleet
    from dcsim.world.steps import RecipeCost

__all__ = ["RecipeRow", "record_facts"]


class RecipeRow(NamedTuple):
    """A recipe on one server type, at one fidelity of the network.

    Parameters
    ----------
    recipe, server, rack : str
        Catalogue entries.
    hosts, hosts_per_nic : int
        Hosts of the gang; those of one NIC that synchronise at once.
    network : Fidelity
        How closely the network was looked at.
    cost : RecipeCost
        Of a step and of a checkpoint.
    steps : float
        Of one training.
    """

    recipe: str
    server: str
    rack: str
    hosts: int
    hosts_per_nic: int
    network: Fidelity
    cost: RecipeCost
    steps: float



def record_facts(
    recorder: Recorder,
    fleet: Fleet,
    services: Mapping[str, Service],
    training_kinds: Mapping[str, str],
    recipes: Sequence[RecipeRow],
    drills: Sequence[DrillSpec],
) -> None:
    """Record regions, pools, services, recipes and drills.

    Parameters
    ----------
    recorder : Recorder
        Takes the rows.
    fleet : Fleet
        Regions and pools.
    services : mapping of str to Service
        By name.
    training_kinds : mapping of str to str
        Server kind that trains each service, where one does.
    recipes : sequence of RecipeRow
        Recipes on the pools that may run them.
    drills : sequence of DrillSpec
        As written.
    """
    for name, site in fleet.regions.items():
        carbon = nan if site.carbon_intensity is None else site.carbon_intensity
        recorder.span("regions", name, site.time_zone, site.pue, site.electricity_price, carbon)
    for pool in fleet.pools:
        recorder.span(
            "fleet", fleet.region_names[pool.region], pool.server, pool.role, pool.kind, pool.racks, pool.hosts,
            pool.hosts_per_nic, pool.gpus_per_host, pool.idle_power, pool.peak_power, pool.price, pool.lifetime,
        )  # fmt: skip
    for name, service in services.items():
        every = service.training.every if service.training else None
        loss = service.staleness.quality_loss
        recorder.span(
            "services", name, service.serving.kind, training_kinds.get(name, "none"), every.models if every else 0,
            every.period if every else nan, service.staleness.target, loss.kind, loss.per, loss.loss,
        )  # fmt: skip
    for row in recipes:
        cost = row.cost
        recorder.span(
            "recipes", row.recipe, row.server, row.rack, row.hosts, row.hosts_per_nic, row.network, cost.step_s,
            cost.compute_s, cost.straggler_s, cost.exposed_s, cost.loss_ratio, cost.timeouts, row.steps,
            cost.checkpoint_bytes, cost.checkpoint_s,
        )  # fmt: skip
    for drill in drills:
        recorder.span(
            "drills", drill.kind, drill.region, max(0.0, drill.at - drill.notice), drill.at, drill.at + drill.lasts
        )
