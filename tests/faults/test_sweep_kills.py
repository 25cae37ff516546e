"""Workers and drivers of sweeps that are killed: only what was in flight is lost, and the bytes are the same."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dcsim.sweeps.driver import sweep
from dcsim.sweeps.engines import dask
from dcsim.sweeps.reading import read_plan
from tests.scenarios.command import dcsim, environment, start

SETS, SEEDS, METRIC = ("duration=2 h,3 h",), 60, "energy"
POINTS = 2 * SEEDS


def _plan():
    return read_plan("minimal", sets=SETS, replicas=SEEDS, metrics=METRIC)


def _files(place):
    return {name: (place / name).read_bytes() for name in ("results.parquet", "points.parquet")}


def _points(place):
    return json.loads((place / "sweep.json").read_text())["points"]


def _children(pid):
    """Return the processes that a process started and that are alive."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = status.read_text()
        except OSError:
            continue
        behind = text.rpartition(")")[2].split()
        command = status.with_name("cmdline").read_bytes() if int(behind[1]) == pid else b""
        if command and b"resource_tracker" not in command:  # Python's own, which ends with its process
            found.append(int(status.parent.name))
    return found


def _await(condition, patience=60.0):
    end = time.monotonic() + patience
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain")


def _is_gone(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """Return the files of the sweep carried out in this process."""
    folder = tmp_path_factory.mktemp("reference")
    sweep(_plan(), out=folder / "sweep", engine="in_process")
    return _files(folder / "sweep")


def test_a_killed_worker_costs_what_it_had(reference, place):
    killed = []

    def kill(done, total, failed):
        if done >= 4 and not killed:
            killed.append(_children(os.getpid())[0])
            os.kill(killed[0], signal.SIGKILL)

    sweep(_plan(), out=place / "sweep", engine="processes:2", progress=kill)
    assert len(killed) == 1
    assert _files(place / "sweep") == reference
    assert _points(place / "sweep") == {"all": POINTS, "carried_out": POINTS, "failed": 0}
    assert not (place / "sweep" / "parts").exists()
    assert _children(os.getpid()) == []


def _begun(place, *engine, **options):
    """Start a sweep, and return it once its first parts are there."""
    values = [word for text in SETS for word in ("--set", text)]
    words = ("--replicas", SEEDS, "--metric", METRIC, "--out", place / "sweep", *engine)
    process = start("sweep", "minimal", *values, *words, **options)
    _await(lambda: process.poll() is not None or len(list(place.glob("sweep/parts/*.parquet"))) >= 2)
    return process


@pytest.mark.slow
def test_a_killed_driver_leaves_no_worker_behind_and_what_was_finished(reference, place):
    with _begun(place, "--engine", "processes:2") as process:
        workers = _children(process.pid)
        process.kill()
    assert len(workers) == 2
    _await(lambda: all(_is_gone(pid) for pid in workers), patience=20.0)
    assert not (place / "sweep" / "results.parquet").exists()
    kept = len(list(place.glob("sweep/parts/*.parquet")))
    assert kept >= 2
    sweep(_plan(), out=place / "sweep", engine="in_process", resume=True)
    assert _files(place / "sweep") == reference
    assert 0 < _points(place / "sweep")["carried_out"] <= POINTS - kept


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGTERM, marks=pytest.mark.slow)])
def test_an_interrupted_sweep_says_how_to_go_on(reference, place, number):
    with _begun(place, "--engine", "in_process") as process:
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60.0)
    name = "Ctrl-C" if number == signal.SIGINT else "SIGTERM"
    assert (process.returncode, stdout) == (130, "")
    assert f"interrupted by {name}; what is finished is kept in {place / 'sweep'}; --resume goes on" in stderr
    sweep(_plan(), out=place / "sweep", engine="in_process", resume=True)
    assert _files(place / "sweep") == reference
    assert _points(place / "sweep")["carried_out"] < POINTS


@pytest.mark.slow
@pytest.mark.parametrize("engine", ["processes:2", "dask:2"])
def test_ctrl_c_at_a_terminal_is_one_line_whoever_hears_it(place, engine):
    pytest.importorskip("distributed")
    with _begun(place, "--engine", engine, start_new_session=True) as process:
        workers = _children(process.pid)
        os.killpg(process.pid, signal.SIGINT)
        stdout, stderr = process.communicate(timeout=60.0)
    told = [line for line in stderr.splitlines() if " points, " not in line]
    kept = f"what is finished is kept in {place / 'sweep'}; --resume goes on from there"
    assert (process.returncode, stdout, told) == (130, "", [f"dcsim: interrupted by Ctrl-C; {kept}"])
    _await(lambda: all(_is_gone(pid) for pid in workers), patience=20.0)


@pytest.mark.slow
def test_hash_seeds_and_threads_do_not_matter(reference, place):
    values = [word for text in SETS for word in ("--set", text)]
    words = ("--replicas", SEEDS, "--metric", METRIC, "--engine", "processes:3", "--out", place / "sweep")
    env = environment(PYTHONHASHSEED="77", OMP_NUM_THREADS="3", NUMBA_NUM_THREADS="2", TZ="Asia/Tokyo", LC_ALL="C")
    assert dcsim("sweep", "minimal", *values, *words, env=env).returncode == 0
    assert _files(place / "sweep") == reference


@pytest.fixture
def cluster(place):
    """Start a scheduler and two workers without nannies, and return its address, the workers and the scheduler."""
    pytest.importorskip("distributed")
    file = place / "scheduler.json"
    commands = [
        ("scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", file),
        *[("worker", "--no-nanny", "--nthreads", "1", "--no-dashboard", "--scheduler-file", file)] * 2,
    ]
    started = []
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": place, "env": environment()}
    try:
        for name, *words in commands:
            program = [sys.executable, "-m", "distributed.cli.dask_" + name, *map(str, words)]
            started.append(subprocess.Popen(program, **quiet))
            _await(file.exists)
        address = json.loads(_await(file.read_text))["address"]
        yield address, started[1:], started[0]
    finally:
        for process in reversed(started):
            process.kill()
            process.wait()


@pytest.mark.slow
def test_a_cluster_that_loses_a_worker_gives_the_same_bytes(reference, place, cluster):
    address, workers, _ = cluster

    def kill(done, total, failed):
        if done >= 8:
            workers[0].kill()

    sweep(_plan(), out=place / "sweep", engine=f"dask:{address}", progress=kill)
    assert workers[0].wait() == -signal.SIGKILL
    assert _files(place / "sweep") == reference
    assert _points(place / "sweep") == {"all": POINTS, "carried_out": POINTS, "failed": 0}


@pytest.mark.slow
def test_a_killed_driver_of_a_cluster_is_resumed(reference, place, cluster):
    address, _, _ = cluster
    with _begun(place, "--engine", f"dask:{address}") as process:
        process.kill()
    kept = len(list(place.glob("sweep/parts/*.parquet")))
    sweep(_plan(), out=place / "sweep", engine=f"dask:{address}", resume=True)
    assert _files(place / "sweep") == reference
    assert 0 < _points(place / "sweep")["carried_out"] <= POINTS - kept


@pytest.mark.slow
def test_a_cluster_of_its_own_gives_the_same_bytes_and_leaves_nobody_behind(reference, place):
    pytest.importorskip("distributed")
    sweep(_plan(), out=place / "sweep", engine="dask:2")
    assert _files(place / "sweep") == reference
    _await(lambda: not _children(os.getpid()), patience=20.0)


@pytest.mark.slow
def test_a_killed_scheduler_is_one_line_and_what_was_finished_is_kept(reference, place, cluster):
    address, _, scheduler = cluster
    with _begun(place, "--engine", f"dask:{address}") as process:
        scheduler.kill()
        stdout, stderr = process.communicate(timeout=120.0)
    told = [line for line in stderr.splitlines() if " points, " not in line]
    kept = f"what is finished is kept in {place / 'sweep'}; --resume goes on from there"
    assert (process.returncode, stdout, told) == (1, "", [f"dcsim: the Dask scheduler is gone; {kept}"])
    sweep(_plan(), out=place / "sweep", engine="in_process", resume=True)
    assert _files(place / "sweep") == reference


@pytest.mark.slow
def test_a_point_that_kills_workers_of_a_cluster_of_its_own_fails_alone(monkeypatch, place):
    pytest.importorskip("distributed")
    real, deaths = dask.carry_out, place / "deaths"
    first = _plan().seeds[0]

    def poisoned(work, batch):
        if any(point.setting == 1 and point.seed == first for point in batch.points):
            with deaths.open("a") as file:
                file.write("x")
            os.kill(os.getpid(), signal.SIGKILL)
        return real(work, batch)

    monkeypatch.setattr(dask, "carry_out", poisoned)
    sweep(_plan(), out=place / "sweep", engine="dask:2")
    failures = (place / "sweep" / "failures.csv").read_text().splitlines()
    assert [line.partition("its worker")[0] for line in failures[1:]] == [f"1,3 h,{first},0,"]
    assert "was killed 3 times" in failures[1]
    assert len(deaths.read_text()) <= 3 + (POINTS // 4).bit_length()
    assert _points(place / "sweep") == {"all": POINTS, "carried_out": POINTS, "failed": 1}
