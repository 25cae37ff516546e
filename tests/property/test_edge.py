"""Warming up and slowing down: what holds for every processor and every case."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dcsim.edge.thermal import course, steady_temperature, sustained_rate, time_to_throttle

PROCESSORS = st.builds(
    lambda power, fixed: SimpleNamespace(rate=1e9, power=power, fixed_share=fixed, spread=0.0),
    st.floats(0.1, 20.0),
    st.floats(0.0, 1.0),
)
CASES = st.builds(
    lambda resistance, capacity, trip, gap, period, clocks: SimpleNamespace(
        resistance=resistance, capacity=capacity, trip=trip, clear=trip - gap, period=period,
        clocks=(1.0, *sorted(clocks, reverse=True)),
    ),
    st.floats(1.0, 20.0),
    st.floats(5.0, 200.0),
    st.floats(30.0, 90.0),
    st.floats(0.0, 5.0),
    st.floats(0.5, 20.0),
    st.sets(st.floats(0.1, 0.95), max_size=5),
)  # fmt: skip


@given(PROCESSORS, CASES, st.floats(-10.0, 45.0))
def test_temperatures_lie_between_the_surroundings_and_full_power(processor, case, ambient):
    found = course(processor, case, 300 * case.period, ambient)
    hottest = steady_temperature(case, processor.power, ambient)
    assert (found.temperature_c >= ambient - 1e-9).all()
    assert (found.temperature_c <= hottest + 1e-9).all()
    assert set(found.clock) <= set(case.clocks)
    assert (found.power_w <= processor.power * (1 + 1e-12)).all()


@given(PROCESSORS, CASES)
def test_heat_in_is_heat_stored_and_heat_shed(processor, case):
    found = course(processor, case, 50 * case.period)
    # within a period the mean temperature above the surroundings follows from the balance itself
    made = found.power_w[:-1] * case.period
    stored = case.capacity * np.diff(found.temperature_c)
    shed = made - stored
    low, high = np.minimum(found.temperature_c[:-1], found.temperature_c[1:]), np.maximum(
        found.temperature_c[:-1], found.temperature_c[1:]
    )
    assert (shed >= (low - 25.0) / case.resistance * case.period - 1e-6 * (1 + made)).all()
    assert (shed <= (high - 25.0) / case.resistance * case.period + 1e-6 * (1 + made)).all()


@given(PROCESSORS, CASES, st.floats(0.0, 40.0), st.floats(0.0, 10.0))
def test_a_warmer_place_is_never_better(processor, case, ambient, warmer):
    assert sustained_rate(processor, case, ambient + warmer) <= sustained_rate(processor, case, ambient) + 1e-12
    assert time_to_throttle(processor, case, ambient + warmer) <= time_to_throttle(processor, case, ambient) + 1e-6
