"""Every wrong file of ``tests/invalid_traces`` is told in exactly the lines beside it: exit code 2, nothing written."""

from __future__ import annotations

import re
import shutil

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main
from tests.architecture.source import ROOT

CORPUS = ROOT / "tests" / "invalid_traces"
KINDS = ("flows", "changes", "completions", "jobs")
FILES = [
    path.relative_to(CORPUS).as_posix()
    for kind in KINDS
    for path in sorted((CORPUS / kind).iterdir())
    if path.suffix != ".expected"
]
LINE = re.compile(r"[\w./-]+(:[1-9]\d*:[1-9]\d*)?: \S")


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    shutil.copytree(CORPUS, tmp_path / "corpus")
    monkeypatch.chdir(tmp_path / "corpus")
    return tmp_path / "corpus"


def _command(name):
    kind = name.partition("/")[0]
    if kind.startswith("jobs"):
        return ["replay", "jobs", name, "--slots", "4", "--out", "out.csv", "--segments", "segments.csv"]
    words = ["replay", "flows", "leaf_spine_256", name if kind == "flows" else "flows.csv", "--out", "out.csv"]
    options = {"changes": ["--changes", name], "completions": ["--reference", name]}
    return [*words, "--links", "links.csv", *options.get(kind, [])]


def _tree(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("name", FILES)
def test_wrong_file_is_told_exactly(name, corpus, request):
    before = _tree(corpus)
    done = CliRunner().invoke(main, _command(name))
    expected = (CORPUS / name).with_suffix(".expected")
    if request.config.getoption("--update-golden"):
        expected.write_text(done.stderr, encoding="utf-8")
    assert done.stderr == expected.read_text(encoding="utf-8")
    assert (done.stdout, done.exit_code) == ("", 2)
    assert _tree(corpus) == before


@pytest.mark.parametrize("name", FILES)
def test_lines_name_the_place(name):
    *problems, summary = (CORPUS / name).with_suffix(".expected").read_text(encoding="utf-8").splitlines()
    assert all(LINE.match(line) for line in problems)
    assert summary == f"{len(problems)} problem{'' if len(problems) == 1 else 's'} in {name}"


def test_base_of_the_corpus_is_right(corpus):
    done = CliRunner().invoke(main, _command("flows.csv"))
    assert (done.exit_code, done.stderr) == (0, "")
    done = CliRunner().invoke(main, _command("jobs.csv"))
    assert (done.exit_code, done.stderr) == (0, "")
    names = {"flows.csv", "jobs.csv", "out.csv", "links.csv", "segments.csv"}
    assert {path.name for path in corpus.iterdir()} == {*KINDS, *names}


def test_each_file_has_its_lines():
    assert len(FILES) >= 30
    expected = {path.with_suffix("") for path in CORPUS.rglob("*.expected")}
    assert expected == {(CORPUS / name).with_suffix("") for name in FILES}
