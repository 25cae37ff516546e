"""Settings of a grid, and those that designs draw."""

from __future__ import annotations

import itertools
from decimal import Decimal

import numpy as np
import pytest
from scipy.stats import qmc

from dcsim.sweeps.axes import Axis
from dcsim.sweeps.design import settings_of, size_of
from dcsim.sweeps.points import Grid
from dcsim.sweeps.ranges import Span

AXES = (Axis("a", ("1", "2")), Axis("fixed", ("x",)), Axis("b", ("p", "q", "r")))
DRAWN = (Axis("a", (), Span(Decimal(0), Decimal(1))), Axis("fixed", ("x",)), Axis("b", ("p", "q")))


def _column(settings, path):
    return [dict(values)[path] for values in settings]


def test_grid_is_every_combination_in_order_of_the_axes():
    grid = settings_of(AXES, "grid", 0, 0)
    expected = [tuple(zip(("a", "fixed", "b"), each, strict=True))
                for each in itertools.product(("1", "2"), ("x",), ("p", "q", "r"))]  # fmt: skip
    assert list(grid) == expected
    assert grid[-1] == expected[-1]
    assert grid[1:3] == expected[1:3]
    with pytest.raises(IndexError):
        grid[6]


def test_grid_of_a_million_points_is_not_written_out():
    axes = [Axis(str(k), tuple(map(str, range(100)))) for k in range(3)]
    assert len(Grid(axes)) == 10**6
    assert Grid(axes)[123456] == (("0", "12"), ("1", "34"), ("2", "56"))


def test_latin_hypercube_draws_once_from_each_slice():
    settings = settings_of(DRAWN, "latin_hypercube", 20, seed=3)
    shares = np.array(_column(settings, "a"), float)
    assert sorted(np.floor(shares * 20).astype(int)) == list(range(20))
    assert sorted(_column(settings, "b")) == ["p"] * 10 + ["q"] * 10
    assert set(_column(settings, "fixed")) == {"x"}


def test_sobol_is_the_sequence_of_scipy():
    settings = settings_of(DRAWN, "sobol", 8, seed=5)
    rows = qmc.Sobol(2, scramble=True, rng=np.random.default_rng(5)).random(8)
    assert np.array(_column(settings, "a"), float) == pytest.approx(rows[:, 0], abs=1e-6)
    assert _column(settings, "b") == ["pq"[int(2 * share)] for share in rows[:, 1]]
    assert settings_of(DRAWN, "sobol", 6, seed=5) == settings[:6]


def test_samples_for_indices_are_two_and_their_mixtures():
    settings = settings_of(DRAWN, "sobol_indices", 4, seed=1)
    assert len(settings) == size_of(DRAWN, "sobol_indices", 4) == 16
    first, second, with_a, with_b = (settings[4 * k : 4 * k + 4] for k in range(4))
    assert _column(with_a, "a") == _column(second, "a")
    assert _column(with_a, "b") == _column(first, "b")
    assert _column(with_b, "a") == _column(first, "a")
    assert _column(with_b, "b") == _column(second, "b")


@pytest.mark.parametrize("design", ["latin_hypercube", "sobol", "sobol_indices"])
def test_draws_depend_on_their_own_seed_alone(design):
    np.random.seed(1)  # noqa: NPY002  # somebody else's
    one = settings_of(DRAWN, design, 8, seed=7)
    np.random.seed(2)  # noqa: NPY002
    assert settings_of(DRAWN, design, 8, seed=7) == one
    assert settings_of(DRAWN, design, 8, seed=8) != one
