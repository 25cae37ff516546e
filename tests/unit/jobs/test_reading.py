"""Job traces that are looked through once and read again: order, parts, load, and what is counted."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from dcsim.jobs import reading
from dcsim.jobs.reading import JobTrace, Part
from dcsim.jobs.rows import job_block, taken


def _block(submit, duration=None, walltime=None, **more):
    count = len(submit)
    lasts = np.ones(count) if duration is None else np.array(duration, float)
    ids = np.array([f"j{row}" for row in range(count)], object)
    wall = None if walltime is None else np.array(walltime, float)
    return job_block(ids, np.array(submit, float), np.arange(1, count + 1), lasts, wall, more)


def _trace(block, size=3, **named):
    calls = []

    def read():
        calls.append(1)
        return (taken(block, np.arange(at, min(at + size, len(block)))) for at in range(0, len(block), size))

    return JobTrace("t.csv", read, **named), calls


def _column(trace, name):
    return [value for block in trace.blocks() for value in getattr(block, name).tolist()]


def test_a_trace_in_order():
    trace, calls = _trace(_block([0, 0, 5, 7, 7, 9, 12]))
    assert (trace.jobs, trace.first, trace.last, trace.largest) == (7, 0.0, 12.0, 7)
    assert trace.warnings == ()
    for _ in range(2):
        assert _column(trace, "job_id") == [f"j{row}" for row in range(7)]
    assert len(calls) == 1  # a short one is kept


def test_a_long_trace_is_read_again(monkeypatch):
    monkeypatch.setattr(reading, "_KEPT", 6)
    trace, calls = _trace(_block(range(7)))
    assert _column(trace, "submit") == list(range(7))
    assert len(calls) == 2
    trace, calls = _trace(_block(range(7)), again=False)
    assert _column(trace, "submit") == list(range(7))
    assert len(calls) == 1


@pytest.mark.parametrize("kept", [100, 3])
def test_an_unsorted_trace_is_sorted_and_told(monkeypatch, kept):
    monkeypatch.setattr(reading, "_KEPT", kept)
    monkeypatch.setattr(reading, "_BLOCK", 2)
    trace, _ = _trace(_block([5, 3, 9, 3, -1, 9, 0]))
    assert _column(trace, "job_id") == ["j4", "j6", "j1", "j3", "j0", "j2", "j5"]
    assert _column(trace, "submit") == [0, 0, 3, 3, 5, 9, 9]
    assert max(map(len, trace.blocks())) == 2
    assert (trace.fallen, trace.first, trace.last) == (3, 0.0, 9.0)
    assert [str(warning) for warning in trace.warnings] == [
        "t.csv: 1 job cannot be replayed (1 with no time of submission); the first is 'j4'; their rows stay, without a "
        "start",
        "t.csv: 3 jobs submitted earlier than the one above; all were sorted by submission, in memory",
    ]


def test_what_is_missing_is_counted_by_reason():
    trace, _ = _trace(_block([0, 1, 2, 3], duration=[-1, 5, -1, 5]))
    assert dict(trace.left_out) == {"no_duration": 2}
    assert "2 jobs cannot be replayed (2 with no run time); the first is 'j0'" in str(trace.warnings[0])
    assert _column(trace, "left_out") == [1, 0, 1, 0]


def test_walltimes_are_raised():
    trace, _ = _trace(_block([0, 1, 2], duration=[10, 10, 10], walltime=[5, 10, 0]))
    assert (trace.raised, _column(trace, "walltime")) == (1, [10.0, 10.0, 10.0])
    assert "1 job ran longer than promised" in str(trace.warnings[0])


def test_a_part_of_a_trace():
    trace, _ = _trace(_block([0, 5, 5, 9, -1, 12]), part=Part(begin=5.0, end=12.0))
    assert (_column(trace, "submit"), trace.jobs, trace.outside) == ([5.0, 5.0, 9.0], 3, 3)
    assert (trace.first, trace.last, trace.largest) == (5.0, 9.0, 4)
    empty, _ = _trace(_block([0, 5]), part=Part(begin=6.0))
    assert list(empty.blocks()) == []
    assert str(empty.warnings[0]) == "t.csv: holds no jobs between --begin and --end"
    assert math.isnan(empty.first)


def test_load_divides_the_times_between_submissions():
    trace, _ = _trace(
        _block([10, 20, 40], deadline=np.array([50.0, 60.0, np.inf])), part=Part(begin=5.0, load=2.0), size=2
    )
    assert _column(trace, "submit") == [10.0, 15.0, 25.0]
    assert [value for block in trace.blocks() for value in block.more["deadline"].tolist()] == [50.0, 55.0, np.inf]


def test_jobs_wait_for_those_above():
    after = np.array(["", "j0", "j0|j1"], object)
    assert _trace(_block([0, 1, 2], after=after), size=1)[0].columns == ("after",)


def test_notes_of_a_reader_add_up_and_are_warnings():
    one, other = _block([0, 1]), _block([2])
    blocks = [
        replace(one, noted={"renamed": (1, "j1#2")}), replace(other, noted={"renamed": (2, "x"), "parts": (1, "j0")})
    ]  # fmt: skip
    trace = JobTrace("t.swf", lambda: iter(blocks))
    assert len(list(trace.blocks())) == 2
    assert [str(warning) for warning in trace.warnings] == [
        "t.swf: 3 lines with the number of a job above, taken as another job; the first is now 'j1#2'",
        "t.swf: 1 line of status 2, 3 or 4 left out: parts of jobs that stand above whole; the first is of 'j0'",
    ]


def test_nothing():
    trace = JobTrace("t.csv", lambda: iter(()))
    assert (trace.jobs, list(trace.blocks()), [str(warning) for warning in trace.warnings]) == (
        0, [], ["t.csv: holds no jobs"],
    )  # fmt: skip
