"""Training as a whole: arrivals become workflows, workflows share the cluster, and everything is recorded."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from math import inf, isnan, nan
from typing import Any

import simpy

from dcsim.trace.recorder import Recorder
from dcsim.world.cluster import Cluster
from dcsim.world.fleet import Fleet
from dcsim.world.freshness import Freshness
from dcsim.world.pool import Gang, TrainingPool
from dcsim.world.levels import Levels
from dcsim.world.stream import TrainingStream
from dcsim.world.workflow import DATA_LOST, DRAINED, REGION_LOST, SUPERSEDED, Workflow

__all__ = ["Training", "training_pools"]


def training_pools(fleet: Fleet) -> list[TrainingPool]:
    """Return the training pools of a fleet: a unit is a GPU server, or the hosts that share a NIC."""
    pools = []
    for index in fleet.with_role("training"):
        pool = fleet.pools[index]
        slots = pool.gpus_per_host or pool.hosts_per_nic
        units = pool.hosts if pool.gpus_per_host else pool.hosts // pool.hosts_per_nic
        pools.append(TrainingPool(index, pool.region, pool.kind, units, slots))
    return pools


class Training:
    """All workflows of a run.

    Parameters
    ----------
    env : simpy.Environment
        The clock.
    fleet : Fleet
        Regions and pools.
    cluster : Cluster
        Training pools and their queues.
    streams : sequence of TrainingStream
        What arrives.
    recorder : Recorder
        Takes jobs and segments.
    freshness : Freshness
        Told of every finished training.
    levels : Levels
        Told of every gang that begins or ends to wait or to run.
    """

    def __init__(
        self,
        env: simpy.Environment,
        fleet: Fleet,
        cluster: Cluster,
        streams: Sequence[TrainingStream],
        recorder: Recorder,
        freshness: Freshness,
        levels: Levels,
    ) -> None:
        self.env = env
        self.cluster = cluster
        self.region_back = env.event()
        self.counts = {"in": 0, "done": 0, "superseded": 0, "queued": 0, "running": 0}
        self._fleet = fleet
        self._streams = streams
        self._recorder = recorder
        self._freshness = freshness
        self._levels = levels
        self._up = [True] * len(fleet.regions)
        self._down_at = inf
        self._alive: dict[Workflow, None] = {}
        self._newest: dict[tuple[int, int], Workflow] = {}
        self._codes = {stream.name: code for code, stream in enumerate(streams)}

    def arrivals(self) -> Generator[simpy.Event, Any, None]:
        """Start every workflow at its time; those in flight when the scenario begins start at once."""
        order = sorted(
            (max(0.0, float(time)), code, index)
            for code, stream in enumerate(self._streams)
            for index, time in enumerate(stream.arrivals.time_s)
        )
        env = self.env
        for number, (time, code, index) in enumerate(order):
            if time > env.now:
                yield env.timeout(time - env.now)
            self._start(self._streams[code], code, number, index)

    def _start(self, stream: TrainingStream, code: int, number: int, index: int) -> None:
        workflow = Workflow(self, stream, number, index)
        if stream.publishes:
            older = self._newest.get((code, workflow.model))
            if older is not None and older in self._alive and isnan(older.started):
                older.interrupt(SUPERSEDED)
            self._newest[code, workflow.model] = workflow
        self._alive[workflow] = None
        self.counts["in"] += 1
        workflow.process = self.env.process(workflow.run())

    def finish(self, workflow: Workflow, outcome: str) -> None:
        """Record a workflow that has ended, and publish its model."""
        del self._alive[workflow]
        self.counts[outcome] += 1
        now = self.env.now
        self._job(workflow, now, outcome)
        if outcome == "done" and workflow.stream.publishes:
            code = self._codes[workflow.stream.name]
            self._freshness.publish(code, workflow.model, workflow.home, workflow.arrived, now)

    def close(self) -> None:
        """Record what is still queued or running at the end of the run."""
        for workflow in self._alive:
            pool = workflow.gang.pool
            waiting = pool is None and isnan(workflow.trained) and not isnan(workflow.queued)
            outcome = "queued" if waiting else "running"
            self.counts[outcome] += 1
            if pool is not None:
                workflow.cut()
            self._job(workflow, nan, outcome)

    def first_up(self, regions: tuple[int, ...]) -> int:
        """Return the first of some regions that is up; -1 if none is."""
        for region in regions:
            if self._up[region]:
                return region
        return -1

    def regions_but(self, region: int) -> tuple[int, ...]:
        """Return all other regions, in order."""
        return tuple(other for other in range(len(self._up)) if other != region)

    def stage_s(self, stream: TrainingStream, region: int) -> float:
        """Return the time to bring a stream's data to a region from the nearest region that has it."""
        if region in stream.data_regions:
            return 0.0
        up = [source for source in stream.data_regions if self._up[source]]
        return float(min(stream.stage_s[up, region])) if up else 0.0

    def notice_left(self) -> float:
        """Return the time until the region that is draining goes down."""
        return self._down_at - self.env.now

    def drain(self, region: int, down_at: float) -> None:
        """Ask every gang of a region to leave before it goes down."""
        self._down_at = down_at
        for gang in self.cluster.close_region(region):
            gang.owner.interrupt(DRAINED)

    def lose(self, region: int) -> None:
        """Lose a region: gangs, work at hand and data in it."""
        self._up[region] = False
        hit = {gang.owner: None for gang in self.cluster.close_region(region)}
        for workflow in self._alive:
            if workflow in hit or (workflow.holding and workflow.home == region):
                workflow.interrupt(REGION_LOST)
            elif workflow.gang.pool is not None and self.first_up(workflow.stream.data_regions) < 0:
                workflow.interrupt(DATA_LOST)

    def restore(self, region: int) -> None:
        """Bring a region back: what waited for it goes on."""
        self._up[region] = True
        self.cluster.open_region(region)
        back, self.region_back = self.region_back, self.env.event()
        back.succeed()

    def waits(self, gang: Gang, change: int) -> None:
        """Take note of a gang that joined (+1) or left (-1) a queue."""
        self._levels.change("waiting", gang.kind, self.env.now, change)

    def segment(self, workflow: Workflow, useful: float, lost: float, end: str) -> None:
        """Record an uninterrupted run of a gang that ends now; work forgotten at its start counts as lost before."""
        begin, now, place = workflow.begun, self.env.now, workflow.place
        pool = self._fleet.pools[place]
        hosts = workflow.gang.slots / (pool.gpus_per_host or 1)
        for what, key, amount in (("running", pool.kind, 1.0), ("busy", place, hosts)):
            self._levels.change(what, key, begin, amount)
            self._levels.change(what, key, now, -amount)
        self._recorder.span(
            "segments", workflow.number, workflow.stream.name, pool.region, pool.server, hosts,
            begin, now, useful, lost, now - begin - useful - lost, end,
        )  # fmt: skip

    def _job(self, workflow: Workflow, finished: float, outcome: str) -> None:
        pool = self._fleet.pools[workflow.place] if workflow.place >= 0 else None
        per_host = pool.gpus_per_host if pool else 0
        slots = workflow.gang.slots
        self._recorder.span(
            "jobs", workflow.number, workflow.stream.name, workflow.model,
            self._fleet.region_names[pool.region] if pool else "none", pool.server if pool else "none",
            -(-slots // per_host) if per_host else slots, slots if per_host else 0,
            workflow.arrived, workflow.queued, workflow.started, workflow.trained, finished, outcome,
            workflow.interruptions, workflow.lost_s, workflow.checkpoint_s,
        )  # fmt: skip
