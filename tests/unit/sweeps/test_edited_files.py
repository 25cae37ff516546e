"""Files that are edited between sweeps, during one, and values that name files: nothing stale, nothing mixed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from dcsim.errors import InputError
from dcsim.results.run import load
from dcsim.sweeps.batches import Batches
from dcsim.sweeps.driver import sweep
from dcsim.sweeps.engines import in_process
from dcsim.sweeps.evaluate import Evaluator
from dcsim.sweeps.kept_runs import is_run_of
from dcsim.sweeps.keys import keys_of
from dcsim.sweeps.operands import open_operand
from dcsim.sweeps.points import Point
from dcsim.sweeps.reading import read_plan
from dcsim.sweeps.several import evaluate_all
from dcsim.sweeps.work import Work, carry_out
from dcsim.trace.provenance import read_json

LOADS = {name: f"second,requests\n0,{rate}\n3600,100\n7200,100\n" for name, rate in (("low", 50), ("high", 90))}
LOAD = "services.news_feed.serving.load={generator: replay, file: load.csv, time: second, value: requests}"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Return the current folder, with a scenario that extends another one, and a file to replay."""
    (tmp_path / "base.yaml").write_text("extends: minimal\nduration: 2 h\nresolution: 30 min\n")
    (tmp_path / "mine.yaml").write_text("extends: base.yaml\n")
    (tmp_path / "load.csv").write_text(LOADS["low"])
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _energy(done):
    frame = done.frame
    return frame[(frame["metric"] == "energy") & frame["region"].isna()]["value"].tolist()


def _sweep(study="mine.yaml", out="sweep", **options):
    return sweep(study, out=out, engine="in_process", **{"metrics": "energy", **options})


@pytest.mark.parametrize("name", ["mine.yaml", "base.yaml"])
def test_an_edited_scenario_is_read_again(folder, name):
    first = _energy(_sweep())
    text = (folder / name).read_text()
    (folder / name).write_text(text.replace("2 h", "4 h") if "2 h" in text else f"{text}duration: 4 h\n")
    assert _energy(_sweep(resume=True)) == _energy(_sweep(out="other")) != first


def test_an_edited_scenario_is_read_again_by_comparisons(folder):
    def carried_out():
        points = [Point(0, (), 0, 5)]
        return list(evaluate_all(Evaluator("mine.yaml", metrics=("energy",)), points, "in_process"))

    first = carried_out()
    (folder / "mine.yaml").write_text("extends: base.yaml\nduration: 4 h\n")
    assert carried_out()[0].columns != first[0].columns


def test_a_file_that_a_value_names_is_read_again_and_found_from_any_folder(folder, monkeypatch):
    first = _energy(_sweep(sets=[LOAD]))
    (folder / "load.csv").write_text(LOADS["high"])
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    again = _energy(_sweep(folder / "sweep", out=folder / "sweep", resume=True))
    monkeypatch.chdir(folder)
    assert again == _energy(_sweep(out="other", sets=[LOAD])) != first


def test_a_plan_names_files_that_any_worker_finds(folder, monkeypatch):
    plan = read_plan("mine.yaml", sets=[LOAD, "services.sigma.serving.load.file=load.csv,base.yaml"], check=False)
    absolute = str(folder / "load.csv")
    assert plan.axes[1].values == (absolute, str(folder / "base.yaml"))
    assert f"file: {absolute}," in plan.axes[0].values[0]
    assert plan.to_yaml().count(absolute) == 2
    assert {key for key in plan.places if key[1]} <= {(axis.path, value) for axis in plan.axes for value in axis.values}


def test_a_missing_file_is_told_as_it_was_written(folder):
    with pytest.raises(InputError, match=r"no such file: 'lod.csv', seen from the current folder"):
        read_plan("mine.yaml", sets=[LOAD.replace("load.csv", "lod.csv")])


def test_a_comparison_hands_out_what_any_worker_finds(folder, monkeypatch):
    seen, path = [], "services.news_feed.serving.load"
    point = Point(0, ((path, LOAD.removeprefix(f"{path}=")),), 0, 5)
    evaluator = Evaluator("mine.yaml", metrics=("energy",))
    expected = evaluator.evaluate(point)

    def elsewhere(work, batch):
        seen.append((work.scenario, dict(batch.points[0].values)[path]))
        monkeypatch.chdir("/")
        try:
            return carry_out(work, batch)
        finally:
            monkeypatch.chdir(folder)

    monkeypatch.setattr(in_process, "carry_out", elsewhere)
    assert list(evaluate_all(evaluator, [point], "in_process")) == [expected]
    assert seen[0][0] == str(folder / "mine.yaml")
    assert str(folder / "load.csv") in seen[0][1]


@pytest.mark.parametrize("name", ["load.csv", "base.yaml"])
def test_a_file_that_changes_while_it_is_in_use_ends_the_sweep(folder, name):
    def edit(done, total, failed):
        if done == 1:
            with (folder / name).open("a") as file:
                file.write("\n")

    with pytest.raises(InputError, match=rf"{name}: was changed while the sweep was carried out"):
        _sweep(sets=[LOAD], replicas=4, progress=edit)


def test_what_was_read_may_be_edited_meanwhile(folder):
    def edit(done, total, failed):
        if done == 1:
            (folder / "mine.yaml").write_text("extends: base.yaml\nduration: 4 h\n")

    expected = _energy(_sweep(out="other", replicas=3))
    assert _energy(_sweep(replicas=3, progress=edit)) == expected


def test_a_worker_that_lives_on_takes_the_next_sweep_of_an_edited_file(folder):
    found = []
    for duration in ("3 h", "5 h"):
        (folder / "mine.yaml").write_text(f"extends: base.yaml\nduration: {duration}\n")
        keys = keys_of(str(folder / "mine.yaml"), (), ("energy",), ())
        batch = Batches([Point(0, (), 0, 5)], 1).take(1)
        with ThreadPoolExecutor(1) as worker:  # as a thread of a Dask worker
            found.append(worker.submit(carry_out, Work(str(folder / "mine.yaml"), (), ("energy",), (), keys), batch))
    assert found[0].result().part != found[1].result().part


def test_a_kept_run_counts_only_where_it_is_that_of_its_setting(folder):
    def run_of(setting):
        return load(folder / "sweep" / "runs" / str(setting) / "seed=37").provenance["run"]["simulated_s"]

    _sweep(sets=["duration=2 h,3 h"], keep_runs=True)
    assert [run_of(0), run_of(1)] == [7200.0, 10800.0]
    _sweep(sets=["duration=3 h,2 h"], keep_runs=True, resume=True)
    assert [run_of(0), run_of(1)] == [10800.0, 7200.0]
    _sweep(sets=["duration=3 h,2 h"], keep_runs=True, resume=True)
    assert read_json(folder / "sweep" / "sweep.json")["points"]["carried_out"] == 0


def test_a_comparison_does_not_take_the_kept_run_of_another_setting(folder):
    _sweep(sets=["duration=2 h,3 h"], keep_runs=True)
    assert set(open_operand("sweep@duration=3 h").runs) == {37}
    _sweep(sets=["duration=3 h,2 h"], resume=True)
    assert open_operand("sweep@duration=3 h").runs == {}


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"run": 3}', '{"run": {"digest": "d", "seed": 8}}'])
def test_a_run_of_something_else_is_not_that_run(tmp_path, text):
    (tmp_path / "run.json").write_text(text)
    assert not is_run_of(tmp_path, "d", 7)
    (tmp_path / "run.json").write_text('{"run": {"digest": "d", "seed": 7}}')
    assert is_run_of(tmp_path, "d", 7)
