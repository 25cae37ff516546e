"""``dcsim sweep`` from the command line to its files and exit codes."""

from __future__ import annotations

import json
import logging

import pyarrow.parquet as pq
import pytest
import yaml
from click.testing import CliRunner

from dcsim.cli.main import main
from dcsim.cli.sweep import _warn
from dcsim.errors import RunError
from dcsim.results.sweep import Sweep
from dcsim.results.sweep_warnings import _known
from dcsim.sweeps.reading import read_plan

SMALL = ("minimal", "--set", "harvest.reserve=0..20:20 %", "--set", "duration=3 h", "--engine", "in_process",
         "--metric", "energy", "--metric", "harvest")  # fmt: skip


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _run(*arguments):
    return CliRunner().invoke(main, ["sweep", *arguments])


def test_sweep_prints_a_table_and_the_directory_last(tmp_path):
    done = _run(*SMALL, "--seeds", "1,2", "--out", "out")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "By setting: mean ± 95 % over 2 seeds"
    assert lines[-1] == "sweep: out"
    assert [line.split()[:2] for line in lines if line[:1].isdigit()] == [["0", "%"], ["20", "%"]]
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "results.parquet", "points.parquet", "sweep.yaml", "sweep.json",
    }  # fmt: skip
    assert pq.read_metadata(tmp_path / "out" / "points.parquet").num_rows == 4
    assert yaml.safe_load((tmp_path / "out" / "sweep.yaml").read_text())["seeds"] == [1, 2]


def test_json_holds_means_failures_and_the_directory():
    done = _run(*SMALL, "--replicas", "2", "--out", "out", "--json")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert (told["scenario"], told["directory"], told["points"], told["failed"]) == ("minimal", "out", 4, 0)
    assert told["parameters"] == {"harvest.reserve": "ratio"}
    row = next(each for each in told["metrics"] if each["metric"] == "energy")
    assert row.keys() >= {"setting", "harvest.reserve", "unit", "mean", "half_width", "replicas"}


def test_results_are_not_overwritten_and_can_be_gone_on_with(tmp_path):
    assert _run(*SMALL, "--out", "out").exit_code == 0
    before = (tmp_path / "out" / "results.parquet").read_bytes()
    again = _run(*SMALL, "--out", "out")
    assert again.exit_code == 2
    assert "--resume goes on with it" in again.stderr
    for words in ((*SMALL, "--out", "out"), ("out",), ("out/sweep.yaml",)):
        resumed = _run(*words, "--resume", "--engine", "in_process")
        assert resumed.exit_code == 0, resumed.stderr
        assert (tmp_path / "out" / "results.parquet").read_bytes() == before
    assert json.loads((tmp_path / "out" / "sweep.json").read_text()) != {}


def test_every_problem_is_told_and_nothing_is_written(tmp_path):
    wrong = ("--set", "harvest.reserv=1 %,2 %", "--samples", "x", "--engine", "proceses", "--design", "gird")
    done = _run("minimal", *wrong)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "--design: must be grid, latin_hypercube, sobol or sobol_indices, not 'gird'; did you mean 'grid'?",
        "--engine: unknown engine 'proceses'; did you mean 'processes'?",
        "--samples: needs a whole number without a unit, not 'x'",
        "--set: harvest.reserv: unknown field; did you mean 'reserve'?",
        "4 problems on the command line",
    ]
    assert list(tmp_path.iterdir()) == []


def test_a_point_that_fails_is_told_at_the_end_and_the_others_are_kept(tmp_path, monkeypatch):
    from dcsim.sweeps import evaluate

    simulated = evaluate.tables_of

    def failing(resolved, *rest):
        if resolved.scenario.seed == 2:
            raise RunError("the books do not close")
        return simulated(resolved, *rest)

    monkeypatch.setattr(evaluate, "tables_of", failing)
    done = _run(*SMALL, "--seeds", "1,2", "--out", "out")
    assert done.exit_code == 1
    assert done.stdout.splitlines()[-1] == "sweep: out"
    assert done.stderr.splitlines()[-3:] == [
        "failed: harvest.reserve=0 %, seed=2: the books do not close",
        "failed: harvest.reserve=20 %, seed=2: the books do not close",
        "2 points of 4 failed",
    ]
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    healed = _run("out", "--resume", "--engine", "in_process", "--json")
    assert healed.exit_code == 0
    assert json.loads(healed.stdout)["failed"] == 0


def test_a_sweep_all_of_whose_points_fail_is_still_one(tmp_path, monkeypatch):
    from dcsim.sweeps import evaluate

    def failing(*_):
        raise RunError("the books do not close")

    monkeypatch.setattr(evaluate, "tables_of", failing)
    done = _run(*SMALL, "--out", "out")
    assert (done.exit_code, done.stdout) == (1, "sweep: out\n")
    assert done.stderr.splitlines()[-1] == "2 points of 2 failed"
    found = Sweep(tmp_path / "out")
    assert found.frame.empty
    assert found.parameters == {"harvest.reserve": "ratio"}
    assert list(found.failures["problem"]) == ["the books do not close"] * 2


def test_seeds_that_change_nothing_are_told():
    still = ("shared_nic", "--set", "duration=20 min", "--set", "compare_networks=[]", "--set", "network=closed_form")
    done = _run(*still, "--replicas", "2", "--engine", "in_process", "--out", "out", "--metric", "harvest")
    assert done.exit_code == 0
    assert "warning: all seeds give the same results" in done.stderr


def test_precision_that_is_not_reached_is_told():
    wanted = ("--until", "ci=0.1%:energy", "--replicas", "2", "--max-replicas", "3")
    kept = ("--metric", "energy", "--engine", "in_process", "--out", "out")
    done = _run("minimal", "--set", "duration=3 h", *wanted, *kept)
    assert done.exit_code == 0
    (warning,) = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert warning.startswith("warning: setting 0: energy")
    assert warning.endswith("after 3 seeds, wider than asked for")
    assert done.stdout.splitlines()[0] == "Headlines: mean ± 95 % over 3 seeds"


@pytest.mark.parametrize(("half", "told"), [
    (0.25, "energy is 12.00 ± 0.25 kWh after 3 seeds, wider than asked for"),
    (None, "energy is 12 kWh after 3 seeds, too few to tell how well that is known"),
    (float("nan"), "energy is 12 kWh after 3 seeds, too few to tell how well that is known"),
])  # fmt: skip
def test_a_row_that_is_not_known_well_is_told_even_without_an_interval(half, told):
    assert _known({"row": "energy", "mean": 12.0, "half_width": half, "replicas": 3}, "kWh") == told


def test_a_sweep_without_any_interval_is_shown(tmp_path, capsys):
    assert _run(*SMALL, "--out", "out").exit_code == 0
    file = tmp_path / "out" / "sweep.json"
    lacking = {"setting": 0, "replicas": 1, "row": "energy", "mean": 1.5, "half_width": None, "reached": False}
    file.write_text(json.dumps({**json.loads(file.read_text()), "precision": [lacking, {**lacking, "setting": 1}]}))
    _warn(read_plan("minimal"), Sweep(tmp_path / "out"))
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "energy is 1.5 kWh after 1 seed, too few" in line] == lines
    assert len(lines) == 2


def test_workers_and_engine_go_together_or_are_refused(tmp_path):
    done = _run("minimal", "--set", "duration=2 h,3 h", "--engine", "processes:2", "--workers", "4")
    assert done.exit_code == 2
    assert done.stderr.splitlines()[0].startswith("--workers: cannot stand beside engine 'processes:2'")
    assert list(tmp_path.iterdir()) == []
    alone = _run(*SMALL[:-4], "--metric", "energy", "--workers", "1", "--out", "out")
    assert alone.exit_code == 0, alone.stderr


@pytest.mark.parametrize("words", [(), ("--debug",)])
def test_a_defect_in_a_point_is_shown_with_debug(monkeypatch, words):
    from dcsim.sweeps import evaluate

    def where_it_is(*_):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(evaluate, "tables_of", where_it_is)
    done = _run(*SMALL, "--out", "out", *words)
    assert done.exit_code == 1
    assert "seed=37: unexpected ZeroDivisionError: by nothing" in done.stderr
    assert "--resume --engine in_process --debug shows where" in done.stderr
    assert ("in where_it_is" in done.stderr) == bool(words)
    assert done.stderr.count("setting 1, seed 37\nTraceback") == len(words)
    assert not logging.getLogger("dcsim").handlers


def test_schema_of_sweep_files_takes_the_shipped_ones():
    import jsonschema

    from tests.architecture.source import SCENARIOS

    schema = json.loads(CliRunner().invoke(main, ["schema", "--sweep"]).stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    files = sorted((SCENARIOS / "sweeps").glob("*.yaml"))
    assert files
    for path in files:
        jsonschema.validate(yaml.safe_load(path.read_text(encoding="utf-8")), schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"scenario": "minimal", "sett": {}}, schema)


def test_shipped_sweeps_are_checked():
    done = CliRunner().invoke(main, ["check", "shared_nic_speed", "reserve_and_notice"])
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == "shared_nic_speed: no problems\nreserve_and_notice: no problems\n"
    listed = CliRunner().invoke(main, ["catalog", "list", "sweeps"]).stdout.split()
    assert listed == ["reserve_and_notice", "shared_nic_speed"]
    assert CliRunner().invoke(main, ["catalog", "show", "reserve_and_notice"]).exit_code == 0
