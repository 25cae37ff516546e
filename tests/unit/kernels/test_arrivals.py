"""Arrivals by hand, and their statistics."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.arrivals import arrival_times, count_per_bin, cumulative_rate, scattered_times, times_at

EDGES, RATES = np.array([0.0, 10.0, 20.0, 25.0]), np.array([0.2, 0.0, 2.0])


def test_cumulative_rate_by_hand():
    assert cumulative_rate(EDGES, RATES).tolist() == [0.0, 2.0, 2.0, 12.0]


def test_quiet_times_are_skipped():
    total = cumulative_rate(EDGES, RATES)
    times = times_at(EDGES, total, np.array([0.0, 1.0, 2.0, 2.5, 12.0, 12.1]))
    assert times.tolist() == [0.0, 5.0, 10.0, 20.25, 25.0]


def test_gaps_become_arrivals_until_they_or_the_time_run_out():
    times, complete = arrival_times(EDGES, RATES, np.array([1.0, 2.0, 4.0]))
    assert times.tolist() == [5.0, 20.5, 22.5]
    assert not complete
    times, complete = arrival_times(EDGES, RATES, np.array([1.0, 2.0, 4.0, 6.0]))
    assert times.size == 3
    assert complete


def test_no_rate_no_arrivals():
    quiet = np.zeros(3)
    assert scattered_times(EDGES, quiet, np.array([0.5])).size == 0
    times, complete = arrival_times(EDGES, quiet, np.array([0.1]))
    assert times.size == 0
    assert complete


def test_counts_are_half_open():
    times, bins = np.array([-1.0, 0.0, 4.0, 5.0, 10.0]), np.array([0.0, 5.0, 5.0, 10.0])
    assert count_per_bin(times, bins).tolist() == [2, 0, 1]
    assert count_per_bin(np.empty(0), np.array([0.0, 5.0])).tolist() == [0]


def test_counts_are_poisson():
    rng = np.random.default_rng(20170919)
    edges, rates = np.array([0.0, 4000.0, 12000.0]), np.array([0.5, 2.0])
    times, complete = arrival_times(edges, rates, rng.exponential(size=20_000))
    assert complete
    counts = count_per_bin(times, np.arange(0.0, 12001.0, 10.0))
    for chosen, mean in ((counts[:400], 5.0), (counts[400:], 20.0)):
        assert chosen.mean() == pytest.approx(mean, rel=0.05)
        assert chosen.var() == pytest.approx(mean, rel=0.15)
