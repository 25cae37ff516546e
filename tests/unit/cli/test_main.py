from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

import dcsim.cli.main as cli
from dcsim.cli.main import VERBS, main
from dcsim.cli.messages import summary
from dcsim.errors import InputError, Interrupted, Problem, RunError

PROGRAM = Path(sysconfig.get_path("scripts")) / "dcsim"


@pytest.fixture
def failing(monkeypatch):
    """Make the verb ``check`` raise what a test wants."""

    def failing(error):
        @click.command("check")
        def command():
            raise error

        module = type(sys)("fake")
        module.command = command
        monkeypatch.setattr(cli.importlib, "import_module", lambda name: module)

    return failing


def test_help_lists_every_verb():
    done = CliRunner().invoke(main, ["--help"])
    assert done.exit_code == 0
    for verb, text in VERBS.items():
        assert f"  {verb}" in done.output
        assert text in done.output


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_its_help(verb):
    done = CliRunner().invoke(main, [verb, "--help"])
    assert done.exit_code == 0
    assert "--debug" in done.output


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["simulate"], "No such command 'simulate'"),
        (["check"], "Missing argument"),
        (["check", "x.yaml", "--sets", "a=1"], "No such option"),
        (["catalog", "show", "a", "b", "c"], "give a NAME, or a KIND and a NAME"),
        (["catalog", "list", "serves"], "unknown kind of entry 'serves'; did you mean 'servers'?"),
    ],
)
def test_wrong_usage_is_the_users_fault(arguments, said):
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 2
    assert said in done.stderr


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (InputError([Problem("b.yaml", 2, 1, "x", "no"), Problem("a.yaml", 0, 0, "", "no")]), 2,
         "a.yaml: no\nb.yaml:2:1: x: no\n2 problems in a.yaml and b.yaml\n"),
        (InputError([Problem("--set", 0, 0, "x", "no")]), 2, "--set: x: no\n1 problem on the command line\n"),
        (RunError("the disk is full"), 1, "dcsim: the disk is full\n"),
        (Interrupted("interrupted"), 130, "dcsim: interrupted\n"),
        (KeyboardInterrupt(), 130, "interrupted\n"),
        (OSError(28, "No space left on device", "x.parquet"), 1, "dcsim: no space left on device: x.parquet\n"),
        (ZeroDivisionError("a\nb"), 1, "dcsim: unexpected ZeroDivisionError: a b (--debug shows where)\n"),
    ],
)  # fmt: skip
def test_errors_become_lines_and_exit_codes(error, code, said, failing):
    failing(error)
    done = CliRunner().invoke(main, ["check"])
    assert done.exit_code == code
    assert done.stderr.lstrip("\n") == said
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["--debug", "check"], ["check", "--debug"]])
def test_debug_shows_where(arguments, failing):
    failing(ZeroDivisionError("x"))
    done = CliRunner().invoke(main, arguments)
    assert done.exit_code == 1
    assert "Traceback" in done.stderr


def test_summary_names_the_files():
    files = [Problem(name, 1, 1, "", "no") for name in ("a", "b", "c", "--set")]
    assert summary(files) == "4 problems in a, b and c"


def _run(arguments, stdout, **options):
    return subprocess.run(
        [PROGRAM, *arguments], stdout=stdout, stderr=subprocess.PIPE, text=True, check=False, **options
    )


def test_closed_pipe_is_quiet():
    reader, writer = os.pipe()
    os.close(reader)
    done = _run(["schema"], writer)
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="the system has no full device")
def test_full_disk_is_said():
    with Path("/dev/full").open("w") as full:
        done = _run(["schema"], full)
    assert (done.returncode, done.stderr) == (1, "dcsim: no space left on device\n")


def test_version():
    done = CliRunner().invoke(main, ["-V"], prog_name="dcsim")
    assert done.exit_code == 0
    assert done.output.split()[0] == "dcsim"
