"""Events are what the format says, wherever the numbers come from."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.report.event_stream import Lanes


def test_an_empty_trace_is_one_too(seen):
    shown = seen(lambda events: None)
    assert shown.events == []
    assert shown.facts == {"of": "a test"}


def test_groups_and_lanes_are_named_once_in_order(seen):
    def write(events):
        for name in ("b", "a", "b"):
            events.span(events.thread(events.process(name), "x"), "s", 1.0, 2.0, "run")

    shown = seen(write)
    assert shown.groups == ["b", "a"]
    assert shown.spans["b", "x"] == [("s", 1.0, 2.0)] * 2
    orders = [e["args"]["sort_index"] for e in shown.events if e["name"] == "process_sort_index"]
    assert orders == [1, 2]


def test_amounts_that_are_not_finite_or_not_there_are_left_out(seen):
    def write(events):
        lane = events.thread(events.process("p"), "x")
        events.span(lane, "s", 0.0, 1.0, "run", lost=math.nan, far=math.inf, why="", who=None, zero=0.0, end="done")

    assert seen(write).args["s", 0.0] == {"zero": 0.0, "end": "done"}


def test_spans_are_cut_at_zero_and_by_the_window_left_whole(seen):
    def write(events):
        lane = events.thread(events.process("p"), "x")
        for begin, end in ((-5.0, 3.0), (4.0, 11.0), (12.0, 40.0), (1.0, 2.0), (41.0, 42.0), (5.0, math.nan)):
            events.span(lane, "s", begin, end, "run")
        for time in (9.0, 10.0, 31.0):
            events.instant(lane, "i", time, "run")

    shown = seen(write, begin=2.5, end=30.0)
    assert [span[1:] for span in shown.spans["p", "x"]] == [(0.0, 3.0), (4.0, 11.0), (12.0, 40.0)]
    assert shown.instants["p", "x"] == [("i", 9.0), ("i", 10.0)]


def test_counters_are_written_where_they_change(seen):
    def write(events):
        levels = {"up": [1.0, 1.0, 1.0, 2.0, 2.0], "down": [5.0, 5.0, 4.0, 4.0, math.nan]}
        events.counter(events.process("p"), "c", [0.0, 1.0, 2.0, 3.0, 4.0], levels)

    levels = [(0.0, 1, 5), (2.0, 1, 4), (3.0, 2, 4), (4.0, 2, 0)]
    found = [(time, args["up"], args["down"]) for time, args in seen(write).counters["p", "c"]]
    assert found == levels
    windowed = seen(write, begin=2.5, end=3.5).counters["p", "c"]
    assert [(time, args["up"], args["down"]) for time, args in windowed] == [(2.5, 1, 4), (3.0, 2, 4)]


@pytest.mark.parametrize("level", [0.0, 1e-12, 1.0, 60.3, 1234567.8, 9.87654321e15, -2.5])
def test_levels_keep_six_digits(seen, level):
    shown = seen(lambda events: events.counter(events.process("p"), "c", [0.0], {"x": [level]}))
    ((_, args),) = shown.counters["p", "c"]
    assert args["x"] == pytest.approx(level, rel=5e-6, abs=0.0)


spans = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 10)), max_size=40)


@given(spans)
def test_lanes_hold_one_span_at_a_time_and_are_as_few_as_can_be(lengths):
    ordered = sorted((begin, begin + length) for begin, length in lengths)
    lanes, until = Lanes(), {}
    for begin, end in ordered:
        lane = lanes.take(begin, end)
        assert until.get(lane, 0) <= begin
        until[lane] = end
    most = max((sum(b <= at < e for b, e in ordered) for at, _ in ordered), default=0)
    assert len(until) == most
