"""Speed of placements on a cluster of 1,213 nodes: ``pytest tests/benchmarks``."""

from __future__ import annotations

import time

import numpy as np
import pytest

from dcsim.jobs.inventory import read_nodes
from dcsim.jobs.rows import job_block
from dcsim.placements import placement
from dcsim.world.fill import fill
from dcsim.world.nodes import NodePool

pytest.importorskip("pytest_benchmark")

NODES = "1213x8"
SHARES = (1.0, 0.25, 0.5, 0.75)


@pytest.fixture
def jobs():
    rng, count = np.random.default_rng(0), 8000
    share = rng.choice(SHARES, count)
    slots = np.where(share < 1.0, 1, rng.choice([1, 2, 4, 8], count, p=[0.8, 0.1, 0.05, 0.05]))
    names = np.array([str(job) for job in range(count)], object)
    cpus = rng.choice([2.0, 4.0, 8.0, 12.0], count) * slots
    return job_block(names, np.zeros(count), slots, np.ones(count), None, {"share": share, "cpus": cpus})


@pytest.mark.parametrize("name", ["random", "best_fit", "least_fragmentation"])
def test_a_fill_takes_a_second(benchmark, jobs, name):
    place, nodes = placement.get(name).call, read_nodes(NODES)
    fill(jobs, nodes, place, seed=0)
    benchmark(fill, jobs, nodes, place, seed=1)
    began = time.process_time()
    filled = fill(jobs, nodes, place, seed=2)
    assert (time.process_time() - began) / filled.jobs < 200e-6


@pytest.mark.parametrize("name", placement.names())
def test_one_place(benchmark, name):
    pool = NodePool(read_nodes(NODES), placement.get(name).call)
    four, large = pool.request(4), pool.request(20)
    for request in (four, large) * 50:
        pool.take(pool.place(request), request)
    benchmark(placement.get(name).call, four, pool.nodes)
