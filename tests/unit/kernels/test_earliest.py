"""The tournament of clocks against a plain search for the least."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.earliest import new_clocks, set_clock


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8, 13])
def test_the_first_clock_wins_whatever_was_set_before(count):
    rng = np.random.default_rng(count)
    time, winner = new_clocks(count)
    assert winner[1] == 0
    for _ in range(300):
        clock, rings = int(rng.integers(count)), float(rng.integers(6)) if rng.random() < 0.9 else np.inf
        set_clock(time, winner, clock, rings)
        assert winner[1] == np.argmin(time[:count])  # the first of equals


def test_places_beyond_the_last_clock_never_ring():
    time, winner = new_clocks(5)
    assert time.size == 8
    for clock in range(5):
        set_clock(time, winner, clock, 1e300)
    assert time[winner[1]] == 1e300
    for clock in range(5):
        set_clock(time, winner, clock, np.inf)
    assert winner[1] == 0
