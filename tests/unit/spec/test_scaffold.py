"""Scenarios to begin with: under a new name, in full, or as what differs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dcsim.resolve import check, resolve
from dcsim.spec.catalog import Catalog
from dcsim.spec.scaffold import SCAFFOLD, extending, files_named, renamed
from dcsim.spec.scenario import Scenario
from dcsim.spec.yaml import Document, load_yaml, parse_yaml
from tests.architecture.source import SCENARIOS

TEXT = SCAFFOLD.read_text(encoding="utf-8")
PARTS = re.findall(r"^#-(\w+):", TEXT, re.M)


def _checked(file, *variants):
    return check(file, sets=(), variants=variants, catalog=Catalog())


def _renamed(text, name="mine", file="old.yaml"):
    return renamed(text, Document(file, parse_yaml(text, file), Path(file)), name, f"{name}.yaml")


def _switched_on(text, *keys, marker="#-"):
    """Return the text with some of its optional parts switched on."""
    return re.sub(rf"^{marker}(?=({'|'.join(keys)}):)", "", text, flags=re.M)


def test_the_commented_scenario_has_no_problem_and_nothing_without_effect():
    assert _checked(SCAFFOLD) == ([], ())


@pytest.mark.parametrize("keys", [*((part,) for part in PARTS), tuple(PARTS)], ids="+".join)
def test_every_part_that_can_be_switched_on_has_no_problem(tmp_path, keys):
    file = tmp_path / "mine.yaml"
    file.write_text(_switched_on(TEXT, *keys))
    assert _checked(file) == ([], ())
    for key in keys:
        assert load_yaml(file).root.child(key) is not None


@pytest.mark.parametrize("marker", ["#-", "#- ?", "#-[ ]*"])
def test_parts_may_be_switched_on_with_or_without_the_space(tmp_path, marker):
    file = tmp_path / "mine.yaml"
    for text in (TEXT, extending("minimal", "Small", [], "mine", "mine.yaml")):
        assert not re.search(r"^#-\s", text, re.M)  # none of several lines, whose indentation would count
        file.write_text(re.sub(rf"^{marker}", "", text, flags=re.M))
        assert _checked(file) == ([], ())


def test_a_part_says_everything_that_a_scenario_may_have():
    written = {*load_yaml(SCAFFOLD).data, *PARTS}
    assert set(Scenario.model_fields) - written == {"compare_networks", "warm_start", "tenants"}


def test_only_the_name_and_the_commands_change():
    text = "# dcsim run old, dcsim check old.yaml; old stays\nname: old   # an old name\ndescription: dcsim run old\n"
    assert _renamed(text).splitlines() == [
        "# dcsim run mine.yaml, dcsim check mine.yaml; old stays", "name: mine   # an old name",
        "description: dcsim run old",
    ]  # fmt: skip


@pytest.mark.parametrize("written", ["old", "'old'", '"old"'])
def test_a_quoted_name_is_replaced_whole(written):
    assert _renamed(f"name: {written}\nseed: 1\n") == "name: mine\nseed: 1\n"
    assert _renamed(f"{{seed: 1, name: {written}, network: flow}}\n") == "{seed: 1, name: mine, network: flow}\n"


def test_a_scenario_without_a_name_gets_one():
    assert _renamed("extends: minimal\n") == "name: mine\nextends: minimal\n"


def test_longer_names_in_commands_stay():
    text = "# dcsim run old_day and dcsim run old.yaml.bak\nname: old\n"
    assert _renamed(text).splitlines()[0] == "# dcsim run old_day and dcsim run old.yaml.bak"


@pytest.mark.parametrize("name", ["minimal", "shared_gpus", "hpca18_region_loss", "replay_day"])
def test_shipped_scenarios_stay_the_same_under_a_new_name(name):
    file = SCENARIOS / f"{name}.yaml"
    text = renamed(file.read_text(encoding="utf-8"), load_yaml(file), "mine", "mine.yaml")
    before, after = load_yaml(file).data, parse_yaml(text, "mine.yaml").plain()
    assert after == {**before, "name": "mine"}
    assert not re.search(rf"dcsim [a-z]+ {name}\b", text)


@pytest.mark.parametrize("description", ["Small", "two\n  lines: # and a trap", "", '"quoted"'])
def test_what_differs_is_a_scenario_too(tmp_path, description):
    file = tmp_path / "mine.yaml"
    file.write_text(extending("minimal", description, ["save_on_notice"], "mine", "mine.yaml"))
    assert resolve(file).scenario.name == "mine"
    file.write_text(re.sub(r"^#-", "", file.read_text(), flags=re.M))
    assert _checked(file, "coarse") == ([], ())


def test_a_path_that_yaml_would_read_otherwise_is_quoted():
    text = extending("../a b/it's: #1.yaml", "", [], "mine", "mine.yaml")
    assert parse_yaml(text, "mine.yaml").plain()["extends"] == "../a b/it's: #1.yaml"


def test_files_are_found_where_scenarios_name_them():
    assert [name for _, name in files_named(load_yaml(SCENARIOS / "replay_day.yaml").root)] == [
        "replay_day/rates.csv", "replay_day/jobs.csv",
    ]  # fmt: skip
    assert files_named(load_yaml(SCENARIOS / "hpca18_region_loss.yaml").root) == []
