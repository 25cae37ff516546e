"""Averages over settings weigh every setting the same."""

from __future__ import annotations

import numpy as np

from dcsim.confidence.marginal import replica_averages


def test_settings_with_more_replicas_do_not_weigh_more():
    values = np.full((2, 100), np.nan)
    values[0, :5], values[1] = 0.0, 10.0
    found = replica_averages(values)
    assert found[:5].tolist() == [5.0] * 5
    assert np.isnan(found[5:]).all()


def test_a_setting_without_results_leaves_nothing():
    assert np.isnan(replica_averages([[1.0, 2.0], [np.nan, np.nan]])).all()
