"""Speed of the packet level: ``pytest tests/benchmarks/test_incast.py``."""

from __future__ import annotations

import time

import numpy as np
import pytest

from dcsim.kernels.incast import incast
from dcsim.kernels.incast_arrays import Framing, PortRule, Tcp

pytest.importorskip("pytest_benchmark")

WIRE = 1538.0
LEAST_PACKETS_PER_S = 1e6
"""Of CPU time; 4 to 7 million are usual, and a loop that is not compiled does 0.01 million."""


@pytest.mark.benchmark(timer=time.process_time)
@pytest.mark.parametrize(
    ("senders", "capacity", "buffer", "sack"),
    [(8, 125e6, 64e3, False), (128, 125e6, 64e3, False), (64, 6.25e9, 4e6, True), (16, 6.25e9, np.inf, True)],
)
def test_packets_per_second(benchmark, senders, capacity, buffer, sack):
    rng = np.random.default_rng(0)
    start, rtt = rng.uniform(0.0, 5e-6, (10, senders)), rng.uniform(1e-4, 1.05e-4, senders)
    tcp = Tcp(10.0, 2000, 0.2, 120.0, sack, np.inf, 1 / 16)
    case = start, rtt, np.full(senders, capacity), Framing(200_000 // senders // 10, WIRE, WIRE)
    port = PortRule(capacity, buffer, np.inf, np.inf)
    incast(*case, port, tcp)  # compile
    told = benchmark(incast, *case, port, tcp)
    assert told.delivered.sum() >= 190_000
    if benchmark.stats is None:  # --benchmark-disable
        return
    packets_per_s = told.sent.sum() / benchmark.stats.stats.min
    benchmark.extra_info["packets_per_s"] = packets_per_s
    assert packets_per_s > LEAST_PACKETS_PER_S
