"""Compiled replays of job traces against the schedules of other simulators: every start and finish equal."""

from __future__ import annotations

import gzip
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from dcsim.jobs.block import JobBlock
from dcsim.jobs.compiled import replay

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


@pytest.mark.skipif(not SCHEDULES, reason="needs the reference data beside the project")
@pytest.mark.parametrize("rows", [997, 65536])
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedule(name, rows):
    trace, policy = name.split(".")[:2]
    jobs = _table(next(FOLDER.glob(f"jobs_{trace}.csv*")))
    wanted = _table(FOLDER / name)
    slots = CLUSTERS[trace]
    cluster = {"nodes": slots // 8, "per_node": 8} if policy == "packed" else {"slots": slots}
    walltime = jobs[:, 3] if policy == "easyexact" else jobs[:, 4]
    found = list(replay(_blocks(jobs, walltime, rows), POLICIES[policy], **cluster))
    start = np.concatenate([results.start for results in found])
    finish = np.concatenate([results.finish for results in found])
    assert np.array_equal(jobs[:, 0], wanted[:, 0])
    assert ((start != wanted[:, 1]) | (finish != wanted[:, 2])).sum() == 0


@pytest.mark.skipif(not SCHEDULES, reason="needs the reference data beside the project")
def test_every_kind_of_schedule_is_there():
    assert {tuple(name.split(".")[:2]) for name in SCHEDULES} == {
        (trace, policy)
        for trace in CLUSTERS
        for policy in POLICIES
        if (trace, policy) != ("syn100k_10k", "packed")
    }
