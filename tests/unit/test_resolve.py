from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.errors import InputError
from dcsim.resolve import resolve
from dcsim.spec.authored import author
from dcsim.spec.catalog import Catalog
from dcsim.spec.layered import LAYERS
from dcsim.spec.yaml import load_yaml
from tests.architecture.source import ROOT

BASE = """name: base
start: 2017-09-19T00:00:00Z
duration: 24 h
fleet:
  fabric: f4_100g
  capacity_unit: 1.0
  failover_time: 17 min
  regions:
    lulea: {serving: {leopard: 10}, training: {leopard: 10}, storage: {bryce_canyon: 1}}
services:
  news_feed: {staleness: {target: 3 days}}
drills:
  - {kind: region_loss, region: lulea, at: 6 h, lasts: 1 h}
"""
STREAM = "training: [{name: trace, recipe: news_feed_ranking, generator: poisson, rate: 1 /h}]\n"
SCENARIOS = sorted(path.stem for path in (ROOT / "scenarios").glob("*.yaml"))


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(text, name="f.yaml"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
        return name

    return write


def _told(*arguments, **named):
    with pytest.raises(InputError) as caught:
        resolve(*arguments, **named)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("name", SCENARIOS)
def test_resolving_again_changes_nothing(name, write):
    first = resolve(name)
    text = first.to_yaml()
    second = resolve(write(text, "resolved.yaml"), catalog=Catalog(shipped=False))
    assert second.to_yaml() == text
    assert second.digest == first.digest
    assert second.scenario == first.scenario
    assert (first.warnings, second.warnings) == ((), ())


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_variant_of_a_shipped_scenario_resolves(name):
    path = ROOT / "scenarios" / f"{name}.yaml"
    assert resolve(path).digest == resolve(name).digest
    for variant in author(load_yaml(path), Catalog()).variants:
        assert resolve(name, variant=variant).digest != resolve(name).digest


@settings(max_examples=15)
@given(
    hours=st.integers(1, 400),
    unit=st.floats(0.1, 1e5),
    seed=st.integers(0, 2**63 - 1),
    pue=st.floats(1, 3),
    target=st.floats(1e-3, 1e9),
)
def test_resolve_is_idempotent(hours, unit, seed, pue, target, tmp_path_factory):
    sets = [
        f"duration={hours} h", f"fleet.capacity_unit={unit!r}", f"seed={seed}", f"fleet.regions.lulea.pue={pue!r}",
        f"services.ads.staleness.target={target!r} s",
    ]  # fmt: skip
    first = resolve("hpca18_day", sets=sets)
    path = tmp_path_factory.mktemp("again") / "resolved.yaml"
    path.write_text(first.to_yaml(), encoding="utf-8")
    again = resolve(path)
    assert again.to_yaml() == first.to_yaml()
    assert again.scenario.services["ads"].staleness.target == target
    assert again.scenario.fleet.regions["lulea"].pue == pue
    assert again.scenario.seed == seed


def test_digest_leaves_out_the_seed_alone():
    plain = resolve("hpca18_day")
    assert resolve("hpca18_day", sets=["seed=7"]).digest == plain.digest
    assert resolve("hpca18_day", sets=["duration=23 h"]).digest != plain.digest
    assert resolve("hpca18_day", sets=["catalog.servers.leopard.idle_power=1 W"]).digest != plain.digest


def test_each_layer_wins_over_those_below(write):
    name = write(BASE + "variants: {long: {duration: 48 h, services: {news_feed: {staleness: {target: 4 days}}}}}\n")
    key, days = "services.news_feed.staleness.target", 86400.0
    assert resolve(write(BASE.replace(" {staleness: {target: 3 days}}", " {}"), "p.yaml")).why(key).split()[2:4] == [
        "days",
        "profile",
    ]
    cases = [((), None, 3, "scenario"), ((), "long", 4, "variant"), ([f"{key}=5 days"], "long", 5, "--set")]
    for sets, variant, value, layer in cases:
        resolved = resolve(name, sets=sets, variant=variant)
        assert resolved.scenario.services["news_feed"].staleness.target == value * days
        (reason,) = resolved.reasons(key)
        assert reason.given[0][0].layer == layer
        layers = [LAYERS.index(origin.layer) for origin, _ in reason.given]
        assert layers == sorted(layers)
        assert reason.given[-1][0].layer == "profile"


def test_why_names_place_replaced_value_and_source(write):
    name = write(BASE)
    told = resolve(name, sets=["duration=2 h"]).why("duration").splitlines()
    assert told == ["duration: 2 h", "  --set", "  scenario  f.yaml:3:11: 24 h (replaced)"]
    told = resolve(name).why("catalog.servers.leopard.idle_power").splitlines()
    assert told[1].startswith("  catalogue hardware_catalog/servers/leopard.yaml:")
    assert told[2].startswith(("  source: ", "  assumption: "))
    assert resolve(name).why("servers.leopard.idle_power").splitlines() == told
    assert resolve(name).why("seed") == "seed: 0\n  default"
    assert resolve(name).why("drills[0].at").splitlines()[1] == "  scenario  f.yaml:13:44"
    assert len(resolve(name).reasons("drills")) == 5


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (
            "services.newsfeed",
            "--why: services.newsfeed: there is no 'newsfeed' in 'services'; did you mean 'news_feed'?",
        ),
        ("duratoin", "--why: duratoin: there is no 'duratoin'; did you mean 'duration'?"),
        ("drills[1].at", "--why: drills[1].at: there is no '1' in 'drills'; known: 0"),
        ("seed.x", "--why: seed.x: there is no 'x' in 'seed'; none is known here"),
        ("a..b", "--why: 'a..b' is not a path; write it as in services.ads.staleness.target or drills[0].at"),
    ],
)
def test_why_of_what_is_not_there(key, said, write):
    resolved = resolve(write(BASE))
    with pytest.raises(InputError) as caught:
        resolved.why(key)
    assert str(caught.value) == said


def test_settings_are_checked_like_files(write):
    sets = ["duration=5", "fleet.regions.lulea.pue=0.5", "drills[0].at=soon", "fleet.capacityunit=1"]
    name = write(BASE)
    assert _told(name, sets=["drills[3].at=1 h"]) == ["--set: drills[3]: there is no such element of a list"]
    assert _told(name, sets=sets) == [
        "--set: drills[0].at: needs a number and a unit, such as '250 ms'",
        "--set: duration: needs a number and a unit, such as '250 ms'",
        "--set: fleet.capacityunit: unknown field; did you mean 'capacity_unit'?",
        "--set: fleet.regions.lulea.pue: must be 1 or more",
    ]
    assert _told(name, sets=["seed=1", "seed=2"]) == ["--set: seed: is set twice; keep one"]
    assert _told(name, sets=["variants.x.seed=1"]) == ["--set: variants.x.seed: cannot be set from the command line"]


def test_settings_reach_lists_of_profiles_and_of_the_scenario(write):
    name = write(BASE)
    assert resolve(name, sets=["drills.0.at=3 h"]).scenario.drills[0].at == 3 * 3600.0
    model = resolve(name).entry("training", "news_feed_ranking").model
    changed = resolve(name, sets=[f"catalog.models.{model}.layers[0].repeat=7"])
    assert changed.entry("models", model).layers[0].repeat == 7


def test_variants(write):
    text = (
        BASE
        + "variants:\n  long: {duration: 48 h}\n  longer: {duration: 96 h, seed: 3}\n"
        + "  other: {seed: 4, resolution: 1 h}\n"
    )
    name = write(text)
    both = resolve(name, variant=["long", "other"]).scenario
    assert (both.duration, both.resolution, both.seed) == (48 * 3600.0, 3600.0, 4)
    assert _told(name, variant="lon") == ["--variant: unknown variant 'lon'; did you mean 'long'?"]
    assert _told(write(BASE, "g.yaml"), variant="x") == ["--variant: unknown variant 'x'; g.yaml has no variants"]
    assert _told(name, variant=["long", "longer"]) == [
        "--variant: duration: variants 'long' and 'longer' both set it (line 15, line 16); choose one"
    ]
    assert "variants" not in resolve(name).data


def test_extends_merges_through_files_and_names(write):
    write(BASE, "deep/base.yaml")
    write("extends: base.yaml\nseed: 1\nfleet: {regions: {lulea: {pue: 1.5}}}\n", "deep/middle.yaml")
    top = resolve(write("extends: deep/middle.yaml\nname: top\nduration: 12 h\ndrills: []\n"))
    assert (top.scenario.name, top.scenario.seed, top.scenario.duration, top.scenario.drills) == ("top", 1, 43200.0, ())
    assert top.scenario.fleet.regions["lulea"].pue == 1.5
    assert top.why("seed").splitlines()[1] == "  scenario  deep/middle.yaml:2:7"
    assert [line.split()[:2] for line in top.why("duration").splitlines()[1:]] == [
        ["scenario", "f.yaml:3:11"],
        ["scenario", "deep/base.yaml:3:11:"],
    ]
    assert resolve(write("extends: hpca18_day\nname: mine\n", "n.yaml")).scenario.name == "mine"


def test_circle_of_extends_names_the_way(write):
    write("extends: b.yaml\n", "a.yaml")
    write("extends: c.yaml\n", "b.yaml")
    write("extends: a.yaml\n", "c.yaml")
    assert _told("a.yaml") == ["c.yaml:1:10: extends: goes in a circle: a -> b -> c -> a"]


def test_scenario_by_name_or_not_at_all(write):
    assert resolve("hpca18_day").source_name == "scenarios/hpca18_day.yaml"
    assert _told("hpca18_dya") == [
        "hpca18_dya: no such file, and unknown scenario 'hpca18_dya'; did you mean 'hpca18_day'?"
    ]
    assert _told("x/y") == ["x/y: no such file"]
    write("name: [a", "hpca18_day")
    assert _told("hpca18_day") == ["hpca18_day:2:1: needs a ',' or a closing ']', for what opens on line 1"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("catalog: {servers: {lepard: {idle_power: 1 W}}}",
         "catalog.servers.lepard: has no effect, since nothing uses server 'lepard'; did you mean 'leopard'?"),
        ("catalog: {gpus: {k80: {tdp: 1 W}}}",
         "catalog.gpus.k80: has no effect, since nothing uses gpu 'k80'; the scenario uses no gpus"),
        ("drills: [{kind: region_loss, region: lulea, at: 24 h, lasts: 1 h}]",
         "drills[0].at: has no effect: the drill strikes after the end of the scenario"),
        ("fleet: {regions: {clonee: {}}}\ndrills: [{kind: region_loss, region: clonee, at: 1 h, lasts: 1 h}]",
         "drills[0].region: has no effect: region 'clonee' has no hosts"),
        ("fleet: {regions: {lulea: {serving: {web_1s: 1}}}}",
         "fleet.regions.lulea.serving.web_1s: has no effect: no service is served by 'single_socket' hosts"),
        ("fleet: {regions: {lulea: {training: {big_basin_v100: 1}}}}",
         "fleet.regions.lulea.training.big_basin_v100: has no effect: no training runs on 'gpu' hosts"),
        ("harvest: {recipes: {single_socket: harvest_single_socket}, notice: 1 min, reserve: 0}",
         "harvest.recipes.single_socket: has no effect: no region has serving racks of 'single_socket' hosts to lend"),
        ("catalog: {datasets: {feed_events: {storage: [altoona]}}}",
         "catalog.datasets.feed_events.storage: has no effect: "
         "none of these regions is in the fleet, so the data lies wherever storage racks stand"),
        ("scheduler: elastic", "scheduler: has no effect: "
         "the size of a training is that of its recipe, so 'elastic' resizes none and goes by arrival alone"),
        (f"{STREAM}tenants: {{trace: {{quota: 9}}}}",
         "tenants: has no effect: 'gang' looks at no tenants; choose 'quotas' or 'fair_share'"),
        (f"{STREAM}scheduler: least_slack\ntenants: {{trace: {{quota: 9}}}}",
         "tenants: has no effect: 'least_slack' looks at no tenants; choose 'quotas' or 'fair_share'"),
    ],
)  # fmt: skip
def test_input_without_effect_is_a_warning(more, said, write):
    write(BASE, "base.yaml")
    (warning,) = resolve(write(f"extends: base.yaml\n{more}\n")).warnings
    assert f"{warning.path}: {warning.message}" == said
    assert warning.file == "f.yaml"
    assert warning.line > 1


@pytest.mark.parametrize("scheduler", ["quotas", "fair_share"])
def test_tenants_have_an_effect_where_somebody_looks_at_them(scheduler, write):
    write(BASE, "base.yaml")
    name = write(f"extends: base.yaml\n{STREAM}scheduler: {scheduler}\ntenants: {{trace: {{quota: 9}}}}\n")
    assert resolve(name).warnings == ()
    # Whoever chooses another scheduler for one run knows what is left out; elastic is told all the same.
    assert resolve(name, sets=["scheduler=preemptive"]).warnings == ()
    assert resolve("shared_gpus", variant="first_come").warnings == ()
    assert [warning.path for warning in resolve(name, sets=["scheduler=elastic"]).warnings] == ["scheduler"]


def test_overlays_have_no_effect_on_what_is_resolved(write, tmp_path):
    write("title: x\n", "own/nics/nic_25g.yaml")
    name = write(resolve(write(BASE)).to_yaml(), "r.yaml")
    (warning,) = resolve(name, catalog=Catalog([tmp_path / "own"])).warnings
    assert warning.message == "has no effect on a resolved scenario, which holds its own entries"


def test_files_are_seen_from_the_folder_that_names_them(write, tmp_path):
    write("submit_s,duration_s,num_gpus\n0,60,1\n", "data/jobs.csv")
    stream = "training: [{name: trace, recipe: news_feed_ranking, generator: replay, file: ../data/jobs.csv}]\n"
    resolved = resolve(write(BASE + stream, "in/f.yaml"))
    path = resolved.file("training[0].file", resolved.scenario.training[0].file)
    assert path.resolve() == tmp_path / "data" / "jobs.csv"
    assert resolve(write(resolved.to_yaml(), "elsewhere/r.yaml")).digest == resolved.digest
    before = resolved.digest
    write("submit_s,duration_s,num_gpus\n0,61,1\n", "data/jobs.csv")
    assert resolve("in/f.yaml").digest != before
    assert _told("in/f.yaml", sets=["training[0].file=none.csv"]) == [
        "--set: training[0].file: no such file: 'none.csv', seen from the current folder"
    ]


def test_replay_replaces_the_generator_of_the_profile_in_one_line(write):
    write("time,requests\n0,1\n", "rate.csv")
    load = "services: {news_feed: {serving: {load: {generator: replay, file: rate.csv}}}}\n"
    resolved = resolve(write(BASE.partition("services:")[0] + load))
    source = resolved.scenario.services["news_feed"].serving.load
    assert (source.generator, source.profile) == ("replay", None)
    assert resolve(write(resolved.to_yaml(), "r.yaml")).to_yaml() == resolved.to_yaml()


def test_entries_and_places_for_the_simulator(write):
    resolved = resolve(write(BASE + "catalog: {servers: {leopard: {idle_power: 99 W}}}\n"))
    assert resolved.entry("servers", "leopard").idle_power == 99.0
    assert resolved.entry("nics", resolved.entry("sleds", "leopard_sled").nic).bandwidth > 0
    assert str(resolved.problem("drills[0].at", "m")) == "f.yaml:13:44: drills[0].at: m"
    assert str(resolved.problem("catalog.servers.leopard", "m")).startswith("f.yaml:14:30: ")
    with pytest.raises(KeyError):
        resolved.entry("gpus", "k80")


EMPTY = "an empty mapping changes nothing: mappings merge"


@pytest.mark.parametrize(
    ("sets", "path"),
    [
        ("services={}", "services"),
        ("services.news_feed={}", "services.news_feed"),
        ("services.news_feed.serving.load={}", "services.news_feed.serving.load"),
        ("drills[0]={}", "drills[0]"),
        ("catalog.servers.leopard={}", "catalog.servers.leopard"),
    ],
)
def test_an_empty_mapping_on_the_command_line_is_told_to_change_nothing(sets, path, write):
    name = write(BASE)
    resolved = resolve(name, sets=[sets])
    assert [str(each) for each in resolved.warnings] == [f"--set: {path}: {EMPTY}"]
    assert resolved.data == resolve(name).data


def test_an_empty_mapping_in_a_file_is_told_to_change_nothing(write):
    write(BASE)
    name = write("extends: f.yaml\nname: top\nfleet:\n  regions: {}\nvariants:\n  none:\n    services: {}\n", "g.yaml")
    below = f"g.yaml:4:12: fleet.regions: {EMPTY}"
    assert [str(each) for each in resolve(name).warnings] == [below]
    assert [str(each) for each in resolve(name, variant="none").warnings] == [below, f"g.yaml:7:15: services: {EMPTY}"]


def test_an_empty_mapping_that_takes_a_profile_or_stands_alone_is_no_mistake(write):
    name = write(BASE)
    assert resolve(name, sets=["services.ads={}", "catalog={}", "fleet.regions.altoona={}"]).warnings == ()
