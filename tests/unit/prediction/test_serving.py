"""Dedicated parameter servers draw power and cost money."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from dcsim.prediction.predictor import Predictor
from dcsim.prediction.prepared import prepare
from dcsim.prediction.question import Question
from dcsim.prediction.serving import serving
from dcsim.spec.catalog import Catalog

NODES = Question(
    "alexnet", "easgd_k40", hosts=4, batch_per_device=128, parallelism="elastic_averaging", tau=10, prefetch=5
)  # fmt: skip


@pytest.fixture(scope="module")
def predictor():
    return Predictor()


def test_each_server_counts(predictor):
    """Next to idle, 8 servers of 140 W and more; and 5500 USD each over four years."""
    beside, eight, thousand = (predictor.predict(replace(NODES, servers=number)) for number in (0, 8, 1000))
    assert 8 * 140.0 < eight.power_w - beside.power_w < 8 * 200.0
    assert thousand.power_w - beside.power_w == pytest.approx(1000 * 140.0, rel=0.01)
    lifetime = 4 * 365.25 * 86_400.0
    spent = [
        answer.cost_usd_per_million_samples * answer.throughput_per_s / 1e6 for answer in (beside, eight, thousand)
    ]
    price = Catalog().load("regions", NODES.region)
    for number, answer, each in ((8, eight, spent[1]), (1000, thousand, spent[2])):
        energy = price.electricity_price * price.pue * (answer.power_w - beside.power_w)
        assert each - spent[0] == pytest.approx(number * 5500.0 / lifetime + energy, rel=1e-3)


def test_servers_are_told_of_where_there_are_any(predictor):
    assert predictor.predict(NODES).notes == ()
    assert predictor.predict(replace(NODES, servers=8)).notes == (
        "parameter servers are assumed to be 8 x leopard, and are part of power and cost",
    )


@pytest.mark.parametrize(("part", "each_w"), [(0.0, 140.0), (0.5, 270.42), (1.0, 350.0), (3.0, 350.0)])
def test_servers_are_as_busy_as_their_adapters(part, each_w):
    """4 workers push to 2 servers; half busy, 140 + 210 (2 x 0.5 - 0.5**1.4) W."""
    catalog = Catalog()
    prepared = prepare(replace(NODES, servers=2), catalog, {})
    plan = SimpleNamespace(host_sent_bytes=part * 2 / 4 * prepared.machine.host_bandwidth)
    assert serving(prepared, plan, 1.0, catalog).power_w == pytest.approx(2 * each_w, rel=1e-3)


def test_plans_without_servers_and_inference_pay_for_none(predictor):
    for plain in (replace(NODES, parallelism="data_parallel", tau=1, prefetch=0), replace(NODES, training=False)):
        with_servers = predictor.predict(replace(plain, servers=64))
        assert with_servers.power_w == predictor.predict(plain).power_w
        assert not any("leopard" in note for note in with_servers.notes)
