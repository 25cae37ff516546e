"""Warming up and throttling, against closed forms."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from dcsim.edge.thermal import course, power_at, steady_temperature, sustained_rate, time_to_throttle

CLOCKS = (1.0, 0.8, 0.6, 0.4)


def processor(power=4.0, fixed_share=0.2):
    return SimpleNamespace(rate=1e9, power=power, fixed_share=fixed_share, spread=0.0)


def case(*, trip=45.0, clear=44.0, clocks=CLOCKS, period=1.0, resistance=8.0, capacity=60.0):
    return SimpleNamespace(
        resistance=resistance, capacity=capacity, trip=trip, clear=clear, period=period, clocks=clocks
    )


def test_power_falls_with_the_third_power_of_the_clock():
    assert power_at(processor(), 1.0) == 4.0
    assert power_at(processor(), 0.5) == pytest.approx(4.0 * (0.2 + 0.8 / 8.0))
    assert power_at(processor(fixed_share=1.0), 0.1) == 4.0


def test_a_cool_processor_settles_and_never_slows_down():
    cool = processor(power=2.0)
    found = course(cool, case(), 5 * 480.0)
    assert steady_temperature(case(), 2.0) == 41.0
    assert found.temperature_c[-1] == pytest.approx(25.0 + 16.0 * (1.0 - math.exp(-5.0)), abs=1e-9)
    assert (found.clock == 1.0).all()
    assert time_to_throttle(cool, case()) == math.inf
    assert sustained_rate(cool, case()) == 1.0


def test_a_warm_one_slows_down_when_the_closed_form_says():
    warm = processor()
    expected = 480.0 * math.log(32.0 / 12.0)
    assert time_to_throttle(warm, case()) == pytest.approx(expected)
    found = course(warm, case(), 1000.0)
    first = found.time_s[np.argmax(found.clock < 1.0)]
    assert expected <= first <= expected + 1.0


@pytest.mark.parametrize("power", [3.0, 4.0, 6.0])
def test_in_the_long_run_the_case_carries_the_mean_power_away(power):
    warm, tight = processor(power=power), case(clear=45.0)
    found = course(warm, tight, 40_000.0)
    late = found.time_s > 10_000.0
    assert found.temperature_c[late].mean() == pytest.approx(45.0, abs=0.1)
    assert found.power_w[late].mean() == pytest.approx(20.0 / 8.0, rel=0.01)
    most = sustained_rate(warm, tight)
    assert 0.94 * most < found.clock[late].mean() < 1.005 * most


def test_between_two_steps_by_hand():
    # 2.5 W lie between 4 (0.2 + 0.8 0.8^3) = 2.4384 W and 4 W
    assert sustained_rate(processor(), case()) == pytest.approx(0.8 + 0.2 * (2.5 - 2.4384) / (4.0 - 2.4384))


def test_the_lowest_step_is_kept_where_it_is_too_warm():
    glowing = processor(power=20.0)
    assert sustained_rate(glowing, case()) == 0.4
    assert course(glowing, case(), 3000.0).clock[-1] == 0.4
    assert course(glowing, case(), 3000.0).temperature_c[-1] > 45.0


def test_a_hot_place_throttles_at_once():
    assert time_to_throttle(processor(), case(), ambient=50.0) == 0.0
    assert course(processor(), case(), 10.0, ambient=50.0).clock[0] == 0.8


@pytest.mark.parametrize("period", [0.5, 5.0, 20.0])
def test_how_often_one_looks_does_not_change_the_physics(period):
    cool = processor(power=2.0)
    found = course(cool, case(period=period), 200.0)
    end = 25.0 + 16.0 * (1.0 - math.exp(-200.0 / 480.0))
    assert found.temperature_c[-1] == pytest.approx(end, abs=1e-9)


@pytest.mark.parametrize("seconds", [0.0, -1.0, math.inf, math.nan])
def test_no_time_is_refused(seconds):
    with pytest.raises(ValueError, match="time above zero"):
        course(processor(), case(), seconds)
