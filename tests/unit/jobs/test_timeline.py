"""Means over intervals are those of the levels, however often intervals were joined and in whatever order rows come."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.jobs.block import JobBlock, JobResults
from dcsim.jobs.instants import snap
from dcsim.jobs.timeline import Timeline

TIMES = st.one_of(st.integers(0, 40).map(float), st.floats(0.0, 1e6), st.floats(1e8, 1.1e8)).map(snap)


def results(rows, **more):
    """Return rows of (submit, slots, start, finish, outcome code)."""
    submit, slots, start, finish, outcome = (np.array(column, float) for column in zip(*rows, strict=True))
    count = len(rows)
    zeros = np.zeros(count)
    jobs = JobBlock(
        np.arange(count).astype(str).astype(object), submit, slots.astype(np.int64), zeros, zeros,
        np.zeros(count, np.int8), {name: np.array(column) for name, column in more.items()},
    )  # fmt: skip
    return JobResults(jobs, start, finish, outcome.astype(np.int8), np.zeros(count, np.int64), zeros, zeros, zeros)


def mean(edges, begins, ends, amounts):
    """Integrate each level over each interval by hand."""
    spans = list(zip(begins, ends, amounts, strict=True))
    return [
        sum(amount * max(min(end, right) - max(begin, left), 0.0) for begin, end, amount in spans) / (right - left)
        for left, right in itertools.pairwise(edges)
    ]


@st.composite
def spans(draw):
    jobs = draw(st.lists(st.tuples(TIMES, st.floats(0.0, 1e5), st.floats(0.01, 1e5), st.integers(1, 9)), min_size=1))
    return [(submit, slots, submit + wait, submit + wait + held, 0) for submit, wait, held, slots in jobs]


@given(spans(), st.integers(1, 20), st.integers(1, 3))
def test_means_are_exact(rows, half, parts):
    line = Timeline(2 * half)
    for part in np.array_split(np.arange(len(rows)), min(parts, len(rows))):
        line.add(results([rows[place] for place in part]))
    submits, slots, starts, finishes, _ = zip(*rows, strict=True)
    edges = line.edges
    assert (edges[0], edges[-1]) == (min(submits), max(finishes))
    assert 1 <= len(line.used) <= 2 * half
    assert (np.diff(edges) > 0).all()
    finest = 1e-3 + 1e-8 * (edges[-1] - edges[0]) / np.diff(edges).min()  # what is rounded off in large times
    assert line.used == pytest.approx(mean(edges, starts, finishes, slots), rel=1e-6, abs=finest)
    assert line.waiting == pytest.approx(mean(edges, submits, starts, [1] * len(rows)), rel=1e-6, abs=finest)


def test_half_of_the_intervals_are_used():
    line = Timeline(16)
    line.add(results([(0, 1, 0, 1000, 0)]))
    assert 8 < len(line.used) <= 16
    assert line.used == pytest.approx(1.0)


def test_one_interval_by_hand():
    line = Timeline(2)
    line.add(results([(0, 2, 0, 4, 0), (0, 3, 4, 8, 0)]))
    assert line.edges.tolist() == [0.0, 8.0]
    assert line.used.tolist() == [(2 * 4 + 3 * 4) / 8]
    assert line.waiting.tolist() == [4 / 8]


def test_jobs_that_never_start_wait_and_those_too_large_do_not():
    line = Timeline(64)
    line.add(results([(0, 1, 0, 10, 0), (0, 1, np.nan, np.nan, 1), (0, 9, np.nan, np.nan, 3), (5, 1, 5, np.nan, 2)]))
    assert line.waiting == pytest.approx(1.0)
    assert line.used @ np.diff(line.edges) == pytest.approx(15.0)


def test_rows_that_could_not_be_replayed_count_nowhere():
    line = Timeline()
    line.add(results([(0, 1, np.nan, np.nan, 4)]))
    assert len(line.edges) == 1
    assert len(line.used) == 0


def test_shares_of_a_gpu_count_as_such():
    line = Timeline()
    line.add(results([(0, 1, 0, 10, 0)], share=[0.25]))
    assert line.used == pytest.approx(0.25)


def test_segments_tell_stops_and_resizes():
    line = Timeline(6, segments=True)
    line.add(results([(0, 2, 0, 8, 0)]))
    line.add_segments(np.array([0.0, 6.0]), np.array([2.0, 8.0]), np.array([2.0, 1.0]))
    assert line.edges.tolist() == [0.0, 2.0, 4.0, 6.0, 8.0]
    assert line.used == pytest.approx([2.0, 0.0, 0.0, 1.0])
    assert line.waiting == pytest.approx([0.0, 1.0, 1.0, 0.0])
