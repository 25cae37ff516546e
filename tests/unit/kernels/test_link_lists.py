"""What a link knows of its classes: sums against plain sums, the level at which it is full against bisection."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.kernels.fleet_records import new_records
from dcsim.kernels.fluid_records import CLASS, CROSSING, LINK, NETWORK
from dcsim.kernels.link_lists import CAP, enter, fill_level, leave, reweigh, to_back, to_front


class Alone:
    """One link, and classes that cross nothing else; class ``c`` has crossing ``c``."""

    def __init__(self, capacity, places):
        self.links, self.classes = new_records((1,), LINK), new_records((places,), CLASS)
        self.crossings, self.members = new_records((places,), CROSSING), np.zeros(places, np.int32)
        self.network = new_records((1,), NETWORK)[0]
        self.link = self.links[0]
        self.link.capacity = capacity
        self.classes["start"] = self.crossings["owner"] = np.arange(places)
        self.classes["stop"] = np.arange(places) + 1
        self.rising, self.level = {}, {}

    def enter(self, c, weight):
        self.classes[c].weight = self.rising[c] = weight
        enter(self.links, self.classes, self.crossings, self.members, self.network, c)
        self.link.open -= 1  # nothing here asks whether it is held or rises

    def hold_elsewhere(self, c, level):
        weight = self.rising.pop(c)
        self.classes[c].level, self.classes[c].home, self.level[c] = level, CAP, (weight, level)
        to_back(self.link, self.crossings, self.members, c, weight, level)

    def hold(self, c):
        self.rising[c], level = self.level.pop(c)
        to_front(self.link, self.crossings, self.members, c, self.rising[c], level)

    def reweigh(self, c, weight):
        if c in self.rising:
            self.rising[c] = weight
        else:
            self.level[c] = (weight, self.level[c][1])
        reweigh(self.links, self.classes, self.crossings, self.network, c, weight)

    def leave(self, c):
        leave(self.links, self.classes, self.crossings, self.members, self.network, c)
        self.rising.pop(c, None)
        self.level.pop(c, None)

    def full(self):
        return fill_level(self.link, self.classes, self.crossings, self.members)

    def expected(self):
        """Return the level at which the link is full, by bisection."""

        def load(level):
            held = sum(weight * min(level, own) for weight, own in self.level.values())
            return held + level * sum(self.rising.values())

        low, high = 0.0, 1e6
        if load(high) <= self.link.capacity:
            return math.inf
        for _ in range(100):
            middle = (low + high) / 2.0
            low, high = (middle, high) if load(middle) < self.link.capacity else (low, middle)
        return low


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_calls(seed):
    rng = np.random.default_rng(seed)
    alone = Alone(10.0, 9)
    for _ in range(250):
        c = int(rng.integers(9))
        if c not in alone.rising and c not in alone.level:
            alone.enter(c, float(rng.uniform(0.1, 3.0)))
        elif rng.random() < 0.2:
            alone.leave(c)
        elif rng.random() < 0.3:
            alone.reweigh(c, float(rng.uniform(0.1, 3.0)))
        elif c in alone.rising:
            alone.hold_elsewhere(c, float(rng.uniform(0.0, 4.0)))
        else:
            alone.hold(c)
        assert alone.full() == pytest.approx(alone.expected(), rel=1e-9)
        first, border = alone.link.first, alone.link.first + alone.link.front
        behind = first + alone.link.length
        assert sorted(alone.members[first:border].tolist()) == sorted(alone.rising)
        assert sorted(alone.members[border:behind].tolist()) == sorted(alone.level)


def test_a_link_that_no_longer_holds_what_others_take():
    """Of 10 bytes/s, classes held elsewhere at 1, 4 and 8 take 13: the last is cut to 5."""
    alone = Alone(10.0, 3)
    for c, level in enumerate((1.0, 4.0, 8.0)):
        alone.enter(c, 1.0)
        alone.hold_elsewhere(c, level)
    assert alone.full() == 5.0
    alone.link.capacity = 7.0
    assert alone.full() == 3.0
    alone.link.capacity = 0.0
    assert alone.full() == 0.0
    alone.link.capacity = 13.0
    assert alone.full() == math.inf


def test_few_digits_left_are_summed_anew():
    alone = Alone(1.0, 3)
    for c, weight in enumerate((1e12, 1e-3, 1e-3)):
        alone.enter(c, weight)
    alone.leave(0)
    assert alone.full() == 500.0
