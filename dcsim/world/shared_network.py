"""The shared links of a run: what the gangs of each stream put on them, and the sessions of those that train."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.world.link_bounds import PoolTraffic
from dcsim.world.link_meter import LinkMeter
from dcsim.world.serving_traffic import ServingTraffic, traffic_of_kinds
from dcsim.world.sessions import Session, Sessions
from dcsim.world.shared_links import NONE, shared_links
from dcsim.world.traffic import Layout, gang_demand

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import simpy

    from dcsim.spec.service import Service
    from dcsim.trace.recorder import Recorder
    from dcsim.world.demands import Demand
    from dcsim.world.fleet import Fleet, HostPool
    from dcsim.world.shared_links import SharedLinks
    from dcsim.world.stream import TrainingStream
    from dcsim.world.units import Run
    from dcsim.world.workflow import Workflow

__all__ = ["NetworkPlan", "SharedNetwork", "network_plan"]

_REMEMBERED = 1 << 14
"""Demands that are kept for gangs that stand in the same place later."""


@dataclass(frozen=True)
class NetworkPlan:
    """The shared links, and who is on them beside the gangs.

    Parameters
    ----------
    links : SharedLinks
        Links that can bind.
    services : mapping of str to Service
        In the order of the arrays of the serving side.
    """

    links: SharedLinks
    services: Mapping[str, Service]


def network_plan(
    fleet: Fleet, services: Mapping[str, Service], streams: Sequence[TrainingStream]
) -> NetworkPlan | None:
    """Return the links on which gangs can meet; none where no link can bind.

    Parameters
    ----------
    fleet : Fleet
        Regions and pools.
    services : mapping of str to Service
        In the order of the arrays of the serving side.
    streams : sequence of TrainingStream
        Who trains.
    """
    parted = [
        index
        for index in fleet.with_role("training")
        for size in (fleet.pools[index].gpus_per_host or fleet.pools[index].hosts_per_nic,)
        if any(index in stream.traffic and _parts_units(stream, size) for stream in streams)
    ]
    traffic = {
        index: _pool_traffic([stream for stream in streams if index in stream.traffic], index)
        for index in fleet.with_role("training")
        if any(index in stream.traffic for stream in streams)
    }
    links = shared_links(fleet, traffic_of_kinds(services), traffic, parted)
    return NetworkPlan(links, services) if links.names else None


def _parts_units(stream: TrainingStream, slots_per_unit: int) -> bool:
    """Return whether a gang of a stream may hold a part of a unit."""
    sizes = stream.arrivals.gpus
    return bool(stream.slots % slots_per_unit or (sizes % slots_per_unit).any())


def _pool_traffic(streams: Sequence[TrainingStream], index: int) -> PoolTraffic:
    """Return the most that the gangs of some streams do in a pool."""
    exchanges, reads, saves, copies, sizes = False, [0.0], [0.0], [0.0], []
    for stream in streams:
        traffic, replayed = stream.traffic[index], stream.arrivals.gpus[stream.arrivals.gpus > 0]
        exchanges |= traffic.ranks > 1 or len(replayed) > 0
        # A replayed size exchanges among other ranks than the recipe's; no step is shorter than its compute.
        reads.append(traffic.read_bytes / (traffic.step.compute_s if len(replayed) else traffic.step.step_s))
        saves.append(traffic.checkpoint_bytes / (traffic.checkpoint_every_s + traffic.checkpoint_s))
        copies.append(saves[-1] if traffic.away >= 0 else 0.0)
        sizes.append(int(min(stream.slots, replayed.min(initial=stream.slots))))
    return PoolTraffic(exchanges, max(reads), max(saves), max(copies), min(sizes))


def _sizes(pool: HostPool) -> tuple[int, int, int]:
    """Return hosts of a rack, hosts of a unit and ranks of a unit."""
    per_unit = 1 if pool.gpus_per_host else pool.hosts_per_nic
    return pool.hosts // pool.racks, per_unit, per_unit


def _borders(
    links: SharedLinks, pool: HostPool, size: tuple[int, int, int], first_rack: int
) -> tuple[list[int], list[int]]:
    """Return the pods of a pool, and for each the first unit behind it."""
    hosts_per_rack, hosts_per_unit, _ = size
    pods = links.pod_of_rack[first_rack : first_rack + pool.racks]
    lasts = [rack for rack in range(pool.racks) if rack + 1 == pool.racks or pods[rack + 1] != pods[rack]]
    return [pods[rack] for rack in lasts], [-(-(rack + 1) * hosts_per_rack // hosts_per_unit) for rack in lasts]


class SharedNetwork:
    """The network as the gangs of a run meet it.

    Parameters
    ----------
    env : simpy.Environment
        The clock.
    fleet : Fleet
        Regions and pools.
    plan : NetworkPlan
        Links, and the services on them.
    resolution, horizon : float
        Length of a load step, and end of the run (s).
    recorder : Recorder
        Takes the tables ``links`` and ``contention``.
    """

    def __init__(
        self,
        env: simpy.Environment,
        fleet: Fleet,
        plan: NetworkPlan,
        resolution: float,
        horizon: float,
        recorder: Recorder,
    ) -> None:
        meter = LinkMeter(plan.links, resolution, horizon, recorder)
        self._env = env
        self._meter = meter
        self._links = plan.links
        self._sessions = Sessions(env, plan.links, meter, recorder)
        self._demands: dict[tuple[object, ...], Demand] = {}
        self._sizes = {index: _sizes(pool) for index, pool in enumerate(fleet.pools)}
        every = any(pair[0] != NONE for pair in plan.links.wan)  # checkpoints may be copied to any region
        self._regions = set(range(len(fleet.regions))) if every else set(plan.links.region.tolist())
        # Where neither racks nor shared NICs can bind, only the pods of a gang matter.
        self._borders = {
            index: _borders(plan.links, pool, self._sizes[index], plan.links.first_rack[index])
            for index, pool in enumerate(fleet.pools)
            if plan.links.racks[plan.links.first_rack[index]][0] == NONE and index not in plan.links.nics
        }
        self.serving = ServingTraffic(plan.links, fleet, plan.services, self._sessions, meter)

    def demand(self, gang: Workflow, compute_s: float, wall_s: float) -> Demand | None:
        """Return what a gang that holds its slots puts on shared links; none if nothing of it can ever be there.

        Parameters
        ----------
        gang : Workflow
            Holds its slots.
        compute_s, wall_s : float
            What is left to compute, alone, without and with checkpoints (s).
        """
        if gang.held is None or gang.held.region not in self._regions:
            return None
        found = self._demand(gang, saves=wall_s > compute_s)
        return found if len(found.links) else None

    def join(self, gang: Workflow, demand: Demand, wall_s: float) -> Session:
        """Let a gang begin to train; its session is over when it has trained for so long, undisturbed (s)."""
        return self._sessions.join(gang.order, gang.stream.name, demand, wall_s)

    def leave(self, session: Session) -> float:
        """Let a gang stop and return for how long it trained on its own clock (s)."""
        return self._sessions.leave(session)

    def close(self) -> None:
        """Record what has not been recorded yet."""
        self._meter.close(self._env.now)

    def _demand(self, gang: Workflow, *, saves: bool) -> Demand:
        pool = gang.held
        if pool is None:
            raise ValueError("the gang holds no slots")
        size, index = self._sizes[pool.index], pool.index
        part = pool.unit_of_part(gang)
        runs = self._by_pod(index, gang.runs) if index in self._borders and part < 0 else gang.runs
        key = (gang.code, index, gang.slots, runs, part, saves)
        found = self._demands.get(key)
        if found is None:
            layout = Layout(index, pool.region, *size, gang.slots, gang.runs, part, min(gang.part_slots, size[2]))
            if len(self._demands) >= _REMEMBERED:
                self._demands.clear()
            found = gang_demand(self._links, gang.stream.traffic[index], layout, saves=saves)
            self._demands[key] = found
        return found

    def _by_pod(self, pool: int, runs: tuple[Run, ...]) -> tuple[tuple[int, int], ...]:
        """Return the pods in which whole units of a gang stand, and how many in each."""
        pods, behind = self._borders[pool]
        found: dict[int, int] = {}
        for first, last in runs:
            place, at = bisect_right(behind, first), first
            while at < last:
                end = min(last, behind[place])
                found[pods[place]] = found.get(pods[place], 0) + end - at
                at, place = end, place + 1
        return tuple(found.items())
