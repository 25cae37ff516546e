"""Sobol' indices against closed forms and scipy, ranks against scipy."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from dcsim.results.sensitivity import rank_correlation, sobol_indices


def _ishigami(x):
    return np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0])


def _design(number, seed=0):
    rows = stats.qmc.Sobol(6, rng=np.random.default_rng(seed)).random(number) * 2.0 * np.pi - np.pi
    first, second = rows[:, :3].T, rows[:, 3:].T
    mixed = []
    for column in range(3):
        swapped = first.copy()
        swapped[column] = second[column]
        mixed.append(swapped)
    return first, second, mixed


def test_indices_of_ishigamis_function():
    """Closed form: V = a^2/8 + b pi^4/5 + b^2 pi^8/18 + 1/2 (Ishigami and Homma 1990), a = 7, b = 0.1."""
    a, b, pi = 7.0, 0.1, np.pi
    variance = a * a / 8 + b * pi**4 / 5 + b * b * pi**8 / 18 + 0.5
    one, two, both = 0.5 * (1 + b * pi**4 / 5) ** 2, a * a / 8, b * b * pi**8 * (1 / 18 - 1 / 50)
    first, second, mixed = _design(2**13)
    found = sobol_indices(_ishigami(first), _ishigami(second), [_ishigami(each) for each in mixed])
    assert found.first == pytest.approx([one / variance, two / variance, 0.0], abs=0.01)
    assert found.total == pytest.approx([(one + both) / variance, two / variance, both / variance], abs=0.01)
    assert np.all(found.first_half_width < 0.06)


def test_estimates_are_those_of_scipy():
    first, second, mixed = _design(256, seed=3)
    values = [_ishigami(each) for each in (first, second)], np.array([_ishigami(each) for each in mixed])
    theirs = stats.sobol_indices(
        func={"f_A": values[0][0][None], "f_B": values[0][1][None], "f_AB": values[1][:, None]}, n=256
    )
    found = sobol_indices(*values[0], values[1])
    assert found.first == pytest.approx(np.ravel(theirs.first_order))
    assert found.total == pytest.approx(np.ravel(theirs.total_order))


def test_what_does_not_vary_has_no_shares():
    found = sobol_indices(np.ones(8), np.ones(8), np.ones((2, 8)))
    assert np.isnan(found.first).all()
    assert np.isnan(found.total).all()


@given(st.lists(st.tuples(st.integers(-5, 5), st.integers(-5, 5)), min_size=3, max_size=30))
def test_ranks_correlate_as_in_scipy(pairs):
    one, other = map(list, zip(*pairs, strict=True))
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert rank_correlation(one, other) == 0.0
    else:
        assert rank_correlation(one, other) == pytest.approx(stats.spearmanr(one, other).statistic, abs=1e-12)
