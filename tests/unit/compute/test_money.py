"""Power and cost of a step, by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.compute.money import cost_per_million, step_power, write_off
from dcsim.spec.catalog import Catalog
from dcsim.spec.hardware import Server
from tests.oracles.power import machine

BOX = Server.model_validate({
    "title": "b", "assumption": "test", "kind": "gpu", "year": 2017, "gpu": "p100_sxm2", "gpus": 8,
    "head_node": "leopard", "memory": "1 GiB", "nic": "nic_50g", "nics": 1, "idle_power": "800 W",
    "peak_power": "2800 W", "power_exponent": 1.0, "price": "60000 USD", "lifetime": "4 years", "serving_speed": 1.0,
})  # fmt: skip
HEAD = BOX.model_copy(update={"idle_power": 100.0, "peak_power": 400.0, "price": 6000.0})


def test_box_and_head_by_hand():
    """Half busy on a straight line: 1800 W; the head a tenth busy: 130 W."""
    assert step_power(BOX, 0.5) == pytest.approx(1800.0)
    assert step_power(BOX, 0.5, HEAD, 0.1) == pytest.approx(1930.0)
    assert step_power(BOX, 0.5, HEAD) == pytest.approx(1900.0)


@given(st.floats(0, 1))
def test_curve_is_that_of_the_world(busy):
    server = Catalog().load("servers", "dgx1_v100")
    expected = machine(busy, server.idle_power, server.peak_power, server.power_exponent)
    assert step_power(server, busy) == pytest.approx(expected)


def test_write_off_by_hand():
    """66,000 USD over four years of 365 days."""
    assert write_off(BOX, HEAD) * 86400 * 365 * 4 == pytest.approx(66_000)
    assert write_off(BOX) * 86400 * 365 * 4 == pytest.approx(60_000)


def test_cost_by_hand():
    """1 kW at a PUE of 1.1 and 0.07 USD/kWh for 10,000 s of a million samples at 100/s: 3.06 kWh, and 10 USD."""
    assert cost_per_million(0.001, 1000.0, 100.0, 0.07 / 3.6e6, 1.1) == pytest.approx(10 + 1.1 * 10_000 / 3600 * 0.07)


def test_a_faster_job_costs_less_a_sample():
    slow, fast = (cost_per_million(0.001, 1000.0, rate, 2e-8, 1.1) for rate in (100.0, 200.0))
    assert fast == pytest.approx(slow / 2)
