"""The shared links of a run: what the gangs of each stream put on them, and the sessions of those that train."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.world.link_meter import LinkMeter
from dcsim.world.serving_traffic import ServingTraffic, traffic_of_kinds
from dcsim.world.sessions import Session, Sessions
from dcsim.world.shared_links import NONE, shared_links
from dcsim.world.traffic import Layout, gang_demand

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import simpy
    from numpy.typing import NDArray

    from dcsim.spec.service import Service
    from dcsim.trace.recorder import Recorder
    from dcsim.world.demands import Demand
    from dcsim.world.fleet import Fleet
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
    kinds = traffic_of_kinds(services)
    links = shared_links(fleet, kinds, parted, _most_on_wan(fleet, kinds, streams))
    return NetworkPlan(links, services) if links.names else None


def _parts_units(stream: TrainingStream, slots_per_unit: int) -> bool:
    """Return whether a gang of a stream may hold a part of a unit."""
    sizes = stream.arrivals.gpus
    return bool(stream.slots % slots_per_unit or (sizes % slots_per_unit).any())


def _most_on_wan(
    fleet: Fleet, kinds: Mapping[str, float], streams: Sequence[TrainingStream]
) -> NDArray[np.float64]:
    """Return what could leave or reach each region at most (bytes/s): copied checkpoints, and work served elsewhere."""
    out = np.zeros(len(fleet.regions))
    for index in fleet.with_role("training"):
        pool = fleet.pools[index]
        slots = pool.hosts * (pool.gpus_per_host or 1)
        each = [
            traffic.checkpoint_bytes / (traffic.checkpoint_every_s + traffic.checkpoint_s) / stream.slots
            for stream in streams
            if (traffic := stream.traffic.get(index)) is not None and traffic.away >= 0
        ]
        out[pool.region] += slots * max(each, default=0.0)
    served = sum(pool.hosts * pool.speed * kinds.get(pool.kind, 0.0) for pool in fleet.pools if pool.role == "serving")
    return np.asarray(np.maximum(out, out.sum() - out) + served)


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
        self._sizes = {
            index: (pool.hosts // pool.racks, *((1, 1) if pool.gpus_per_host else (pool.hosts_per_nic,) * 2))
            for index, pool in enumerate(fleet.pools)
        }
        # Pools in which only the pods of a gang matter: neither racks nor shared NICs can bind.
        self._plain = {
            index
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
        pool = gang.pool
        if pool is None:
            raise ValueError("the gang holds no slots")
        size, index = self._sizes[pool.index], pool.index
        part = pool.unit_of_part(gang)
        place: object = gang.runs, part
        if index in self._plain and (pod := self._only_pod(index, gang.runs, part)) >= 0:
            place = pod
        key = (gang.code, index, gang.slots, place, saves)
        found = self._demands.get(key)
        if found is None:
            layout = Layout(index, pool.region, *size, gang.slots, gang.runs, part, min(gang.part_slots, size[2]))
            if len(self._demands) >= _REMEMBERED:
                self._demands.clear()
            found = gang_demand(self._links, gang.stream.traffic[index], layout, saves=saves)
            self._demands[key] = found
        return found

    def _only_pod(self, pool: int, runs: tuple[Run, ...], part: int) -> int:
        """Return the pod in which a gang stands; -1 if it stands in several."""
        hosts_per_rack, hosts_per_unit, _ = self._sizes[pool]
        first_rack, pods = self._links.first_rack[pool], self._links.pod_of_rack
        ends = [unit for first, behind in runs for unit in (first, behind - 1)] + ([part] if part >= 0 else [])
        found = {pods[first_rack + unit * hosts_per_unit // hosts_per_rack] for unit in ends}
        return found.pop() if len(found) == 1 else -1
