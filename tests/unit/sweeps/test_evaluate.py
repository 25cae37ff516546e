"""Points: the metrics of a run on disk without the disk; a bad point is told, not raised."""

from __future__ import annotations

import pickle

import pytest

from dcsim.resolve import resolve
from dcsim.results.run import load, tidy_rows
from dcsim.simulate import simulate
from dcsim.sweeps import evaluate
from dcsim.sweeps.evaluate import Evaluator
from dcsim.sweeps.points import Point
from tests.scenarios.finished import tiny, write

SHORT = (("duration", "6 h"),)


@pytest.fixture(scope="module")
def scenario(tmp_path_factory):
    return str(write(tmp_path_factory.mktemp("tiny") / "tiny.yaml", tiny()))


def test_metrics_are_those_of_the_run_on_disk(scenario, tmp_path):
    result = Evaluator(scenario).evaluate(Point(0, (), 0, 11))
    resolved = resolve(scenario, sets=["seed=11"])
    expected = tidy_rows(load(simulate(resolved, tmp_path / "run")).metrics())
    assert result.rows() == expected
    assert result.digest == resolved.digest
    assert {row["metric"] for row in expected} > {"slo_attainment", "recovery_time", "staleness_mean"}


def test_a_run_that_is_kept_has_the_same_metrics(tmp_path):
    evaluator, point = Evaluator("minimal"), Point(0, SHORT, 0, 5)
    kept = evaluator.evaluate(point, tmp_path / "run")
    assert kept == evaluator.evaluate(point)
    assert load(tmp_path / "run").provenance["run"]["seed"] == 5


def test_replicas_differ_in_the_seed_alone():
    evaluator = Evaluator("minimal")
    first, second = (evaluator.resolved(Point(0, SHORT, k, seed)) for k, seed in enumerate((5, 6)))
    assert second.to_yaml() == resolve("minimal", sets=["duration=6 h", "seed=6"]).to_yaml()
    assert first.digest == second.digest == resolve("minimal", sets=["duration=6 h"]).digest


def test_settings_are_not_mixed_up_with_the_one_before():
    evaluator = Evaluator("minimal", metrics=("energy",))
    points = [Point(k, (("duration", text),), 0, 5) for k, text in enumerate(("2 h", "3 h", "2 h"))]
    one, two, again = [evaluator.evaluate(point).columns for point in points]
    assert one == again != two


def test_only_the_metrics_that_are_wanted():
    result = Evaluator("minimal", metrics=("energy", "cost")).evaluate(Point(0, SHORT, 0, 5))
    assert set(result.columns["metric"]) == {"energy", "it_energy", "capital_cost", "energy_cost", "cost"}


def test_an_evaluator_travels_without_what_it_read():
    evaluator = Evaluator("minimal", metrics=("energy",))
    before = evaluator.evaluate(Point(0, SHORT, 0, 5))
    packed = pickle.dumps(evaluator)
    assert len(packed) < 1000
    assert pickle.loads(packed).evaluate(Point(0, SHORT, 0, 5)) == before


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ((("duration", "soon"),), "--set: duration: needs a number and a unit"),
        ((("variant", "no_such"),), "--variant: unknown variant 'no_such'"),
    ],
)
def test_a_wrong_setting_is_a_problem_of_its_point(values, problem):
    result = Evaluator("minimal").evaluate(Point(0, values, 0, 5))
    assert result.failed
    assert result.columns == {}
    assert result.problems[0].startswith(problem)


@pytest.mark.parametrize("error", [ValueError("no\nsuch thing"), MemoryError("too large")])
def test_a_defect_is_a_problem_of_its_point(monkeypatch, error):
    def fail(*_):
        raise error

    monkeypatch.setattr(evaluate, "tables_of", fail)
    result = Evaluator("minimal").evaluate(Point(0, SHORT, 0, 5))
    assert result.problems == (f"unexpected {type(error).__name__}: {' '.join(str(error).split())}",)
    assert result.digest
