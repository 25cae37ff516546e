"""The sawtooth by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.kernels.staleness import (
    LINEAR,
    LOG,
    loss_integral,
    loss_integrals,
    staleness,
    staleness_percentile,
    stalenesses,
)


def versions(*pairs):
    data, published = np.array(pairs, dtype=float).reshape(-1, 2).T
    return data.copy(), published.copy()


def test_hourly_retraining_by_hand():
    # data of 0 h is out at 1 h, data of 1 h at 2 h, ...: staleness runs from 1 h to 2 h for ever
    hour = 3600.0
    data, published = versions(*((k * hour, (k + 1) * hour) for k in range(-1, 24)))
    integral, above, highest, last = staleness(data, published, 0.0, 24 * hour, 1.5 * hour)
    assert integral == pytest.approx(24 * 1.5 * hour**2)
    assert above == pytest.approx(12 * hour)
    assert highest == 2 * hour
    assert last == hour  # the version published at the end counts for what follows


def test_older_data_is_not_served():
    with_it = staleness(*versions((0, 0), (8, 10), (5, 12)), 0.0, 20.0, 9.0)
    assert with_it == staleness(*versions((0, 0), (8, 10)), 0.0, 20.0, 9.0)
    assert with_it == (50.0 + (2.0 + 12.0) * 5.0, 1.0 + 3.0, 12.0, 12.0)


def test_versions_published_together():
    assert staleness(*versions((0, 0), (3, 5), (4, 5)), 0.0, 5.0, 9.0)[3] == 1.0
    assert staleness(*versions((0, 0), (4, 5), (3, 5)), 0.0, 7.0, 9.0) == (12.5 + 4.0, 0.0, 5.0, 3.0)


def test_nothing_is_counted_before_the_first_publication():
    assert staleness(*versions((1, 4)), 0.0, 6.0, 0.0) == (0.5 * (3.0 + 5.0) * 2.0, 2.0, 5.0, 5.0)
    integral, above, highest, last = staleness(*versions((1, 9)), 0.0, 6.0, 0.0)
    assert (integral, above) == (0.0, 0.0)
    assert math.isnan(highest)
    assert math.isnan(last)
    assert math.isnan(staleness(*versions(), 0.0, 6.0, 0.0)[3])


def test_many_models_as_one_by_one():
    data, published = versions((0, 0), (5, 6), (0, 2), (-7, -3), (1, 4))
    start, target = np.array([0, 2, 2, 5]), np.array([3.0, 1.0, 8.0])
    rows = stalenesses(start, data, published, 1.0, 9.0, target)
    for k, row in enumerate(rows):
        own = slice(start[k], start[k + 1])
        alone = staleness(data[own], published[own], 1.0, 9.0, target[k])
        assert row.tolist() == pytest.approx(alone, rel=0, abs=0, nan_ok=True)


def test_percentiles_by_hand():
    # model 0 is 0 to 10 s stale, model 1, thrice the weight, 100 to 110 s: the lower quarter is model 0
    data, published = versions((0, 0), (-100, -50))
    start, weights = np.array([0, 1, 2]), np.array([1.0, 3.0])
    shares = np.array([0.0, 0.125, 0.25, 0.625, 1.0])
    found = staleness_percentile(start, data, published, 0.0, 10.0, weights, shares)
    assert found == pytest.approx([0.0, 5.0, 10.0, 105.0, 110.0], rel=1e-12)
    only = staleness_percentile(start, data, published, 0.0, 10.0, np.array([0.0, 1.0]), shares[:1])
    assert only.tolist() == [100.0]
    assert np.isnan(staleness_percentile(start, data, published, 0.0, 10.0, np.zeros(2), shares)).all()


def test_losses_by_hand():
    one = versions((0, 0))
    assert loss_integral(*one, 2.0, 6.0, LINEAR, 4.0, 0.1) == pytest.approx(0.1 * (9.0 - 1.0) / 2.0)
    # integral of log2(1 + s) from 1 to 3 = [(1 + s) log2(1 + s) - s / ln 2] = 4*2 - 2*1 - 2 / ln 2
    assert loss_integral(*one, 1.0, 3.0, LOG, 1.0, 0.5) == pytest.approx(0.5 * (6.0 - 2.0 / math.log(2.0)))


def test_losses_of_many_models_as_one_by_one():
    data, published = versions((0, 0), (5, 6), (0, 2))
    start = np.array([0, 2, 3])
    found = loss_integrals(
        start, data, published, 1.0, 9.0, np.array([LINEAR, LOG]), np.array([2.0, 3.0]), np.array([0.2, 0.1])
    )
    assert found[0] == loss_integral(data[:2], published[:2], 1.0, 9.0, LINEAR, 2.0, 0.2)
    assert found[1] == loss_integral(data[2:], published[2:], 1.0, 9.0, LOG, 3.0, 0.1)
