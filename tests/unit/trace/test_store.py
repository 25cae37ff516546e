"""A run directory appears finished or not at all."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pytest

from dcsim.errors import InputError, Interrupted, RunError
from dcsim.trace.recorder import Recorder
from dcsim.trace.store import RunDirectory, read_table
from dcsim.trace.tables import TABLES
from tests.unit.conftest import write_sample


def names(path):
    return sorted(each.name for each in path.iterdir())


def digests(path):
    return {each.name: hashlib.sha256(each.read_bytes()).hexdigest() for each in sorted(path.glob("*.parquet"))}


def test_holds_every_table_and_nothing_else(tmp_path):
    write_sample(tmp_path / "runs" / "sample" / "seed=0")
    assert names(tmp_path / "runs" / "sample") == ["seed=0"]
    tables = sorted(f"{table}.parquet" for table in TABLES)
    assert names(tmp_path / "runs" / "sample" / "seed=0") == sorted([*tables, "run.json", "scenario.resolved.yaml"])


def test_reads_back_what_was_written(sample_path):
    jobs = read_table(sample_path / "seed=3", "jobs")
    assert jobs.column_names == [column.name for column in TABLES["jobs"].columns]
    assert jobs.column("service").to_pylist() == ["ads", "ads", "ads", "facer"]
    assert jobs.column("trained_s").to_pylist()[:2] == [50.0, 5000.0]
    assert jobs.field("arrived_s").metadata == {b"unit": b"s"}
    assert read_table(sample_path / "seed=3", "jobs", ["hosts", "job"]).column_names == ["hosts", "job"]


def test_keeps_the_order_of_the_vocabulary(sample_path):
    regions = read_table(sample_path / "seed=3", "publications").column("region").chunk(0).dictionary
    assert regions.to_pylist() == ["lulea", "altoona"]


def test_identical_rows_give_identical_bytes(tmp_path):
    write_sample(tmp_path / "a")
    write_sample(tmp_path / "b")
    assert digests(tmp_path / "a") == digests(tmp_path / "b")


def test_bytes_are_the_same_in_another_process(tmp_path, sample_path):
    script = "import sys, pathlib, tests.unit.conftest as it; it.write_sample(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", script, str(tmp_path / "c")]
    subprocess.run(command, check=True, env={**os.environ, "PYTHONHASHSEED": "7"})
    assert digests(tmp_path / "c") == digests(sample_path / "seed=3")


def test_replaces_a_finished_run_only_once_the_new_one_is_ready(tmp_path):
    place = tmp_path / "run"
    write_sample(place)
    (place / "notes.txt").write_text("old")
    with RunDirectory(place) as directory:
        directory.write_text("run.json", "{}\n")
        assert (place / "notes.txt").exists()
    assert names(tmp_path) == ["run"]
    assert names(place) == ["run.json"]


@pytest.mark.parametrize("place", ["/", "", ".", "./", "..", "runs/.."])
def test_refuses_a_place_without_a_name(place, tmp_path, monkeypatch):
    (tmp_path / "here" / "runs").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(InputError, match="is no place for a run; name a directory of its own"):
        RunDirectory(Path(place))
    assert names(tmp_path) == ["here"]
    assert names(tmp_path / "here") == ["runs"]


def test_keeps_the_finished_run_when_the_new_one_fails(tmp_path):
    write_sample(tmp_path / "run")
    before = digests(tmp_path / "run")
    with pytest.raises(ZeroDivisionError), RunDirectory(tmp_path / "run"):
        raise ZeroDivisionError
    assert digests(tmp_path / "run") == before
    assert names(tmp_path) == ["run"]


def test_brings_the_old_run_back_when_the_new_one_cannot_be_moved(tmp_path, monkeypatch):
    write_sample(tmp_path / "run")
    before = digests(tmp_path / "run")
    rename = type(tmp_path).rename

    def failing(self, target):
        if self.suffix == ".tmp":
            raise OSError(errno.EIO, "Input/output error")
        return rename(self, target)

    monkeypatch.setattr(type(tmp_path), "rename", failing)
    with pytest.raises(RunError, match="Input/output error"):
        write_sample(tmp_path / "run")
    assert digests(tmp_path / "run") == before
    assert names(tmp_path) == ["run"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, Interrupted, MemoryError, RuntimeError])
def test_leaves_nothing_when_the_run_fails(tmp_path, error):
    place = tmp_path / "runs" / "a-12345678"

    def fail(directory):
        recorder = Recorder(directory, {}, rows_per_group=1)
        recorder.span("publications", "ads", 0, "lulea", 0.0, 0.0)
        recorder.close()
        assert len(names(place)) == 1
        raise error("stop")

    with pytest.raises(error, match="stop"), RunDirectory(place / "seed=0") as directory:
        fail(directory)
    assert names(tmp_path) == []


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("at", ["write_table", "close"])
def test_tells_in_one_line_what_the_disk_refused(tmp_path, monkeypatch, code, at):
    def refuse(*_, **__):
        raise OSError(code, f"[Errno {code}] Error writing bytes to file.\nDetail: more")

    monkeypatch.setattr(f"pyarrow.parquet.ParquetWriter.{at}", refuse)
    with pytest.raises(RunError) as caught:
        write_sample(tmp_path / "run")
    assert str(caught.value) == f"cannot write the run to {tmp_path / 'run'}: {os.strerror(code)}"
    assert names(tmp_path) == []


FULL = """
import sys
from pathlib import Path
from dcsim.trace.store import RunDirectory
from dcsim.errors import RunError
from tests.unit.conftest import write_sample
make = RunDirectory.__enter__
def full(self):
    make(self)
    (self.staging / sys.argv[2]).symlink_to("/dev/full")
    return self
RunDirectory.__enter__ = full
try:
    write_sample(Path(sys.argv[1]))
except RunError as error:
    print(error)
"""


@pytest.mark.parametrize("file", ["serving.parquet", "publications.parquet", "run.json"])
def test_disk_full_for_real(tmp_path, file):
    """/dev/full answers every write with ENOSPC; nothing but our line may reach the user."""
    command = [sys.executable, "-c", FULL, str(tmp_path / "run"), file]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"cannot write the run to {tmp_path / 'run'}: No space left on device\n"
    assert done.stderr == ""
    assert names(tmp_path) == []


def test_a_file_in_the_way_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(RunError, match="Not a directory"), RunDirectory(tmp_path / "file" / "run"):
        pytest.fail("the run has begun")


@pytest.mark.parametrize("method", ["mkdir", "iterdir", "exists"])
def test_a_place_that_cannot_be_written_is_told_before_the_run(tmp_path, monkeypatch, method):
    place = tmp_path if method == "iterdir" else tmp_path / "run"

    def refuse(*_, **__):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(type(tmp_path), method, refuse)
    with pytest.raises(RunError, match="Permission denied"), RunDirectory(place):
        pytest.fail("the run has begun")


@pytest.mark.parametrize("kind", ["file", "directory"])
def test_never_replaces_what_is_not_a_run(tmp_path, kind):
    if kind == "directory":
        (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / ("thesis.tex" if kind == "directory" else "")).write_text("42")
    with (
        pytest.raises(InputError, match="exists and is not a run of dcsim"),
        RunDirectory(tmp_path / "precious"),
    ):
        pytest.fail("the run has begun")
    assert names(tmp_path) == ["precious"]


def test_an_empty_directory_may_be_used(tmp_path):
    (tmp_path / "run").mkdir()
    write_sample(tmp_path / "run")
    assert (tmp_path / "run" / "run.json").exists()


@pytest.mark.parametrize("content", [None, b"", b"PAR1 no parquet"])
def test_a_table_that_cannot_be_read_is_told(tmp_path, content):
    if content is not None:
        (tmp_path / "jobs.parquet").write_bytes(content)
    with pytest.raises(InputError) as caught:
        read_table(tmp_path, "jobs")
    assert re.match(rf"{tmp_path}/jobs\.parquet: (no such table|cannot be read)", str(caught.value))
    assert "\n" not in str(caught.value)


WRITING = """
import sys, time
from pathlib import Path
from dcsim.errors import Interrupted
from dcsim.trace.interrupts import interruptible
from dcsim.trace.recorder import Recorder
from dcsim.trace.store import RunDirectory
try:
    with interruptible(), RunDirectory(Path(sys.argv[1])) as directory:
        recorder = Recorder(directory, {}, rows_per_group=2)
        print("writing", flush=True)
        for _ in range(20_000):
            recorder.span("drills", "region_loss", "lulea", 0.0, 0.0, 1.0)
            recorder.close(("drills",))
            time.sleep(0.001)
except Interrupted as stop:
    print(stop, flush=True)
    sys.exit(stop.exit_code)
"""


@pytest.mark.parametrize(("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_a_signal_in_mid_run_leaves_nothing(tmp_path, number, name):
    place = tmp_path / "runs" / "seed=0"
    with subprocess.Popen([sys.executable, "-c", WRITING, str(place)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "writing\n"
        time.sleep(0.05)
        process.send_signal(number)
        try:
            out, _ = process.communicate(timeout=30)
        finally:
            process.kill()
    assert process.returncode == 130
    assert out == f"interrupted by {name}; nothing was written\n"
    assert names(tmp_path) == []


def test_run_json_keeps_what_repeats_apart(sample_path):
    content = json.loads((sample_path / "seed=3" / "run.json").read_text())
    assert list(content) == ["run", "environment", "measured"]
    assert content["run"]["seed"] == 3
    assert content["run"]["conservation"]["jobs"]["in"] == 4
    assert content["environment"]["pyarrow"] == pa.__version__
    assert content["measured"]["wall_s"] > 0
    assert content["measured"]["peak_rss_bytes"] > 1e7
