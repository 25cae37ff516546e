"""Matrix products tile by tile, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.products import fast_gain, product_time

SQUARE = np.array([[128.0, 128.0, 1.0]])
UNITS, RATE = 10.0, 1e13  # 1 TFLOP/s a unit


def time(m, n, k, groups=1.0, *, whole=True, tiles=SQUARE, split=1e9, tail=0.0, overhead=0.0, units=UNITS):
    return product_time(m, n, k, groups, whole, tiles, split, units, RATE, tail, overhead)


ONE_TILE = 2 * 128 * 128 * 1000 / 1e12


def test_one_tile_uses_one_unit():
    assert time(128.0, 128.0, 1000.0) == pytest.approx(ONE_TILE)
    assert time(1.0, 1.0, 1000.0) == pytest.approx(ONE_TILE)


def test_as_many_tiles_as_units_take_one_wave_and_twice_as_many_two():
    assert time(1280.0, 128.0, 1000.0) == pytest.approx(ONE_TILE)
    assert time(1280.0, 256.0, 1000.0) == pytest.approx(2 * ONE_TILE)


def test_sizes_of_the_model_are_rounded_up_and_those_of_the_batch_are_not():
    assert time(1920.0, 129.0, 1000.0) == pytest.approx(3 * ONE_TILE)
    assert time(1921.0, 256.0, 1000.0) == pytest.approx(3.2 * ONE_TILE)
    assert time(1984.0, 256.0, 1000.0, whole=False) == pytest.approx(3.1 * ONE_TILE)


def test_groups_are_tiles_side_by_side():
    assert time(64.0, 4.0, 1000.0, 40.0) == pytest.approx(4 * ONE_TILE)


def test_tail_and_overhead():
    assert time(2560.0, 128.0, 1000.0, tail=0.25) == pytest.approx(2.25 * ONE_TILE)
    assert time(2560.0, 128.0, 1000.0, overhead=1e-6) == pytest.approx(2 * (ONE_TILE + 1e-6))
    assert time(128.0, 128.0, 1000.0, tail=0.25) == pytest.approx(ONE_TILE)


def test_a_deep_small_product_is_split():
    assert time(128.0, 128.0, 1000.0, split=200.0) == pytest.approx(ONE_TILE / 5)
    assert time(128.0, 128.0, 1000.0, split=1.0) == pytest.approx(ONE_TILE / 10)


def test_the_tile_that_ends_first_is_taken():
    """A tall thin product fits the turned tile; a small tile at half the rate wins where a large one is mostly
    empty."""
    tall = np.array([[64.0, 256.0, 1.0]])
    assert time(256.0, 64.0, 1000.0, tiles=tall) == pytest.approx(ONE_TILE)
    both = np.array([[128.0, 128.0, 1.0], [32.0, 32.0, 0.5]])
    assert time(32.0, 32.0, 1000.0, tiles=both) == pytest.approx(2 * 32 * 32 * 1000 / 0.5e12)
    assert time(12800.0, 128.0, 1000.0, tiles=both) == pytest.approx(10 * ONE_TILE)


def test_fast_convolutions():
    assert fast_gain(2.25, 0.0, 3.0, 64.0) == pytest.approx(2.25)
    assert fast_gain(2.25, 3.0, 64.0, 64.0) == pytest.approx(1 / (1 / 2.25 + 3 / 32))
    assert fast_gain(2.25, 3.0, 3.0, 64.0) == 1.0
    assert fast_gain(4.0, 3.0, 512.0, 512.0) > fast_gain(4.0, 3.0, 64.0, 64.0)
