"""What holds for every input of the small kernels, and agreement with the slow oracles."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dcsim.kernels import arrivals, power, queueing, series
from tests.oracles import arrivals as arrivals_oracle
from tests.oracles import power as power_oracle
from tests.oracles import queueing as queueing_oracle
from tests.oracles import series as series_oracle

positive = st.floats(1e-3, 1e3)
share = st.floats(0.0, 1.0)
watts = st.floats(0.0, 500.0)
servers = st.one_of(st.integers(1, 400).map(float), st.floats(0.05, 5e4))


@st.composite
def step_series(draw, lowest, highest):
    edges = sorted(draw(st.sets(st.integers(0, 60), min_size=2, max_size=12)))
    return edges, [draw(st.integers(lowest, highest)) for _ in edges[1:]]


@given(u=share, v=share, idle=watts, dynamic=watts, exponent=st.floats(1.0, 2.0))
def test_power_lies_between_idle_and_peak_and_never_falls(u, v, idle, dynamic, exponent):
    peak = idle + dynamic
    low, high = (power.host_power(w, idle, peak, exponent) for w in sorted((u, v)))
    assert low == pytest.approx(power_oracle.machine(min(u, v), idle, peak, exponent), rel=1e-12)
    assert idle - 1e-9 <= low <= high + 1e-9
    assert high <= peak + 1e-9


@given(step_series(0, 1000))
def test_energy_is_the_sum_over_seconds(steps):
    edges, levels = steps
    expected = power_oracle.energy(series_oracle.by_second(edges, levels).values())
    assert power.energy(np.array(edges, float), np.array(levels, float)) == pytest.approx(expected, rel=1e-12)


@given(c=servers, rho=st.floats(1e-6, 1.2), budget=st.floats(-1.0, 10.0), more=positive)
def test_waits_get_shorter_with_servers_and_budget_and_longer_with_load(c, rho, budget, more):
    tail = queueing.wait_tail(c, rho, 0.1, budget)
    slack = 1e-30 + 5e-7 * tail
    assert 0.0 <= tail <= 1.0
    assert queueing.wait_tail(c + more, rho * c / (c + more), 0.1, budget) <= tail + slack
    assert queueing.wait_tail(c, rho, 0.1, budget + more) <= tail + slack
    assert queueing.wait_tail(c, min(rho * (1.0 + more), 2.0), 0.1, budget) >= tail - slack


@given(c=st.floats(0.05, 300.0), rho=st.floats(0.02, 0.9999))
def test_delay_probability_is_the_integral(c, rho):
    expected = queueing_oracle.erlang_c_any(c, rho)
    assert queueing.delay_probability(c, rho) == pytest.approx(expected, rel=2e-7, abs=1e-16)


@given(step_series(-50, 50), st.sets(st.integers(-5, 70), min_size=2, max_size=9).map(sorted))
def test_step_series_second_by_second(steps, bins):
    edges, values = steps
    seconds = series_oracle.by_second(edges, values)
    arrays = np.array(edges, float), np.array(values, float)
    assert series.time_weighted_mean(*arrays) == pytest.approx(series_oracle.mean(seconds), abs=1e-9)
    means = series.resample(*arrays, np.array(bins, float))
    assert means == pytest.approx(series_oracle.binned(seconds, bins), abs=1e-9, nan_ok=True)


@given(step_series(-50, 50))
def test_resampling_keeps_the_integral(steps):
    edges, values = np.array(steps[0], float), np.array(steps[1], float)
    bins = np.linspace(edges[0], edges[-1], 8)
    means = series.resample(edges, values, bins)
    integral = float(np.sum(values * np.diff(edges)))
    assert float(np.sum(means * np.diff(bins))) == pytest.approx(integral, abs=1e-7)


@given(st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 5)), max_size=12),
       st.integers(0, 8).map(lambda eighths: eighths / 8))  # fmt: skip
def test_percentile_counts_off(pairs, wanted):
    values, weights = [value for value, _ in pairs], [weight for _, weight in pairs]
    arrays = np.array(values, float), np.array(weights, float)
    found = series.weighted_percentile(*arrays, np.array([wanted]))
    expected = series_oracle.percentile(values, weights, wanted)
    assert found[0] == expected or (math.isnan(found[0]) and math.isnan(expected))


@given(step_series(0, 3), st.lists(st.floats(0.0, 20.0), max_size=15))
def test_arrivals_invert_the_cumulative_rate(steps, gaps):
    edges, rates = steps
    arrays = np.array(edges, float), np.array(rates, float)
    times, complete = arrivals.arrival_times(*arrays, np.array(gaps))
    reached = np.cumsum(gaps)[: times.size]
    by_then = [arrivals_oracle.expected_up_to(edges, rates, time) for time in times]
    assert by_then == pytest.approx(reached, abs=1e-9)
    assert (np.diff(times) >= 0.0).all()
    expected, stopped = arrivals_oracle.arrival_times(edges, rates, gaps)
    total = arrivals_oracle.expected_up_to(edges, rates, edges[-1])
    if all(abs(value - total) > 1e-9 for value in np.cumsum(gaps)):
        assert complete == stopped
        assert times == pytest.approx(expected, abs=1e-9)


@given(step_series(0, 3), st.lists(st.floats(0.0, 1.0, exclude_max=True), max_size=15))
def test_every_scattered_arrival_falls_in_one_bin_with_rate(steps, draws):
    edges, rates = np.array(steps[0], float), np.array(steps[1], float)
    assume(rates.sum() > 0)
    times = arrivals.scattered_times(edges, rates, np.array(draws))
    assert times.size == len(draws)
    assert edges[0] <= times.min(initial=edges[-1])
    assert times.max(initial=edges[0]) <= edges[-1]
    inside = times[times < edges[-1]]
    counts = arrivals.count_per_bin(inside, edges)
    assert counts.sum() == inside.size
    expected = [arrivals_oracle.count(times, left, right) for left, right in itertools.pairwise(edges)]
    assert counts.tolist() == expected
