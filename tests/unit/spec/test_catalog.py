from __future__ import annotations

import pytest

from dcsim.errors import InputError
from dcsim.resolve import check_entry, check_overlays, resolve
from dcsim.spec.catalog import ENTRY_KINDS, REFERENCES, Catalog
from dcsim.spec.shelf import KINDS, Shelf, kind_of, shipped_root
from dcsim.spec.yaml import load_yaml

NIC = "title: A NIC\nsource: a test\nbandwidth: {}\nmax_hosts: 1\nprotocol_efficiency: 0.9\nmessage_overhead: 5 us\n"


def _put(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def _told(call):
    with pytest.raises(InputError) as caught:
        call()
    return [str(problem) for problem in caught.value.problems]


def test_kinds_agree_with_their_specs():
    assert set(KINDS) == {*ENTRY_KINDS, "scenarios", "sweeps"}
    for kind, fields in REFERENCES.items():
        assert kind in ENTRY_KINDS
        for path, target in fields.items():
            assert path[0] in ENTRY_KINDS[kind].model_fields
            assert target in ENTRY_KINDS


@pytest.mark.parametrize("kind", ENTRY_KINDS)
def test_every_shipped_entry_is_right(kind):
    shelf = Catalog()
    assert shelf.names(kind)
    for name in shelf.names(kind):
        assert check_entry(kind, shelf.raw(kind, name), shelf) == []


def test_shipped_files_are_named_from_the_top_of_the_data():
    assert (shipped_root() / "hardware_catalog" / "servers" / "leopard.yaml").is_file()
    assert Catalog().raw("servers", "leopard").file == "hardware_catalog/servers/leopard.yaml"


def test_unknown_name_is_answered_with_the_nearest():
    assert _told(lambda: Catalog().load("servers", "lepard")) == [
        "catalogue: unknown server 'lepard'; did you mean 'leopard'?"
    ]


def test_overlay_wins_by_entry_and_later_overlays_over_earlier(tmp_path):
    _put(tmp_path, "one/nics/nic_25g.yaml", NIC.format("1 Gbit/s"))
    _put(tmp_path, "one/nics/mine.yaml", NIC.format("2 Gbit/s"))
    _put(tmp_path, "two/hardware_catalog/nics/mine.yaml", NIC.format("3 Gbit/s"))
    _put(tmp_path, "two/workloads/models/README.md", "not an entry")
    shelf = Catalog([tmp_path / "one", tmp_path / "two"])
    assert shelf.load("nics", "nic_25g").bandwidth == 1e9 / 8
    assert shelf.load("nics", "mine").bandwidth == 3e9 / 8
    assert "nic_50g" in shelf.names("nics")
    assert "mine" not in Catalog().names("nics")
    assert shelf.find("mine") == ["nics"]
    assert check_overlays(shelf) == []


def test_overlay_is_used_by_a_scenario(tmp_path):
    _put(tmp_path, "regions/lulea.yaml", "title: L\nassumption: a test\nlatitude: 1 deg\nlongitude: 2 deg\n"
         "time_zone: UTC\n"
         "ownership: owned\npue: 1.5\nelectricity_price: 0.1 USD/kWh\nwan_bandwidth: 1 Tbit/s\n")  # fmt: skip
    _put(tmp_path, "scenarios/mine.yaml", "extends: hpca18_day\nname: mine\nduration: 1 h\n")
    resolved = resolve("mine", catalog=Catalog([tmp_path]))
    assert resolved.scenario.fleet.regions["lulea"].pue == 1.5
    assert resolved.why("fleet.regions.lulea.pue").splitlines()[1].endswith("regions/lulea.yaml:7:6")
    assert resolve("hpca18_day").scenario.fleet.regions["lulea"].pue != 1.5


def test_broken_overlay_is_told_with_file_and_line_used_or_not(tmp_path):
    _put(tmp_path, "nics/slow.yaml", NIC.format("0 Gbit/s"))
    _put(tmp_path, "servers/odd.yaml", "title: [odd\n")
    told = [str(problem) for problem in check_overlays(Catalog([tmp_path]))]
    assert told == [
        f"{tmp_path}/nics/slow.yaml:3:12: bandwidth: must be above zero, such as '50 Gbit/s'",
        f"{tmp_path}/servers/odd.yaml:2:1: needs a ',' or a closing ']', for what opens on line 1",
    ]


def test_broken_overlay_stops_the_scenario_that_uses_it(tmp_path):
    _put(tmp_path, "nics/nic_25g.yaml", NIC.format("25 Gbit"))
    _put(tmp_path, "fabrics/f4_100g.yaml", "title: x\n  bad: y\n")
    told = _told(lambda: resolve("hpca18_day", catalog=Catalog([tmp_path])))
    assert any(line.startswith(f"{tmp_path}/fabrics/f4_100g.yaml:2:") for line in told)
    assert told[-1] == (
        f"{tmp_path}/nics/nic_25g.yaml:3:12: bandwidth: 'Gbit' is a unit of data, not of data rate; "
        "write it as '50 Gbit/s'"
    )


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ([], "--catalog: '{0}' is not a folder"),
        (["readme.txt"], "--catalog: '{0}' holds no entries; put them in folders named gpus, cpus"),
        (["server/a.yaml"], "{0}/server: is no kind of entry; did you mean 'servers'?"),
        (
            ["hardware_catalog/Switch/a.yaml"],
            "{0}/hardware_catalog/Switch: is no kind of entry; did you mean 'switches'?",
        ),
        (["servers/8xV100.yaml"], "{0}/servers/8xV100.yaml: the file's name must be lower-case letters, digits and"),
        (["gpus/2080ti.yaml"], "{0}/gpus/2080ti.yaml: the file's name must be lower-case letters, digits and"),
        (["nics/my-nic.yaml"], "{0}/nics/my-nic.yaml: the file's name must be lower-case letters, digits and"),
        (["models/" + 65 * "a" + ".yaml"], "{0}/models/" + 65 * "a" + ".yaml: the file's name must have at most 64"),
        (["nics/a.yml"], "{0}/nics/a.yml: is not read; name it with '.yaml' at the end"),
    ],
)
def test_overlay_that_would_be_ignored_is_refused(files, said, tmp_path):
    folder = tmp_path / "own"
    for name in files:
        _put(folder, name, "x: y\n")
    (told,) = _told(lambda: Shelf([folder]))
    assert told.startswith(said.format(folder))


def test_all_problems_of_an_entry_and_of_what_it_names(tmp_path):
    _put(tmp_path, "sleds/s.yaml", "title: S\nsource: a test\nserver: box\nhosts: none\nnic: mine\n")
    _put(tmp_path, "servers/box.yaml", "title: B\nsource: a test\nhead_node: box\nnic: mine\ngpu: k4O\n")
    _put(tmp_path, "nics/mine.yaml", NIC.format("0 Gbit/s"))
    told = [str(problem) for problem in Catalog([tmp_path]).problems_of("sleds", "s")]
    assert f"{tmp_path}/sleds/s.yaml:4:8: hosts: needs a whole number without a unit, not 'none'" in told
    assert f"{tmp_path}/servers/box.yaml:5:6: gpu: unknown gpu 'k4O'; did you mean 'k40'?" in told
    assert f"{tmp_path}/nics/mine.yaml:3:12: bandwidth: must be above zero, such as '50 Gbit/s'" in told
    assert len(told) == len(set(told))
    (unknown,) = Catalog().problems_of("nics", "nic_50h")
    assert unknown.message == "unknown nic 'nic_50h'; did you mean 'nic_50g'?"


def test_kind_of_a_file_is_its_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert kind_of(tmp_path / "racks" / "x.yaml") == "racks"
    assert kind_of(tmp_path / "x.yaml") == "scenarios"


def test_what_an_entry_names_must_exist(tmp_path):
    _put(tmp_path, "sleds/s.yaml", "title: S\nsource: a test\nserver: lepard\nhosts: 1\nnic: nic_25g\n")
    told = check_entry("sleds", load_yaml(tmp_path / "sleds/s.yaml", name="s.yaml"), Catalog())
    assert [str(problem) for problem in told] == [
        "s.yaml:3:9: server: unknown server 'lepard'; did you mean 'leopard'?"
    ]
