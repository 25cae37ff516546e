"""From files and options to the plan of a sweep; the wrong ones are in tests/invalid/sweeps."""

from __future__ import annotations

import pytest

from dcsim.errors import InputError
from dcsim.spec.catalog import Catalog
from dcsim.sweeps.opening import names_a_sweep
from dcsim.sweeps.points import Point
from dcsim.sweeps.reading import read_plan

FILE = """\
scenario: {scenario}
description: How much to keep free
set:
  harvest.reserve: {{from: 0 %, to: 10 %, step: 5 %}}
  harvest.notice: [1 min, 2 min]
replicas: 2
"""


def _told(*arguments, **options):
    with pytest.raises(InputError) as caught:
        read_plan(*arguments, **options)
    return [str(problem) for problem in caught.value.problems]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "study").mkdir()
    (tmp_path / "mine.yaml").write_text("extends: minimal\nname: mine\nseed: 90\n")
    (tmp_path / "study" / "one.yaml").write_text(FILE.format(scenario="../mine.yaml"))
    return tmp_path


def test_replicas_take_the_scenarios_seed_and_the_next_ones():
    plan = read_plan("minimal", replicas=3, metrics=["cost"])
    assert plan.seeds == (37, 38, 39)
    assert list(plan.points()) == [Point(0, (), k, 37 + k) for k in range(3)]
    assert plan.point(0, 5) == Point(0, (), 5, 42)


def test_points_are_in_order_of_settings_then_replicas():
    sets = ["harvest.reserve=0..10:10 %", "duration=6 h"]
    plan = read_plan("minimal", sets=sets, seeds="7,3", variant=["-,save_on_notice"])
    assert plan.seeds == (7, 3)
    assert len(plan) == len(list(plan.points())) == 8
    assert [axis.path for axis in plan.parameters] == ["variant", "harvest.reserve"]
    third = list(plan.points())[3]
    assert third == Point(1, (("variant", "-"), ("harvest.reserve", "10 %"), ("duration", "6 h")), 1, 3)
    assert third.sets == ("harvest.reserve=10 %", "duration=6 h", "seed=3")
    assert third.variants == ()
    assert list(plan.points())[4].variants == ("save_on_notice",)


@pytest.mark.parametrize("text", ["seed=5,6,7", "seed=5..7:1"])
def test_an_axis_of_seeds_is_the_seeds(text):
    plan = read_plan("minimal", sets=[text])
    assert plan.seeds == (5, 6, 7)
    assert plan.axes == ()
    assert read_plan("minimal", seeds=text.partition("=")[2]).seeds == (5, 6, 7)


def test_a_variant_may_change_the_first_seed(folder):
    (folder / "v.yaml").write_text("extends: minimal\nname: v\nvariants: {other: {seed: 5, duration: 2 h}}\n")
    assert read_plan("v.yaml", variant=["other"], replicas=2).seeds == (5, 6)
    assert read_plan("v.yaml", variant=["-,other"], replicas=2).seeds == (37, 38)  # common to all settings


def test_file_is_seen_from_its_folder_and_options_win(folder):
    plan = read_plan("study/one.yaml")
    assert (plan.name, plan.scenario, plan.seeds) == ("one", "mine.yaml", (90, 91))
    assert len(plan.settings) == 6
    assert plan.spec.scenario == str(folder / "mine.yaml")
    other = read_plan("study/one.yaml", sets=["harvest.reserve=1 %", "duration=1 h,2 h"], seeds=[4])
    assert other.seeds == (4,)
    assert [(axis.path, axis.values) for axis in other.axes] == [
        ("harvest.reserve", ("1 %",)), ("harvest.notice", ("1 min", "2 min")), ("duration", ("1 h", "2 h")),
    ]  # fmt: skip


def test_values_may_be_given_as_data():
    by_text = read_plan("minimal", sets=["harvest.reserve=0..10:5 %", "duration=1 h,2 h", "fleet.capacity_unit=0.3"])
    by_data = read_plan("minimal", sets={
        "harvest.reserve": {"from": "0 %", "to": "10 %", "step": "5 %"},
        "duration": ["1 h", "2 h"],
        "fleet.capacity_unit": 0.3,
    })  # fmt: skip
    assert by_data.axes == by_text.axes


@pytest.mark.parametrize(
    "options",
    [
        {"sets": ["harvest.reserve=0..10:5 %", "description='a, b','7'"], "replicas": 2},
        {"sets": ["harvest.reserve=0..10 %"], "design": "latin_hypercube", "samples": 5, "design_seed": 3},
        {"sets": ["harvest.notice=1 min,2 min"], "variant": ["save_on_notice"], "until": "ci=2%", "max_replicas": 9},
        {"sets": {"compare_networks": [[], ["flow"]]}, "seeds": [9, 2], "metrics": ["cost", "slo"]},
    ],
)
def test_a_sweep_that_is_written_out_reads_back_as_the_same(options, tmp_path):
    plan = read_plan("minimal", **options)
    (tmp_path / "sweep.yaml").write_text(plan.to_yaml(), encoding="utf-8")
    for name in (tmp_path / "sweep.yaml", tmp_path):
        again = read_plan(name)
        assert list(again.points()) == list(plan.points())
        assert again.parameters == plan.parameters
        assert again.spec.metrics == plan.spec.metrics
        assert again.to_yaml() == plan.to_yaml()


def test_values_may_be_arrays_and_instants_but_not_anything():
    from datetime import UTC, datetime

    import numpy as np

    sets = {"harvest.reserve": np.linspace(0.0, 0.2, 3), "start": datetime(2017, 9, 19, tzinfo=UTC), "duration": "1 h"}
    plan = read_plan("minimal", sets=sets, seeds=range(4, 6))
    assert [axis.values for axis in plan.axes] == [("0.0", "0.1", "0.2"), ("2017-09-19T00:00:00+00:00",), ("1 h",)]
    assert plan.seeds == (4, 5)
    assert _told("minimal", sets={"duration": object(), "harvest.reserve": [float("nan")]}, replicas={1}) == [
        "--replicas: a value of type 'set' cannot stand here; give text, numbers, lists or mappings",
        "--set: duration: a value of type 'object' cannot stand here; give text, numbers, lists or mappings",
        "--set: harvest.reserve: .nan is not a finite number",
    ]


def test_ranges_are_stored_as_they_were_written():
    plan = read_plan("minimal", sets=["fleet.capacity_unit=0.001..0.4:0.001", "duration=1 h"])
    assert len(plan) == 400
    assert plan.spec.set == {"fleet.capacity_unit": "0.001..0.4:0.001", "duration": ["1 h"]}


def test_own_entries_of_a_file_are_seen_from_its_folder(folder):
    (folder / "study" / "own" / "scenarios").mkdir(parents=True)
    (folder / "study" / "own" / "scenarios" / "ours.yaml").write_text("extends: minimal\nname: ours\nseed: 5\n")
    (folder / "study" / "two.yaml").write_text("scenario: ours\ncatalog: own\nset: {duration: 1 h}\n")
    plan = read_plan("study/two.yaml")
    assert plan.seeds == (5,)
    assert plan.catalog == (str(folder / "study" / "own"),)


def test_sweeps_of_the_catalogue_are_found_by_name(folder):
    assert read_plan("reserve_and_notice").name == "reserve_and_notice"
    (folder / "own" / "sweeps").mkdir(parents=True)
    (folder / "own" / "sweeps" / "ours.yaml").write_text("scenario: minimal\n")
    assert len(read_plan("ours", catalog=["own"])) == 1
    shelf = Catalog()
    assert not set(shelf.names("sweeps")) & set(shelf.names("scenarios"))
    assert names_a_sweep("study/one.yaml", shelf)
    assert not names_a_sweep("mine.yaml", shelf)


def test_a_folder_without_a_sweep_and_an_unknown_name_are_refused(folder):
    assert _told("study") == [
        "study: holds no sweep (no sweep.yaml); name a scenario, a sweep file, or the directory of a sweep"
    ]
    assert _told("minimall") == [
        "minimall: no such file, and unknown scenario or sweep 'minimall'; did you mean 'minimal'?"
    ]
    assert _told("nowhere.yaml") == ["nowhere.yaml: no such file"]
    (folder / "minimal").mkdir()  # the name of a scenario stays one beside a folder of that name
    assert len(read_plan("minimal")) == 1


def test_options_are_told_with_the_problems_of_settings():
    assert _told(
        "minimal", sets=["harvest.reserv=1 %,2 %", "duration=1,2 h", "x"], design="gird", samples="many", seeds="1,b",
        metrics=["enrgy"], variant=["save_on_notise"], until="often",
    ) == [
        "--design: must be grid, latin_hypercube, sobol or sobol_indices, not 'gird'; did you mean 'grid'?",
        "--metric: unknown metric 'enrgy'; did you mean 'energy'?",
        "--samples: needs a whole number without a unit, not 'many'",
        "--seeds: needs a whole number without a unit, not 'b'",
        "--set: 'x' needs the form path=value",
        "--set: duration: '1': needs a number and a unit, such as '250 ms'",
        "--set: harvest.reserv: unknown field; did you mean 'reserve'?",
        "--until: 'often' is not a precision; write ci=2% or ci=2%:staleness_mean",
        "--variant: unknown variant 'save_on_notise'; did you mean 'save_on_notice'?",
    ]  # fmt: skip


def test_huge_grids_are_refused_before_they_are_made():
    message = "makes 4,000,000 points; a sweep has at most 1,000,000. Take fewer values, or a design that samples"
    sets = ["harvest.notice=1..2000:1 s", "fleet.capacity_unit=1..2000:1"]
    assert _told("minimal", sets=sets) == [f"--set: {message}"]
    told = _told("minimal", sets=["harvest.notice=1..2 s"], design="sobol", samples=2**40)
    assert told[0].startswith("--samples: makes 1,099,511,627,776 points")


def test_what_has_no_effect_is_a_warning():
    plan = read_plan("minimal", sets=["harvest.notice=1 min,60 s"], samples=3, max_replicas=4)
    assert [str(warning) for warning in plan.warnings] == [
        "--max-replicas: has no effect without until",
        "--samples: has no effect on a grid; choose a design such as latin_hypercube",
        "--set: harvest.notice: has no effect: what is simulated is the same for all its values",
    ]
    plan = read_plan("minimal", sets=["harvest.notice=1 min,60 s,5 min"])
    assert [str(warning) for warning in plan.warnings] == ["--set: harvest.notice: '1 min' and '60 s' mean the same"]


def test_an_axis_that_acts_beside_other_values_only_has_an_effect(folder):
    gpus = "{fleet: {regions: {lulea: {training: {leopard: 1, big_basin_v100: 1}}}}}"
    (folder / "two.yaml").write_text(f"extends: minimal\nname: two\nvariants: {{gpus: {gpus}}}\n")
    power = "catalog.servers.big_basin_v100.idle_power=100 W,200 W"
    assert any("servers.big_basin_v100" in str(warning) for warning in read_plan("two.yaml", sets=[power]).warnings)
    both = [str(warning) for warning in read_plan("two.yaml", sets=[power], variant=["-,gpus"]).warnings]
    assert not any(warning.endswith("the same for all its values") for warning in both)


def test_problems_of_some_settings_say_which():
    gang, racks = "catalog.training.news_feed_ranking.hosts", "fleet.regions.lulea.training.leopard"
    told = _told("minimal", sets=[f"{gang}=16,50", f"{racks}=1,2"])
    assert len(told) == 1
    assert told[0].endswith(f"(with {gang}=50, {racks}=1)")


@pytest.mark.parametrize("swept", ["one.yaml", "./one.yaml"])
def test_a_sweep_of_a_sweep_is_one_problem(folder, swept):
    (folder / "study" / "two.yaml").write_text(f"scenario: {swept}\nset: {{duration: [3 h, 4 h]}}\n")
    assert _told("study/two.yaml") == [
        f"study/two.yaml:1:11: scenario: '{swept}' is a sweep file, not a scenario; "
        "name a scenario, such as '../mine.yaml'"
    ]


def test_a_scenario_beside_sweeps_is_none(folder):
    (folder / "sweeps").mkdir()
    (folder / "sweeps" / "fleet.yaml").write_text("extends: minimal\nname: fleet\n")
    (folder / "sweeps" / "night.yaml").write_text("scenario: fleet.yaml\nset: {harvest.notice: [1 min, 2 min]}\n")
    assert len(read_plan("sweeps/night.yaml")) == 2


@pytest.mark.parametrize(("written", "meant"), [("1..4", "1..4:1"), ("1.5..3", "1..3:1"), ("1..4:log", "1..4:1")])
def test_a_span_of_whole_numbers_is_told_how_to_write_them(written, meant):
    path = "fleet.regions.lulea.training.leopard"
    design = {"design": "sobol_indices", "samples": 4}
    told = _told("minimal", sets=[f"{path}={written}"], **design)
    assert told == [f"--set: {path}: needs whole numbers; write {meant}"]
    assert len(read_plan("minimal", sets=[f"{path}={meant}"], **design)) == 12
