"""Buckets and the lane they share, worked out by hand and slowly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.compute.buckets import buckets
from dcsim.kernels.overlap import fill_buckets, one_after_another

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
    assert nbytes.tolist() == buckets(np.array(sizes, float), limit).tolist()
    assert nbytes.sum() == sum(sizes)
    assert (np.diff(complete) > 0).all()


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
