"""Times by size, worked out at a few sizes."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.prediction.curve import Curve


class Counted:
    """An affine time with a bend, that counts how often it is asked."""

    def __init__(self, bend=float("inf")):
        self.bend, self.asked = bend, []

    def __call__(self, size):
        self.asked.append(size)
        return 1e-5 + min(size, self.bend) * 1e-9 + max(size - self.bend, 0.0) * 3e-9


@pytest.mark.parametrize("options", [{}, {"octaves": 2}, {"octaves": 36}, {"octaves": 3, "top": 2.0**20}])
def test_straight_times_are_told_exactly_at_any_size(options):
    curve = Curve(Counted(), **options)
    sizes = np.array([1e6, 3.0, 0.0, 70.0, 5e9, 123456.0, 64.0])
    expected = np.where(sizes > 0.0, 1e-5 + np.maximum(sizes, 64.0) * 1e-9, 0.0)
    assert curve(sizes) == pytest.approx(expected)
    assert curve(sizes[::-1][:3]) == pytest.approx(expected[::-1][:3])


def test_a_bend_at_a_power_of_two_is_kept():
    sizes = np.geomspace(100.0, 1e9, 50)
    assert Curve(Counted(2.0**20))(sizes) == pytest.approx([Counted(2.0**20)(size) for size in sizes])


def test_each_size_is_worked_out_once():
    told = Counted()
    curve = Curve(told, octaves=2)
    curve(np.array([1e3, 1e6]))
    first = len(told.asked)
    curve(np.array([2e3, 5e5]))
    assert len(told.asked) == first
    curve(np.array([1e3, 1e8]))
    assert len(told.asked) == len(set(told.asked)) > first


def test_exact_times_are_worked_out_for_every_size():
    told = Counted()
    curve = Curve(told, exact=True)
    assert curve(np.array([3.0, 1e6, 3.0, 0.0])) == pytest.approx([1e-5 + 3e-9, 1e-5 + 1e-3, 1e-5 + 3e-9, 0.0])
    assert told.asked == [3.0, 1e6]


@pytest.mark.parametrize("size", [-1.0, float("nan"), float("inf")])
def test_sizes_that_cannot_be_are_refused(size):
    with pytest.raises(ValueError, match="cannot send"):
        Curve(Counted())(np.array([5.0, size]))


def test_no_sizes_take_no_times():
    assert Curve(Counted())(np.zeros(0)).shape == (0,)
