"""Names: one thing, one file, one name."""

from __future__ import annotations

import importlib
import re

import pytest
import yaml

from dcsim.spec.hardware import HARDWARE_KINDS
from dcsim.spec.service import WORKLOAD_KINDS
from tests.architecture.source import DATA, PACKAGE, ROOT, SCENARIOS, modules, relative

BANNED = {"utils", "util", "helpers", "helper", "common", "manager", "misc", "base_utils", "tools"}
FAMILIES = {
    "collectives": "collective", "parallelism": "parallelism", "schedulers": "scheduler",
    "placements": "placement", "job_formats": "job_format", "generators": "generator",
    "drills": "drill", "metrics": "metric", "sweeps.engines": "sweep_engine",
}  # fmt: skip
TOP_LEVEL = {
    "README.md", "dcsim", "docs", "hardware_catalog", "notebooks", "pyproject.toml", "scenarios", "tests",
    "workloads",
}  # fmt: skip
KINDS = {"hardware_catalog": HARDWARE_KINDS, "workloads": WORKLOAD_KINDS}
STEM = re.compile(r"[a-z][a-z0-9_]*\Z")


def _entries():
    return [
        pytest.param(folder, path, id=relative(path))
        for folder, root in DATA.items()
        for path in sorted(root.rglob("*.yaml"))
    ]


def test_no_module_is_called_after_nothing():
    parts = {
        part for path in modules("dcsim", "docs") for part in path.relative_to(ROOT).with_suffix("").parts
    }
    assert parts & BANNED == set()


def test_top_level_holds_nothing_else():
    made = {"runs", "build", "dist"}
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")} - made
    assert found == TOP_LEVEL


@pytest.mark.parametrize(("package", "family"), FAMILIES.items())
def test_file_stem_is_the_registered_name(package, family):
    registry = getattr(importlib.import_module(f"dcsim.{package}"), family)
    stems = {path.stem for path in (PACKAGE / package.replace(".", "/")).glob("*.py")} - {"__init__", "plan"}
    assert stems, f"no plug-in in dcsim/{package}"
    assert stems <= set(registry.names())
    for stem in sorted(stems):
        plugin = registry.get(stem)
        assert plugin.name == stem
        assert importlib.import_module(f"dcsim.{package}.{stem}").__doc__


@pytest.mark.parametrize(("folder", "path"), _entries())
def test_entry_is_filed_by_kind_and_says_where_it_is_from(folder, path):
    assert path.parent.parent == DATA[folder], "entries lie in one folder per kind"
    assert path.parent.name in KINDS[folder]
    assert STEM.match(path.stem)
    entry = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert entry["title"]
    assert entry.get("source") or entry.get("assumption")


def test_scenarios_and_their_data_lie_side_by_side():
    """A scenario may have a folder of its own name beside it, for files that it replays; sweeps have one for all."""
    names = {path.stem for path in SCENARIOS.glob("*.yaml")}
    others = {path.name for path in SCENARIOS.iterdir() if path.suffix != ".yaml"}
    assert others <= {*names, "sweeps"}


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=relative)
def test_scenario_is_named_after_its_file(path):
    assert STEM.match(path.stem)
    assert yaml.safe_load(path.read_text(encoding="utf-8"))["name"] == path.stem


def test_nothing_lies_empty():
    assert len(_entries()) > 50
    assert {path.stem for path in SCENARIOS.glob("*.yaml")} >= {
        "hpca18_day",
        "hpca18_region_loss",
        "hpca18_year",
    }
