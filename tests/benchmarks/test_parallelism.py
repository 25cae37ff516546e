"""Speed of the plans of a step: ``pytest tests/benchmarks``."""

from __future__ import annotations

import time

import numpy as np
import pytest

from dcsim.kernels.pipeline import run_stages
from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Options
from tests.oracles import pipeline as slow
from tests.oracles.exchange import AlphaBeta, make_work

pytest.importorskip("pytest_benchmark")

STAGES, MICRO = 16, 64


def test_pipeline_of_2048_passes_against_the_slow_one(benchmark):
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(0.5, 1.5, STAGES) for _ in range(2)] + [np.full(STAGES, 0.1)] * 2
    run_stages(*arrays, MICRO, True, False)  # compile
    begin, _ = benchmark(run_stages, *arrays, MICRO, True, False)
    started = time.perf_counter()
    wanted = slow.pipeline(*(array.tolist() for array in arrays), MICRO, "1f1b")
    took = time.perf_counter() - started
    assert begin[3, 5] == pytest.approx(wanted[3, "F", 5][0])
    assert took > 50 * benchmark.stats.stats.median


@pytest.mark.parametrize("name", parallelism.names())
def test_step_of_160_rows(benchmark, name):
    rows = 160
    work = make_work(
        np.full(rows, 1e-4), np.full(rows, 2e-4), np.full((rows, 2), 3e5), output=1e6, optimiser_s=1e-3,
        kinds=("embedding",) * 8 + ("conv",) * (rows - 8), batch=32,
    )  # fmt: skip
    exchange, options = AlphaBeta(8, 1, (1e-5, 1e10)), Options(tau=10, prefetch=5)
    call = parallelism.get(name).call
    assert benchmark(call, lambda batch: work, exchange, 32, options).step_s > 0.0
