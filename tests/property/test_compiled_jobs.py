"""Compiled replays of jobs against lists that are gone through slowly."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.jobs.compiled import DISCIPLINES, replay
from dcsim.schedulers import scheduler
from dcsim.world.job_replay import JobWorld
from dcsim.world.job_slots import CountedSlots
from tests.oracles import schedules
from tests.oracles.job_traces import block, cut, starts


@st.composite
def traces(draw, most=24):
    """Jobs with many ties, fractions of seconds, no duration at all, and now and then no end."""
    slots = draw(st.sampled_from([1, 2, 5, 8, 24, 100]))
    gaps = st.sampled_from([0.0, 0.0, 1.0, 2.0, 0.1, 7.3])
    spans = st.sampled_from([0.0, 0.1, 0.3, 1.0, 1.0, 2.0, 3.0, 10.0, 40.0, math.inf])
    rows = draw(st.lists(st.tuples(gaps, st.integers(0, slots), spans, spans), min_size=1, max_size=most))
    submit = np.cumsum([row[0] for row in rows]).tolist()
    jobs = [
        (at, need, span, span + more if more < 10.0 else span)
        for at, (_, need, span, more) in zip(submit, rows, strict=True)
    ]
    return jobs, slots


@given(trace=traces(), discipline=st.sampled_from(DISCIPLINES), rows=st.integers(1, 24))
def test_counted_slots_are_those_of_the_lists(trace, discipline, rows):
    jobs, slots = trace
    wanted = schedules.replay(schedules.Cluster(jobs, slots), getattr(schedules, discipline))
    assert starts(replay(cut(block(jobs), rows), discipline, slots=slots)) == wanted


@given(trace=traces(), size=st.integers(1, 9), rows=st.integers(1, 24))
def test_packed_nodes_are_those_of_the_lists(trace, size, rows):
    jobs, slots = trace
    nodes = -(-slots // size)
    wanted = schedules.replay(schedules.Nodes(jobs, nodes, size), schedules.fifo)
    assert starts(replay(cut(block(jobs), rows), "fifo", nodes=nodes, per_node=size)) == wanted


@pytest.mark.parametrize("discipline", DISCIPLINES)
def test_a_long_queue_is_that_of_the_lists(discipline):
    count = 100 if discipline == "conservative_backfill" else 500
    draw = np.random.default_rng(5)
    submit = np.sort(draw.integers(0, 300, count)).astype(float)
    duration = np.ceil(draw.lognormal(2.0, 1.5, count))
    walltime = duration + draw.integers(0, 2, count) * np.ceil(draw.exponential(40.0, count))
    slots = draw.integers(1, 41, count)
    jobs = list(zip(submit.tolist(), slots.tolist(), duration.tolist(), walltime.tolist(), strict=True))
    wanted = schedules.replay(schedules.Cluster(jobs, 64), getattr(schedules, discipline))
    assert starts(replay(cut(block(jobs), 60), discipline, slots=64)) == wanted


@st.composite
def tenths(draw):
    """Jobs in whole tenths of a second: many ties that sums of floats would tell apart."""
    rows = draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), *[st.integers(0, 12)] * 2), min_size=2))
    at = draw(st.sampled_from([0, 3, 17_000_000_007]))
    jobs = []
    for gap, need, span, more in rows:
        at += gap
        jobs.append((at / 10, need, span / 10, (span + more % 5) / 10))
    return jobs


@given(jobs=tenths(), discipline=st.sampled_from(DISCIPLINES))
def test_ties_in_tenths_of_a_second_are_exact(jobs, discipline):
    """Kernel, world and whole numbers agree, to the last bit: a start is what reading its decimal would give."""
    wanted = schedules.replay(schedules.Cluster(jobs, 4), getattr(schedules, discipline))
    assert starts(replay(cut(block(jobs), 5), discipline, slots=4)) == wanted
    plugin = scheduler.get(discipline)
    world = JobWorld([block(jobs)], [CountedSlots(4)], plugin.call, order=plugin.facts.get("order"))
    results = list(world.results())
    assert starts(results) == wanted
    (compiled,) = replay([block(jobs)], discipline, slots=4)
    assert compiled.finish.tolist() == results[0].finish.tolist()
    assert all(float(f"{time:.6f}") == time for time in compiled.finish.tolist())
