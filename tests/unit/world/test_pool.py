"""Slots of a training pool against a slow recount."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.world.levels import Levels
from dcsim.world.pool import Gang, TrainingPool


def gang(slots, order=0):
    return Gang("gpu", slots, 0, order)


@settings(max_examples=150, deadline=None)
@given(
    units=st.integers(1, 6),
    per_unit=st.integers(1, 8),
    moves=st.lists(st.tuples(st.booleans(), st.integers(1, 20), st.integers(0, 30)), max_size=60),
)
def test_slots_balance(units, per_unit, moves):
    pool, held = TrainingPool(0, 0, "gpu", units, per_unit), []
    for order, (arrive, slots, which) in enumerate(moves):
        if arrive:
            new = gang(slots, order)
            if pool.fits(new, slots):
                pool.take(new, slots)
                held.append(new)
        elif held:
            pool.give_back(held.pop(which % len(held)))
        shared = {}
        for each in held:
            if each.part >= 0:
                shared[each.part] = shared.get(each.part, 0) + each.part_slots
            assert each.whole * per_unit + each.part_slots == each.slots
        assert max(shared.values(), default=0) <= per_unit
        assert len(shared) + sum(each.whole for each in held) <= units
        assert pool.free == units * per_unit - sum(each.slots for each in held)
        assert pool.running() == held[::-1]


@settings(max_examples=100, deadline=None)
@given(
    units=st.integers(1, 5),
    per_unit=st.integers(1, 8),
    sizes=st.lists(st.integers(1, 12), max_size=12),
    wanted=st.integers(1, 40),
    keep=st.integers(0, 12),
    beside=st.lists(st.integers(1, 12), max_size=3),
)
def test_fits_is_what_taking_beside_and_giving_back_would_allow(units, per_unit, sizes, wanted, keep, beside):
    pool, held = TrainingPool(0, 0, "gpu", units, per_unit), []
    for order, slots in enumerate(sizes):
        if pool.fits(None, slots):
            held.append(gang(slots, order))
            pool.take(held[-1], slots)
    gone = held[keep:]
    predicted = pool.fits(None, wanted, gone, [gang(slots) for slots in beside])
    for slots in beside:
        if not pool.fits(None, slots):
            assert not predicted
            return
        pool.take(gang(slots), slots)
    for each in gone:
        pool.give_back(each)
    assert predicted == pool.fits(None, wanted)


def test_small_gangs_pack_and_big_ones_take_whole_units():
    pool = TrainingPool(0, 0, "gpu", 3, 8)
    first, second, big = gang(3), gang(4), gang(16)
    pool.take(first, 3)
    pool.take(second, 4)
    assert first.part == second.part
    assert pool.fits(None, 16)
    pool.take(big, 16)
    assert not pool.fits(None, 2)
    assert pool.fits(None, 1)


def test_levels_against_a_recount():
    import numpy as np

    rng = np.random.default_rng(0)
    edges = np.array([0.0, 3.0, 4.0, 9.0, 20.0])
    levels, spans = Levels(), []
    for _ in range(200):
        begin = float(rng.random() * 22 - 1)
        end, amount = begin + float(rng.random() * 5), float(rng.integers(-3, 4))
        levels.span("busy", 1, begin, end, amount)
        spans.append((begin, end, amount))
    for counted in (False, True):
        means = [
            sum(
                (1.0 if counted else amount) * max(0.0, min(right, end) - max(left, begin))
                for begin, end, amount in spans
            )
            / (right - left)
            for left, right in itertools.pairwise(edges)
        ]
        np.testing.assert_allclose(levels.means("busy", 1, edges, counted=counted), means, atol=1e-9)
    assert levels.means("idle", 1, edges).tolist() == [0.0] * 4
