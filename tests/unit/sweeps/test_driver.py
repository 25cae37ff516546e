"""Sweeps carried out: the same bytes in any order, nothing twice, failures kept apart, and what is told."""

from __future__ import annotations

import csv
import json

import pyarrow.parquet as pq
import pytest

from dcsim.errors import InputError, Problem, RunError
from dcsim.results.run import load
from dcsim.sweeps import evaluate
from dcsim.sweeps.driver import sweep
from dcsim.sweeps.engines import chosen, sweep_engine
from dcsim.sweeps.evaluate import Evaluator
from dcsim.sweeps.points import Point
from dcsim.sweeps.reading import read_plan
from dcsim.sweeps.several import evaluate_all
from dcsim.sweeps.work import carry_out

SETS = ("duration=2 h,3 h,4 h", "network=closed_form,flow")


def _plan(sets=SETS, replicas=2, **options):
    return read_plan("minimal", sets=sets, replicas=replicas, metrics=("energy", "synchronisation"), **options)


def _carried_out(place, plan=None, **options):
    progress = []
    sweep(
        plan or _plan(), out=place, progress=lambda *told: progress.append(told), **{"engine": "in_process", **options}
    )
    said = json.loads((place / "sweep.json").read_text())["points"]
    return said["carried_out"], progress


def _bytes(place):
    return {name: (place / name).read_bytes() for name in ("results.parquet", "points.parquet", "sweep.yaml")}


@pytest.fixture
def backwards():
    """Register an engine that carries everything out in single points, the last one first."""

    @sweep_engine("backwards", argument=lambda text: text)
    def engine(work, batches, argument):
        while batches.left:
            held = []
            while (batch := batches.take(100)) is not None:
                held.append(batch)
            yield from (carry_out(work, batch) for batch in reversed(held))

    yield "backwards"
    del sweep_engine._plugins["backwards"]


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    place = tmp_path_factory.mktemp("reference") / "sweep"
    carried_out, progress = _carried_out(place)
    return place, carried_out, progress


def test_the_directory_holds_results_and_nothing_of_the_way_there(reference):
    place, carried_out, progress = reference
    assert sorted(path.name for path in place.iterdir()) == [
        "points.parquet", "results.parquet", "sweep.json", "sweep.yaml",
    ]  # fmt: skip
    assert carried_out == 12
    assert progress[0] == (0, 12, 0)
    assert progress[-1] == (12, 12, 0)
    assert progress == sorted(progress)


def test_rows_are_those_of_the_points_in_order(reference):
    table = pq.read_table(reference[0] / "results.parquet")
    frame = table.to_pandas()
    assert table.column_names[:8] == [
        "setting", "duration", "set network", "seed", "replica", "metric", "unit", "value",
    ]  # fmt: skip
    assert table.schema.field("duration").metadata[b"unit"] == b"s"
    assert b"unit" not in table.schema.field("set network").metadata
    order = list(zip(frame["setting"], frame["replica"], strict=True))
    assert order == sorted(order)
    assert set(zip(frame["setting"], frame["duration"], frame["set network"], strict=True)) == {
        (0, 7200.0, "closed_form"), (1, 7200.0, "flow"), (2, 10800.0, "closed_form"), (3, 10800.0, "flow"),
        (4, 14400.0, "closed_form"), (5, 14400.0, "flow"),
    }  # fmt: skip
    assert set(zip(frame["replica"], frame["seed"], strict=True)) == {(0, 37), (1, 38)}
    mine = frame[(frame["setting"] == 3) & (frame["replica"] == 1)]
    point = Point(3, (("duration", "3 h"), ("network", "flow")), 1, 38)
    expected = Evaluator("minimal", metrics=("energy", "synchronisation")).evaluate(point)
    assert mine["value"].tolist() == list(expected.columns["value"])
    assert mine["network"].dropna().tolist() == [name for name in expected.columns["network"] if name]


def test_any_order_gives_the_same_bytes(reference, backwards, tmp_path):
    assert _carried_out(tmp_path / "sweep", engine=backwards)[0] == 12
    assert _bytes(tmp_path / "sweep") == _bytes(reference[0])


def test_what_is_finished_is_not_carried_out_again(reference, tmp_path):
    place = tmp_path / "sweep"
    assert _carried_out(place, _plan(("duration=2 h,4 h", "network=closed_form,flow"), 1))[0] == 4
    first = _bytes(place)
    assert _carried_out(place, _plan(("duration=2 h,4 h", "network=closed_form,flow"), 1), resume=True)[0] == 0
    assert _bytes(place) == first
    carried_out, progress = _carried_out(place, resume=True)  # with a value and a replica more
    assert carried_out == 8
    assert progress[0] == (4, 12, 0)
    assert _bytes(place) == _bytes(reference[0])


def test_a_sweep_that_was_stopped_goes_on(reference, tmp_path, monkeypatch):
    place, told = tmp_path / "sweep", []

    def stop(done, total, failed):
        told.append(done)
        if done >= 5:
            raise RunError("the power went")

    with pytest.raises(RunError, match=f"the power went; what is finished is kept in {place}; --resume goes on"):
        sweep(_plan(), out=place, engine="in_process", progress=stop)
    assert not (place / "results.parquet").exists()
    (place / "parts" / f"{'0' * 32}.parquet.tmp").write_bytes(b"half")
    (place / "parts" / f"{'1' * 32}.parquet").write_bytes(b"PAR1 broken PAR1")
    assert _carried_out(place, resume=True)[0] == 12 - told[-1]
    assert _bytes(place) == _bytes(reference[0])


def test_failed_points_are_told_and_tried_again(reference, tmp_path, monkeypatch):
    place, real = tmp_path / "sweep", evaluate.tables_of

    def fail(resolved, *rest):
        if resolved.scenario.duration == 10800.0 and resolved.scenario.seed == 38:
            raise InputError([Problem("load.csv", 3, 1, "load", "is empty"), Problem("load.csv", 4, 1, "load", "too")])
        return real(resolved, *rest)

    monkeypatch.setattr(evaluate, "tables_of", fail)
    _, progress = _carried_out(place)
    assert progress[-1] == (12, 12, 2)
    with (place / "failures.csv").open() as lines:
        rows = list(csv.reader(lines))
    assert rows[0] == ["setting", "duration", "set network", "seed", "replica", "problem"]
    assert rows[1] == ["2", "3 h", "closed_form", "38", "1", "load.csv:3:1: load: is empty"]
    assert [row[0] for row in rows[1:]] == ["2", "2", "3", "3"]
    assert set(pq.read_table(place / "results.parquet")["setting"].to_pylist()) == set(range(6))
    monkeypatch.undo()
    assert _carried_out(place, resume=True)[0] == 2
    assert _bytes(place) == _bytes(reference[0])
    assert not (place / "failures.csv").exists()


def test_runs_are_kept_where_asked_for(reference, tmp_path):
    place, plan = tmp_path / "sweep", _plan(("duration=2 h,3 h",), 1)
    assert _carried_out(place, plan, keep_runs=True)[0] == 2
    assert load(place / "runs" / "1" / "seed=37").provenance["run"]["simulated_s"] == 10800.0
    assert _carried_out(place, plan, keep_runs=True, resume=True)[0] == 0
    (place / "runs" / "1" / "seed=37" / "run.json").unlink()
    (place / "runs" / "1" / "seed=37").rename(place / "runs" / "1" / ".seed=37.0.tmp")
    assert _carried_out(place, plan, keep_runs=True, resume=True)[0] == 1
    assert [path.name for path in (place / "runs" / "1").iterdir()] == ["seed=37"]


def test_replicas_until_a_precision_is_reached(tmp_path, backwards):
    wanted = {"until": "ci=2%:energy", "max_replicas": 12}
    plan = _plan(("duration=2 h,3 h",), 3, **wanted)
    carried_out, progress = _carried_out(tmp_path / "one", plan)
    replicas = pq.read_table(tmp_path / "one" / "points.parquet").to_pandas().groupby("setting")["replica"].count()
    assert replicas.sum() == carried_out == progress[-1][1]
    assert replicas.max() > 3
    assert _carried_out(tmp_path / "other", plan, engine=backwards)[0] == carried_out
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "other")
    assert _carried_out(tmp_path / "one", plan, resume=True)[0] == 0
    assert _bytes(tmp_path / "one") == _bytes(tmp_path / "other")


@pytest.mark.parametrize("resume", [True, False])
def test_two_sweeps_do_not_write_to_one_place(tmp_path, resume):
    def second(done, total, failed):
        with pytest.raises(InputError, match="another sweep is being carried out there"):
            sweep(_plan(), out=tmp_path / "sweep", engine="in_process", resume=resume)
        raise RunError("seen")

    with pytest.raises(RunError, match="seen"):
        sweep(_plan(), out=tmp_path / "sweep", engine="in_process", progress=second)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("in_proces", "--engine: unknown engine 'in_proces'; did you mean 'in_process'?"),
        ("in_process:4", "--engine: 'in_process' has one worker, this process, not '4'; take processes, or dask"),
        ("processes:0", "--engine: needs a number of workers from 1 to 1000, not '0'"),
        ("dask:10.0.0.1:8786", "--engine: needs a number of workers from 1 to 1000, not '10.0.0.1:8786'"),
        ("dask://", "--engine: needs the address of a scheduler, such as dask://10.0.0.1:8786, not '//'"),
    ],
)
def test_engines_that_do_not_exist(text, message):
    with pytest.raises(InputError) as told:
        chosen(text)
    assert str(told.value) == message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dask://10.0.0.1:8786", ("dask", "tcp://10.0.0.1:8786")),
        ("dask:tcp://10.0.0.1:8786", ("dask", "tcp://10.0.0.1:8786")),
        ("dask:tls://head:8786", ("dask", "tls://head:8786")),
        ("dask", ("dask", "")),
        ("processes:12", ("processes", "12")),
    ],
)
def test_engines_that_do(text, expected):
    assert chosen(text) == expected


def test_several_points_at_once_are_what_each_is_alone():
    evaluator = Evaluator("minimal", ("save_on_notice",), metrics=("energy",))
    points = [Point(0, (("duration", "2 h"),), 0, 5), Point(1, (("duration", "soon"),), 0, 5)]
    assert list(evaluate_all(evaluator, points, "in_process")) == [evaluator.evaluate(point) for point in points]
