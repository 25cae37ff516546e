"""Workers: what kills them is found, what they cannot do is told, and none is left behind."""

from __future__ import annotations

import dataclasses
import logging
import pickle
import re
import socket
import sys
import types

import pytest

from dcsim.errors import InputError, Problem, RunError
from dcsim.sweeps.batches import Batches
from dcsim.sweeps.driver import sweep
from dcsim.sweeps.engines import chosen, dask, processes, sweep_engine, with_workers
from dcsim.sweeps.keys import Keys, keys_of
from dcsim.sweeps.points import Point
from dcsim.sweeps.work import Finished, Work, carry_out

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


@pytest.mark.parametrize(
    ("engine", "workers", "expected"),
    [
        ("auto", None, "auto"),
        ("auto", "4", "processes:4"),
        ("auto", 1, "in_process"),
        ("in_process", 1, "in_process"),
        ("dask", 12, "dask:12"),
        ("proceses", 2, "proceses"),  # is refused as an engine
    ],
)
def test_a_number_of_workers_is_one_text_with_the_engine(engine, workers, expected):
    assert with_workers(engine, workers) == expected


@pytest.mark.parametrize(
    ("engine", "workers", "message"),
    [
        ("processes:2", "4", "cannot stand beside engine 'processes:2', which says already who its workers are"),
        ("dask://h:1", 4, "cannot stand beside engine 'dask://h:1'"),
        ("in_process", 4, "'in_process' has one worker, this process, not '4'"),
        ("processes", 0, "needs a number of workers from 1 to 1000, not '0'"),
        ("auto", "", "needs a number of workers from 1 to 1000, not 'none'"),
        ("auto", "many", "needs a number of workers from 1 to 1000, not 'many'"),
    ],
)
def test_workers_that_an_engine_cannot_have(engine, workers, message):
    with pytest.raises(InputError) as told:
        with_workers(engine, workers)
    assert str(told.value).startswith(f"--workers: {message}")


@pytest.mark.parametrize("text", ["dask://h", "dask://h:1:4", "dask:tls://h:port", "dask://h 1:4", "dask:h://"])
def test_addresses_where_no_scheduler_can_be(text):
    pytest.importorskip("distributed")
    with pytest.raises(InputError, match="needs the address of a scheduler"):
        chosen(text)


def test_a_scheduler_that_does_not_answer_is_told_before_anything_is_written(monkeypatch, tmp_path):
    pytest.importorskip("distributed")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        address = f"dask://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setattr(dask, "_CONNECT_S", 0.3)
        loud = logging.getLogger("distributed.core")
        assert not loud.disabled
        with pytest.raises(InputError, match=r"--engine: no Dask scheduler answers at tcp://127\.0\.0\.1:"):
            sweep("minimal", sets=["duration=2 h,3 h"], out=tmp_path / "out", engine=address)
        assert not loud.disabled
    assert list(tmp_path.iterdir()) == []


def test_dask_is_silent_while_it_is_at_work(caplog):
    pytest.importorskip("distributed")
    loud, other = logging.getLogger("distributed.client"), logging.getLogger("somebody.else")
    with dask._silence():
        loud.error("a stack of lines")
        other.error("not Dask")
    loud.error("heard again")
    assert [record.getMessage() for record in caplog.records] == ["not Dask", "heard again"]


class _Future:
    def __init__(self, batch):
        self.batch, self.deaths, self.told = batch, 0, None

    def result(self):
        if isinstance(self.told, Exception):
            raise self.told
        return self.told


class _Cluster:
    """One worker after another; whatever waits at one that dies counts as dying with it, as Dask has it."""

    def __init__(self, poison, allowed):
        self.poison, self.allowed, self.dead, self.submitted, self.loop = poison, allowed, 0, [], None

    def nthreads(self):
        return {"a": 1}

    def submit(self, _call, _work, batch, **_):
        self.submitted.append(_Future(batch))
        return self.submitted[-1]

    def as_completed(self, loop):
        return _Completed(self)


class _Completed:
    def __init__(self, cluster):
        self.cluster, self.held = cluster, []

    def add(self, future):
        self.held.append(future)

    def __next__(self):
        from distributed import KilledWorker

        while all(future.told is None for future in self.held):
            first = self.held[0]
            if not any(point.seed in self.cluster.poison for point in first.batch.points):
                first.told = Finished(first.batch, b"", (), 1.0)
                break
            self.cluster.dead += 1
            for future in self.held:
                future.deaths += 1
                if future.deaths > self.cluster.allowed:
                    future.told = KilledWorker("task", None, self.cluster.allowed)
        found = next(future for future in self.held if future.told is not None)
        self.held.remove(found)
        return found


@pytest.mark.parametrize(
    ("seconds", "allowed", "most_dead"),
    [(5.0, 0, 3), (0.5, 0, 7), (5.0, 3, 8), (0.5, 3, 20)],  # single points or six at once; a cluster of ours or others
)
@pytest.mark.parametrize("place", [0, 6, 11])
def test_a_point_that_kills_workers_of_a_cluster_fails_alone_and_soon(
    monkeypatch, work, seconds, allowed, most_dead, place
):
    distributed = pytest.importorskip("distributed")
    cluster = _Cluster({place}, allowed)
    fake = types.SimpleNamespace(as_completed=cluster.as_completed, KilledWorker=distributed.KilledWorker)
    monkeypatch.setattr(dask, "distributed", fake)
    monkeypatch.setattr(dask, "_client", lambda *_: cluster)
    monkeypatch.setattr(_Batches, "seconds", seconds)
    done, failed = [], []
    for finished in sweep_engine.get("dask").call(work, _Batches(_points(12), 12), ""):
        (failed if finished.outcomes else done).extend(point.seed for point in finished.batch.points)
        for outcome in finished.outcomes:
            assert re.match(r"its worker was killed [3-8] times; is there too little memory", outcome.problems[0])
    assert failed == [place]
    assert sorted(done) == [seed for seed in range(12) if seed != place]
    assert cluster.dead <= most_dead


class _Batches(Batches):
    """Batches whose points are known to take some seconds each."""

    seconds = 0.0

    def take(self, workers):
        self._each = self.seconds
        return super().take(workers)


def test_a_scheduler_that_is_gone_when_it_is_asked_is_one_line():
    def gone():
        raise OSError("in <tcp (closed)>: connection reset by peer")

    with pytest.raises(RunError, match="the Dask scheduler is gone"):
        dask._threads(types.SimpleNamespace(nthreads=gone))
