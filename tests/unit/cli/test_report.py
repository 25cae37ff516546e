"""The verb writes one file, or says why not."""

from __future__ import annotations

import gzip
import json

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main

JOBS = "job_id,submit,slots,start,finish,outcome,preemptions\na,0,4,0,10,done,0\nb,3600,4,3600,3700,done,2\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.csv").write_text(JOBS)
    return tmp_path


def report(*words):
    return CliRunner().invoke(main, ["report", *map(str, words)])


def test_a_run(folder, sample_path):
    done = report(sample_path, "--trace-events", "trace.json")
    assert done.exit_code == 0, done.stderr
    data = json.loads((folder / "trace.json").read_text())
    assert data["otherData"] == {"scenario": "sample", "seed": 3, "start": "2017-09-19T00:00:00Z"}
    lanes = len({(e["pid"], e["tid"]) for e in data["traceEvents"] if e["ph"] in "Xi"})
    assert done.stdout == f"{len(data['traceEvents'])} events in {lanes} lanes\ntrace events: trace.json\n"


def test_jobs_packed_in_a_window_as_json(folder):
    done = report("jobs.csv", "--trace-events", "trace.json.gz", "--begin", "1 h", "--end", "2 h", "--json")
    assert done.exit_code == 0
    assert "warning: 1 of the jobs were stopped" in done.stderr
    answer = json.loads(done.stdout)
    data = json.loads(gzip.decompress((folder / "trace.json.gz").read_bytes()))
    told = {"path": "jobs.csv", "events": len(data["traceEvents"]), "lanes": 1, "trace_events": "trace.json.gz"}
    assert answer == told
    assert [event["name"] for event in data["traceEvents"] if event["ph"] == "X"] == ["run b"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("jobs.csv",), "--trace-events: is missing; name the file to be written"),
        (("jobs.csv", "--trace-events", "t.json", "--end", "0 s"), "--end: must come after the beginning"),
        (("jobs.csv", "--trace-events", "t.json", "--begin", "soon"), "--begin: needs a number and a unit"),
        (("jobs.csv", "--trace-events", "jobs.csv"), "jobs.csv: is read or written already; name another file"),
        (("no.csv", "--trace-events", "t.json"), "no.csv: cannot be read: no such file or directory"),
        ((".", "--trace-events", "t.json"), ".: holds no finished run (no run.json)"),
        ((".", "--trace-events", "t.json", "--segments", "s.csv"), "--segments: a run directory holds its own"),
    ],
)
def test_what_cannot_be_told_is_refused(folder, words, said):
    done = report(*words)
    assert done.exit_code == 2, done.stderr
    assert done.stderr.startswith(said)
    assert done.stdout == ""
    assert [path.name for path in folder.iterdir()] == ["jobs.csv"]
    assert (folder / "jobs.csv").read_text() == JOBS
