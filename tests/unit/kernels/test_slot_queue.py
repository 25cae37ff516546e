"""The searchable queue against a walk over all waiting jobs."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dcsim.kernels.job_records import Jobs
from dcsim.kernels.slot_queue import LEAF, enter, first_short, first_small, leave, size_class

MOST = 40


def test_classes_rise_with_the_slots_and_part_doublings_in_four():
    classes = [size_class(slots) for slots in range(5000)]
    assert classes == sorted(classes)
    assert set(classes) == set(range(classes[-1] + 1))
    assert all(size_class(2 * slots) - size_class(slots) == 4 for slots in range(8, 2500))


@given(seed=st.integers(0, 10_000), count=st.integers(1, 300))
def test_searches_find_what_a_walk_finds(seed, count):
    draw = np.random.default_rng(seed)
    jobs = Jobs(
        np.zeros(count), draw.integers(0, MOST + 1, count), draw.random(count), np.round(10.0 * draw.random(count)),
        np.zeros(count),
    )  # fmt: skip
    leaves = 1 << (-(-count // LEAF) - 1).bit_length()
    kinds = np.full(count, -1, np.int16)
    table = np.full((2 + size_class(MOST), 2 * leaves), np.inf)
    waiting = set()
    for job in draw.permutation(count)[: max(1, count // 2)].tolist():
        enter(jobs, kinds, table, job)
        waiting.add(job)
    for _ in range(60):
        first, slots, end = int(draw.integers(0, count)), int(draw.integers(0, MOST + 1)), float(draw.integers(0, 12))
        small = [job for job in sorted(waiting) if job >= first and jobs.slots[job] <= slots]
        short = [job for job in small if 1.0 + jobs.walltime[job] <= end]
        assert first_small(jobs.slots, kinds, table, first, slots) == (small[0] if small else -1)
        assert first_short(jobs, kinds, table, first, slots, 1.0, end) == (short[0] if short else -1)
        if waiting:
            gone = sorted(waiting)[int(draw.integers(0, len(waiting)))]
            leave(jobs, kinds, table, gone)
            waiting.remove(gone)
    for job in sorted(waiting):
        leave(jobs, kinds, table, job)
    assert np.isinf(table).all()
