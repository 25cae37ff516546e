"""Times in the hands of users."""

from __future__ import annotations

import math
from types import SimpleNamespace

import numpy as np
import pytest

from dcsim.edge.field import deadline_share, inference_time, log_spread, time_quantile


def processor(rate=10e9, spread=0.8):
    return SimpleNamespace(rate=rate, power=1.0, fixed_share=0.0, spread=spread)


def test_time_by_hand():
    assert inference_time(processor(), 1e9) == 0.1
    assert inference_time(processor(), 1e9, clock=0.5) == 0.2


def test_quantiles_and_deadlines_are_inverse():
    for share in (0.05, 0.5, 0.9, 0.99):
        assert deadline_share(processor(), 1e9, time_quantile(processor(), 1e9, share)) == pytest.approx(share)
    assert time_quantile(processor(), 1e9, 0.5) == pytest.approx(0.1)


def test_against_samples():
    times = 0.1 * np.exp(0.8 * np.random.default_rng(7).standard_normal(200_000))
    assert deadline_share(processor(), 1e9, 0.2) == pytest.approx((times <= 0.2).mean(), abs=0.005)
    assert time_quantile(processor(), 1e9, 0.9) == pytest.approx(np.quantile(times, 0.9), rel=0.01)
    assert log_spread(times.mean(), times.std()) == pytest.approx(0.8, rel=0.02)


def test_a_steady_processor_meets_a_deadline_or_not():
    steady = processor(spread=0.0)
    assert (deadline_share(steady, 1e9, 0.1), deadline_share(steady, 1e9, 0.0999)) == (1.0, 0.0)
    assert time_quantile(steady, 1e9, 0.999) == pytest.approx(0.1)


def test_slower_clocks_miss_more():
    shares = [deadline_share(processor(), 1e9, 0.15, clock) for clock in (1.0, 0.7, 0.4)]
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] > 0.3


@pytest.mark.parametrize(("flops", "clock"), [(0.0, 1.0), (1e9, 0.0), (math.nan, 1.0)])
def test_nothing_is_refused(flops, clock):
    with pytest.raises(ValueError, match="above zero"):
        inference_time(processor(), flops, clock)
