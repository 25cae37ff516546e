"""Rows of jobs and of runs, and the other small files of a replay."""

from __future__ import annotations

import csv
import io
from types import SimpleNamespace

import numpy as np
import pytest

from dcsim.errors import InputError
from dcsim.jobs.block import OUTCOMES, JobResults
from dcsim.jobs.capacity import read_capacity
from dcsim.jobs.results import all_columns
from dcsim.jobs.rows import job_block
from dcsim.jobs.segments import Runs, SegmentRows
from dcsim.jobs.writing import COLUMNS, CsvRows, numbers


def _results(ids, start, finish, outcome, **more):
    count = len(ids)
    names = np.empty(count, object)
    names[:] = ids
    jobs = job_block(names, np.arange(count) * 0.5, np.full(count, 2), np.full(count, 5.0), None, more)
    codes = np.array([OUTCOMES.index(name) for name in outcome], np.int8)
    return JobResults(
        jobs, np.array(start, float), np.array(finish, float), codes, np.arange(count), np.arange(count) / 4,
        np.zeros(count), np.arange(count) * 10.0,
    )  # fmt: skip


def test_rows_read_back_as_they_were():
    text = io.StringIO()
    rows = CsvRows(text)
    odd = ["a", 'say "b"', "c,d", "é"]
    tenants = np.array(["x", "", "y,z", "x"], object)
    times = [0.1 + 0.2, 1e16, np.nan, 3]
    rows.add(_results(odd, times, times, ["done", "done", "queued", "done"], tenant=tenants))
    rows.add(_results(["e"], [7], [np.nan], ["running"], tenant=np.array(["x"], object)))
    rows.close()
    found = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert tuple(found[0]) == (*COLUMNS, "tenant")
    assert [row["job_id"] for row in found] == [*odd, "e"]
    assert [row["tenant"] for row in found] == [*tenants, "x"]
    assert [row["start"] for row in found] == ["0.30000000000000004", "1e+16", "", "3", "7"]
    assert [row["finish"] for row in found][-1] == ""
    assert [row["submit"] for row in found] == ["0", "0.5", "1", "1.5", "0"]
    assert [row["lost_s"] for row in found] == ["0", "0.25", "0.5", "0.75", "0"]
    assert [row["queued_s"] for row in found] == ["0", "10", "20", "30", "0"]
    assert [row["outcome"] for row in found][2:] == ["queued", "done", "running"]


def test_no_rows_leave_a_header():
    text = io.StringIO()
    CsvRows(rows := text).close()
    assert rows.getvalue() == ",".join(COLUMNS) + "\n"


def test_numbers_lose_nothing():
    random = np.random.default_rng(5)
    values = np.concatenate([random.random(500) * 10.0 ** random.integers(-12, 18, 500), [2.0**53, -7.0, 0.0, 1e300]])
    assert [float(text) for text in numbers(values)] == values.tolist()
    assert list(numbers(np.array([1.0, 2.0, 0.0]))) == ["1", "2", "0"]
    assert list(numbers(np.array([np.nan, np.inf]))) == ["", ""]


def test_all_columns_of_several_blocks():
    columns = all_columns([_results(["a"], [1], [2], ["done"]), _results(["b"], [np.nan], [np.nan], ["too_large"])])
    assert columns["job_id"].tolist() == ["a", "b"]
    assert columns["outcome"].tolist() == ["done", "too_large"]
    assert np.isnan(columns["start"][1])
    assert all_columns([]) == {}


def _run(number):
    return SimpleNamespace(
        job_id=f"j{number}", tenant="", pool=0, nodes=(), slots=2, begin=number, end=number + 1.5, useful=1.0, lost=0.0,
        overhead=0.5, why="done", share=0.25,
    )  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 8191, 8192, 20_000])
def test_runs_are_handed_on_in_batches(count):
    batches = []
    text = io.StringIO()
    runs = Runs([lambda some: batches.append(len(some)), SegmentRows(text).add])
    for number in range(count):
        runs.add(_run(number))
    runs.flush()
    assert sum(batches) == count
    assert all(size <= 8192 for size in batches)
    found = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert [row["job_id"] for row in found] == [f"j{number}" for number in range(count)]
    assert all(float(row["finish"]) - float(row["begin"]) == 1.5 for row in found)
    assert {row["share"] for row in found} <= {"0.25"}


def test_jobs_that_nobody_stopped_are_one_run_each():
    text = io.StringIO()
    results = _results(["a", "b", "c"], [1, np.nan, 4], [3, np.nan, np.nan], ["done", "queued", "running"])
    SegmentRows(text).add_whole(results)
    assert text.getvalue().splitlines()[1:] == ["a,,0,,2,1,3,2,0,0,done,1", "c,,0,,2,4,,,0,0,running,1"]
    results = _results(["a", "b"], [1, 2], [3, 4], ["done", "done"], share=np.array([0.5, 1.0]))
    SegmentRows(text := io.StringIO()).add_whole(results)
    assert [line.rsplit(",", 1)[1] for line in text.getvalue().splitlines()] == ["share", "0.5", "1"]


def test_capacity(tmp_path):
    (tmp_path / "c.csv").write_text("time,slots\n0,10\n5.5,0\n7,20\n")
    times, slots = read_capacity(tmp_path / "c.csv")
    assert (times.tolist(), slots.tolist()) == ([0.0, 5.5, 7.0], [10, 0, 20])
    (tmp_path / "c.csv").write_text("time,slots\n5,10\n5,9\n3,-1\n")
    with pytest.raises(InputError, match=r"c.csv:4:3: slots: '-1' must be 0 to 1,000,000,000: the"):
        read_capacity(tmp_path / "c.csv")
    with pytest.raises(InputError, match=r"c.csv:2:3: slots: '10' must be 0 to 9: the cluster has no more slots"):
        read_capacity(tmp_path / "c.csv", 9)
    (tmp_path / "c.csv").write_text("time,slots\n5,10\n5,9\n3,1\n")
    with pytest.raises(InputError) as caught:
        read_capacity(tmp_path / "c.csv")
    assert [str(problem).split(".csv:")[1] for problem in caught.value.problems] == [
        "3:1: time: comes not after 5 above; write times that rise",
        "4:1: time: comes not after 5 above; write times that rise",
    ]
