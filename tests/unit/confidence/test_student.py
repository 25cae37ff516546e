"""Quantiles are those of published tables; intervals hold the true mean as often as they promise."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.confidence import interval, student_quantile, student_tails

TABLE = {  # two-sided 90, 95 and 99 %: any printed table of Student's t
    1: (6.3138, 12.7062, 63.6567),
    2: (2.9200, 4.3027, 9.9248),
    3: (2.3534, 3.1824, 5.8409),
    4: (2.1318, 2.7764, 4.6041),
    9: (1.8331, 2.2622, 3.2498),
    10: (1.8125, 2.2281, 3.1693),
    30: (1.6973, 2.0423, 2.7500),
    120: (1.6577, 1.9799, 2.6174),
}


@pytest.mark.parametrize(("freedom", "row"), TABLE.items())
def test_quantiles_of_the_table(freedom, row):
    assert [student_quantile(share, freedom) for share in (0.95, 0.975, 0.995)] == pytest.approx(row, abs=1e-4)


def test_one_value_has_no_width():
    assert interval([3.0]) == (3.0, None, 1)


def test_equal_values_have_no_width_at_all():
    assert interval([3.0, 3.0, 3.0]) == (3.0, 0.0, 3)


def test_a_width_of_rounding_is_none():
    sums = [0.1 + 0.2, 0.3, 0.3]
    assert max(sums) > min(sums)
    assert interval(sums).half_width == 0.0
    assert interval([1e5 + each for each in sums]).half_width == 0.0
    assert interval([3.0, 3.0 + 1e-6]).half_width == pytest.approx(12.7062 * 0.5e-6, rel=1e-4)
    assert interval([0.0, 0.0]).half_width == 0.0


def test_intervals_hold_the_mean_as_often_as_they_promise():
    random = np.random.default_rng(5)
    draws = random.normal(7.0, 2.0, (2000, 4)).tolist()
    held = [abs(mean - 7.0) <= half_width for mean, half_width, _ in map(interval, draws)]
    assert 0.935 < np.mean(held) < 0.965  # 0.95 give or take three deviations of 0.0049


def test_tails_undo_quantiles():
    for freedom in (1, 4, 30):
        assert student_tails(student_quantile(0.975, freedom), freedom) == pytest.approx(0.05, rel=1e-9)
        assert student_tails(-student_quantile(0.6, freedom), freedom) == pytest.approx(0.8, rel=1e-9)
    assert student_tails(0.0, 3) == 1.0


def test_one_degree_of_freedom_is_the_cauchy_distribution():
    assert student_quantile(0.75, 1) == pytest.approx(1.0, rel=1e-12)
    assert student_tails(1.0, 1) == pytest.approx(0.5, rel=1e-12)
