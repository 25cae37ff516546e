"""The heap of ends against sorting."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dcsim.kernels.job_ends import drop, push


@given(entries=st.lists(st.tuples(st.sampled_from([0.0, 0.5, 1.0, np.inf]), st.integers(0, 5)), max_size=40))
def test_least_first_and_the_lesser_number_among_equals(entries):
    ends, loads, size = np.empty(40), np.empty(40, np.int64), 0
    for end, load in entries:
        size = push(ends, loads, size, end, load)
    found = []
    while size > 0:
        found.append((float(ends[0]), int(loads[0])))
        size = drop(ends, loads, size)
    assert found == sorted(entries)
