"""The fleet as arrays and as a graph."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from dcsim.spec.catalog import Catalog
from dcsim.spec.site import FleetSpec
from dcsim.world.demand import traffic_weights
from dcsim.world.fleet import build_fleet
from dcsim.world.graph import fleet_graph, region_rtts, route

CATALOG = Catalog()


def fleet_of(nic=None, **regions):
    sites = {}
    for name, racks in regions.items():
        region = CATALOG.load("regions", name)
        sites[name] = {**region.model_dump(), **racks}
    spec = {"fabric": "f4_100g", "regions": sites, "capacity_unit": 1.0, "failover_time": "1 min"}
    return build_fleet(FleetSpec.model_validate({**spec, **({"nic": nic} if nic else {})}), CATALOG.load)


@pytest.fixture(scope="module")
def fleet():
    return fleet_of(
        lulea={"serving": {"web_1s": 50, "leopard": 60}, "storage": {"bryce_canyon": 2}},
        altoona={"serving": {"leopard": 40}, "training": {"big_basin_p100": 5}},
    )


def test_counts_follow_the_racks(fleet):
    hosts = fleet.host_arrays
    assert [pool.hosts for pool in fleet.pools][:2] == [50 * 120, 60 * 30]
    assert len(hosts.pool) == fleet.hosts == sum(pool.hosts for pool in fleet.pools)
    assert np.unique(hosts.rack).size == 50 + 60 + 2 + 40 + 5
    for index, pool in enumerate(fleet.pools):
        mine = hosts.pool == index
        assert mine.sum() == pool.hosts
        assert (hosts.region[mine] == pool.region).all()
        assert np.unique(hosts.rack[mine]).size == pool.racks
        _, per_nic = np.unique(hosts.nic[mine], return_counts=True)
        assert (per_nic == pool.hosts_per_nic).all()


def test_levels_nest(fleet):
    hosts = fleet.host_arrays
    for inner, outer in zip(
        ("nic", "sled", "chassis", "rack", "pod", "datacenter"),
        ("sled", "chassis", "rack", "pod", "datacenter", "region"),
        strict=True,
    ):
        pairs = np.unique(np.stack([getattr(hosts, inner), getattr(hosts, outer)]), axis=1)
        assert pairs.shape[1] == np.unique(getattr(hosts, inner)).size, (inner, outer)
    _, racks_per_pod = np.unique(
        np.unique(np.stack([hosts.rack, hosts.pod]), axis=1)[1], return_counts=True
    )
    assert racks_per_pod.max() == fleet.fabric.racks_per_pod == 48
    web = hosts.pool == 0
    sleds = np.unique(np.stack([hosts.chassis[web], hosts.sled[web]]), axis=1)
    assert np.unique(sleds[0], return_counts=True)[1].max() == 3


def test_four_hosts_share_the_nic_of_a_sled(fleet):
    assert fleet.pools[0].hosts_per_nic == 4
    assert (fleet.host_arrays.nic[:8] == [0, 0, 0, 0, 1, 1, 1, 1]).all()


def test_gpu_servers_count_their_head_node(fleet):
    box = next(pool for pool in fleet.pools if pool.kind == "gpu")
    server = CATALOG.load("servers", "big_basin_p100")
    head = CATALOG.load("servers", server.head_node)
    assert box.gpus_per_host == 8
    assert box.peak_power == server.peak_power + head.peak_power
    assert box.price == server.price + head.price


def test_routes_from_arrays_are_shortest_paths_of_the_graph(fleet):
    graph, hosts = fleet_graph(fleet), fleet.host_arrays
    rng = np.random.default_rng(0)
    pairs = [(0, 1), (0, 4), (0, 120), (0, fleet.hosts - 1)]
    pairs += [tuple(rng.integers(0, fleet.hosts, 2)) for _ in range(40)]
    for a, b in pairs:
        path = route(fleet, a, b)
        if hosts.sled[a] == hosts.sled[b]:
            assert path == []
            continue
        assert nx.is_path(graph, path) or len(path) == 1
        shortest = nx.shortest_path_length(graph, ("rack", int(hosts.rack[a])), ("rack", int(hosts.rack[b])))
        assert len(path) - 1 == shortest


def test_graph_bandwidth_and_counts(fleet):
    graph = fleet_graph(fleet)
    assert sum(data.get("hosts", 0) for _, data in graph.nodes(data=True)) == fleet.hosts
    rack, pod = ("rack", 0), ("pod", 0)
    assert graph.edges[rack, pod]["bandwidth"] == 4 * 100e9 / 8
    racks = sum(1 for node in graph[pod] if node[0] == "rack")
    up = next(data for node, data in graph[pod].items() if node[0] == "datacenter")
    assert up["bandwidth"] == pytest.approx(racks * 400e9 / 8 / fleet.fabric.spine_oversubscription)


def test_round_trips_match_the_published_distances():
    names = ("santa_clara", "ashburn", "lulea", "odense")
    rtts = region_rtts([CATALOG.load("regions", name) for name in names], 1.4)
    # 1.4 times the great circle in fibre of index 1.468: 3851 km, 8158 km and 1297 km
    assert rtts[0, 1] == pytest.approx(0.05281, rel=2e-3)
    assert rtts[0, 2] == pytest.approx(0.11185, rel=2e-3)
    assert rtts[2, 3] == pytest.approx(0.01779, rel=5e-3)
    assert (np.diag(rtts) == 0).all()
    np.testing.assert_allclose(rtts, rtts.T)


def test_detour_of_the_fabric_lengthens_the_wan(fleet):
    sites = list(fleet.regions.values())
    straight = region_rtts(sites, 1.0)
    np.testing.assert_allclose(region_rtts(sites, 2.0), 2 * straight)
    latency = fleet_graph(fleet).edges[("region", "lulea"), ("region", "altoona")]["latency"]
    assert latency == pytest.approx(fleet.fabric.wan_detour * straight[0, 1] / 2)


def test_traffic_follows_capacity_unless_told(fleet):
    np.testing.assert_allclose(traffic_weights(fleet, "dual_socket"), [0.6, 0.4])
    told = fleet_of(
        lulea={"serving": {"leopard": 60}, "traffic": 3.0}, altoona={"serving": {"leopard": 40}, "traffic": 1.0}
    )
    np.testing.assert_allclose(traffic_weights(told, "dual_socket"), [0.75, 0.25])
    with pytest.raises(ValueError, match="no region has users"):
        traffic_weights(fleet, "inference")


def test_nic_override_reaches_every_adapter():
    fleet = fleet_of(nic={"bandwidth": "100 Gbit/s"}, lulea={"serving": {"web_1s": 1, "leopard": 1}})
    assert {nic.bandwidth for nic in fleet.nics.values()} == {12.5e9}


@pytest.mark.slow
def test_a_million_hosts_take_seconds_and_little_memory():
    import tracemalloc

    tracemalloc.start()
    fleet = fleet_of(lulea={"serving": {"web_1s": 4000, "leopard": 18000}})
    hosts = fleet.host_arrays
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(hosts.pool) == 1_020_000
    assert peak < 300e6
