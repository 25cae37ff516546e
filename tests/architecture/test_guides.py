"""The plug-ins that the how-to pages show are what they say: every page's own tests hold, in process.

A ``python`` block whose first line is ``# name.py`` is a file. Files named ``test_*.py`` are run like pytest would run
them; the others are plug-ins that they import.
"""

from __future__ import annotations

import importlib
import re
import sys

import pytest

from tests.architecture.source import ROOT

FAMILIES = {
    "write_a_collective": ("dcsim.collectives", "collective"),
    "write_a_drill": ("dcsim.drills", "drill"),
    "write_a_generator": ("dcsim.generators", "generator"),
    "write_a_job_format": ("dcsim.job_formats", "job_format"),
    "write_a_metric": ("dcsim.metrics", "metric"),
    "write_a_parallelism": ("dcsim.parallelism", "parallelism"),
    "write_a_placement": ("dcsim.placements", "placement"),
    "write_a_sweep_engine": ("dcsim.sweeps.engines", "sweep_engine"),
}
FILE = re.compile(r"^```\w+\n(# (\S+\.(?:py|csv|yaml))\n.*?)^```$", re.M | re.S)


def _files(page):
    """Return the files that a page shows, by name; the line that names a table of data is not part of it."""
    text = (ROOT / "docs" / "howto" / f"{page}.md").read_text(encoding="utf-8")
    return {name: block for block, name in FILE.findall(text)}


@pytest.mark.parametrize("page", FAMILIES)
def test_the_plugin_of_a_page_passes_the_tests_of_the_page(page, tmp_path, monkeypatch):
    package, family = FAMILIES[page]
    registry = getattr(importlib.import_module(package), family)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    files = _files(page)
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    stems = [name.removesuffix(".py") for name in files if name.endswith(".py")]
    before = set(registry.names())
    assert not before & set(stems)
    assert not sys.modules.keys() & set(stems)
    try:
        tests = [
            call
            for stem in stems
            if stem.startswith("test_")
            for name, call in vars(importlib.import_module(stem)).items()
            if name.startswith("test_")
        ]
        assert len(tests) >= 2, f"{page} shows too few tests"
        for call in tests:
            call()
        new = set(registry.names()) - before
        assert new
        assert new <= set(stems), "the stem of the file is the registered name"
    finally:
        for stem in stems:
            sys.modules.pop(stem, None)
            registry._plugins.pop(stem, None)


def test_every_family_of_plugins_has_a_page():
    families = {
        path.parent.relative_to(ROOT).as_posix().replace("/", ".")
        for path in (ROOT / "dcsim").rglob("__init__.py")
        if ": Registry[" in path.read_text(encoding="utf-8")
    }
    assert families == {package for package, _ in FAMILIES.values()} | {"dcsim.schedulers"}
