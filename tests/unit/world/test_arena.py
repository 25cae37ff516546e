"""Where ranks are."""

from __future__ import annotations

import pytest

from dcsim.errors import InputError
from dcsim.spec.catalog import Catalog
from dcsim.world.arena import among_gpus, among_hosts, find_box, find_ground
from dcsim.world.placement import place


@pytest.fixture(scope="module")
def catalog():
    return Catalog()


def test_placements():
    assert place(6, 4, 4, "contiguous").tolist() == [0, 1, 2, 3, 4, 5]
    assert place(6, 4, 4, "strided").tolist() == [0, 4, 1, 5, 2, 6]
    assert place(5, 4, 2, "contiguous").tolist() == [0, 1, 4, 5, 8]
    assert place(5, 4, 2, "strided").tolist() == [0, 4, 8, 1, 5]
    assert place(3, 1, 1, "strided").tolist() == [0, 1, 2]
    with pytest.raises(ValueError, match="5 hosts of an adapter that has 4"):
        place(8, 4, 5, "contiguous")


def test_pods_hold_big_basins_unless_told_otherwise(catalog):
    ground = find_ground("f4_100g", None, catalog)
    assert ground.sled.server == "big_basin_p100"
    assert ground.hosts_per_nic == 1
    arena = among_hosts(ground, 8, 1, "contiguous")
    assert arena.topology.name(int(arena.topology.routes([0], [1]).link[0])) == "host 0 > rack 0"
    assert (arena.overhead_s, arena.local, arena.hosts.tolist()) == (pytest.approx(25e-6), 1, list(range(8)))


def test_four_hosts_of_a_sled_share_its_adapter(catalog):
    ground = find_ground("f4_100g", "yosemite_mono_lake", catalog)
    assert ground.hosts_per_nic == 4
    arena = among_hosts(ground, 4, 2, "contiguous")
    assert arena.hosts.tolist() == [0, 1, 4, 5]
    names = [arena.topology.name(link) for link in arena.topology.routes([0], [4]).link]
    assert names == ["host 0 > nic 0", "nic 0 > rack 0", "rack 0 > nic 1", "nic 1 > host 4"]


def test_other_fabrics_say_themselves_what_stands_in_them(catalog):
    ground = find_ground("rack16_50g_shared", None, catalog)
    assert (ground.sled, ground.hosts_per_nic) == (None, 4)
    assert among_hosts(ground, 4, 4, "contiguous").overhead_s == 0.0
    told = find_ground("rack16_50g_shared", "big_basin_p100_sled", catalog)
    assert told.hosts_per_nic == 4
    assert among_hosts(told, 4, 4, "contiguous").overhead_s == pytest.approx(25e-6)


def test_gpus_of_one_server_and_of_several(catalog):
    box, sled = find_box("dgx_a100", catalog)
    assert sled == "dgx_a100_sled"
    ground = find_ground("f4_100g", sled, catalog)
    one, two = among_gpus(ground, box, 8), among_gpus(ground, box, 16)
    assert (one.topology.hosts, one.overhead_s, one.local) == (8, 0.0, 8)
    assert (two.topology.hosts, two.overhead_s, two.local) == (16, pytest.approx(14e-6), 8)
    assert among_gpus(ground, box, 4).local == 4


def test_every_name_that_is_unknown_is_told(catalog):
    with pytest.raises(InputError) as caught:
        find_ground("f4", "big_basin", catalog)
    assert [problem.file for problem in caught.value.problems] == ["--fabric", "--sled"]
    with pytest.raises(InputError, match="--server: unknown server 'dgx'"):
        find_box("dgx", catalog)
    with pytest.raises(InputError, match="--server: 'leopard' has no gpu_topology"):
        find_box("leopard", catalog)


def test_sleds_and_servers_of_ones_own_need_a_place(catalog, tmp_path):
    (tmp_path / "sleds").mkdir()
    (tmp_path / "sleds" / "lone.yaml").write_text(
        "title: lone\nassumption: a test\nserver: leopard\nhosts: 1\nnic: nic_10g\n", encoding="utf-8"
    )
    own = Catalog([tmp_path])
    with pytest.raises(InputError, match="--sled: no rack of the catalogue holds 'lone'"):
        find_ground("f4_100g", "lone", own)
    assert find_ground("leaf_spine_256", "lone", own).nic.message_overhead == pytest.approx(25e-6)


def test_a_fault_in_the_file_of_a_fabric_keeps_its_place(catalog, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text("title: bad\ntype: leaf_spine\nleafs: 3\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        find_ground("bad.yaml", None, catalog)
    assert str(caught.value.problems[-1]).startswith("bad.yaml:3:1: leafs: unknown field; did you mean 'leaves'?")
