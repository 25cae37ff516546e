"""The slowest of many workers, and batches shared by unequal ones."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.compute.stragglers import balance, expected_maximum, slowest, slowest_of
from tests.oracles import stragglers as oracle

ORDER_STATISTICS = {2: 0.56419, 3: 0.84628, 5: 1.16296, 10: 1.53875, 20: 1.86748, 50: 2.24907, 100: 2.50759}
"""Expected largest of n standard normals: Harter, Biometrika 48, 1961."""
LARGEST_OF_TEN = 1.5387527308


@pytest.mark.parametrize(("workers", "expected"), ORDER_STATISTICS.items())
def test_published_order_statistics(workers, expected):
    assert expected_maximum(workers) == pytest.approx(expected, abs=5e-6)


def test_closed_forms():
    assert expected_maximum(1) == 0.0
    assert expected_maximum(2) == pytest.approx(1.0 / math.sqrt(math.pi), rel=1e-12)
    assert expected_maximum(3) == pytest.approx(1.5 / math.sqrt(math.pi), rel=1e-12)
    assert expected_maximum(5) == pytest.approx(
        5.0 / (4.0 * math.sqrt(math.pi)) * (1.0 + 6.0 / math.pi * math.asin(1.0 / 3.0)), rel=1e-12
    )


def test_of_very_many():
    """Between the first term of its asymptote, less a correction, and that term."""
    n = 1_000_000
    leading = math.sqrt(2.0 * math.log(n))
    assert leading - math.log(4.0 * math.pi * math.log(n)) / (2.0 * leading) < expected_maximum(n) < leading


def test_by_hand():
    assert slowest(0.05, 10) == pytest.approx(1.0 + 0.05 * LARGEST_OF_TEN)
    assert slowest(0.05, 10, steps=4) == pytest.approx(1.0 + 0.025 * LARGEST_OF_TEN)
    assert slowest(0.05, 10, steps=4, persistence=1.0) == slowest(0.05, 10)
    assert slowest(0.05, 10, steps=4, persistence=0.5) == pytest.approx(
        1.0 + 0.05 * math.sqrt(0.5 + 0.5 / 4) * LARGEST_OF_TEN
    )
    assert slowest(0.05, 1) == slowest(0.0, 1000) == 1.0


@pytest.mark.parametrize("case", [(0.06, 2, 1, 0.0), (0.06, 32, 1, 0.0), (0.3, 8, 5, 0.7)])
def test_against_draws(case):
    spread, workers, steps, persistence = case
    expected, error = oracle.slowest(spread, workers, steps=steps, persistence=persistence)
    found = slowest(spread, workers, steps=steps, persistence=persistence)
    assert found == pytest.approx(expected, abs=5.0 * error)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [5, 44, 256, 1000])
@pytest.mark.parametrize(("steps", "persistence"), [(1, 0.0), (10, 0.86)])
def test_against_many_draws(workers, steps, persistence):
    expected, error = oracle.slowest(
        0.058, workers, steps=steps, persistence=persistence, rounds=2_000_000 // workers, seed=workers
    )
    assert slowest(0.058, workers, steps=steps, persistence=persistence) == pytest.approx(expected, abs=5.0 * error)


@pytest.mark.parametrize(
    ("spread", "workers", "steps", "persistence"),
    [(-0.1, 4, 1, 0.0), (math.nan, 4, 1, 0.0), (0.1, 0, 1, 0.0), (0.1, 4, 0, 0.0), (0.1, 4, 1, 1.5), (0.1, 4, 1, -0.5)],
)
def test_impossible_gangs_are_refused(spread, workers, steps, persistence):
    with pytest.raises(ValueError, match="at least one"):
        slowest(spread, workers, steps=steps, persistence=persistence)


def test_equal_workers_are_a_special_case():
    for workers in (1, 2, 7, 32):
        assert slowest_of([2.0] * workers, 0.06) == pytest.approx(2.0 * slowest(0.06, workers), rel=1e-4)


@pytest.mark.parametrize("times", [[1.0, 1.1], [1.0, 1.0, 1.05, 0.2], [5.0, 0.01], [3.0, 2.9, 2.8, 2.7, 2.6]])
def test_unequal_workers_against_draws(times):
    expected, error = oracle.slowest_of(times, 0.06)
    assert slowest_of(times, 0.06) == pytest.approx(expected, abs=5.0 * error + 1e-4 * expected)
    assert slowest_of(times, 0.0) == max(times)


@pytest.mark.parametrize(("times", "spread"), [([], 0.1), ([1.0, 0.0], 0.1), ([1.0], -0.1)])
def test_impossible_workers_are_refused(times, spread):
    with pytest.raises(ValueError, match="at least one worker"):
        slowest_of(times, spread)


def test_a_new_box_beside_an_old_one():
    """V100 and M40 at 300 and 91 images/s: evenly shared, the fast box waits for most of the step."""
    found = balance([300.0, 91.0], 391)
    assert found.shares.tolist() == [300, 91]
    assert found.balanced_s == 1.0
    assert found.even_s == pytest.approx(195 / 91.0)
    assert found.loss == pytest.approx(195 / 91.0 - 1.0)


def test_what_proportion_leaves_over_goes_where_it_is_done_first():
    """5, 1/2 and 1/2: the sixth sample costs the fast worker a tenth and a slow one a whole."""
    assert balance([10.0, 1.0, 1.0], 6).shares.tolist() == [6, 0, 0]


def test_equal_workers_lose_nothing():
    found = balance(np.full(8, 2.0), 20)
    assert sorted(found.shares.tolist()) == [2] * 4 + [3] * 4
    assert found.loss == 0.0


@pytest.mark.parametrize("rates", [[3.0, 2.0, 1.0], [1.0, 1.0, 5.0], [0.3, 0.2, 7.0], [4.0, 4.1, 4.2]])
@pytest.mark.parametrize("batch", [1, 2, 7, 12])
def test_no_split_is_faster(rates, batch):
    assert balance(rates, batch).balanced_s == pytest.approx(oracle.best_split(rates, batch), rel=1e-12)


@pytest.mark.parametrize(("rates", "batch"), [([], 4), ([1.0, 0.0], 4), ([1.0, math.inf], 4), ([1.0], 0)])
def test_impossible_batches_are_refused(rates, batch):
    with pytest.raises(ValueError, match="at least one worker"):
        balance(rates, batch)
