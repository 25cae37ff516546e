"""Who must go: against trying every head of the list, and every one of those chosen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dcsim.jobs.victims import fewest


@given(st.lists(st.integers(1, 8), max_size=12), st.integers(0, 40))
def test_shortest_head_and_nobody_in_vain(slots, needed):
    candidates = list(range(len(slots)))

    def suffices(gone):
        return sum(slots[each] for each in gone) >= needed

    gone = fewest(candidates, suffices)
    if gone is None:
        assert sum(slots) < needed
        return
    assert suffices(gone)
    assert all(not suffices([other for other in gone if other != each]) for each in gone)
    shortest = next(count for count in range(len(slots) + 1) if suffices(candidates[:count]))
    assert set(gone) <= set(candidates[:shortest])
    assert gone == sorted(gone)
