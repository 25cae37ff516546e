"""What a replay wrote, as events."""

from __future__ import annotations

import gzip
import io

import pandas as pd
import pytest

from dcsim.errors import InputError
from dcsim.report.job_events import write_jobs
from dcsim.report.job_files import read_job_files
from dcsim.report.trace_events import write_trace_events

JOBS = """job_id,submit,slots,start,finish,outcome,preemptions,lost_s,overhead_s,tenant
a,0,4,0,10,done,0,0,0,search
b,1,4,2,30,done,1,3,1,search
c,2,2,,,queued,0,0,0,ads
d,3,99,,,too_large,0,0,0,ads
e,4,1,20,,running,0,0,0,
"""
SEGMENTS = """job_id,begin,finish,slots,nodes,end,useful_s,lost_s,overhead_s
a,0,10,4,0:4,done,10,0,0
b,2,12,4,1:2|2:2,preempted,7,3,0
b,15,30,4,1:4,done,14,0,1
e,20,40,1,3:1,running,20,0,0
"""


@pytest.fixture
def jobs(tmp_path):
    path = tmp_path / "jobs.csv"
    path.write_text(JOBS)
    return path


@pytest.fixture
def segments(tmp_path):
    path = tmp_path / "segments.csv"
    path.write_text(SEGMENTS)
    return path


def test_jobs_alone_run_from_start_to_finish(seen, jobs):
    files = read_job_files(jobs)
    assert files.warnings == ("1 of the jobs were stopped and waited again; that is in the segments (--segments)",)
    shown = seen(write_jobs, files)
    assert shown.spans["tenant search", "jobs 1"] == [("run a", 0.0, 10.0)]
    assert shown.spans["tenant search", "jobs 2"] == [("wait b", 1.0, 2.0), ("run b", 2.0, 30.0)]
    assert shown.spans["tenant ads", "jobs 1"] == [("wait c", 2.0, 30.0)]
    assert shown.spans["jobs", "jobs 1"] == [("wait e", 4.0, 20.0), ("run e", 20.0, 30.0)]
    assert shown.instants["cluster", "not admitted"] == [("too_large d", 3.0)]
    assert shown.args["run b", 2.0] == {"slots": 4, "outcome": "done", "preemptions": 1, "lost_s": 3, "overhead_s": 1}


def test_parts_of_slots_count_as_parts(seen, tmp_path):
    path = tmp_path / "parts.csv"
    path.write_text("job_id,begin,finish,slots,share\na,0,10,1,0.25\nb,0,10,1,0.5\n")
    assert seen(write_jobs, read_job_files(path)).counters["cluster", "slots"][0] == (0.0, {"in use": 0.75})


def test_segments_beside_them_tell_the_pieces(seen, jobs, segments):
    files = read_job_files(jobs, segments)
    assert files.warnings == ()
    shown = seen(write_jobs, files)
    assert shown.spans["tenant search", "jobs 2"] == [
        ("wait b", 1.0, 2.0),
        ("run, preempted b", 2.0, 12.0),
        ("wait b", 12.0, 15.0),
        ("run b", 15.0, 30.0),
    ]
    assert shown.spans["tenant ads", "jobs 1"] == [("wait c", 2.0, 40.0)]
    assert shown.args["run, preempted b", 2.0] == {
        "slots": 4, "nodes": "1:2|2:2", "end": "preempted", "useful_s": 7, "lost_s": 3, "overhead_s": 0
    }  # fmt: skip


def test_counters_tell_who_waits_and_what_is_in_use(seen, jobs, segments):
    shown = seen(write_jobs, read_job_files(jobs, segments))
    told = [(time, level["waiting"], level["running"]) for time, level in shown.counters["cluster", "jobs"]]
    assert told == [
        (0, 0, 1), (1, 1, 1), (2, 1, 2), (4, 2, 2), (10, 2, 1), (12, 3, 0), (15, 2, 1), (20, 1, 2), (30, 1, 1),
        (40, 0, 0),
    ]  # fmt: skip
    assert [(time, level["in use"]) for time, level in shown.counters["cluster", "slots"]] == [
        (0, 4), (2, 8), (10, 4), (12, 0), (15, 4), (20, 5), (30, 1), (40, 0),
    ]  # fmt: skip


def test_segments_alone(seen, segments):
    shown = seen(write_jobs, read_job_files(segments))
    assert shown.spans["jobs", "jobs 2"][:2] == [("run, preempted b", 2.0, 12.0), ("wait b", 12.0, 15.0)]
    assert shown.counters["cluster", "jobs"][0] == (0.0, {"waiting": 0.0, "running": 1.0})


def test_packed_and_parquet_files_tell_the_same(seen, jobs, segments, tmp_path):
    packed = tmp_path / "jobs.csv.gz"
    packed.write_bytes(gzip.compress(JOBS.encode(), mtime=0))
    frame = pd.read_csv(jobs, keep_default_na=False)
    frame[["start", "finish"]] = frame[["start", "finish"]].replace("", "nan").astype(float)
    frame.to_parquet(tmp_path / "jobs.parquet")
    pd.read_csv(segments).to_parquet(tmp_path / "segments.parquet")
    expected = seen(write_jobs, read_job_files(jobs, segments)).events
    for one, other in ((packed, segments), (tmp_path / "jobs.parquet", tmp_path / "segments.parquet")):
        assert seen(write_jobs, read_job_files(one, other)).events == expected


def test_many_jobs_at_one_instant_are_all_shown(seen, tmp_path, monkeypatch):
    monkeypatch.setattr("dcsim.report.trace_events._MOST_LANES", 500)
    path = tmp_path / "jobs.csv"
    rows = [f"{number},5,1,5,{6 + number % 7},done" for number in range(600)]
    path.write_text("\n".join(["job_id,submit,slots,start,finish,outcome", *rows, ""]))
    shown = seen(write_jobs, read_job_files(path))
    assert sum(map(len, shown.spans.values())) == 600
    assert shown.counters["cluster", "slots"][0] == (5.0, {"in use": 600.0})
    written = write_trace_events(path, io.StringIO())
    assert written.warnings == ("600 lanes are more than viewers show well; choose a window with --begin and --end",)


def refused(path, segments=None):
    with pytest.raises(InputError) as caught:
        read_job_files(path, segments)
    return [str(problem).replace(f"{path.parent}/", "") for problem in caught.value.problems]


def test_files_that_are_something_else_are_refused(tmp_path, jobs, segments):
    other = tmp_path / "flows.csv"
    other.write_text("id,src,dst\n1,2,3\n")
    neither = "is neither a run directory nor the jobs or segments of 'dcsim replay jobs'"
    assert refused(other) == [f"flows.csv: {neither}"]
    assert refused(jobs, jobs) == ["jobs.csv: holds no segments; 'dcsim replay jobs --segments FILE' writes them"]
    assert refused(segments, segments) == [
        "segments.csv: holds segments itself; name the file of the jobs here, or leave '--segments' out"
    ]
    assert refused(tmp_path / "none.csv") == ["none.csv: cannot be read: no such file or directory"]
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1")
    assert refused(broken)[0].startswith("broken.parquet: cannot be read: ")
    pd.DataFrame({"job_id": ["a"], "submit": ["early"], "slots": [1], "outcome": ["done"]}).to_parquet(broken)
    assert refused(broken) == ["broken.parquet: submit: is not a column of numbers"]


def test_every_bad_line_is_named(tmp_path, jobs):
    bad = tmp_path / "bad.csv"
    bad.write_text("job_id,submit,slots,start,finish,outcome\na,5,1,4,9,done\nb,1,1,3,2,done\na,1,x,,,queued\n")
    assert refused(bad) == [
        "bad.csv:4:1: job_id: 'a' stands on line 2 too; give it another",
        "bad.csv:4:5: slots: 'x' is not a whole number",
    ]
    bad.write_text("job_id,submit,slots,start,finish,outcome\na,5,1,4,9,done\nb,1,1,3,2,done\n")
    assert refused(bad) == [
        "bad.csv:2:7: start: 4 comes before the submit",
        "bad.csv:3:9: finish: 2 comes before the start",
    ]
    strange = tmp_path / "strange.csv"
    strange.write_text("job_id,begin,finish,slots\na,0,1,4\nz,0,1,4\n")
    assert refused(jobs, strange) == ["strange.csv:3:1: job_id: 'z' is none of the jobs"]
