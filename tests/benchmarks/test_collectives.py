"""Speed of all-reduces on racks of 16: ``pytest tests/benchmarks/test_collectives.py``.

The aim is a thirtieth of the CPU seconds that SimGrid 4.1 took for the same rounds on a two-core machine
(``simgrid_s``), and never more than a plain event loop over all of them did (``loop_s``); ``extra_info`` tells how many
times fewer the fastest run took.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from dcsim.collectives import plan_of
from dcsim.kernels.even import crossings
from dcsim.network.build import build_topology
from dcsim.spec.catalog import Catalog
from dcsim.world.collective import plan_time
from dcsim.world.rounds import distinct_rounds, message_ends

pytest.importorskip("pytest_benchmark")
pytestmark = pytest.mark.benchmark(timer=time.process_time, min_rounds=20)

CASES = [
    ("ring", 512, 1.9, 0.087),
    ("ring", 1024, 11.0, 0.37),
    ("halving_doubling", 1024, 0.16, 0.0014),
    ("halving_doubling", 4096, 2.4, 0.0065),
]


def tell(benchmark, simgrid_s, loop_s):
    if benchmark.stats:
        fastest = benchmark.stats.stats.min
        benchmark.extra_info["times_less_than_simgrid"] = round(simgrid_s / fastest)
        benchmark.extra_info["times_less_than_loop"] = round(loop_s / fastest, 1)


@pytest.mark.parametrize(("name", "ranks", "simgrid_s", "loop_s"), CASES)
def test_rounds_in_the_kernel(benchmark, name, ranks, simgrid_s, loop_s):
    topology = build_topology(Catalog().load("fabrics", "rack16_50g_full"), ranks)
    steps = [step for step, _ in distinct_rounds(plan_of(name, ranks, 1e9))]
    rounds = [(topology.routes(step.src, step.dst), step.nbytes) for step in steps]
    own = np.ones(topology.links, np.bool_)

    def ends():
        found = []
        for routes, nbytes in rounds:
            count, _, _ = crossings(routes.start, routes.link, topology.capacity, own, own)
            found.append(message_ends(routes, topology.capacity, count, nbytes, routes.latency))
        return found

    ends()  # compile
    assert all(np.isfinite(each).all() for each in benchmark(ends))
    tell(benchmark, simgrid_s, loop_s)


@pytest.mark.parametrize(("name", "ranks", "simgrid_s", "loop_s"), CASES)
def test_whole_runner(benchmark, name, ranks, simgrid_s, loop_s):
    """Planned already; finding equal rounds and their routes included."""
    topology = build_topology(Catalog().load("fabrics", "rack16_50g_full"), ranks)
    plan, hosts = plan_of(name, ranks, 1e9), np.arange(ranks)
    plan_time(plan, topology, hosts)  # compile
    assert benchmark(plan_time, plan, topology, hosts).time_s > 0.3
    tell(benchmark, simgrid_s, loop_s)
