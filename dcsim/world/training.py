"""Training as a whole: arrivals become workflows, workflows share the cluster, and everything is recorded."""

from __future__ import annotations

from math import inf, isnan, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.world.cluster import PREEMPTED
from dcsim.world.pool import TrainingPool
from dcsim.world.units import Units
from dcsim.world.workflow import DATA_LOST, DRAINED, REGION_LOST, SUPERSEDED, Workflow

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    import simpy

    from dcsim.trace.recorder import Recorder
    from dcsim.world.fleet import Fleet
    from dcsim.world.freshness import Freshness
    from dcsim.world.levels import Levels
    from dcsim.world.shared_network import SharedNetwork
    from dcsim.world.stream import TrainingStream
    from dcsim.world.training_cluster import TrainingCluster

__all__ = ["ENDS", "OUTCOMES", "Training", "training_pools"]

OUTCOMES = ("done", SUPERSEDED, "queued", "running")
"""What may have become of a workflow, in the order of the table's codes."""
_CHUNK = 1 << 14
ENDS = ("done", "horizon", REGION_LOST, DATA_LOST, DRAINED, PREEMPTED)
"""Why a gang may have ended, in the order of the table's codes."""
_OUTCOME = {name: code for code, name in enumerate(OUTCOMES)}
_END = {name: code for code, name in enumerate(ENDS)}


def training_pools(fleet: Fleet, *, numbered: bool = False) -> list[TrainingPool]:
    """Return the training pools of a fleet: a unit is a GPU server, or the hosts that share a NIC.

    Parameters
    ----------
    fleet : Fleet
        Regions and pools.
    numbered : bool
        Whether each gang is told which units it holds.
    """
    pools = []
    for index in fleet.with_role("training"):
        pool = fleet.pools[index]
        slots = pool.gpus_per_host or pool.hosts_per_nic
        units = pool.hosts if pool.gpus_per_host else pool.hosts // pool.hosts_per_nic
        numbers = Units(units) if numbered else None
        pools.append(TrainingPool(index, pool.region, pool.kind, units, slots, numbers))
    return pools


class Training:
    """All workflows of a run.

    Parameters
    ----------
    env : simpy.Environment
        The clock.
    fleet : Fleet
        Regions and pools.
    cluster : TrainingCluster
        Training pools and their queues.
    streams : sequence of TrainingStream
        What arrives.
    recorder : Recorder
        Takes jobs and segments.
    freshness : Freshness
        Told of every finished training.
    levels : Levels
        Told of every gang that begins or ends to wait or to run.
    vocabulary : mapping of str to sequence of str
        Names behind the codes of ``service``, ``server`` and ``region``; the last region and server are ``none``.
    network : SharedNetwork, optional
        Where gangs slow one another; without it, each is as fast as alone.
    """

    def __init__(
        self,
        env: simpy.Environment,
        fleet: Fleet,
        cluster: TrainingCluster,
        streams: Sequence[TrainingStream],
        recorder: Recorder,
        freshness: Freshness,
        levels: Levels,
        vocabulary: Mapping[str, Sequence[str]],
        network: SharedNetwork | None = None,
    ) -> None:
        regions = range(len(fleet.regions))
        self.env = env
        self.cluster = cluster
        self.network = network
        self.region_back = env.event()
        self.starting_at = [(first, *(other for other in regions if other != first)) for first in regions]
        self.counts = dict.fromkeys(("in", *OUTCOMES), 0)
        self._streams = streams
        self._recorder = recorder
        self._freshness = freshness
        self._levels = levels
        self._up = [True] * len(fleet.regions)
        self._down_at = inf
        self._alive: dict[Workflow, None] = {}
        services = {name: code for code, name in enumerate(vocabulary["service"])}
        self._service = [services[stream.name] for stream in streams]
        servers = {name: code for code, name in enumerate(vocabulary["server"])}
        self._places = {
            index: (pool.region, servers[pool.server], pool.gpus_per_host) for index, pool in enumerate(fleet.pools)
        }
        self._busy = {index: levels.spans("busy", index) for index in self._places}
        self._places[-1] = (len(fleet.regions), servers["none"], 0)
        self._gpus_per_host = {pool.kind: pool.gpus_per_host for pool in reversed(fleet.pools)}

    def arrivals(self) -> Generator[simpy.Event, Any, None]:
        """Start every workflow at its time; those in flight when the scenario begins start at once."""
        env = self.env
        streams, alive = self._streams, self._alive
        newest: list[dict[int, Workflow]] = [{} for _ in streams]
        for number, (code, time, model, slots, duration) in enumerate(_in_order(streams)):
            now = env.now
            if time > now:
                yield env.timeout(time - now)
                now = time
            workflow = Workflow(self, streams[code], code, number, time, model, slots, duration)
            if workflow.stream.publishes:
                older = newest[code].get(model)
                if older is not None and isnan(older.started) and older.came < now and older in alive:
                    older.interrupt(SUPERSEDED)
                newest[code][model] = workflow
            alive[workflow] = None
            workflow.process = env.process(workflow.run())

    def finish(self, workflow: Workflow, outcome: str) -> None:
        """Record a workflow that has ended, and publish its model."""
        del self._alive[workflow]
        workflow.process = None  # no circle: objects die at once, without the collector
        now = self.env.now
        self._job(workflow, now, outcome)
        if outcome == "done" and workflow.stream.publishes:
            self._freshness.publish(workflow.code, workflow.model, workflow.home, workflow.arrived, now)

    def close(self) -> None:
        """Record what is still queued or running at the end of the run."""
        for workflow in self._alive:
            waiting = workflow.held is None and isnan(workflow.trained) and not isnan(workflow.queued)
            if workflow.held is not None:
                workflow.cut()
            elif workflow.grant is not None:
                self.waited(workflow)
            self._job(workflow, nan, "queued" if waiting else "running")

    def first_up(self, regions: tuple[int, ...]) -> int:
        """Return the first of some regions that is up; -1 if none is."""
        for region in regions:
            if self._up[region]:
                return region
        return -1

    def stage_s(self, stream: TrainingStream, region: int) -> float:
        """Return the time to bring a stream's data to a region from the nearest region that has it."""
        return min(stream.stage_s[source][region] for source in stream.data_regions if self._up[source])

    def notice_left(self) -> float:
        """Return the time until the region that is draining goes down."""
        return self._down_at - self.env.now

    def drain(self, region: int, down_at: float) -> None:
        """Ask every gang of a region to leave before it goes down."""
        self._down_at = down_at
        for gang in self.cluster.close_region(region):
            if isinstance(gang, Workflow):
                gang.interrupt(DRAINED)

    def lose(self, region: int) -> None:
        """Lose a region: gangs, work at hand and data in it."""
        self._up[region] = False
        hit = set(map(id, self.cluster.close_region(region)))
        for workflow in self._alive:
            if id(workflow) in hit or (workflow.holding and workflow.home == region):
                workflow.interrupt(REGION_LOST)
            elif workflow.in_cluster and self.first_up(workflow.stream.data_regions) < 0:
                workflow.interrupt(DATA_LOST)

    def restore(self, region: int) -> None:
        """Bring a region back: what waited for it goes on."""
        self._up[region] = True
        self.cluster.open_region(region)
        back, self.region_back = self.region_back, self.env.event()
        back.succeed()

    def waited(self, workflow: Workflow) -> None:
        """Take note of a gang that leaves its queue."""
        if self.env.now > workflow.asked:
            self._levels.span("waiting", workflow.kind, workflow.asked, self.env.now)

    def segment(self, workflow: Workflow, useful: float, lost: float, end: str) -> None:
        """Record an uninterrupted run of a gang that ends now; what it forgot at its start counts as lost."""
        begin, now = workflow.begun, self.env.now
        useful, lost = useful - workflow.forgotten, lost + workflow.forgotten
        workflow.served += workflow.slots * (now - begin)
        region, server, per_host = self._places[workflow.place]
        hosts = workflow.slots / (per_host or 1)
        self._busy[workflow.place].append((begin, now, hosts))
        # A replayed duration does not say how much of it was communication.
        waiting = workflow.stream.communication[workflow.place] if isnan(workflow.duration) else 0.0
        self._recorder.span(
            "segments", workflow.order, self._service[workflow.code], region, server, hosts, begin, now,
            useful, useful * waiting, lost, now - begin - useful - lost - workflow.contended, workflow.contended,
            _END[end],
        )  # fmt: skip

    def _job(self, workflow: Workflow, finished: float, outcome: str) -> None:
        self.counts["in"] += 1
        self.counts[outcome] += 1
        region, server, per_host = self._places[workflow.place]
        if workflow.place < 0:  # no pool has held it yet
            per_host = self._gpus_per_host.get(workflow.kind, 0)
        slots = workflow.slots
        self._recorder.span(
            "jobs", workflow.order, self._service[workflow.code], workflow.model, region, server,
            -(-slots // per_host) if per_host else slots, slots if per_host else 0,
            workflow.arrived, workflow.queued, workflow.started, workflow.trained, finished, _OUTCOME[outcome],
            workflow.interruptions, workflow.lost_s, workflow.checkpoint_s,
        )  # fmt: skip


def _in_order(streams: Sequence[TrainingStream]) -> Iterator[tuple[Any, ...]]:
    """Yield (stream, time, model, slots, duration) in order of arrival; what came before the start comes at zero."""
    if not streams:
        return
    arrivals = [stream.arrivals for stream in streams]
    code = np.repeat(np.arange(len(streams)), [len(each.time_s) for each in arrivals])
    time, model, gpus, duration = (
        np.concatenate([getattr(each, name) for each in arrivals]) for name in ("time_s", "model", "gpus", "duration_s")
    )
    order = np.lexsort((np.arange(len(time)), code, np.maximum(time, 0.0)))
    for first in range(0, len(order), _CHUNK):
        part = order[first : first + _CHUNK]
        yield from zip(*(column[part].tolist() for column in (code, time, model, gpus, duration)), strict=True)
