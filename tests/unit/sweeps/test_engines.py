"""Workers: what kills them is found, what they cannot do is told, and none is left behind."""

from __future__ import annotations

import dataclasses
import pickle
import sys

import pytest

from dcsim.errors import InputError, Problem, RunError
from dcsim.sweeps.batches import Batches
from dcsim.sweeps.engines import processes, sweep_engine
from dcsim.sweeps.keys import Keys, keys_of
from dcsim.sweeps.points import Point
from dcsim.sweeps.work import Work, carry_out

POISONED = """
import os, signal, sys
from dcsim.sweeps import work, worker
def carry_out(held, batch):
    if any(point.seed == 3 for point in batch.points):
        os.kill(os.getpid(), signal.SIGKILL)
    return work.carry_out(held, batch)
worker.carry_out = carry_out
worker.main(int(sys.argv[1]))
"""


@pytest.fixture
def work():
    metrics = ("energy",)
    return Work("minimal", (), metrics, (), keys_of("minimal", (), metrics, ()))


def _points(number):
    return [Point(0, (("duration", "2 h"),), seed, seed) for seed in range(number)]


def _program(monkeypatch, tmp_path, text):
    script = tmp_path / "worker.py"
    script.write_text(text)
    monkeypatch.setattr(processes, "PROGRAM", (str(script),))
    return sweep_engine.get("processes").call


def test_names_are_those_of_the_files():
    assert sweep_engine.names() == ["dask", "in_process", "processes"]


def test_a_worker_that_cannot_start_ends_the_sweep(monkeypatch, tmp_path, work):
    engine = _program(monkeypatch, tmp_path, "import sys; sys.exit(3)")
    with pytest.raises(RunError, match="a worker ended by itself with exit code 3"):
        list(engine(work, Batches(_points(4), 4), "2"))


def test_a_worker_that_sees_other_files_ends_the_sweep(work):
    other = dataclasses.replace(work, keys=Keys("of other files"))
    with pytest.raises(InputError, match=r"minimal: worker .* has another version of dcsim or sees other files"):
        carry_out(other, Batches(_points(1), 1).take(1))


def test_what_is_wrong_travels_from_worker_to_driver():
    error = InputError([Problem("a.yaml", 3, 1, "duration", "is empty"), Problem("a.yaml", 1, 1, "", "is short")])
    assert pickle.loads(pickle.dumps(error)).problems == error.problems


@pytest.mark.slow
def test_so_does_one_in_another_process(work):
    other = dataclasses.replace(work, keys=Keys("of other files"))
    with pytest.raises(InputError, match=r"minimal: worker .* has another version of dcsim or sees other files"):
        list(sweep_engine.get("processes").call(other, Batches(_points(4), 4), "1"))


@pytest.mark.slow
def test_a_point_that_kills_its_workers_fails_alone(monkeypatch, tmp_path, work):
    engine = _program(monkeypatch, tmp_path, POISONED)
    found = {}
    for finished in engine(work, Batches(_points(6), 6), "1"):
        found |= {
            point.seed: outcome
            for point, outcome in zip(finished.batch.points, finished.outcomes, strict=True)
        }
    assert [seed for seed, outcome in sorted(found.items()) if outcome.failed] == [3]
    assert found[3].problems == ("its worker was killed 3 times; is there too little memory for it?",)
    assert all(outcome.rows for seed, outcome in found.items() if seed != 3)


@pytest.mark.slow
def test_an_engine_that_is_closed_early_leaves_nobody_behind(monkeypatch, work):
    started = []
    real = processes.subprocess.Popen
    monkeypatch.setattr(
        processes.subprocess, "Popen", lambda *words, **named: started.append(real(*words, **named)) or started[-1]
    )
    engine = sweep_engine.get("processes").call(work, Batches(_points(40), 40), "2")
    next(engine)
    engine.close()
    assert [process.returncode is not None for process in started] == [True, True]


def test_workers_have_one_thread_each_and_find_what_the_driver_finds(monkeypatch, tmp_path, work):
    told = tmp_path / "told.txt"
    script = f"import os, sys; open({str(told)!r}, 'w').write(os.environ['OMP_NUM_THREADS'] + chr(10) + sys.path[-1])"
    with pytest.raises(RunError, match="exit code 1"):
        list(_program(monkeypatch, tmp_path, script + "; sys.exit(1)")(work, Batches(_points(1), 1), "1"))
    threads, last = told.read_text().splitlines()
    assert threads == "1"
    assert last in sys.path
