"""The verb writes one file, or says why not."""

from __future__ import annotations

import gzip
import json
import shutil

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main
from dcsim.resolve import resolve
from dcsim.trace.store import SCENARIO_FILE

JOBS = "job_id,submit,slots,start,finish,outcome,preemptions\na,0,4,0,10,done,0\nb,3600,4,3600,3700,done,2\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "jobs.csv").write_text(JOBS)
    return tmp_path


@pytest.fixture
def run_path(sample_path, tmp_path_factory):
    """The sample run with a whole scenario beside it."""
    path = tmp_path_factory.mktemp("runs") / "sample"
    shutil.copytree(sample_path, path)
    (path / "seed=3" / SCENARIO_FILE).write_text(resolve("minimal").to_yaml())
    return path


def report(*words):
    return CliRunner().invoke(main, ["report", *map(str, words)])


def test_a_run(folder, run_path):
    done = report(run_path, "--trace-events", "trace.json")
    assert done.exit_code == 0, done.stderr
    data = json.loads((folder / "trace.json").read_text())
    assert data["otherData"] == {"scenario": "sample", "seed": 3, "start": "2017-09-19T00:00:00Z"}
    lanes = len({(e["pid"], e["tid"]) for e in data["traceEvents"] if e["ph"] in "Xi"})
    assert done.stdout == f"{len(data['traceEvents'])} events in {lanes} lanes\ntrace events: trace.json\n"


def test_a_page_and_a_timeline_at_once(folder, run_path):
    both = report(run_path, "-o", "report.html", "--trace-events", "trace.json", "--json")
    assert both.exit_code == 0, both.stderr
    answer = json.loads(both.stdout)
    assert answer["of"] == "run"
    assert answer["sections"][0] == "headline"
    assert answer["sections"][-1] == "provenance"
    page = (folder / "report.html").read_bytes()
    assert page.startswith(b"<!doctype html>")
    assert b"96.4" in page
    again = report(run_path, "-o", "again.html.gz")
    assert again.stdout == "report: again.html.gz\n"
    assert gzip.decompress((folder / "again.html.gz").read_bytes()) == page
    assert "trace.json" in {path.name for path in folder.iterdir()}


def test_what_lies_in_a_directory_decides(folder):
    (folder / "swept" / "parts").mkdir(parents=True)
    done = report("swept", "-o", "report.html")
    assert done.exit_code == 2
    assert "swept: holds a sweep that is not finished" in done.stderr
    done = report("swept", "--trace-events", "trace.json")
    assert done.stderr.startswith("--trace-events: shows a run; name one of the sweep's")
    assert {path.name for path in folder.iterdir()} == {"jobs.csv", "swept"}


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
        (("jobs.csv",), "--output: is missing; name the page to be written (-o report.html), or a timeline"),
        (("jobs.csv", "-o", "r.html"), "--output: shows a run or a sweep, and 'jobs.csv' is no directory of one"),
        ((".", "-o", "r.html"), ".: holds no finished run (no run.json)"),
        ((".", "-o", "r.html", "--end", "2 h"), "--end: is of the timeline; it needs --trace-events"),
        (("nowhere", "-o", "r.html"), "nowhere: there is no such directory or file"),
        ((".", "-o", "jobs.csv/r.html"), "jobs.csv/r.html: there is no folder 'jobs.csv'"),
        (("jobs.csv", "--trace-events", "t.json", "--end", "0 s"), "--end: must come after the beginning"),
        (("jobs.csv", "--trace-events", "t.json", "--begin", "soon"), "--begin: needs a number and a unit"),
        (("jobs.csv", "--trace-events", "jobs.csv"), "jobs.csv: is read or written already; name another file"),
        (("no.csv", "--trace-events", "t.json"), "no.csv: there is no such directory or file"),
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
