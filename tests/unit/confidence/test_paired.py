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


def test_rounding_is_that_of_each_pair():
    """What is dust beside one pair is a difference in another."""
    assert paired([1e9, 0.1], [1e9, 0.2]).p == pytest.approx(stats.ttest_1samp([0.0, 0.1], 0.0).pvalue)
    ones = [1.0] * 5
    found = paired(ones, [1.0 + 2e-9, *ones[1:]])
    assert found.p == pytest.approx(stats.ttest_1samp([1.0, 0.0, 0.0, 0.0, 0.0], 0.0).pvalue, rel=1e-5)
    assert found.half_width > found.mean > 0.0
    assert paired([1e9, 0.1], [1e9 + 1.0, 1.1 + 1e-12]).p > 0.0  # of the first pair 1.0 is rounding, so none
    assert paired([1e6, 0.1], [1e6 + 1.0001, 1.1])[1:3] == (0.0, 0.0)  # up to 0.001 there, and 1e-9 here
    assert paired([0.0, 0.0], [1e-200, 2e-200]).p == pytest.approx(stats.ttest_1samp([1.0, 2.0], 0.0).pvalue)


def test_counts_that_differ_by_the_same_may_be_chance():
    for number in range(2, 9):
        found = paired([3.0, 0.0] * number, [4.0, 1.0] * number, counts=True)
        assert found == (1.0, None, 2.0 / 3.0 ** (2 * number), 2 * number)
    assert paired([3.0, 4.0], [3.0, 4.0], counts=True) == (0.0, 0.0, 1.0, 2)
    assert paired([3.0] * 4, [5.0] * 4, counts=True) == (2.0, None, 2.0 / 256.0, 4)
    unequal = [1.0, 2.0, 4.0], [2.0, 5.0, 3.0]
    assert paired(*unequal, counts=True) == paired(*unequal)


@given(st.lists(st.floats(0.0, 1.0), min_size=1, max_size=8), st.integers(2, 6))
def test_no_luck_makes_equal_differences_of_counts_likelier_than_told(weights, number):
    """Two independent draws of any distribution of counts, against their differences and pairs in full."""
    chances = np.array(weights) + 1e-12
    chances /= chances.sum()
    pairs = np.outer(chances, chances) * (1.0 - np.eye(len(chances)))
    assert (pairs**number).sum() <= 2.0 / 4.0**number * (1.0 + 1e-9)
    differences = np.convolve(chances, chances[::-1])
    differences[len(chances) - 1] = 0.0  # no difference is no difference
    assert (differences**number).sum() <= 2.0 / 3.0**number * (1.0 + 1e-9)


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
