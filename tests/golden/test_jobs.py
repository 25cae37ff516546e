"""Replays of job traces against the schedules of other simulators: every start and finish equal, on both paths."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dcsim.engine.streams import Streams
from dcsim.jobs.block import JobBlock
from dcsim.jobs.compiled import replay
from dcsim.jobs.inventory import read_nodes
from dcsim.placements import placement
from dcsim.schedulers import scheduler
from dcsim.world.job_nodes import PlacedPool
from dcsim.world.job_replay import JobWorld
from dcsim.world.job_slots import CountedSlots
from dcsim.world.nodes import NodePool

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "golden" / "jobs"
SCHEDULES = sorted(path.name for path in FOLDER.glob("syn*.csv*"))
CLUSTERS = {"syn480_64": 64, "syn10k_256": 256, "syn100k_10k": 10_000}
POLICIES = {"fifo": "fifo", "packed": "fifo", "easy": "easy_backfill", "easyexact": "easy_backfill"}


@cache
def _table(path):
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt") as file:
        file.readline()
        return np.loadtxt(file, delimiter=",")


def _blocks(trace, walltime, rows):
    """The trace in blocks of so many rows."""
    none = np.zeros(len(trace), np.int8)
    columns = trace[:, 0].astype(object), trace[:, 1], trace[:, 2].astype(np.int64), trace[:, 3], walltime, none
    for first in range(0, len(trace), rows):
        yield JobBlock(*(column[first : first + rows] for column in columns))


def _wanted(name):
    """Trace and policy of a schedule, the jobs, what the policy takes for their walltime, and the schedule."""
    trace, policy = name.split(".")[:2]
    jobs = _table(next(FOLDER.glob(f"jobs_{trace}.csv*")))
    return trace, policy, jobs, jobs[:, 3] if policy == "easyexact" else jobs[:, 4], _table(FOLDER / name)


def _different(found, jobs, wanted):
    """How many jobs start or finish at another time."""
    start, finish = np.concatenate([(results.start, results.finish) for results in found], axis=1)
    assert np.array_equal(jobs[:, 0], wanted[:, 0])
    return ((start != wanted[:, 1]) | (finish != wanted[:, 2])).sum()


@pytest.mark.skipif(not SCHEDULES, reason="needs the reference data beside the project")
@pytest.mark.parametrize("rows", [997, 65536])
@pytest.mark.parametrize("name", SCHEDULES)
def test_compiled_schedule(name, rows):
    trace, policy, jobs, walltime, wanted = _wanted(name)
    slots = CLUSTERS[trace]
    cluster = {"nodes": slots // 8, "per_node": 8} if policy == "packed" else {"slots": slots}
    assert _different(list(replay(_blocks(jobs, walltime, rows), POLICIES[policy], **cluster)), jobs, wanted) == 0


def _slow(name):
    """A hundred thousand jobs by a scheduler that looks ahead take the world half a minute."""
    return pytest.param(name, marks=pytest.mark.slow) if name.startswith("syn100k_10k.easy") else name


@pytest.mark.skipif(not SCHEDULES, reason="needs the reference data beside the project")
@pytest.mark.parametrize("name", [_slow(name) for name in SCHEDULES])
def test_schedule_of_the_world(name):
    trace, policy, jobs, walltime, wanted = _wanted(name)
    slots = CLUSTERS[trace]
    pool = CountedSlots(slots)
    if policy == "packed":
        nodes = read_nodes(f"{slots // 8}x8")
        pool = PlacedPool(NodePool(nodes, placement.get("consolidate").call, Streams(0)["jobs/placement/0"]))
    plugin = scheduler.get(POLICIES[policy])
    world = JobWorld(_blocks(jobs, walltime, 4096), [pool], plugin.call, order=plugin.facts.get("order"))
    assert _different(list(world.results()), jobs, wanted) == 0


@pytest.mark.skipif(not SCHEDULES, reason="needs the reference data beside the project")
def test_every_kind_of_schedule_is_there():
    assert {tuple(name.split(".")[:2]) for name in SCHEDULES} == {
        (trace, policy)
        for trace in CLUSTERS
        for policy in POLICIES
        if (trace, policy) != ("syn100k_10k", "packed")
    }
