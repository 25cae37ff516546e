"""Replicas are added until the interval is narrow enough, and then no more."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.confidence import interval
from dcsim.confidence.precision import is_precise, replicas_wanted

value = st.floats(0.5, 2.0)


@given(st.lists(value, min_size=2, max_size=30), st.floats(0.001, 0.5), st.integers(1, 100))
def test_enough_exactly_where_the_interval_is_narrow_enough(values, share, most):
    wanted = replicas_wanted(values, share, most=most)
    mean, half_width, number = interval(values)
    allowed = share / (1.0 + share) * mean
    assert (wanted == number) == (half_width <= allowed or most <= number)
    assert number <= wanted <= max(number, min(most, 3 * number))
    assert is_precise(values, share) == (half_width <= allowed)


def test_the_error_is_a_share_of_the_true_mean():
    values = [9.0, 10.0, 11.0, 10.0]
    half = interval(values).half_width
    assert not is_precise(values, half / 10.0)
    assert not is_precise(values, 0.999 * half / (10.0 - half))
    assert is_precise(values, 1.001 * half / (10.0 - half))  # where the true mean is at the lower end


def test_a_stage_ends_where_the_spread_says():
    assert replicas_wanted([9.0, 10.0, 11.0, 10.0], 0.06) == 11  # t(10) 0.8165 / sqrt(11) = 0.549; of 10: 0.584
    assert replicas_wanted([9.0, 10.0, 11.0, 10.0], 0.02) == 12  # three times as many and no more


@pytest.mark.parametrize("values", [[5.0, 5.0], [0.0, 0.0, 0.0]])
def test_values_that_do_not_differ_are_enough(values):
    assert replicas_wanted(values, 1e-6) == len(values)


def test_a_mean_of_zero_is_never_precise():
    assert replicas_wanted([-1.0, 1.0], 0.5, most=5) == 5


def test_two_at_least():
    with pytest.raises(ValueError, match="two replicas"):
        replicas_wanted([1.0], 0.1)


def sequential(random, spread, share, rounds):
    """Return the share of stopped intervals that hold the mean, and how many replicas they took."""
    holding, numbers = 0, []
    for _ in range(rounds):
        draws = random.normal(1.0, spread, 400).tolist()
        number = 5
        while (wanted := replicas_wanted(draws[:number], share)) > number:
            number = wanted
        mean, half_width, _ = interval(draws[:number])
        holding += abs(mean - 1.0) <= half_width
        numbers.append(number)
    return holding / rounds, np.mean(numbers)


def test_stopped_intervals_hold_the_mean_nearly_as_often_as_they_promise():
    share, number = sequential(np.random.default_rng(3), 0.05, 0.02, 60)
    assert share > 0.83
    assert 20 < number < 36  # (1.96 x 0.05 / 0.02)^2 = 24 and a few for the spread being unknown


@pytest.mark.slow
@pytest.mark.parametrize(("spread", "share"), [(0.02, 0.02), (0.05, 0.02), (0.1, 0.02), (0.3, 0.05)])
def test_stopped_intervals_in_full(spread, share):
    assert 0.90 < sequential(np.random.default_rng(4), spread, share, 500)[0] < 0.98
