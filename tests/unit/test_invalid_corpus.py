"""Every wrong file of ``tests/invalid`` is told in exactly the lines beside it: exit code 2, nothing written."""

from __future__ import annotations

import re
import shutil

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main
from tests.architecture.source import ROOT

CORPUS = ROOT / "tests" / "invalid"
FILES = sorted(path.relative_to(ROOT).as_posix() for path in CORPUS.rglob("*.yaml") if path.parent.name != "parts")
LINE = re.compile(r"[\w./-]+(:[1-9]\d*:[1-9]\d*)?: \S")
JARGON = re.compile(r"pydantic|input should|field required|extra inputs|validation|value error|valid (string|integer)"
                    r"|NoneType|Traceback|str\b|dict\b|tuple\b|bool\b|yaml\.org", re.IGNORECASE)  # fmt: skip


@pytest.fixture
def corpus(tmp_path, monkeypatch):
    shutil.copytree(CORPUS, tmp_path / "tests" / "invalid")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _tree(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _expected(name):
    return (ROOT / name).with_suffix(".expected").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", FILES)
def test_wrong_file_is_told_exactly(name, corpus):
    before = _tree(corpus)
    done = CliRunner().invoke(main, ["check", name])
    assert done.stderr == _expected(name)
    assert done.stdout == ""
    assert done.exit_code == 2
    assert _tree(corpus) == before


def test_all_of_them_in_one_call(corpus):
    top = [name for name in FILES if name.count("/") == 2]
    done = CliRunner().invoke(main, ["check", *top])
    assert done.exit_code == 2
    assert done.stderr == "".join(map(_expected, top))


def test_corpus_is_large_and_each_file_has_its_lines():
    assert len(FILES) >= 100
    assert {path.with_suffix(".yaml") for path in CORPUS.rglob("*.expected")} == {ROOT / name for name in FILES}


@pytest.mark.parametrize("name", FILES)
def test_lines_are_plain(name):
    *problems, summary = _expected(name).splitlines()
    assert all(LINE.match(line) for line in problems)
    said = [line.partition(": ")[2] for line in problems]
    assert not [line for line in said if JARGON.search(line)]
    number = f"{len(problems)} problem{'' if len(problems) == 1 else 's'}"
    assert summary == f"{number} in {name}"


@pytest.mark.parametrize("verb", ["resolve", "check"])
def test_base_of_the_corpus_is_right(verb, corpus):
    done = CliRunner().invoke(main, [verb, "tests/invalid/parts/base.yaml"])
    assert (done.exit_code, done.stderr) == (0, "")
