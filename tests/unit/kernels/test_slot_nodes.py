"""Nodes kept in bits against a list of free slots."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.jobs.disciplines import Packed
from dcsim.kernels.job_records import SPARE
from dcsim.kernels.slot_nodes import consolidate, give_back, has_place


def taken(packed, part):
    found = []
    while part >= 0:
        found.append((int(packed.parts.node[part]), int(packed.parts.slots[part])))
        part = int(packed.parts.next[part])
    return sorted(found)


def test_rules_by_hand():
    packed = Packed(4, 8)

    def take(slots):
        assert has_place(packed.sets, slots)
        return taken(packed, consolidate(packed.sets, packed.parts, packed.counts, slots))

    assert take(5) == [(0, 5)]
    assert take(6) == [(1, 6)]
    assert take(2) == [(1, 2)]  # the fewest free slots that suffice
    assert take(10) == [(2, 8), (3, 2)]  # the rest goes where most is free
    assert take(0) == []
    assert not has_place(packed.sets, 8)
    assert not has_place(packed.sets, 7)
    assert take(4) == [(3, 4)]
    assert packed.sets.free.tolist() == [3, 0, 0, 2]


@pytest.mark.parametrize(("nodes", "size"), [(1, 1), (5, 3), (70, 8), (2100, 2)])
def test_bits_are_those_of_a_list(nodes, size):
    draw = np.random.default_rng(nodes)
    packed = Packed(nodes, size)
    sets, parts, counts = packed.sets, packed.parts, packed.counts
    held = []
    for _ in range(500):
        slots = int(draw.integers(0, 3 * size + 1))
        if has_place(sets, slots):
            part = consolidate(sets, parts, counts, slots)
            assert sum(n for _, n in taken(packed, part)) == slots
            held.append((part, slots))
        if held and draw.random() < 0.45:
            part, slots = held.pop(int(draw.integers(0, len(held))))
            assert give_back(sets, parts, counts, part) == slots
        assert sets.free.sum() == nodes * size - sum(slots for _, slots in held)
        assert sets.many.tolist() == np.bincount(sets.free, minlength=size + 1).tolist()
        for free in range(size + 1):
            bits = [bool(sets.words[free, node // 32] >> (node % 32) & 1) for node in range(nodes)]
            assert bits == (sets.free == free).tolist()
    for part, _ in held:
        give_back(sets, parts, counts, part)
    assert (sets.free == size).all()
    assert counts[SPARE] >= 0
