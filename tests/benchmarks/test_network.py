"""Speed of the flow kernels: ``pytest tests/benchmarks``; ``bench_flows.py`` compares them with SimGrid."""

from __future__ import annotations

import time

import numpy as np
import pytest

from dcsim.kernels import fluid
from dcsim.kernels.fairshare import fair_rates
from dcsim.kernels.fluid import complete
from tests.benchmarks.bench_flows import ROWS, arguments, overloaded

pytest.importorskip("pytest_benchmark")
pytestmark = pytest.mark.benchmark(timer=time.process_time)

LOOP = {
    "poisson_1k": 0.006, "hot_1k": 0.021, "burst_1k": 0.026, "poisson_10k": 0.16, "overloaded_10k": 0.8,
    "burst_10k": 2.8, "poisson_100k": 3.1, "one_link_100k": 1.0, "incast_100k": 5.0,
}  # fmt: skip
"""CPU seconds that an event loop takes that solves anew whatever hangs together; the last two are goals."""


@pytest.mark.parametrize("name", LOOP)
def test_flows(benchmark, name):
    made = ROWS[name]()
    if made is None:
        pytest.skip("the reference data does not lie beside the project")
    fabric, (flows,) = made
    inputs = arguments(fabric, flows)
    complete(*inputs)  # compile
    rounds = 3 if len(flows.nbytes) > 50_000 else 9
    finish, carried = benchmark.pedantic(complete, inputs, rounds=rounds)
    assert np.isfinite(finish).all()
    assert carried.sum() == pytest.approx((flows.nbytes * np.diff(inputs[0])).sum())
    if benchmark.stats:
        fastest = benchmark.stats.stats.min
        benchmark.extra_info["times_less_than_loop"] = round(LOOP[name] / fastest, 1)
        benchmark.extra_info["us_per_flow"] = 1e6 * fastest / len(flows.nbytes)


@pytest.mark.parametrize("step", [0, 6])
def test_a_round_of_4096_equal_messages(benchmark, step):
    fabric, flows = ROWS["halving_doubling_4096"]()
    inputs = arguments(fabric, flows[step])
    complete(*inputs)
    finish, _ = benchmark(complete, *inputs)
    assert len(set(finish.tolist())) == 1


def test_rates_of_10000_flows(benchmark):
    start, link, capacity, *_ = arguments(*_only(overloaded(10_000)))
    ones = np.ones(10_000)
    inputs = start, link, np.ones(link.size), capacity, ones, np.inf * ones
    fair_rates(*inputs)
    rate = benchmark(fair_rates, *inputs)
    assert 0.0 < rate.min() < rate.max() <= 6.25e9


def test_one_flow_comes_and_goes_among_3000(benchmark):
    """What a caller pays who adds a flow, lets it end and looks in: calls, and not the flows that are there."""
    start, link, capacity, *_ = arguments(*_only(overloaded(3000)))
    ones = np.ones(3000)
    state, _ = fluid.add(fluid.new_state(capacity), start, link, 1e15 * ones, 0.0 * ones, ones, np.inf * ones)
    fluid.advance(state, 0.0)
    one, route = np.ones(1), np.array([0, 300], np.int32)

    def come_and_go():
        nonlocal state
        state, name = fluid.add(state, np.array([0, 2]), route, one, 0.0 * one, one, np.inf * one)
        ended, _ = fluid.advance(state, np.inf, first=True)
        assert ended == name

    come_and_go()
    benchmark(come_and_go)


def _only(made):
    """Return a fabric and its flows."""
    fabric, (flows,) = made
    return fabric, flows
