"""Where ranks are."""

from __future__ import annotations

import pytest

from dcsim.collectives import plan_of
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
    server, box, standing = find_box("dgx_a100", catalog)
    assert (server.gpus, standing.sled.server, standing.assumed) == (8, "dgx_a100", "")
    ground = find_ground("f4_100g", None, catalog, standing=standing)
    one, two = among_gpus(ground, box, 8), among_gpus(ground, box, 16)
    assert (one.topology.hosts, one.overhead_s, one.local) == (8, 0.0, 8)
    assert (two.topology.hosts, two.overhead_s, two.local) == (16, pytest.approx(14e-6), 8)
    assert among_gpus(ground, box, 4).local == 4
    some = among_gpus(ground, box, 6, each=3)
    assert (some.hosts.tolist(), some.local) == ([0, 1, 2, 8, 9, 10], 3)
    assert all(sorted(ring) == list(range(6)) for ring in some.rings)


def test_the_fastest_protocol_of_a_box_is_taken(catalog):
    """Flags beside the data are quick to start but leave a quarter of the links: worked out by hand for two GPUs."""
    _, box, standing = find_box("deepbench_m40", catalog)
    arena = among_gpus(find_ground("f4_100g", None, catalog, standing=standing), box, 2)
    small, large = (arena.act(plan_of("ring", 2, size)).time_s for size in (1e3, 1e8))
    assert small == pytest.approx(6.6e-6 + 2 * (0.24 * 4.2e-6 + 500 / (0.25 * 5.94e9)))
    assert large == pytest.approx(30e-6 + 2 * (4.2e-6 + 5e7 / 5.94e9))
    assert arena.act(plan_of("ring", 2, 1e8)).waiting_s == pytest.approx(30e-6 + 2 * 4.2e-6)


def test_every_name_that_is_unknown_is_told(catalog):
    with pytest.raises(InputError) as caught:
        find_ground("f4", "big_basin", catalog)
    assert [problem.file for problem in caught.value.problems] == ["--fabric", "--sled"]
    with pytest.raises(InputError, match="--server: unknown server 'dgx'"):
        find_box("dgx", catalog)
    with pytest.raises(InputError, match="--server: 'leopard' has no GPUs"):
        find_box("leopard", catalog)


def write(folder, kind, name, text):
    (folder / kind).mkdir(exist_ok=True)
    (folder / kind / f"{name}.yaml").write_text(f"title: {name}\nassumption: a test\n{text}", encoding="utf-8")


def test_a_sled_that_no_rack_holds_stands_in_one_of_sixteen(catalog, tmp_path):
    write(tmp_path, "sleds", "lone", "server: leopard\nhosts: 1\nnic: nic_10g\n")
    ground = find_ground("f4_100g", "lone", Catalog([tmp_path]))
    assert (ground.rack.sleds, ground.switch) == (16, None)
    assert "no rack of the catalogue holds 'lone'" in ground.assumed
    assert find_ground("leaf_spine_256", "lone", Catalog([tmp_path])).nic.message_overhead == pytest.approx(25e-6)


OWN = """kind: gpu
year: 2020
cpu: e5_2680v4
sockets: 2
gpu: {gpu}
gpus: 4
memory: 64 GiB
nic: {nic}
nics: {nics}
idle_power: 500 W
peak_power: 1500 W
price: 1 USD
lifetime: 4 years
serving_speed: 1
"""


@pytest.mark.parametrize(
    ("gpu", "nic", "nics", "inside", "outside"),
    [
        ("mi300x", "nic_400g_rdma", 4, 0.8 * 7 * 64e9, 4 * 0.96 * 50e9),
        ("m40", "nic_25g", 1, 6e9, 0.94 * 25e9 / 8),
        ("m40", "nic_100g_rdma", 1, 6e9, 6e9),
    ],
)
def test_a_server_of_ones_own_needs_neither_sled_nor_wiring(gpu, nic, nics, inside, outside, tmp_path):
    """Nothing but the links of its GPUs and its adapters holds it up; all four GPUs share the way out."""
    write(tmp_path, "servers", "own", OWN.format(gpu=gpu, nic=nic, nics=nics))
    own = Catalog([tmp_path])
    _, box, standing = find_box("own", own)
    ground = find_ground("f16", None, own, standing=standing)
    assert "no sled of the catalogue holds" in ground.assumed
    for ranks, rate in ((4, inside), (8, outside)):
        arena = among_gpus(ground, box, ranks)
        took = arena.act(plan_of("ring", ranks, 8e9, rings=arena.rings)).time_s
        assert 2 * (ranks - 1) / ranks * 8e9 / took == pytest.approx(rate, rel=0.02)


def test_a_fault_in_the_file_of_a_fabric_keeps_its_place(catalog, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bad.yaml").write_text("title: bad\ntype: leaf_spine\nleafs: 3\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        find_ground("bad.yaml", None, catalog)
    assert str(caught.value.problems[-1]).startswith("bad.yaml:3:1: leafs: unknown field; did you mean 'leaves'?")
