"""Values as people write them mean what is stored, and are short."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.results.written import is_share, percent_text, quantity_text
from dcsim.units import DIMENSIONS, format_quantity, parse_quantity


@given(st.sampled_from(sorted(DIMENSIONS)), st.floats(1e-20, 1e20) | st.just(0.0) | st.floats(-100.0, -0.01))
def test_a_quantity_means_the_same(dimension, value):
    told = quantity_text(format_quantity(value, dimension))
    assert parse_quantity(told, dimension) == pytest.approx(value, rel=1e-11)


@pytest.mark.parametrize(("dimension", "written"), [
    ("time", "10 min"), ("time", "17 min"), ("time", "1 h"), ("time", "24 h"), ("time", "36 h"), ("time", "30 days"),
    ("time", "30 s"), ("time", "250 ms"), ("data", "80 GiB"), ("data", "1 GB"), ("rate", "20 /day"),
    ("data rate", "50 Gbit/s"), ("data rate", "25 Gbit/s"), ("data rate", "900 GB/s"), ("money", "7000 USD"),
    ("energy price", "0.07 USD/kWh"), ("carbon", "400 g/kWh"), ("power", "12 kW"), ("temperature", "25 degC"),
    ("compute rate", "15.7 TFLOP/s"),
])  # fmt: skip
def test_quantities_are_told_as_they_were_written(dimension, written):
    assert quantity_text(format_quantity(parse_quantity(written, dimension), dimension)) == written


@pytest.mark.parametrize("text", ["lulea", "3", "a 3 s", "2017-09-19T00:00:00+00:00", "3 apples", ""])
def test_other_texts_stay(text):
    assert quantity_text(text) == text


def test_shares_are_known_by_their_place():
    assert percent_text(0.125) == "12.5 %"
    assert is_share(("harvest", "reserve"))
    assert is_share(("fleet", "nic", "protocol_efficiency"))
    assert is_share(("catalog", "nics", "nic_50g", "protocol_efficiency"))
    assert not is_share(("fleet", "capacity_unit"))
    assert not is_share(("name",))
