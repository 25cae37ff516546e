"""Intervals around means of dependent series hold the true mean about as often as they promise, or are not told."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.confidence.batch_means import BATCHES, batch_means
from dcsim.confidence.warm_up import warm_up


def autoregressive(random, phi, shape):
    """Draw series x[k] = phi x[k - 1] + noise, begun in the steady state."""
    rows, number = shape
    series = np.empty(shape)
    series[:, 0] = random.normal(0.0, 1.0 / np.sqrt(1.0 - phi * phi), rows)
    noise = random.normal(size=shape)
    for k in range(1, number):
        series[:, k] = phi * series[:, k - 1] + noise[:, k]
    return series


def waiting_times(random, load, shape):
    """Draw waiting times of an M/M/1 queue that begins empty, by Lindley's recursion; mean service 1."""
    _, number = shape
    gain = random.exponential(1.0, shape) - random.exponential(1.0 / load, shape)
    waits = np.zeros(shape)
    for k in range(1, number):
        waits[:, k] = np.maximum(waits[:, k - 1] + gain[:, k], 0.0)
    return waits


def held(series, mean):
    """Return the share of intervals that hold a mean, and the share of series without one."""
    found = [batch_means(row) for row in series]
    told = [each for each in found if each.half_width is not None]
    return np.mean([abs(each.mean - mean) <= each.half_width for each in told]), 1.0 - len(told) / len(found)


@pytest.mark.parametrize(("phi", "number"), [(0.0, 100), (0.5, 500), (0.8, 2000), (0.9, 4000)])
def test_intervals_hold_the_mean_of_autoregressive_series(phi, number):
    share, silent = held(autoregressive(np.random.default_rng(7), phi, (300, number)), 0.0)
    assert 0.91 < share <= 1.0  # 0.95, less three deviations of 0.0126
    assert silent < 0.05


def test_series_that_are_too_short_get_no_interval():
    share, silent = held(autoregressive(np.random.default_rng(8), 0.95, (300, 100)), 0.0)
    assert silent > 0.9
    assert (1.0 - share) * (1.0 - silent) < 0.05  # told and wrong


def test_effective_values_of_an_autoregressive_series():
    series = autoregressive(np.random.default_rng(9), 0.8, (100, 5000))
    effective = [batch_means(row).effective for row in series]
    assert np.median(effective) == pytest.approx(5000 * 0.2 / 1.8, rel=0.15)


def test_waiting_times_of_a_queue_after_its_warm_up():
    waits = waiting_times(np.random.default_rng(10), 0.5, (60, 5000))
    found = [batch_means(row[warm_up(row).length :]) for row in waits]
    told = [each for each in found if each.half_width is not None]
    assert len(told) > 50
    assert np.mean([abs(each.mean - 1.0) <= each.half_width for each in told]) > 0.82  # load / (1 - load) = 1


@pytest.mark.slow
@pytest.mark.parametrize(("load", "number"), [(0.5, 20_000), (0.8, 50_000)])
def test_waiting_times_in_full(load, number):
    waits = waiting_times(np.random.default_rng(11), load, (300, number))
    found = [batch_means(row[warm_up(row).length :]) for row in waits]
    told = [each for each in found if each.half_width is not None]
    assert len(told) > 285
    assert np.mean([abs(each.mean - load / (1.0 - load)) <= each.half_width for each in told]) > 0.90


@pytest.mark.slow
@pytest.mark.parametrize("phi", [0.0, 0.5, 0.8, 0.9, 0.95])
@pytest.mark.parametrize("number", [300, 1000, 5000, 20_000])
def test_autoregressive_series_in_full(phi, number):
    share, silent = held(autoregressive(np.random.default_rng(12), phi, (1000, number)), 0.0)
    assert (1.0 - share) * (1.0 - silent) < 0.09
    if number * (1.0 - phi) / (1.0 + phi) > 100.0:
        assert silent < 0.01
        assert 0.92 < share < 0.98


def test_a_day_is_no_luck_when_batches_hold_whole_days():
    hours = np.arange(24 * 30)
    series = 10.0 + np.cos(hours / 24.0 * 2.0 * np.pi)
    found = batch_means(series, period=24)
    assert found.length % 24 == 0
    assert found.mean == pytest.approx(10.0, abs=1e-12)
    assert found.half_width == pytest.approx(0.0, abs=1e-12)


def test_batches_are_cut_off_at_the_beginning():
    found = batch_means([1e6, 1e6, *[1.0, 3.0, 2.0] * 21])
    assert (found.batches, found.length, found.mean, found.half_width) == (21, 3, 2.0, 0.0)
    assert BATCHES == (8, 32)


@pytest.mark.parametrize("number", [1, 7])
def test_few_values_have_a_mean_only(number):
    found = batch_means(np.arange(float(number)))
    assert found[1:] == (None, None, 0, 0, None)
    assert found.mean == (number - 1) / 2.0


def test_wider_for_a_higher_level():
    series = np.random.default_rng(13).normal(size=400)
    assert batch_means(series, 0.99).half_width > 1.2 * batch_means(series, 0.95).half_width


@pytest.mark.parametrize("values", [[], 3.0, [[1.0, 2.0]]])
def test_what_is_no_series_is_refused(values):
    with pytest.raises(ValueError, match="needs a series of one or more values"):
        batch_means(values)
