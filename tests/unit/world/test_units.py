"""Numbers of free units against a set of them."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from dcsim.world.pool import Gang, TrainingPool
from dcsim.world.units import Units


@given(
    size=st.integers(1, 40),
    moves=st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(0, 30)), max_size=80),
)
def test_the_lowest_free_units_go_first(size, moves):
    units, free, held = Units(size), set(range(size)), []
    for take, count, which in moves:
        if take and count <= len(free):
            runs = units.take(count)
            found = [unit for first, behind in runs for unit in range(first, behind)]
            assert found == sorted(free)[:count]
            assert all(a[1] < b[0] for a, b in itertools.pairwise(runs)), "runs that touch are one"
            free -= set(found)
            held.append((runs, found))
        elif held:
            runs, found = held.pop(which % len(held))
            units.give_back(runs)
            free |= set(found)


def test_gangs_of_a_pool_hold_units_of_their_own():
    pool = TrainingPool(0, 0, "dual_socket", 6, 4, Units(6))
    gangs = [Gang("dual_socket", slots, 0, order) for order, slots in enumerate((6, 2, 9))]
    for gang in gangs:
        pool.take(gang, gang.slots)
    # 6 = unit 0 and half of unit 1; 2 = the other half; 9 = units 2 and 3 and a quarter of unit 4
    assert [gang.runs for gang in gangs] == [((0, 1),), (), ((2, 4),)]
    assert [pool.unit_of_part(gang) for gang in gangs] == [1, 1, 4]
    pool.give_back(gangs[0])
    assert pool.unit_of_part(gangs[0]) == -1
    last = Gang("dual_socket", 8, 0, 3)
    pool.take(last, last.slots)
    assert last.runs == ((0, 1), (5, 6)), "unit 1 is still held in part"
    pool.give_back(gangs[1])
    again = Gang("dual_socket", 4, 0, 4)
    pool.take(again, again.slots)
    assert again.runs == ((1, 2),)
