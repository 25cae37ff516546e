"""Whole microseconds: what sums of times are, in the kernels and elsewhere."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.jobs.block import JobBlock
from dcsim.jobs.instants import COARSE, snap, snapped, times_within
from dcsim.kernels import job_instants

TICKS = st.integers(0, (1 << 30) * 10**6)
FLOATS = st.floats(0.0, 1e13) | st.sampled_from([0.0, 5e-7, COARSE, math.nextafter(COARSE, 0.0), 1e300, math.inf])


def written(ticks):
    """The float that reading the decimal gives."""
    return float(Fraction(ticks, 10**6))


@given(TICKS, TICKS)
def test_sums_are_exact_below_two_to_the_31st_seconds(one, other):
    assert snap(written(one) + written(other)) == written(one + other)


@given(st.integers(0, (1 << 32) * 10**6))
def test_what_is_written_stays(ticks):
    assert snap(written(ticks)) == written(ticks)


@given(st.integers(-(1 << 53), 1 << 53).map(float))
def test_whole_seconds_stay(time):
    assert snap(time) == time


@given(FLOATS, FLOATS)
def test_order_is_kept(one, other):
    assert one > other or snap(one) <= snap(other)


@given(FLOATS)
def test_the_kernels_have_the_same_formula(time):
    assert job_instants.snap(time) == snap(time) == snapped(np.array([time]))[0]
    assert job_instants.COARSE == COARSE


@pytest.mark.parametrize(("interval", "span", "expected"), [(0.1, 0.3, 3), (600.0, 599.999999, 0), (1e-9, 2e-6, 2)])
def test_intervals_are_counted_in_whole_microseconds(interval, span, expected):
    assert times_within(interval, span) == expected


def test_a_block_rounds_its_times():
    nine = np.array([0.1 + 0.2, 1.23456789])
    block = JobBlock(
        np.array(["a", "b"], object), nine, np.ones(2, np.int64), nine, nine, np.zeros(2, np.int8),
        {"deadline": np.array([0.1 + 0.2, np.inf])},
    )  # fmt: skip
    for times in (block.submit, block.duration, block.walltime):
        assert times.tolist() == [0.3, 1.234568]
    assert block.more["deadline"].tolist() == [0.3, math.inf]
