"""Paired differences are those of scipy's test for related samples; the many are sorted out as its procedure does."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.confidence.paired import benjamini_hochberg, paired

stats = pytest.importorskip("scipy.stats")

number = st.floats(-1e3, 1e3)


@given(st.lists(st.tuples(number, number), min_size=2, max_size=12))
def test_probabilities_and_intervals_of_related_samples(pairs):
    first, second = zip(*pairs, strict=True)
    differences = np.subtract(second, first)
    if differences.std(ddof=1) <= 1e-6 * max(map(abs, (*first, *second, 1.0))):
        return
    found = paired(first, second, 0.9)
    theirs = stats.ttest_rel(second, first)
    low, high = theirs.confidence_interval(0.9)
    assert found.p == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-12)
    assert found.mean == pytest.approx((low + high) / 2, rel=1e-6, abs=1e-6)
    assert found.half_width == pytest.approx((high - low) / 2, rel=1e-6)


def test_what_strikes_both_drops_out():
    random = np.random.default_rng(1)
    luck = random.normal(100.0, 30.0, 6)
    first, second = luck + random.normal(0.0, 1.0, 6), luck + 5.0 + random.normal(0.0, 1.0, 6)
    found = paired(first.tolist(), second.tolist())
    assert found.p < 0.01
    assert found.half_width < 2.5
    assert stats.ttest_ind(first, second).pvalue > 0.5  # without pairs nobody could tell


def test_equal_differences_are_certain_and_equal_values_are_none():
    assert paired([1.0, 2.0, 3.0], [1.5, 2.5, 3.5]) == (0.5, 0.0, 0.0, 3)
    assert paired([1.0, 2.0], [1.0, 2.0]) == (0.0, 0.0, 1.0, 2)
    assert paired([0.3, 1e6], [0.1 + 0.2, 1e6 + 1e-6]) == (0.0, 0.0, 1.0, 2)
    assert paired([2.0], [3.0]) == (1.0, None, None, 1)


@given(st.lists(st.floats(1e-9, 1.0), min_size=1, max_size=40), st.sampled_from([0.01, 0.05, 0.2]))
def test_those_named_real_are_those_of_the_adjusted_probabilities(chances, rate):
    adjusted = stats.false_discovery_control(chances, method="bh")
    if np.any(np.isclose(adjusted, rate, rtol=1e-9)):
        return
    assert benjamini_hochberg(chances, rate) == (adjusted <= rate).tolist()


def test_none_of_none():
    assert benjamini_hochberg([]) == []


def test_false_ones_are_few_among_many():
    random = np.random.default_rng(2)
    shares = []
    for _ in range(60):
        shift = np.where(np.arange(100) < 30, 3.0, 0.0)
        rows = [(random.normal(size=8), random.normal(size=8) + each) for each in shift]
        real = benjamini_hochberg([paired(a.tolist(), b.tolist()).p for a, b in rows])
        assert sum(real[:30]) > 15
        shares.append(sum(real[30:]) / max(sum(real), 1))
    assert np.mean(shares) < 0.055  # 0.05 x 70 / 100, and three deviations
