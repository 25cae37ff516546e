"""Parameters that make no difference to any result are named, and no others."""

from __future__ import annotations

import itertools

import pandas as pd
import pytest

from dcsim.results.effects import without_effect
from dcsim.results.sweep import Sweep


class _Made(Sweep):
    """A sweep from a function of two parameters and a seed instead of a directory."""

    def __init__(self, results, settings, failed=()):
        points, rows = [], []
        for (number, (x, y)), seed in itertools.product(enumerate(settings), (5, 6)):
            point = {"setting": number, "x": x, "y": y, "replica": seed - 5, "seed": seed, "rows": 2}
            problem = "broke" if (x, y, seed) in failed else ""
            points.append({**point, "problem": problem})
            values = [] if problem else results(x, y, seed)
            rows += [{**point, "metric": "cost", "region": str(k), "value": value} for k, value in enumerate(values)]
        parameters = {"x": "", "y": None}
        frame = pd.DataFrame(rows)
        self.__dict__.update(frame=frame, points=pd.DataFrame(points), parameters=parameters, dimensions=("region",))


GRID = [*itertools.product("12", "ab")]


@pytest.mark.parametrize(("results", "idle"), [
    (lambda x, y, seed: (seed, 1.0), ["x", "y"]),
    (lambda x, y, seed: (seed, y == "a"), ["x"]),
    (lambda x, y, seed: (seed, x), ["y"]),
    (lambda x, y, seed: (seed, (x, y, seed) == ("2", "b", 6)), []),  # one in eight, where both meet
    (lambda x, y, seed: (1.0, 2.0) if x == "1" else (2.0, 1.0), ["y"]),  # the same values in other rows
    (lambda x, y, seed: (1.0,) * int(x), ["y"]),
    (lambda x, y, seed: (float("nan"), 1.0), ["x", "y"]),
])  # fmt: skip
def test_a_grid(results, idle):
    assert without_effect(_Made(results, GRID)) == idle


def test_what_cannot_be_told_is_not():
    def same(x, y, seed):
        return 1.0, 2.0

    assert without_effect(_Made(same, [("1", "a"), ("2", "b"), ("3", "c")])) == []  # a Latin hypercube has no pairs
    assert without_effect(_Made(same, [("1", "a")])) == []
    assert without_effect(_Made(same, [("1", "a"), ("2", "a")])) == ["x"]


def test_points_that_failed_are_left_out():
    failed = [("2", "b", 5), ("2", "b", 6)]
    assert without_effect(_Made(lambda x, y, seed: (seed, x == "2" and y == "b"), GRID, failed)) == ["x", "y"]
