"""Directories of sweeps: whose they are, what a kill leaves behind, and what is there while a sweep is under way."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import pytest

from dcsim.errors import InputError, Problem, RunError
from dcsim.results.sweep import Sweep
from dcsim.spec.catalog import Catalog
from dcsim.sweeps import evaluate
from dcsim.sweeps.driver import sweep
from dcsim.sweeps.engines import sweep_engine
from dcsim.sweeps.opening import open_sweep
from dcsim.sweeps.reading import read_plan

TAKEN = "exists and is not a sweep of dcsim"
BEGUN = "holds a sweep that is not finished; dcsim sweep --resume goes on with it"


class Killed(BaseException):
    """What no handler takes notice of."""


def _plan(values="2 h,3 h", **options):
    return read_plan("minimal", sets=(f"duration={values}",), metrics=("energy",), **options)


def _swept(place, values="2 h,3 h", **options):
    """Carry a sweep out and return how many points that took."""
    sweep(_plan(values), out=place, **{"engine": "in_process", **options})
    return json.loads((place / "sweep.json").read_text())["points"]["carried_out"]


def _files(place):
    return {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}


def _results(place):
    return {name: _files(place)[name] for name in ("results.parquet", "points.parquet", "sweep.yaml")}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a folder with a sweep of two values, and one with their order reversed."""
    folder = tmp_path_factory.mktemp("finished")
    _swept(folder / "there")
    _swept(folder / "back", "3 h,2 h")
    return folder


@pytest.fixture
def place(finished, tmp_path):
    """Return a copy of the sweep of two values."""
    return Path(shutil.copytree(finished / "there", tmp_path / "sweep"))


def _killed_at(name, place, monkeypatch):
    """Resume with the values in reverse order, and die when a file is to be replaced."""
    real = Path.replace

    def replace(self, target):
        if Path(target) == place / name:
            raise Killed
        return real(self, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", replace)
        with pytest.raises(Killed):
            _swept(place, "3 h,2 h", resume=True)


@pytest.mark.parametrize("name", ["results.parquet", "sweep.yaml", "sweep.json", "points.parquet"])
def test_results_are_replaced_as_a_whole_whenever_the_driver_is_killed(name, finished, place, monkeypatch):
    """Both orders have as many rows, so that counting them would not tell the files apart."""
    before = _results(place)
    _killed_at(name, place, monkeypatch)
    if name == "results.parquet":
        assert _results(place) == before
        assert Sweep(place).spec["set"] == {"duration": ["2 h", "3 h"]}
    else:
        with pytest.raises(InputError, match=BEGUN):
            Sweep(place)
    assert _swept(place, resume=True) == 0  # what was finished before is not lost either
    assert _results(place) == before
    assert _swept(place, "3 h,2 h", resume=True) == 0
    assert _results(place) == _results(finished / "back")
    assert not list(place.glob("*.tmp"))


def test_files_that_do_not_belong_together_are_not_read(finished, place):
    shutil.copy(finished / "back" / "results.parquet", place)
    with pytest.raises(InputError, match=BEGUN):
        Sweep(place)
    assert _swept(place, resume=True) == 2
    assert _results(place) == _results(finished / "there")


@pytest.mark.parametrize("name", ["sweep.yaml", "runs/a.tmp", "parts/a.parquet", "parts/sweep.yaml", "sweep.json"])
@pytest.mark.parametrize("resume", [True, False])
def test_folders_with_names_like_ours_are_somebody_elses(name, resume, tmp_path):
    file = tmp_path / "mine" / name
    file.parent.mkdir(parents=True)
    file.write_text("# my own\nscenario: minimal\n")
    with pytest.raises(InputError, match=TAKEN):
        _swept(tmp_path / "mine", resume=resume)
    assert _files(tmp_path / "mine") == {name: b"# my own\nscenario: minimal\n"}


def test_what_others_put_into_the_directory_stays(place):
    others = {"notes.tmp": b"1", "parts/mine.parquet": b"2", "parts/mine.tmp": b"3", "runs/0/mine.tmp/a": b"4"}
    for name, data in others.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    _swept(place, "2 h,3 h,4 h", resume=True)
    assert {name: data for name, data in _files(place).items() if name in others} == others


def test_a_finished_sweep_is_only_gone_on_with(place):
    with pytest.raises(InputError, match="holds a sweep; --resume goes on with it"):
        _swept(place)


def test_a_driver_that_is_killed_at_once_leaves_a_place_to_begin(tmp_path):
    (tmp_path / "sweep" / "parts").mkdir(parents=True)
    (tmp_path / "sweep" / "parts" / "sweep.yaml.tmp").write_text("half")
    assert _swept(tmp_path / "sweep") == 2


@pytest.mark.parametrize("keep_runs", [True, False])
def test_a_wrong_metric_leaves_nothing_behind(keep_runs, tmp_path):
    place = tmp_path / "new" / "sweep"
    with pytest.raises(InputError, match="--until: no run has the metric 'enrgy'; did you mean 'energy'"):
        sweep(_plan(until="ci=2%:enrgy"), out=place, engine="in_process", keep_runs=keep_runs)
    assert list(tmp_path.iterdir()) == []
    sweep(_plan(until="ci=50%:energy", replicas=2), out=place, engine="in_process", keep_runs=keep_runs)


def test_a_folder_of_the_user_stays_and_so_does_what_was_finished(place, tmp_path):
    wrong = _plan("2 h,3 h,4 h", until="ci=2%:enrgy", replicas=2)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="enrgy"):
        sweep(wrong, out=tmp_path / "empty", engine="in_process")
    assert list((tmp_path / "empty").iterdir()) == []
    before = _files(place)
    with pytest.raises(InputError, match="enrgy"):
        sweep(wrong, out=place, engine="in_process", resume=True)
    assert _files(place) == before


@pytest.fixture
def nobody():
    """Register an engine whose workers cannot be reached."""

    def answers(_argument):
        raise InputError([Problem.of_option("engine", "nobody answers")])

    @sweep_engine("nobody", argument=lambda text: text, reach=answers)
    def engine(work, batches, argument):
        raise AssertionError("was called nevertheless")

    yield "nobody"
    del sweep_engine._plugins["nobody"]


def test_nothing_is_written_where_no_worker_can_be_reached(nobody, tmp_path):
    with pytest.raises(InputError, match="nobody answers"):
        sweep(_plan(), out=tmp_path / "sweep", engine=nobody)
    assert list(tmp_path.iterdir()) == []


def test_earlier_results_stay_under_their_own_sweep_while_it_is_extended(place):
    told = []

    def look(done, total, failed):
        before, under_way = Sweep(place), open_sweep(place, Catalog())
        told.append((len(before.points), before.spec["set"]["duration"], under_way.data["set"]["duration"]))

    _swept(place, "2 h,3 h,4 h", resume=True, progress=look)
    assert set(map(repr, told)) == {repr((2, ["2 h", "3 h"], ["2 h", "3 h", "4 h"]))}
    assert Sweep(place).spec["set"] == {"duration": ["2 h", "3 h", "4 h"]}


def test_a_sweep_that_was_stopped_is_gone_on_with_by_its_directory(tmp_path):
    def stop(done, total, failed):
        if done:
            raise RunError("the power went")

    with pytest.raises(RunError):
        _swept(tmp_path / "sweep", progress=stop)
    assert not (tmp_path / "sweep" / "sweep.yaml").exists()
    done = sweep(tmp_path / "sweep", out=tmp_path / "sweep", engine="in_process", resume=True)
    assert len(done.points) == 2


def test_of_points_that_fail_again_the_last_reason_is_told(tmp_path, monkeypatch):
    """Whatever is left of earlier times: in results, in parts of a driver that was stopped."""
    place = tmp_path / "sweep"

    def carried_out(reason, progress=None):
        def fail(*_):
            raise RunError(reason)

        monkeypatch.setattr(evaluate, "tables_of", fail)
        _swept(place, resume=True, progress=progress)
        with (place / "failures.csv").open() as lines:
            return [row[-1] for row in csv.reader(lines)][1:]

    def stop(done, total, failed):
        if failed == 2:
            raise RunError("the power went")

    assert carried_out("the disk is full") == ["the disk is full"] * 2
    assert carried_out("it rains") == ["it rains"] * 2
    for reason in ("it snows", "it hails"):
        with pytest.raises(RunError, match="the power went"):
            carried_out(reason, stop)
    assert carried_out("the books do not close") == ["the books do not close"] * 2


@pytest.mark.parametrize(
    ("scenario", "options", "message"),
    [
        ("shared_nic", {}, "holds a sweep of scenario 'minimal', not of 'shared_nic'; name another directory"),
        ("minimal", {"design": "sobol", "samples": 2}, "holds a sweep of design 'grid', not of 'sobol'"),
    ],
)
def test_a_sweep_is_not_replaced_by_another(scenario, options, message, place):
    before = _files(place)
    plan = read_plan(scenario, sets=("duration=2 h,3 h",), metrics=("energy",), **options)
    with pytest.raises(InputError, match=message):
        sweep(plan, out=place, engine="in_process", resume=True)
    assert _files(place) == before


def test_finished_points_are_dropped_with_a_warning_that_counts_them(place):
    told = []
    _swept(place, "2 h,3 h,4 h,5 h", resume=True, warn=told.append)
    assert told == []
    _swept(place, "2 h", resume=True, warn=told.append)
    _swept(place, "3 h", resume=True, warn=told.append)
    leave = "not in this sweep any more"
    assert [str(problem) for problem in told] == [
        f"{place}: 3 finished points are {leave}; their results leave results.parquet",
        f"{place}: 1 finished point is {leave}; its results leave results.parquet",
    ]
