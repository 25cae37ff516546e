"""Directories that cannot be written, are full, or belong to somebody else: one line, nothing left, nothing harmed."""

from __future__ import annotations

import json
import resource
import signal
from pathlib import Path

import pytest

from dcsim.trace.tables import TABLES
from tests.scenarios.command import dcsim, environment, told
from tests.scenarios.finished import digests, simulated


def _said(done):
    assert done.stdout == ""
    return told(done.stderr)


def _limit(nbytes):
    """Return a function for the child: files may not grow beyond a size, and writing on is an error, not a signal."""

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (nbytes, nbytes))

    return limit


@pytest.mark.parametrize("below", ["run", "deep/er/run"])
def test_a_file_where_a_directory_should_be(scenario, place, below):
    (place / "file").write_text("kept")
    done = dcsim("run", scenario, "--out", place / "file" / below)
    assert done.returncode == 1
    assert _said(done) == [f"dcsim: cannot write the run to {place / 'file' / below}: Not a directory"]
    assert (place / "file").read_text() == "kept"
    assert [path.name for path in place.iterdir()] == ["file"]


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="needs a file system that takes no directories")
def test_a_file_system_that_takes_no_directories(scenario):
    done = dcsim("run", scenario, "--out", "/proc/dcsim/run")
    assert done.returncode == 1
    (line,) = _said(done)
    assert line.startswith("dcsim: cannot write the run to /proc/dcsim/run: ")


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limit on the size of files here")
@pytest.mark.parametrize("nbytes", [1 << 12, *(pytest.param(size, marks=pytest.mark.slow) for size in (64, 1 << 14))])
def test_no_room_for_the_tables(scenario, place, nbytes):
    done = dcsim("run", scenario, "--out", place / "deep" / "run", preexec_fn=_limit(nbytes))
    assert done.returncode == 1
    assert _said(done) == [f"dcsim: cannot write the run to {place / 'deep' / 'run'}: File too large"]
    assert list(place.iterdir()) == []


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limit on the size of files here")
def test_no_room_leaves_an_older_run_as_it_was(scenario, place):
    simulated(place / "run", scenario)
    before = {path.name: path.read_bytes() for path in (place / "run").iterdir()}
    done = dcsim("run", scenario, "--seed", "9", "--out", place / "run", preexec_fn=_limit(1 << 13))
    assert done.returncode == 1
    assert [path.name for path in place.iterdir()] == ["run"]
    assert {path.name: path.read_bytes() for path in (place / "run").iterdir()} == before


@pytest.mark.parametrize("content", ["notes.txt", "jobs.parquet"])
def test_a_directory_of_somebody_else(scenario, place, content):
    (place / "theirs").mkdir()
    (place / "theirs" / content).write_text("kept")
    done = dcsim("run", scenario, "--out", place / "theirs")
    assert done.returncode == 2
    assert _said(done) == [
        f"{place / 'theirs'}: exists and is not a run of dcsim; name another directory",
        f"1 problem in {place / 'theirs'}",
    ]
    assert (place / "theirs" / content).read_text() == "kept"
    assert [path.name for path in place.rglob("*")] == ["theirs", content]


def test_an_empty_directory_and_an_older_run_are_taken(scenario, place):
    (place / "run").mkdir()
    simulated(place / "run", scenario, ["seed=1"])
    done = dcsim("run", scenario, "--seed", "2", "--out", place / "run")
    assert done.returncode == 0, done.stderr
    names = {path.name for path in (place / "run").iterdir()}
    assert names >= {"run.json", "scenario.resolved.yaml", "jobs.parquet"}
    assert {name for name in names if name.endswith(".parquet")} == {f"{table}.parquet" for table in TABLES}
    assert '"seed": 2' in (place / "run" / "run.json").read_text()
    assert [path.name for path in place.iterdir()] == ["run"]


def test_a_wrong_scenario_writes_nothing(scenario, place):
    scenario.write_text(scenario.read_text().replace("capacity_unit", "capacity_unti"))
    done = dcsim("run", scenario, cwd=place)
    assert done.returncode == 2
    assert any("did you mean 'capacity_unit'" in line for line in _said(done))
    assert list(place.iterdir()) == []


def test_no_place_to_keep_machine_code(scenario, place):
    """The numba cache falls back to the next folder; the tables are the same."""
    (place / "file").write_text("")
    plain = simulated(place / "plain", scenario)
    odd = environment(NUMBA_CACHE_DIR=str(place / "file" / "cache"))
    done = dcsim("run", scenario, "--json", "--out", place / "run", env=odd)
    assert done.returncode == 0, done.stderr
    assert told(done.stderr) == []
    assert digests(place / "run") == digests(plain.path)
    assert json.loads(done.stdout)["metrics"] == plain.rows
