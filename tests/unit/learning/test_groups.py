"""Many models on many machines: throughput against latency."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.learning.groups import trade

DAY = 86_400.0


def test_a_hundred_models_on_a_hundred_machines():
    """HPCA 2018: 25 models a day after four days, or 20 a day after one; groups of five train four times as fast."""
    found = trade(100, 100, 4 * DAY, [1, 5], [1.0, 4.0])
    assert found.groups.tolist() == [100, 20]
    assert (found.rate * DAY).tolist() == [25.0, 20.0]
    assert (found.wait_s / DAY).tolist() == [4.0, 1.0]
    assert (found.last_s / DAY).tolist() == [4.0, 5.0]
    assert found.efficient.all()


def test_machines_that_no_group_takes_stay_idle():
    found = trade(10, 3, 6.0, [4], [3.0])
    assert (found.groups.tolist(), found.last_s.tolist()) == ([2], [4.0])
    assert found.rate.tolist() == [1.0]


def test_groups_that_lose_both_ways_are_not_efficient():
    """Ten machines no faster than five; three leave one idle and are slower than two pairs."""
    found = trade(10, 10, 1.0, [1, 2, 3, 5, 10], [1.0, 1.9, 1.8, 4.0, 4.0])
    assert found.efficient.tolist() == [True, True, False, True, False]


def test_equal_sizes_do_not_rule_each_other_out():
    assert trade(4, 4, 1.0, [2, 2], [1.5, 1.5]).efficient.all()


@pytest.mark.parametrize("sizes", [[1, 2, 4, 8, 16, 32], list(range(1, 65))])
def test_the_front_falls(sizes):
    """Among efficient sizes, less wait means fewer models."""
    size = np.array(sizes)
    found = trade(64, 1, 1.0, size, size**0.8)
    order = np.argsort(found.wait_s[found.efficient])
    assert (np.diff(found.rate[found.efficient][order]) > 0.0).all()


@pytest.mark.parametrize(
    ("machines", "models", "work", "sizes", "speedup"),
    [
        (4, 1, 1.0, [], []), (4, 1, 1.0, [5], [1.0]), (4, 1, 1.0, [0], [1.0]), (4, 1, 1.0, [1, 2], [1.0]),
        (4, 0, 1.0, [1], [1.0]), (4, 1, 0.0, [1], [1.0]), (4, 1, 1.0, [1], [0.0]),
    ],
)  # fmt: skip
def test_impossible_groups_are_refused(machines, models, work, sizes, speedup):
    with pytest.raises(ValueError, match="needs"):
        trade(machines, models, work, sizes, speedup)
