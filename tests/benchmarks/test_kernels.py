"""Speed of the small kernels: ``pytest tests/benchmarks``."""

from __future__ import annotations

import time
import timeit

import numpy as np
import pytest

from dcsim.compute.device import device_arrays, gpu_device
from dcsim.compute.layers import LAYER_KINDS, layer_arrays
from dcsim.kernels import arrivals, power, series, staleness
from dcsim.kernels.collisions import colliding_steps
from dcsim.kernels.jit import kernel
from dcsim.kernels.queueing import wait_tail
from dcsim.kernels.roofline import DEVICE_COLUMNS, FORM, step_times
from dcsim.spec.catalog import Catalog
from tests.oracles import roofline as oracle

pytest.importorskip("pytest_benchmark")

YEAR, STEP = 365.0 * 86400.0, 300.0
MODELS, VERSIONS = 100, 365


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def publications():
    start = VERSIONS * np.arange(MODELS + 1)
    published = np.tile(86400.0 * np.arange(VERSIONS), MODELS)
    return start, published - 3600.0, published


@kernel
def tails(servers, utilisation):
    total = 0.0
    for i in range(servers.size):
        total += wait_tail(servers[i], utilisation[i], 0.02, 1e-5)
    return total


def run(benchmark, function, *arguments):
    function(*arguments)  # compile
    return benchmark(function, *arguments)


@pytest.fixture(scope="module")
def tables():
    catalog = Catalog()
    models = [
        catalog.load("models", name) for name in ("resnet50", "vgg16", "bert_base", "gnmt", "rmc2", "mobilenet_v1")
    ]
    gpus = [
        gpu_device(catalog.load("gpus", name)) for name in ("k80", "m40", "p100_sxm2", "v100_sxm2_16", "a100_sxm_80")
    ]
    return models, gpus


def test_step_times_of_1000_points(benchmark, tables):
    """At least 100,000 evaluations of a layer in a second on one core; a step has a forward and a backward one."""
    models, gpus = tables
    points = 1000
    chosen = np.arange(points) % len(models), np.arange(points) % len(gpus), np.full(points, 64.0)
    found = run(benchmark, step_times, layer_arrays(models), device_arrays(gpus), FORM, *chosen)
    assert (found[0] > 0.0).all()
    evaluations = sum(len(models[place].layers) for place in chosen[0])
    began = time.perf_counter()
    step_times(layer_arrays(models), device_arrays(gpus), FORM, *chosen)
    assert evaluations / (time.perf_counter() - began) > 1e5


def test_steps_are_at_least_50_times_as_fast_as_one_call_at_a_time(tables):
    models, gpus = tables
    layers, devices = layer_arrays(models[:1]), device_arrays(gpus[2:3])
    table = [{name: getattr(layer, name) for name in type(layer).model_fields} for layer in models[0].layers]
    device = dict(zip(DEVICE_COLUMNS, devices.table[0].tolist(), strict=True))
    device["efficiency"] = dict(zip(LAYER_KINDS, devices.efficiency[0], strict=True))
    point = np.zeros(100, np.int64)
    batch = np.full(100, 256.0)
    fast = min(timeit.repeat(lambda: step_times(layers, devices, FORM, point, point, batch), number=1, repeat=5)) / 100
    slow = min(timeit.repeat(lambda: oracle.passes(table, device, FORM._asdict(), 256, 1.5), number=1, repeat=5))
    assert slow > 50.0 * fast


def test_power_of_1000_pools(benchmark, rng):
    hosts = rng.uniform(0.0, 1e4, 1000)
    ones = np.ones(1000)
    curve = 60 * ones, 250 * ones, 1.4 * ones
    assert run(benchmark, power.pool_power, hosts, rng.random(1000), hosts, *curve).all()


@pytest.mark.parametrize("servers", [20.0, 200.0, 20_000.0])
def test_1000_wait_tails(benchmark, rng, servers):
    total = run(benchmark, tails, np.full(1000, servers), 1.0 - 0.5 / np.sqrt(servers) * rng.random(1000))
    assert 0.0 < total < 1000.0


def test_resample_a_year_of_steps_by_hour(benchmark, rng):
    edges = np.arange(0.0, YEAR + STEP, STEP)
    hours = np.arange(0.0, YEAR + 1.0, 3600.0)
    means = run(benchmark, series.resample, edges, rng.random(edges.size - 1), hours)
    assert means.size == 8760


def test_weighted_percentile_of_a_year_of_steps(benchmark, rng):
    steps = int(YEAR / STEP)
    shares = np.array([0.5, 0.95])
    found = run(benchmark, series.weighted_percentile, rng.random(steps), np.ones(steps), shares)
    assert found == pytest.approx([0.5, 0.95], abs=0.01)


def test_staleness_of_100_models_over_a_year(benchmark, publications):
    rows = run(benchmark, staleness.stalenesses, *publications, 0.0, YEAR, np.full(MODELS, 43200.0))
    assert rows[0].tolist() == pytest.approx([365 * 86400.0 * 46800.0, 365 * 46800.0, 90000.0, 90000.0])


def test_staleness_percentile_of_100_models_over_a_year(benchmark, publications):
    shares = np.array([0.5, 0.95])
    found = run(benchmark, staleness.staleness_percentile, *publications, 0.0, YEAR, np.ones(MODELS), shares)
    assert found == pytest.approx([46800.0, 3600.0 + 0.95 * 86400.0])


def test_loss_of_100_models_over_a_year(benchmark, publications):
    curve = np.arange(MODELS) % 2, np.full(MODELS, 3600.0), np.full(MODELS, 0.001)
    found = run(benchmark, staleness.loss_integrals, *publications, 0.0, YEAR, *curve)
    assert found[0] == pytest.approx(0.001 * 13.0 * YEAR)


def test_100000_arrivals(benchmark, rng):
    edges = np.arange(0.0, 86400.0 + STEP, STEP)
    rates = 1.0 + np.cos(2.0 * np.pi * edges[:-1] / 86400.0)
    times, complete = run(benchmark, arrivals.arrival_times, edges, rates, rng.exponential(size=100_000))
    assert complete
    assert times.size == pytest.approx(86400, rel=0.02)


@pytest.mark.parametrize("gangs", [4, 8, 40])
def test_exchanges_of_gangs_on_two_links(benchmark, rng, gangs):
    start, link = np.arange(0, 2 * gangs + 1, 2), np.tile(np.arange(2, dtype=np.int32), gangs)
    columns = np.zeros((gangs, 6))
    columns[:, 0], columns[:, 2], columns[:, 5] = rng.uniform(0.4, 0.8, gangs), rng.uniform(0.2, 0.5, gangs), 1.0
    bursts = np.full(2 * gangs, 2.0 / gangs)
    alone = columns[:, 0] + columns[:, 2]
    system = start, link, bursts, 0.1 * bursts, np.ones((2, 2 * gangs)), np.full(2, 0.9), columns, alone
    step, share = run(benchmark, colliding_steps, *system)
    assert (step > alone).all()
    assert (share < 1.0).all()
