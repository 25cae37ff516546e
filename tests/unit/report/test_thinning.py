"""Thinned series keep what they promise: sums over time, or extremes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.report.thinning import bucket_starts, per_day, said, stepped, thin_extremes, thin_means

LEVELS = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=200)


@settings(max_examples=40, deadline=None)
@given(LEVELS, st.integers(2, 60), st.randoms(use_true_random=False))
def test_means_keep_the_integral_and_the_ends(levels, most, random):
    held = np.array([random.uniform(0.5, 100.0) for _ in levels])
    edges = np.concatenate(([3.0], 3.0 + np.cumsum(held)))
    thinned, means = thin_means(edges, np.array(levels), most)
    assert len(means) <= most
    assert (thinned[0], thinned[-1]) == (edges[0], edges[-1])
    assert (means * np.diff(thinned)).sum() == pytest.approx((np.array(levels) * held).sum(), rel=1e-9, abs=1e-3)


@settings(max_examples=40, deadline=None)
@given(LEVELS, st.integers(2, 60))
def test_no_extreme_is_lost_and_none_is_made_up(levels, most):
    edges = np.arange(len(levels) + 1.0)
    thinned, kept = thin_extremes(edges, np.array(levels), most)
    assert len(kept) <= max(most, 2)
    assert (kept.max(), kept.min()) == (max(levels), min(levels))
    assert (thinned[0], thinned[-1]) == (edges[0], edges[-1])
    assert all(levels[int(at)] == level for at, level in zip(thinned[1:-1], kept[1:], strict=True))


def test_unknown_levels_are_no_extremes():
    level = np.array([np.nan, 2.0, np.nan, 9.0, np.nan, np.nan, np.nan, np.nan])
    assert np.nanmax(thin_extremes(np.arange(9.0), level, 4)[1]) == 9.0


def test_a_year_by_the_hour_is_shown_day_by_day():
    edges = np.arange(8761.0) * 3600.0
    day = 100.0 + 50.0 * np.sin(np.arange(8760) * 2.0 * np.pi / 24.0)
    assert thin_means(edges, day)[1] == pytest.approx(np.full(365, 100.0))
    assert said(edges) == "8,760 time steps are shown as 365 means."


def test_few_points_stay_as_they_are():
    edges, levels = np.arange(4.0), np.array([1.0, 5.0, 2.0])
    for thin in (thin_means, thin_extremes):
        assert [part.tolist() for part in thin(edges, levels, 3)] == [edges.tolist(), levels.tolist()]
    assert said(edges) == ""
    assert stepped(np.ones((2, 3))).shape == (2, 4)
    assert bucket_starts(0).tolist() == []
    assert per_day(np.zeros(1)) == 0
