"""A tiny world: two regions, one training pool each, no catalogue."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import simpy

from dcsim.engine.clock import run_until
from dcsim.generators.plan import Arrivals
from dcsim.schedulers import scheduler
from dcsim.world.levels import Levels
from dcsim.world.outages import Outage, strike
from dcsim.world.pool import TrainingPool
from dcsim.world.stream import Checkpoints, Timing, TrainingStream
from dcsim.world.training import ENDS, OUTCOMES, Training
from dcsim.world.training_cluster import TrainingCluster


class Rows:
    """A recorder that keeps its rows."""

    def __init__(self):
        self.rows = {}

    def span(self, table, *values):
        self.rows.setdefault(table, []).append(values)


class Versions:
    """A freshness that keeps what was published."""

    def __init__(self):
        self.published = []

    def publish(self, code, model, region, data_s, now):
        self.published.append((code, model, region, data_s, now))


class TinyWorld:
    """Regions 0 and 1 with a pool of four units of four slots each."""

    def __init__(self, streams, units=(4, 4), plan="gang"):
        self.env = simpy.Environment()
        self.recorder, self.versions, self.levels = Rows(), Versions(), Levels()
        pools = [TrainingPool(i, i, "dual_socket", n, 4) for i, n in enumerate(units) if n]
        fleet = SimpleNamespace(
            regions={"a": None, "b": None},
            region_names=["a", "b"],
            pools=[SimpleNamespace(region=i, server="leopard", gpus_per_host=0, kind="dual_socket") for i in range(2)],
        )
        plugin = scheduler.get(plan)
        self.cluster = TrainingCluster(self.env, pools, plugin.call, plugin.facts.get("order"))
        self.training = Training(
            self.env, fleet, self.cluster, streams, self.recorder, self.versions, self.levels,
            {
                "service": [stream.name for stream in streams],
                "server": ["leopard", "none"],
                "region": ["a", "b", "none"],
            },
        )  # fmt: skip

    def run(self, horizon, *outages):
        for outage in outages:
            self.env.process(strike(self.env, outage, self.training))
        self.env.process(self.training.arrivals())
        run_until(self.env, horizon)
        self.training.close()
        names = [
            "job", "service", "model", "region", "server", "hosts", "gpus", "arrived", "queued", "started", "trained",
            "finished", "outcome", "interruptions", "lost", "checkpoint",
        ]  # fmt: skip
        jobs = [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in self.recorder.rows.get("jobs", [])]
        for job in jobs:
            job.outcome = OUTCOMES[job.outcome]
        return sorted(jobs, key=lambda job: job.job)

    @property
    def segments(self):
        names = ["job", "service", "region", "server", "hosts", "begin", "end", "useful", "communication",
                 "lost", "overhead", "contended", "why"]  # fmt: skip
        rows = self.recorder.rows.get("segments", [])
        segments = [SimpleNamespace(**dict(zip(names, row, strict=True))) for row in rows]
        for segment in segments:
            segment.why = ENDS[segment.why]
        return segments


def make_stream(times, *, models=None, name="s", slots=4, compute=1000.0, every=300.0, write=10.0, **changes):
    """Return a stream whose training computes ``compute`` seconds on either pool."""
    times = np.asarray(times, float)
    models = np.arange(len(times)) if models is None else np.asarray(models)
    fields = {
        "name": name, "kind": "dual_socket", "slots": slots, "priority": 0, "timing": Timing(100.0, 50.0, 0.0),
        "compute_s": {0: compute, 1: compute}, "communication": {0: 0.25, 1: 0.5},
        "checkpoints": {0: Checkpoints(every, write), 1: Checkpoints(every, write)},
        "restart_s": 5.0, "replicated": True, "saves_on_notice": True, "data_regions": (0, 1),
        "stage_s": np.zeros((2, 2)), "copy_s": np.zeros((2, 2)), "publishes": True, "traffic": {},
        "arrivals": Arrivals.of_recipe(times, models),
    }  # fmt: skip
    return TrainingStream(**{**fields, **changes})


@pytest.fixture
def tiny():
    """Return the makers of tiny worlds."""
    return SimpleNamespace(world=TinyWorld, stream=make_stream, outage=Outage)
