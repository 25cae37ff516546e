"""Buckets and the lane they share, worked out by hand and slowly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.compute.buckets import buckets
from dcsim.kernels.overlap import beside, fill_buckets, one_after_another

SIZES = np.array([3.0, 4.0, 1.0, 9.0, 2.0])
READY = np.array([1.0, 2.0, 3.0, 4.0, 5.0])


@pytest.mark.parametrize(
    ("limit", "nbytes", "complete"),
    [
        (0.0, [3.0, 4.0, 1.0, 9.0, 2.0], [1.0, 2.0, 3.0, 4.0, 5.0]),
        (5.0, [7.0, 10.0, 2.0], [2.0, 4.0, 5.0]),
        (math.inf, [19.0], [5.0]),
    ],
)
def test_a_bucket_is_complete_when_its_last_tensor_is_ready(limit, nbytes, complete) -> None:
    found, when = fill_buckets(SIZES, READY, limit)
    assert found.tolist() == nbytes
    assert when.tolist() == complete


def test_no_tensors_no_buckets() -> None:
    none = np.zeros(0)
    assert [found.size for found in fill_buckets(none, none, 5.0)] == [0, 0]
    assert one_after_another(none, none).size == 0


@given(sizes=st.lists(st.integers(0, 50), max_size=30), limit=st.one_of(st.just(math.inf), st.integers(0, 120)))
def test_buckets_are_those_of_the_bytes_alone(sizes: list[int], limit: float) -> None:
    nbytes, complete = fill_buckets(np.array(sizes, float), np.arange(float(len(sizes))), float(limit))
    filling, slow = [], []
    for number, size in enumerate(sizes):
        filling.append(size)
        if sum(filling) >= limit or (number == len(sizes) - 1 and any(filling)):
            slow.append((sum(filling), number))
            filling = []
    assert list(zip(nbytes.tolist(), complete.tolist(), strict=True)) == slow
    assert buckets(np.array(sizes, float), limit).tolist() == nbytes.tolist()


@given(pairs=st.lists(st.tuples(st.integers(0, 20), st.integers(0, 10)), max_size=12))
def test_a_lane_second_by_second(pairs: list[tuple[int, int]]) -> None:
    """Whole seconds: at each, the first in the queue that is ready is served for one second."""
    ready = sorted(start for start, _ in pairs)
    took = [length for _, length in pairs]
    end = one_after_another(np.array(ready, float), np.array(took, float)).tolist()
    now, slow = 0, []
    for start, length in zip(ready, took, strict=True):
        while now < start:
            now += 1
        for _ in range(length):
            now += 1
        slow.append(now)
    assert end == slow


@given(
    pairs=st.lists(st.tuples(st.integers(0, 12), st.integers(0, 3)), max_size=8), rest=st.integers(0, 8),
    slowdown=st.sampled_from([0, 1, 2]),
)  # fmt: skip
def test_a_computation_beside_transfers_second_by_second(pairs, rest: int, slowdown: int) -> None:
    """Each second does ``1 + slowdown`` parts of the work, or one while a transfer is on its way."""
    parts = 1 + slowdown
    ready, took = sorted(start for start, _ in pairs), [length * parts for _, length in pairs]
    alone = (ready[-1] if ready else 0) + rest
    now = done = left = begun = 0
    waiting, ends, computed = [], [], None
    while computed is None or left or waiting:
        while begun < len(ready) and done >= ready[begun] * parts:
            waiting.append(took[begun])
            begun += 1
        while waiting and not left:
            left = waiting.pop(0)
            ends += [] if left else [now]
        if computed is None and done >= alone * parts:
            computed = now
            continue
        done += 1 if left else parts
        now += 1
        if left:
            left -= 1
            ends += [] if left else [now]
    end, found = beside(np.array(ready, float), np.array(took, float), float(alone), float(slowdown))
    assert end.tolist() == pytest.approx(ends)
    assert found == pytest.approx(computed)


@given(pairs=st.lists(st.tuples(st.floats(0.0, 20.0), st.floats(0.0, 10.0)), min_size=1, max_size=12))
def test_without_slowdown_the_computation_does_not_notice(pairs: list[tuple[float, float]]) -> None:
    ready, took = np.sort([start for start, _ in pairs]), np.array([length for _, length in pairs])
    end, computed = beside(ready, took, float(ready[-1]) + 1.0, 0.0)
    np.testing.assert_allclose(end, one_after_another(ready, took), atol=1e-12)
    assert computed == pytest.approx(ready[-1] + 1.0)
