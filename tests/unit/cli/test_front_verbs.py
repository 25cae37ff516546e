"""The verbs that only read: check, resolve, catalog, schema."""

from __future__ import annotations

import json

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from dcsim.cli.main import main
from dcsim.resolve import resolve
from tests.architecture.source import ROOT, SCENARIOS


def _run(*arguments):
    return CliRunner().invoke(main, list(arguments))


@pytest.fixture
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.yaml").write_text("extends: hpca18_day\nname: good\nduration: 1 h\n")
    (tmp_path / "hollow.yaml").write_text("extends: hpca18_day\ncatalog: {gpus: {k80: {tdp: 1 W}}}\n")
    (tmp_path / "bad.yaml").write_text("extends: hpca18_day\nduration: 1\n")
    (tmp_path / "worse.yaml").write_text("")
    return tmp_path


def test_check_tells_all_files(files):
    done = _run("check", "good.yaml", "bad.yaml", "hollow.yaml", "worse.yaml", "hpca18_day")
    assert done.exit_code == 2
    assert done.stdout == "good.yaml: no problems\nhollow.yaml: no problems, 1 warning\nhpca18_day: no problems\n"
    assert done.stderr.splitlines() == [
        "bad.yaml:2:11: duration: needs a number and a unit, such as '250 ms'",
        "1 problem in bad.yaml",
        "warning: hollow.yaml:2:18: catalog.gpus.k80: has no effect, since nothing uses gpu 'k80'; "
        + done.stderr.splitlines()[2].partition("; ")[2],
        "worse.yaml: is empty; write one 'field: value' per line, such as 'name: my_fleet'",
        "1 problem in worse.yaml",
    ]


def test_check_as_json(files):
    done = _run("check", "good.yaml", "bad.yaml", "--json")
    assert done.exit_code == 2
    good, bad = json.loads(done.stdout)
    assert good == {"file": "good.yaml", "problems": [], "warnings": []}
    assert bad["problems"] == [
        {"file": "bad.yaml", "line": 2, "column": 11, "path": "duration",
         "message": "needs a number and a unit, such as '250 ms'"}
    ]  # fmt: skip


def test_check_with_settings_variant_and_catalogue(files):
    assert _run("check", "bad.yaml", "--set", "duration=1 h").exit_code == 0
    assert _run("check", "good.yaml", "--set", "duration=1").exit_code == 2
    assert _run("check", "hpca18_region_loss", "--variant", "nothing").exit_code == 2
    done = _run("check", "good.yaml", "--catalog", "nowhere")
    assert (done.exit_code, done.stderr) == (2, "--catalog: 'nowhere' is not a folder\n1 problem on the command line\n")


def test_check_tells_broken_overlays_even_if_nothing_uses_them(files):
    (files / "own" / "nics").mkdir(parents=True)
    (files / "own" / "nics" / "odd.yaml").write_text("title: odd\n")
    done = _run("check", "good.yaml", "--catalog", "own")
    assert done.exit_code == 2
    assert done.stdout == "good.yaml: no problems\n"
    assert done.stderr.splitlines()[0] == "own/nics/odd.yaml:1:1: bandwidth: needs a value; add 'bandwidth:'"


def test_check_of_a_shipped_entry():
    done = _run("check", str(ROOT / "hardware_catalog" / "servers" / "leopard.yaml"))
    assert (done.exit_code, done.stderr) == (0, "")


def test_resolve_prints_a_scenario_that_resolves_to_itself(files):
    done = _run("resolve", "good.yaml", "--set", "seed=3")
    assert done.exit_code == 0
    assert done.stdout == resolve("good.yaml", sets=["seed=3"]).to_yaml()
    (files / "again.yaml").write_text(done.stdout)
    assert _run("resolve", "again.yaml").stdout == done.stdout
    assert json.loads(_run("resolve", "good.yaml", "--json").stdout) == yaml.safe_load(done.stdout) | {"seed": 0}


def test_resolve_warns_on_stderr(files):
    done = _run("resolve", "hollow.yaml")
    assert done.exit_code == 0
    assert done.stderr.startswith("warning: hollow.yaml:2:18: catalog.gpus.k80: has no effect")
    assert "warning" not in done.stdout


def test_why(files):
    done = _run("resolve", "good.yaml", "--why", "duration")
    assert done.stdout.splitlines() == [
        "duration: 1 h",
        "  scenario  good.yaml:3:11",
        "  scenario  scenarios/hpca18_day.yaml:8:11: 24 h (replaced)",
        "precedence: --set > variant > scenario > profile > catalogue > default",
    ]
    (told,) = json.loads(_run("resolve", "good.yaml", "--why", "servers.leopard.idle_power", "--json").stdout)
    assert told["path"] == "catalog.servers.leopard.idle_power"
    assert told["given"][0]["layer"] == "catalogue"
    assert told["given"][0]["file"] == "hardware_catalog/servers/leopard.yaml"
    assert told["source"]


def test_catalog_list():
    every = _run("catalog", "list")
    assert every.exit_code == 0
    assert "servers\n" in every.stdout
    assert "  leopard\n" in every.stdout
    assert "leopard" in _run("catalog", "list", "servers").stdout.split()
    listed = json.loads(_run("catalog", "list", "--json").stdout)
    assert set(listed["scenarios"]) == {path.stem for path in SCENARIOS.glob("*.yaml")}
    assert json.loads(_run("catalog", "list", "gpus", "--json").stdout) == {"gpus": listed["gpus"]}


def test_catalog_show():
    path = ROOT / "hardware_catalog" / "servers" / "leopard.yaml"
    assert _run("catalog", "show", "servers", "leopard").stdout == path.read_text(encoding="utf-8")
    both = _run("catalog", "show", "leopard").stdout
    assert both.startswith("# hardware_catalog/servers/leopard.yaml\n")
    assert "# hardware_catalog/racks/leopard.yaml\n" in both
    shown = json.loads(_run("catalog", "show", "servers", "leopard", "--json").stdout)
    assert (shown["kind"], shown["name"], shown["entry"]["kind"]) == ("servers", "leopard", "dual_socket")
    assert [each["kind"] for each in json.loads(_run("catalog", "show", "leopard", "--json").stdout)] == [
        "servers",
        "racks",
    ]
    wrong = _run("catalog", "show", "lepard")
    assert wrong.exit_code == 2
    assert "unknown entry 'lepard'; did you mean 'leopard'?" in wrong.stderr
    assert _run("catalog", "show", "gpus", "leopard").exit_code == 2


@pytest.fixture(scope="module")
def schema():
    done = _run("schema")
    assert done.exit_code == 0
    written = json.loads(done.stdout)
    jsonschema.Draft202012Validator.check_schema(written)
    return jsonschema.Draft202012Validator(written)


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_scenarios_and_their_resolved_forms_fit_the_schema(path, schema):
    schema.validate(_plain(yaml.safe_load(path.read_text(encoding="utf-8"))))
    schema.validate(resolve(path).data)


def _plain(value):
    """Return what an editor's YAML reader sees: dates as text."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


@pytest.mark.parametrize(
    "wrong",
    [
        "{extends: hpca18_day, duratoin: 1 h}",
        "{extends: hpca18_day, duration: 24}",
        "{extends: hpca18_day, fleet: {regions: {lulea: {serving: {leopard: -1}}}}}",
        "{extends: hpca18_day, services: {ads: {staleness: {tarjet: 1 h}}}}",
        "{extends: hpca18_day, catalog: {server: {leopard: {}}}}",
        "{extends: hpca18_day, catalog: {servers: {leopard: {idle: 5 W}}}}",
        "{extends: hpca18_day, variants: {long: {duratoin: 1 h}}}",
        "{extends: hpca18_day, network: packets}",
        "{extends: hpca18_day, drills: [{kind: region_loss, region: lulea}]}",
        "{name: alone}",
    ],
)
def test_schema_refuses(wrong, schema):
    assert not schema.is_valid(yaml.safe_load(wrong))


@pytest.mark.parametrize(
    "right",
    [
        "{extends: hpca18_day, name: x}",
        "{extends: hpca18_day, services: {ads: {staleness: {target: 1 h}}}, variants: {long: {duration: 48 h}}}",
        "{extends: hpca18_day, catalog: {servers: {leopard: {idle_power: 5 W}}}}",
        "{extends: hpca18_day, fleet: {regions: {lulea: {pue: 1.2}}}, harvest: {reserve: 5 %}}",
    ],
)
def test_schema_allows_changes_alone(right, schema):
    schema.validate(yaml.safe_load(right))
