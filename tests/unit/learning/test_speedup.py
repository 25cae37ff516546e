"""Speed-up of groups through a few known ones."""

from __future__ import annotations

import pytest

from dcsim.learning.speedup import speedups


def test_known_points_are_kept_and_one_machine_is_one():
    assert speedups({5: 4.0, 20: 9.0}, [20, 1, 5]).tolist() == pytest.approx([9.0, 1.0, 4.0])


def test_between_and_beyond_a_power_of_the_size():
    """From 4 to 16 machines the speed-up doubles twice for each fourfold: a root, which goes on."""
    found = speedups({4: 2.0, 16: 8.0}, [2, 8, 64])
    assert found.tolist() == pytest.approx([2.0**0.5, 4.0, 32.0])


@pytest.mark.parametrize("known", [{}, {1: 1.0}, {1: 2.0, 4: 2.0}, {0: 1.0, 4: 2.0}, {4: 0.0}, {4: float("nan")}])
def test_what_makes_no_curve_is_refused(known):
    with pytest.raises(ValueError, match=r"needs|itself"):
        speedups(known, [1])
