"""Every command that the documentation shows is run, in a folder with the files that the page shows.

A ``console`` block holds ``$ dcsim ...`` lines, each followed by the output it prints, if the page shows
it; ``...`` stands for any number of lines. A ``yaml`` block whose first line is ``# name.yaml`` is written
before the commands that follow it. ``# exit code 2`` after a command says that it fails, and how. ``dcsim`` runs in
this process: to start it anew for every command would take minutes.
"""

from __future__ import annotations

import contextlib
import io
import re
import shlex
import subprocess
import sysconfig
from pathlib import Path

import pytest

from dcsim.cli.main import main
from tests.architecture.source import ROOT, relative, texts

BLOCK = re.compile(r"^```(console|yaml|python)\n(.*?)^```$", re.M | re.S)
PAGES = [
    ROOT / "README.md",
    *(path for path in texts() if path.suffix == ".md" and ROOT / "docs" in path.parents),
]
SHOWN = [path for path in PAGES if "$ dcsim" in path.read_text(encoding="utf-8")]


def _commands(block):
    """Split a console block into commands and the output shown for each."""
    found = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        else:
            found[-1][1].append(line)
    return [(command, "\n".join(shown).strip("\n")) for command, shown in found]


def _matches(shown, printed):
    pattern = r"(?:.*\n)*?".join(re.escape(part) for part in re.split(r"^\.\.\.\n", shown + "\n", flags=re.M))
    return re.fullmatch(pattern, printed.rstrip("\n") + "\n") is not None


def _called(words):
    """Call ``dcsim`` in the current folder; return its exit code and what it wrote."""
    written = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    with contextlib.redirect_stdout(written), contextlib.redirect_stderr(written), pytest.raises(SystemExit) as left:
        main(words, prog_name="dcsim")
    return left.value.code or 0, written.buffer.getvalue().decode()


def _started(words, folder):
    """Run a program; return its exit code and what it wrote."""
    program = Path(sysconfig.get_path("scripts")) / words[0]
    done = subprocess.run(
        [program, *words[1:]], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    return done.returncode, done.stdout


def _run(command, shown, folder):
    words = shlex.split(command, comments=True)
    said = re.search(r"# .*exit code (\d+)", command)
    code, printed = _called(words[1:]) if words[0] == "dcsim" else _started(words, folder)
    assert code == (int(said[1]) if said else 0), f"$ {command}\n{printed}"
    if shown:
        assert _matches(shown, printed), f"$ {command}\n--- shown\n{shown}\n--- printed\n{printed}"


@pytest.mark.parametrize("page", SHOWN, ids=relative)
def test_commands_of_a_page_run(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for language, block in BLOCK.findall(page.read_text(encoding="utf-8")):
        first = block.splitlines()[0]
        if language != "console":
            name = re.fullmatch(r"# (\S+\.(?:yaml|py|csv))", first)
            if name:
                (tmp_path / name[1]).parent.mkdir(parents=True, exist_ok=True)
                (tmp_path / name[1]).write_text(block, encoding="utf-8")
            continue
        for command, shown in _commands(block):
            _run(command, shown, tmp_path)


def test_matching_shown_output_can_fail():
    assert _matches("a\n...\nd", "a\nb\nc\nd\n")
    assert _matches("a", "a\n")
    assert not _matches("a\n...\nd", "a\nb\nc\n")
    assert not _matches("a", "a\nb\n")
