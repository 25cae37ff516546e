"""What the project says: commands, lists and links hold, and no path of a machine is left in it."""

from __future__ import annotations

import itertools
import re
import tomllib

import pytest

from tests.architecture.source import ROOT, SCENARIOS, modules, relative, texts

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```bash\n(.*?)^```$", README, re.M | re.S)
MACHINE_PATH = re.compile(r"(?<![\w.\]}>)-])/(?:home|root|Users|work|tmp|mnt|opt)/\w")
ADDRESS = re.compile(r"https?:|file:|--index|--find-links|@ ")


def _pages():
    pages = [path for path in texts() if path.suffix == ".md" and path.parts[-2] != "notebooks"]
    return [path for path in pages if path.is_relative_to(ROOT / "docs")]


def test_readme_has_two_commands_of_one_line():
    assert len(BLOCKS) == 2
    for block in BLOCKS:
        lines = block.splitlines()
        assert len(lines) == 1
        assert all(mark not in lines[0] for mark in (";", "|", "\\", "activate"))
        assert lines[0].startswith("python3 -m venv .venv && ")
        assert "-c .ci/constraints.txt" in lines[0]
    assert BLOCKS[0].endswith("dcsim run hpca18_day\n")
    assert "pytest" in BLOCKS[1]


def test_constraints_pin_versions_without_addresses():
    text = (ROOT / ".ci" / "constraints.txt").read_text(encoding="utf-8")
    assert not ADDRESS.search(text)
    pinned = {re.split(r"==", line)[0] for line in text.splitlines()}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    asked = [*project["dependencies"], *itertools.chain(*project["optional-dependencies"].values())]
    names = {re.split(r"[<>=\[ ]", requirement)[0].lower() for requirement in asked}
    assert names <= pinned


def test_no_path_of_a_machine():
    found = {relative(path): MACHINE_PATH.findall(path.read_text("utf-8", "replace")) for path in texts()}
    assert {name: paths for name, paths in found.items() if paths} == {}


def test_every_scenario_is_documented():
    said = "\n".join(path.read_text(encoding="utf-8") for path in _pages())
    missing = [path.stem for path in sorted(SCENARIOS.glob("*.yaml")) if f"`{path.stem}`" not in said]
    assert missing == []


@pytest.mark.parametrize("path", [ROOT / "README.md", *_pages()], ids=relative)
def test_links_between_pages_lead_somewhere(path):
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)", text):
        if "reference/" in target or "notebooks/" in target:  # made at build time, where Sphinx checks it
            continue
        assert (path.parent / target).exists(), target


def test_nothing_is_left_undone():
    marks = re.compile("TO" + "DO|FIX" + "ME|X" + "XX")
    left = [
        relative(path)
        for path in modules("dcsim", "tests", "docs")
        if marks.search(path.read_text(encoding="utf-8"))
    ]
    assert left == []
