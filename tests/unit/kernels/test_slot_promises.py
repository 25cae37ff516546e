"""The tree of promised ends against a sorted list, and how deep it grows."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.kernels.job_records import Promises
from dcsim.kernels.slot_promises import first_with, join, part, up_to


def tree(room):
    none = np.zeros(room + 1, np.int64)
    return Promises(np.zeros(room + 1), none, none.copy(), np.zeros((room + 1, 2), np.int64))


def depth(promises, at):
    level, most = [at], 0
    while level:
        most += 1
        level = [int(below) for node in level for below in promises.child[node] if below]
    return most


@pytest.mark.parametrize("seed", range(5))
def test_sums_are_those_of_a_list(seed):
    draw = np.random.default_rng(seed)
    promises, there = tree(60), {}
    for _ in range(600):
        free = [node for node in range(1, 61) if node not in there]
        if free and (not there or draw.random() < 0.55):
            node, end, slots = free[0], float(draw.integers(0, 12)), int(draw.integers(0, 9))
            end = math.inf if end == 11.0 else end
            join(promises, node, end, slots)
            there[node] = (end, slots)
        else:
            node = sorted(there)[int(draw.integers(0, len(there)))]
            part(promises, node)
            del there[node]
        moment, wanted = float(draw.integers(-1, 12)), int(draw.integers(1, 40))
        sums = {end: sum(n for other, n in there.values() if other <= end) for end, _ in there.values()}
        assert up_to(promises, moment) == sum(slots for end, slots in there.values() if end <= moment)
        assert first_with(promises, wanted) == min((end for end in sums if sums[end] >= wanted), default=math.inf)


@pytest.mark.parametrize("ends", [np.zeros(4000), np.arange(4000.0), -np.arange(4000.0)])
def test_depth_stays_logarithmic(ends):
    promises = tree(4000)
    for node, end in enumerate(ends.tolist(), start=1):
        join(promises, node, end, 1)
    assert up_to(promises, math.inf) == 4000
    assert depth(promises, int(promises.child[0, 1])) <= 40
