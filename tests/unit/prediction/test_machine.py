"""The machine of a question: which servers, which of their GPUs, and what joins them."""

from __future__ import annotations

import math

import pytest

from dcsim.errors import InputError
from dcsim.prediction.machine import find_machine
from dcsim.spec.catalog import Catalog


@pytest.fixture(scope="module")
def catalog():
    return Catalog()


@pytest.mark.parametrize(
    ("server", "asked", "hosts", "devices"),
    [
        ("big_basin_p100", {}, 1, 8),
        ("big_basin_p100", {"gpus": 1}, 1, 1),
        ("big_basin_p100", {"gpus": 3}, 1, 3),
        ("big_basin_p100", {"gpus": 256}, 32, 8),
        ("big_basin_p100", {"hosts": 4}, 4, 8),
        ("big_basin_p100", {"hosts": 4, "gpus": 16}, 4, 4),
        ("dgx2_v100", {"gpus": 32}, 2, 16),
        ("leopard", {}, 1, 1),
        ("leopard", {"hosts": 10}, 10, 1),
    ],
)
def test_numbers_of_hosts_and_devices(server, asked, hosts, devices, catalog):
    machine = find_machine(server, catalog, **asked)
    assert (machine.hosts, machine.devices, machine.ranks) == (hosts, devices, hosts * devices)


def test_processors_are_those_of_the_head_node(catalog):
    machine = find_machine("big_basin_p100", catalog)
    assert machine.head == catalog.load("servers", "leopard")
    assert (machine.cpu, machine.sockets) == (catalog.load("cpus", machine.head.cpu), 2)
    assert find_machine("mono_lake", catalog).head is None
    assert find_machine("mono_lake", catalog).gpu is None


def test_adapters(catalog):
    assert find_machine("dgx1_v100", catalog).host_bandwidth == pytest.approx(4 * 12e9)
    assert find_machine("mono_lake", catalog, hosts=2).host_bandwidth == pytest.approx(0.94 * 50e9 / 8)
    shared = find_machine("mono_lake", catalog, hosts=2, hosts_per_nic=4)
    assert shared.host_bandwidth == pytest.approx(0.94 * 12.5e9 / 8)
    assert find_machine("dgx1_v100", catalog).direct
    assert not find_machine("big_basin_p100", catalog).direct
    assert not find_machine("leopard", catalog).direct


def test_gpus_go_through_sockets_where_adapters_have_no_rdma(catalog):
    assert find_machine("big_basin_p100", catalog).staged_bandwidth == pytest.approx(36e9 / 8)
    assert math.isinf(find_machine("dgx1_v100", catalog).staged_bandwidth)
    assert math.isinf(find_machine("leopard", catalog).staged_bandwidth)


def test_losses_are_those_of_the_fabric_and_need_tcp(catalog):
    assert find_machine("leopard", catalog, hosts=2).transport == catalog.load("transports", "linux_reno")
    assert find_machine("leopard", catalog, hosts=2, transport="dctcp").transport == catalog.load("transports", "dctcp")
    assert find_machine("dgx_a100", catalog, hosts=2).transport is None


def test_without_a_fabric_only_adapters_bind(catalog):
    """Every rack's way out carries all of its adapters; a named fabric is taken as it is."""
    plain = find_machine("leopard", catalog, hosts=100).ground
    assert plain.fabric.tor_uplinks * plain.fabric.uplink_bandwidth == plain.rack.sleds * plain.nic.bandwidth
    assert plain.fabric.spine_oversubscription == 1.0
    assert find_machine("leopard", catalog, hosts=100, fabric="f4_100g").ground.fabric.tor_uplinks == 4


@pytest.mark.parametrize(
    ("server", "asked", "said"),
    [
        ("big_basin_p100", {"gpus": 12}, "--gpus: 12 GPUs do not fill servers of 8; give 8 or 16"),
        ("big_basin_p100", {"gpus": 0}, "--gpus: needs at least 1, not 0"),
        ("big_basin_p100", {"gpus": 9, "hosts": 2}, "--gpus: 9 GPUs cannot be spread evenly over 2 servers; give 8 or"),
        ("big_basin_p100", {"gpus": 1, "hosts": 2}, "--gpus: 1 GPUs cannot be spread evenly over 2 servers; give 2"),
        ("big_basin_p100", {"gpus": 32, "hosts": 2}, "--gpus: 2 servers of 8 GPUs hold 16, not 32"),
        ("leopard", {"gpus": 4}, "--gpus: the server has none, so its hosts are the devices; give --hosts instead"),
        ("leopard", {"hosts": 300, "fabric": "leaf_spine_256"}, "--fabric: has 256 hosts; 300 do not fit"),
        ("leopard", {"hosts_per_nic": 2}, "--hosts-per-nic: an adapter here has 1 host, not 2"),
        ("mono_lake", {"hosts_per_nic": 5}, "--hosts-per-nic: an adapter here has 4 hosts, not 5"),
        ("leopard", {"transport": "tcp"}, "--transport: unknown transport 'tcp'"),
        ("leopards", {}, "--server: unknown server 'leopards'; did you mean 'leopard'?"),
    ],
)
def test_what_does_not_hold_is_told_with_its_limit(server, asked, said, catalog):
    with pytest.raises(InputError) as caught:
        find_machine(server, catalog, **asked)
    assert [str(problem).startswith(said) for problem in caught.value.problems] == [True]


def test_all_problems_are_told_at_once(catalog):
    with pytest.raises(InputError) as caught:
        find_machine("leopards", catalog, gpus=-1, hosts=0, fabric="f5")
    assert [problem.file for problem in caught.value.problems] == ["--fabric", "--gpus", "--hosts", "--server"]


def test_a_server_that_no_sled_holds_stands_alone(tmp_path):
    (tmp_path / "servers").mkdir()
    text = (
        "title: own\nassumption: a test\nkind: gpu\nyear: 2024\ncpu: epyc_7742\nsockets: 2\ngpu: h100_sxm\ngpus: 4\n"
        "memory: 512 GiB\nnic: nic_400g_rdma\nnics: 4\nidle_power: 1 kW\npeak_power: 4 kW\nprice: 1 USD\n"
        "lifetime: 4 years\nserving_speed: 1\n"
    )
    (tmp_path / "servers" / "own.yaml").write_text(text, encoding="utf-8")
    machine = find_machine("own", Catalog([tmp_path]), gpus=8)
    assert (machine.hosts, machine.devices, machine.standing.sled.nics) == (2, 4, 4)
    assert machine.host_bandwidth == pytest.approx(4 * 48e9)
    assert machine.notes == (machine.standing.assumed,)
    assert find_machine("own", Catalog([tmp_path]), gpus=4).notes == ()


OWN_GPU = """\
title: Own
assumption: a test
year: {year}
peak: {{fp32: 10 TFLOP/s}}
memory: 16 GiB
memory_bandwidth: 900 GB/s
tdp: 300 W
idle_power: 30 W
"""
OWN_SERVER = """\
title: Own
assumption: a test
kind: gpu
year: 2020
cpu: {cpu}
sockets: 2
gpu: own
gpus: 4
memory: 256 GiB
nic: own
nics: 1
idle_power: 100 W
peak_power: 2 kW
price: 10000 USD
lifetime: 4 years
serving_speed: 1.0
"""
OWN_NIC = """\
title: Own
assumption: a test
bandwidth: {rate} Gbit/s
max_hosts: 1
protocol_efficiency: 0.9
message_overhead: 25 us
"""


def own_catalog(folder, *, year="2020", cpu="e5_2698v4", rate=25):
    entries = {
        "gpus": OWN_GPU.format(year=year), "servers": OWN_SERVER.format(cpu=cpu), "nics": OWN_NIC.format(rate=rate),
    }  # fmt: skip
    for kind, text in entries.items():
        (folder / kind).mkdir(exist_ok=True)
        (folder / kind / "own.yaml").write_text(text, encoding="utf-8")
    return Catalog([folder])


def test_every_fault_of_an_own_machine_is_told_at_once(tmp_path):
    """A bad year is one problem, though four figures of the GPU follow from it."""
    with pytest.raises(InputError) as caught:
        find_machine("own", own_catalog(tmp_path, year="soon", cpu="e5_2698v5", rate=0), gpus=5)
    told = [str(problem) for problem in caught.value.problems]
    assert sorted(told) == [
        "--gpus: 5 GPUs do not fill servers of 4; give 4 or 8",
        f"{tmp_path}/gpus/own.yaml:3:7: year: needs a whole number without a unit, not 'soon'",
        f"{tmp_path}/nics/own.yaml:3:12: bandwidth: must be above zero, such as '50 Gbit/s'",
        f"{tmp_path}/servers/own.yaml:5:6: cpu: unknown cpu 'e5_2698v5'; did you mean 'e5_2698v4'?",
    ]


def test_an_assumed_rate_between_gpus_is_told(tmp_path):
    own = own_catalog(tmp_path)
    (note,) = find_machine("own", own).notes
    assert note.endswith("its GPUs are taken to send 5.94 GB/s each, over PCIe 3")
    assert find_machine("own", own, gpus=1).notes == ()
