"""The heap beside a plain dictionary that is searched for its least key."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.heap import insert, move, remove


@pytest.mark.parametrize("seed", range(5))
def test_any_order_of_calls(seed):
    rng = np.random.default_rng(seed)
    room = 12
    keys, items = np.empty(room), np.empty(room, np.int32)
    place = np.full(room, -1, np.int32)
    held: dict[int, float] = {}
    for _ in range(300):
        item, key = int(rng.integers(room)), float(rng.integers(8))
        if item not in held:
            assert insert(keys, items, place, len(held), item, key) == len(held) + 1
            held[item] = key
        elif rng.random() < 0.5:
            move(keys, items, place, len(held), item, key)
            held[item] = key
        else:
            assert remove(keys, items, place, len(held), item) == len(held) - 1
            del held[item]
        assert {int(one): float(keys[place[one]]) for one in items[: len(held)]} == held
        assert [one for one in range(room) if place[one] >= 0] == sorted(held)
        if held:
            assert keys[0] == min(held.values())


def test_items_come_out_in_order():
    values = np.random.default_rng(9).permutation(50) / 2.0
    keys, items, place = np.empty(50), np.empty(50, np.int32), np.full(50, -1, np.int32)
    size = 0
    for item, value in enumerate(values):
        size = insert(keys, items, place, size, item, value)
    out = []
    while size:
        out.append(float(keys[0]))
        size = remove(keys, items, place, size, items[0])
    assert out == sorted(values)
