"""``dcsim new``: scenarios to begin with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _run(*words):
    return CliRunner().invoke(main, list(words), prog_name="dcsim")


def _files():
    return sorted(str(path) for path in Path().rglob("*") if path.is_file())


def test_what_is_begun_passes_check_and_runs():
    done = _run("new", "mine")
    assert (done.exit_code, done.stdout) == (0, "mine.yaml\n")
    assert done.stderr == "edit it, then: dcsim check mine.yaml && dcsim run mine.yaml\n"
    assert _run("check", "mine.yaml").stdout == "mine.yaml: no problems\n"
    done = _run("run", "mine.yaml", "--set", "duration=1 h", "--set", "resolution=30 min", "--out", "out", "--json")
    assert done.exit_code == 0
    values = {row["metric"]: row["value"] for row in json.loads(done.stdout)["metrics"] if len(row) == 3}
    assert values["slo_attainment"] > 0.99
    assert values["harvested_server_hours"] > 0


def test_the_name_of_a_shipped_scenario_is_told_apart_from_the_file():
    told = _run("new", "minimal").stderr.splitlines()
    assert told == [
        "edit it, then: dcsim check minimal.yaml && dcsim run minimal.yaml",
        "the name alone is that of a shipped scenario: 'dcsim run minimal' runs that one, not minimal.yaml",
    ]


def test_a_copy_brings_the_files_that_it_replays():
    done = _run("new", "mine", "--from", "replay_day", "--out", "plans/mine.yaml", "--json")
    files = ["plans/mine.yaml", "plans/replay_day/rates.csv", "plans/replay_day/jobs.csv"]
    assert json.loads(done.stdout) == {"files": files}
    assert _run("check", "plans/mine.yaml").exit_code == 0
    assert "dcsim run replay_day" not in Path("plans/mine.yaml").read_text()
    again = _run("new", "other", "--from", "plans/mine.yaml", "--out", "plans/other.yaml")
    assert again.exit_code == 0, "equal files may stay"


def test_only_what_differs_from_a_shipped_one_or_from_a_file():
    assert _run("new", "first", "--extend", "shared_gpus", "--out", "a/first.yaml").exit_code == 0
    assert _run("new", "second", "--extend", "a/first.yaml", "--out", "b/second.yaml").exit_code == 0
    assert "extends: shared_gpus  # Production trainings" in Path("a/first.yaml").read_text()
    assert 'extends: "../a/first.yaml"' in Path("b/second.yaml").read_text()
    assert _run("check", "b/second.yaml", "--variant", "preemptive").stdout == "b/second.yaml: no problems\n"


def test_nothing_is_replaced_unless_forced():
    Path("mine.yaml").write_text("precious")
    done = _run("new", "mine")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.splitlines()[0] == "--out: 'mine.yaml' exists; give another name, or --force to replace it"
    assert Path("mine.yaml").read_text() == "precious"
    assert _run("new", "mine", "--force").exit_code == 0
    assert Path("mine.yaml").read_text() != "precious"


@pytest.mark.parametrize(("words", "lines"), [
    (["Mine"], ["NAME: must be lower-case letters, digits and underscores, beginning with a letter, not 'Mine'"]),
    (["mine.yaml"], ["NAME: is a name, not a file; write 'mine'"]),
    (["a/mine"], ["NAME: is a name, not a file; write 'mine', and its file with --out a/mine.yaml"]),
    (["x", "--from", "minimal", "--extend", "minimal", "--out", "x.txt"],
     ["--extend: cannot stand beside --from; choose one", "--out: 'x.txt' must end in .yaml"]),
    (["x", "--out", "folder.yaml"], ["--out: 'folder.yaml' is a folder; name a file in it"]),
    (["x", "--out", "file/x.yaml"], ["--out: 'file' is no folder"]),
    (["x", "--from", "minimall"], ["minimall: no such file, and unknown scenario 'minimall'; did you mean 'minimal'?"]),
    (["x", "--from", "based.yaml"],
     ["--from: 'based.yaml' extends 'base.yaml', which would have to be copied too; use --extend instead"]),
    (["x", "--from", "above.yaml"],
     ["--from: 'above.yaml' reads '../jobs.csv', which would have to be copied too; use --extend instead"]),
    (["x", "--from", "lost.yaml"], ["--from: 'lost.yaml' reads 'gone.csv', and there is no such file"]),
    (["x", "--from", "odd.yaml"], ["odd.yaml:1:7: name: write it plainly, behind 'name:', to have it replaced"]),
    (["x", "--extend", "twice.yaml"], ["--extend: 'twice.yaml' must be mended first", "twice.yaml:2:1: name: "]),
])  # fmt: skip
def test_every_problem_is_told_and_nothing_written(words, lines):
    Path("folder.yaml").mkdir()
    Path("file").touch()
    Path("based.yaml").write_text("extends: base.yaml\n")
    Path("above.yaml").write_text("training: [{file: ../jobs.csv}]\n")
    Path("lost.yaml").write_text("training: [{file: gone.csv}]\n")
    Path("odd.yaml").write_text("name: &it old\ndescription: *it\n")
    Path("twice.yaml").write_text("name: a\nname: b\n")
    before = _files()
    done = _run("new", *words)
    assert (done.exit_code, done.stdout) == (2, "")
    told = done.stderr.splitlines()[:-1]
    assert len(told) == len(lines)
    assert [line for line, start in zip(told, lines, strict=True) if not line.startswith(start)] == []
    assert _files() == before


def test_a_scenario_and_its_files_appear_together_or_not_at_all():
    Path("plans/replay_day/rates.csv").mkdir(parents=True)
    Path("plans/mine.yaml").write_text("precious")
    done = _run("new", "mine", "--from", "replay_day", "--out", "plans/mine.yaml", "--force")
    assert done.exit_code == 2
    assert "plans/replay_day/rates.csv: is no file that could be replaced; name another" in done.stderr
    assert _files() == ["plans/mine.yaml"]
    assert Path("plans/mine.yaml").read_text() == "precious"
