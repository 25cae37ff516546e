"""Step series by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.kernels.series import resample, time_weighted_mean, weighted_percentile


def test_mean_weighs_by_time():
    assert time_weighted_mean(np.array([0.0, 9.0, 10.0]), np.array([1.0, 11.0])) == 2.0
    assert math.isnan(time_weighted_mean(np.array([3.0]), np.empty(0)))
    assert math.isnan(time_weighted_mean(np.array([3.0, 3.0]), np.array([1.0])))


def test_percentile_is_a_value_that_bears_weight():
    values, weights = np.array([5.0, 1.0, 9.0, 0.0]), np.array([2.0, 1.0, 1.0, 0.0])
    shares = np.array([0.0, 0.25, 0.26, 0.75, 0.76, 1.0])
    assert weighted_percentile(values, weights, shares).tolist() == [1.0, 1.0, 5.0, 5.0, 9.0, 9.0]


def test_percentile_of_nothing():
    assert np.isnan(weighted_percentile(np.array([1.0]), np.array([0.0]), np.array([0.5]))).all()
    assert np.isnan(weighted_percentile(np.empty(0), np.empty(0), np.array([0.5]))).all()


def test_resample_by_hand():
    edges, values = np.array([10.0, 20.0, 40.0]), np.array([3.0, 6.0])
    means = resample(edges, values, np.array([0.0, 5.0, 15.0, 25.0, 50.0, 60.0]))
    assert means == pytest.approx([math.nan, 3.0, 4.5, 6.0, math.nan], nan_ok=True)


def test_resample_finer_than_the_series():
    means = resample(np.array([0.0, 4.0]), np.array([7.0]), np.arange(5.0))
    assert means.tolist() == [7.0] * 4
