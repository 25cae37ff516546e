"""The cluster of a replay: slots that are counted, nodes of a list, or the training racks of a scenario."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dcsim.collectives import collective
from dcsim.engine.streams import Streams
from dcsim.errors import InputError, Problem
from dcsim.jobs.inventory import Inventory, read_nodes
from dcsim.jobs.rows import MOST_SLOTS
from dcsim.resolve import resolve
from dcsim.spec.catalog import Catalog
from dcsim.world.fleet import build_fleet
from dcsim.world.job_fleet import fleet_pools
from dcsim.world.job_nodes import PlacedPool
from dcsim.world.job_slots import CountedSlots
from dcsim.world.nodes import NodePool

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dcsim.compute.like import ModelLike
    from dcsim.placements.plan import Nodes, Place, Request
    from dcsim.resolve import Resolved
    from dcsim.world.fleet import Fleet

__all__ = ["CountedGround", "Ground", "NodeGround", "ScenarioGround", "read_ground"]


@dataclass(frozen=True)
class CountedGround:
    """Slots that are only counted."""

    slots: int

    @property
    def nodes(self) -> int:
        """Return the number of nodes; 0 where there are none."""
        return 0

    def pools(self, _place: Place | None, _seed: int, _draw: int) -> list[CountedSlots]:
        """Return the pools, all free."""
        return [CountedSlots(self.slots)]


@dataclass(frozen=True, eq=False)
class NodeGround:
    """Nodes of a list; jobs go where a placement says."""

    inventory: Inventory

    usual = "consolidate"

    @property
    def slots(self) -> int:
        """Return the slots of all nodes together."""
        return self.inventory.slots

    @property
    def nodes(self) -> int:
        """Return the number of nodes."""
        return len(self.inventory)

    def pools(self, place: Place | None, seed: int, draw: int) -> list[PlacedPool]:
        """Return the pools, all free."""
        place = place or _nowhere
        return [PlacedPool(NodePool(self.inventory, place, Streams(seed)[f"jobs/placement/{draw}"]))]


@dataclass(frozen=True, eq=False)
class ScenarioGround:
    """The training racks of a scenario: one pool for each kind of rack in each region.

    Parameters
    ----------
    resolved : Resolved
        The scenario.
    fleet : Fleet
        Its fleet.
    catalog : Catalog
        Where models are looked up.
    slots, nodes : int
        GPUs (hosts where none has any), and hosts.
    strangers : set of str
        Models of the trace that the catalogue does not have, as far as they have been asked for.
    """

    resolved: Resolved
    fleet: Fleet
    catalog: Catalog
    slots: int = 0
    nodes: int = 0
    strangers: set[str] = field(default_factory=set)

    usual = "same_rack"

    def pools(self, place: Place | None, seed: int, draw: int) -> list[PlacedPool]:
        """Return the pools, all free."""
        streams, entry = Streams(seed), self.resolved.entry
        place = place or _nowhere
        ring = collective.get("ring").call
        pools = fleet_pools(
            self.fleet, place, entry, self._model, ring, random=lambda name: streams[f"jobs/{name}/{draw}"]
        )
        return [*pools]

    def _model(self, name: str) -> ModelLike | None:
        if self.catalog.path("models", name) is None:
            self.strangers.add(name)
            return None
        model: ModelLike = self.catalog.load("models", name)  # type: ignore[assignment]  # an entry of that kind
        return model


Ground = CountedGround | NodeGround | ScenarioGround


def read_ground(
    slots: int | None,
    nodes: str | Path | Inventory | None,
    scenario: str | Path | None,
    catalog: Sequence[str | Path],
    problems: list[Problem],
) -> Ground | None:
    """Return the cluster that one of the three describes; where it is not just one, ``problems`` says so."""
    given = [name for name, value in (("slots", slots), ("nodes", nodes), ("scenario", scenario)) if value is not None]
    if not given:
        message = "is needed, as --slots 256; or name nodes, as --nodes 32x8"
        problems.append(Problem.of_option("slots", message))
        return None
    if len(given) > 1:
        message = f"goes instead of --{given[0]}, not beside it; leave one of them"
        problems += [Problem.of_option(name, message) for name in given[1:]]
        return None
    try:
        if scenario is not None:
            return _scenario(scenario, catalog)
        if nodes is not None:
            return NodeGround(nodes if isinstance(nodes, Inventory) else read_nodes(nodes))
    except InputError as error:
        problems += error.problems
        return None
    count = slots or 0
    if not 1 <= count <= MOST_SLOTS:
        problems.append(Problem.of_option("slots", f"needs 1 to {MOST_SLOTS:,} slots, not {count:,}"))
    return CountedGround(count)


def _scenario(name: str | Path, folders: Sequence[str | Path]) -> ScenarioGround:
    catalog = Catalog([str(folder) for folder in folders])
    resolved = resolve(name, catalog=catalog)
    fleet = build_fleet(resolved.scenario.fleet, resolved.entry)
    ground = ScenarioGround(resolved, fleet, catalog)
    try:
        pools = ground.pools(None, 0, 0)
    except ValueError as error:
        raise InputError([Problem(str(name), 0, 0, "fleet", str(error))]) from None
    slots, nodes = sum(pool.slots for pool in pools), sum(len(pool.nodes.nodes.size) for pool in pools)
    return ScenarioGround(resolved, fleet, catalog, slots, nodes)


def _nowhere(_request: Request, _nodes: Nodes) -> None:
    """Have no place for any job."""
