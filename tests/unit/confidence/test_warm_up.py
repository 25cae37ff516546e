"""The rule of the smallest marginal standard error finds where a series settles, and says when it does not."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from dcsim.confidence.warm_up import warm_up
from tests.oracles.mser import marginal_standard_errors


@given(arrays.arrays(np.float64, st.integers(4, 120), elements=st.integers(-50, 50).map(float)))
def test_no_other_truncation_of_the_first_half_has_a_smaller_error(values):
    found = warm_up(values)
    batch = 5 if len(values) >= 25 else 1
    errors = marginal_standard_errors(values.tolist(), batch)
    half = len(errors) // 2
    assert found.length % batch == 0
    assert found.length // batch <= half
    looked_at = errors[: max(half + 1, len(errors) - 5)]
    if found.length // batch < half:
        assert errors[found.length // batch] <= min(looked_at) + 1e-9


def test_a_transient_is_cut_where_it_ends():
    random = np.random.default_rng(3)
    cuts = []
    for _ in range(50):
        series = random.normal(10.0, 1.0, 1000) + 20.0 * np.exp(-np.arange(1000) / 30.0)
        found = warm_up(series)
        assert found.over
        cuts.append(found.length)
    assert 60 < np.median(cuts) < 200  # after 90 values the transient is as large as the noise, after 180 a twentieth


def test_the_mean_after_the_cut_is_less_biased_than_that_of_all():
    random = np.random.default_rng(4)
    series = random.normal(0.0, 1.0, (100, 1000)) + 20.0 * np.exp(-np.arange(1000) / 30.0)
    whole, rest = series.mean(), np.mean([row[warm_up(row).length :].mean() for row in series])
    assert whole == pytest.approx(0.61, abs=0.05)
    assert abs(rest) < 0.06


@pytest.mark.parametrize(
    "series", [np.arange(200.0), np.exp(np.arange(200) / 40.0), np.append(np.zeros(150), np.ones(50))]
)
def test_series_that_end_elsewhere_than_they_were_do_not_settle(series):
    assert not warm_up(series).over


@pytest.mark.parametrize("series", [[3.0], [2.5] * 40, [0.1 + 0.2, 0.3] * 40, [0.0] * 7])
def test_nothing_is_cut_from_constants(series):
    assert warm_up(series) == (0, True)


def test_noise_alone_is_rarely_cut():
    random = np.random.default_rng(5)
    cuts = [warm_up(row).length for row in random.normal(size=(200, 500))]
    assert np.mean(np.array(cuts) > 100) < 0.2


def test_noise_alone_nearly_always_settles():
    random = np.random.default_rng(6)
    assert np.mean([warm_up(row).over for row in random.normal(size=(200, 500))]) > 0.8


@pytest.mark.parametrize(("values", "why"), [
    ([], "one or more values, not an array of shape (0,)"), (3.0, "shape ()"), ([[1.0, 2.0]], "shape (1, 2)"),
    ([1.0, float("nan")] * 20, "finite"), ([1.0, float("inf")], "finite"),
])  # fmt: skip
def test_what_is_no_series_is_refused(values, why):
    with pytest.raises(ValueError, match=re.escape(why)):
        warm_up(values)
