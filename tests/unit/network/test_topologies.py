"""Routes of every type of fabric against their names, every shortest path, and numbers done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.network.build import build_topology, size_of
from dcsim.network.fabric_file import load_fabric
from tests.oracles import routes as oracle
from tests.unit.network.fabrics import CABLE, SMALL, fabric, two_leaves

KINDS = sorted(SMALL)
GBIT = 1e9 / 8


def every_pair(topology):
    hosts = np.arange(topology.hosts)
    return np.repeat(hosts, len(hosts)), np.tile(hosts, len(hosts))


def named(topology, src, dst, failed=None):
    routes = topology.routes(np.array([src]), np.array([dst]), failed)
    return [topology.name(int(link)) for link in routes.of(0)]


def down(topology, *nodes):
    """Return the failure of every link that begins or ends at one of some nodes."""
    return np.array([bool({*oracle.ends(topology, link)} & {*nodes}) for link in range(topology.links)])


@pytest.mark.parametrize("kind", KINDS)
def test_routes_lead_from_host_to_host_and_add_up(kind, built):
    topology = built(kind)
    src, dst = every_pair(topology)
    routes = topology.routes(src, dst)
    assert routes.reachable.all()
    for flow, (a, b) in enumerate(zip(src.tolist(), dst.tolist(), strict=True)):
        nodes = oracle.nodes_on(topology, routes.of(flow))
        assert (nodes[0], nodes[-1]) == (f"host {a}", f"host {b}") if a != b else nodes == []
        assert len(set(nodes)) == len(nodes)
        assert routes.latency[flow] == pytest.approx(topology.latency[routes.of(flow)].sum(), abs=1e-18)
    sizes = np.diff(routes.start).reshape(topology.hosts, topology.hosts)
    assert (sizes == sizes.T).all()


@pytest.mark.parametrize("kind", KINDS)
def test_links_have_names_of_their_own_in_both_directions(kind, built):
    topology = built(kind)
    names = [topology.name(link) for link in range(topology.links)]
    assert len(set(names)) == topology.links
    assert {" > ".join(reversed(name.split(" > "))) for name in names} == set(names)
    arrays = (topology.capacity, topology.latency, topology.buffer, topology.level)
    assert {len(array) for array in arrays} == {topology.links}
    assert set(topology.level.tolist()) == set(range(len(topology.levels)))


@pytest.mark.parametrize("kind", ["leaf_spine", "fat_tree", "graph"])
def test_every_shortest_path_is_used_and_no_other(kind, built):
    topology = built(kind)
    pairs = [(0, 1), (0, topology.hosts - 1), (topology.hosts // 2, 0)]
    for a, b in pairs:
        paths = set(oracle.shortest(topology, f"host {a}", f"host {b}"))
        for routing in ("hash", "sum_modulo", "single"):
            chosen = built(kind, routing=routing).routes(np.array([a]), np.array([b])).of(0)
            assert tuple(chosen.tolist()) in paths


@pytest.mark.parametrize("kind", ["leaf_spine", "fat_tree", "pods"])
def test_hash_leaves_no_link_idle(kind, built):
    topology = built(kind)
    src, dst = every_pair(topology)
    assert len(np.unique(topology.routes(src, dst).link)) == topology.links


@pytest.mark.parametrize("kind", ["leaf_spine", "fat_tree", "graph", "pods"])
@pytest.mark.parametrize("seed", range(4))
def test_routes_avoid_failures_where_an_equally_short_path_does(kind, seed, built):
    topology = built(kind)
    failed = np.random.default_rng(seed).random(topology.links) < 0.15
    src, dst = every_pair(topology)
    pick = np.random.default_rng(seed).permutation(len(src))[:60]
    intact, routes = topology.routes(src[pick], dst[pick]), topology.routes(src[pick], dst[pick], failed)
    lost = frozenset(np.flatnonzero(failed).tolist())
    for flow in range(len(pick)):
        a, b = int(src[pick[flow]]), int(dst[pick[flow]])
        if a == b:
            continue
        left = oracle.shortest(topology, f"host {a}", f"host {b}", lost, len(intact.of(flow)))
        if left:
            assert tuple(routes.of(flow).tolist()) in set(left)
        else:
            assert routes.of(flow).tolist() == intact.of(flow).tolist()
    assert routes.reachable.all()


@pytest.mark.parametrize("kind", KINDS)
def test_hosts_that_do_not_exist_are_refused(kind, built):
    topology = built(kind)
    with pytest.raises(ValueError, match=f"no host {topology.hosts}; hosts are numbered 0 to {topology.hosts - 1}"):
        topology.routes(np.array([0]), np.array([topology.hosts]))
    with pytest.raises(ValueError, match="no host -1"):
        topology.routes(np.array([-1]), np.array([0]))


@pytest.mark.parametrize("kind", KINDS)
def test_no_flows_have_no_routes(kind, built):
    routes = built(kind).routes(np.zeros(0, np.int64), np.zeros(0, np.int64))
    assert (routes.start.tolist(), len(routes.link), len(routes.latency)) == ([0], 0, 0)


def test_reference_leaf_spine_routes_as_its_traces_say(catalog):
    topology = build_topology(load_fabric("leaf_spine_256", catalog))
    assert (topology.hosts, topology.links) == (256, 2 * 256 + 2 * 16 * 4)
    assert set(topology.capacity.tolist()) == {6.25e9, 12.5e9}
    assert not topology.latency.any()
    assert named(topology, 18, 33) == [
        "host 18 > leaf 1", f"leaf 1 > spine {(18 + 33) % 4}", f"spine {(18 + 33) % 4} > leaf 2", "leaf 2 > host 33",
    ]
    assert named(topology, 18, 17) == ["host 18 > leaf 1", "leaf 1 > host 17"]
    src, dst = every_pair(topology)
    routes = topology.routes(src, dst)
    leaves = src // 16 != dst // 16
    spine = (routes.link[routes.start[:-1][leaves] + 1] - 512) % 4
    assert (spine == ((src + dst) % 4)[leaves]).all()


@pytest.mark.parametrize(
    ("name", "pair", "route", "latency"),
    [
        ("full", (0, 1), ["host 0 > rack 0", "rack 0 > host 1"], 1.0e-6),
        ("full", (0, 16), ["host 0 > rack 0", "rack 0 > core", "core > rack 1", "rack 1 > host 16"], 3.0e-6),
        ("shared", (0, 3), ["host 0 > nic 0", "nic 0 > host 3"], 0.5e-6),
        ("shared", (0, 4), ["host 0 > nic 0", "nic 0 > rack 0", "rack 0 > nic 1", "nic 1 > host 4"], 1.5e-6),
        ("shared", (63, 64), ["host 63 > nic 15", "nic 15 > rack 0", "rack 0 > core", "core > rack 1",
                              "rack 1 > nic 16", "nic 16 > host 64"], 3.5e-6),
    ],
)  # fmt: skip
def test_reference_racks_route_as_their_table_says(name, pair, route, latency, catalog):
    topology = build_topology(load_fabric(f"rack16_50g_{name}", catalog), 256)
    assert named(topology, *pair) == route
    assert topology.routes(*np.array([pair]).T).latency[0] == pytest.approx(latency, rel=1e-12)
    by_level = {level: set(topology.capacity[topology.level == n]) for n, level in enumerate(topology.levels)}
    expected = {"nic": {6.25e9}, "rack": {25e9}} | ({"host": {4e9}} if name == "shared" else {})
    assert by_level == expected


def test_fat_tree_has_the_switches_of_its_ports(built):
    topology = built("fat_tree")
    names = {node for link in range(topology.links) for node in oracle.ends(topology, link)}
    count = {kind: sum(node.startswith(kind) for node in names) for kind in ("host", "edge", "aggregation", "core")}
    assert count == {"host": 16, "edge": 8, "aggregation": 8, "core": 4}
    assert set(topology.capacity[topology.level == 0]) == {10 * GBIT}
    assert set(topology.capacity[topology.level > 0]) == {5 * GBIT}
    for pair, links in (((0, 1), 2), ((0, 2), 4), ((0, 4), 6)):
        assert len(named(topology, *pair)) == links


def test_pods_conserve_capacity_from_racks_to_the_core(built):
    topology = built("pods")
    share = 0.94
    total = {level: topology.capacity[topology.level == n].sum() / 2 for n, level in enumerate(topology.levels)}
    racks, pods, datacenters = 10, 5, 3  # 80 hosts, 8 a rack
    assert total["nic"] == pytest.approx(20 * 50 * GBIT * share)
    assert total["host"] == pytest.approx(80 * 50 * GBIT * share)  # a host alone may use the whole adapter
    assert total["rack"] == pytest.approx(racks * 3 * 40 * GBIT * share)
    assert total["pod"] == pytest.approx(pods * 2 * 3 * 40 * GBIT * share / 2.0)  # racks of a pod, over 2:1
    assert total["core"] == pytest.approx(datacenters * 2 * total["pod"] / pods)
    sizes = {b: len(named(topology, 0, b)) for b in (1, 4, 8, 16, 32)}
    assert sizes == {1: 2, 4: 4, 8: 6, 16: 8, 32: 10}  # sled, rack, pod, datacenter, region


def test_a_flow_of_pods_stays_in_its_plane(built):
    topology = built("pods")
    src, dst = every_pair(topology)
    routes = topology.routes(src, dst)
    for flow in np.flatnonzero(src // 8 != dst // 8)[::37]:
        names = [topology.name(int(link)) for link in routes.of(int(flow))]
        planes = {word.split("plane ")[1][0] for name in names for word in name.split(" > ") if "plane" in word}
        assert len(planes) == 1


def test_pods_without_a_plane_use_the_others(built):
    topology = built("pods")
    failed = down(topology, "pod 0 plane 0", "pod 0 plane 2")
    src, dst = np.arange(8), np.arange(8) + 8
    routes = topology.routes(src, dst, failed)
    names = [topology.name(int(link)) for link in routes.link]
    assert not any("plane 0" in name or "plane 2" in name for name in names)
    every = down(topology, *(f"pod 0 plane {plane}" for plane in range(3)))
    assert (topology.routes(src, dst, every).link == topology.routes(src, dst).link).all()


def test_only_switches_have_packet_memory(built):
    for kind, before in (("leaf_spine", ("leaf", "spine")), ("sled_racks", ("rack",)), ("pods", ("rack",))):
        topology = built(kind)
        drops = {topology.name(link).split()[0] for link in np.flatnonzero(np.isfinite(topology.buffer)).tolist()}
        assert drops == set(before)
    assert set(built("pods").buffer) == {np.inf, 4 * 2.0**20}  # 16 MiB in four parts
    assert np.isinf(built("fat_tree").buffer).all()


def test_adapters_that_stop_senders_drop_nothing(catalog):
    rack = catalog.load("racks", "web_1s")
    sled, switch = catalog.load("sleds", rack.sled), catalog.load("switches", rack.switch)
    nic = catalog.load("nics", "nic_50g").model_copy(update={"transport": "rdma"})
    topology = build_topology(SMALL["pods"], 40, rack=rack, sled=sled, nic=nic, switch=switch)
    assert np.isinf(topology.buffer).all()


@pytest.mark.parametrize(
    ("sled", "change", "hosts_per_sled", "nics", "bandwidth"),
    [
        ("yosemite_mono_lake", {}, None, 6, 50.0),
        ("yosemite_mono_lake", {}, 2, 12, 50.0),
        ("yosemite_mono_lake", {}, 1, 24, 50.0),
        ("yosemite_mono_lake", {"hosts": 4, "nics": 2}, None, 12, 50.0),
        ("yosemite_mono_lake", {"hosts": 3, "nics": 2}, None, 16, 50.0),
        ("yosemite_mono_lake", {"hosts": 1, "nics": 4}, None, 24, 200.0),
    ],
)
def test_hosts_share_the_adapters_of_their_sled(sled, change, hosts_per_sled, nics, bandwidth, catalog):
    rack = catalog.load("racks", "web_1s")
    sled = catalog.load("sleds", sled).model_copy(update=change)
    topology = build_topology(
        SMALL["pods"], 24, rack=rack, sled=sled, nic=catalog.load("nics", "nic_50g"), hosts_per_sled=hosts_per_sled
    )
    level = topology.levels.index("nic")
    assert (topology.level == level).sum() == 2 * nics
    assert topology.capacity[topology.level == level].max() == pytest.approx(bandwidth * GBIT * 0.94)
    if change == {"hosts": 3, "nics": 2}:
        adapters = [named(topology, host, 23)[0] for host in range(6)]
        assert adapters == [f"host {host} > nic {nic}" for host, nic in enumerate((0, 0, 1, 2, 2, 3))]


def test_graph_hosts_pass_nothing_on_unless_told():
    links = [{"a": f"host {i}", "b": f"host {(i + 1) % 5}", **CABLE} for i in range(5)]
    ring = fabric("graph", hosts=[f"host {i}" for i in range(5)], links=links)
    assert build_topology(ring).routes(np.array([0, 0]), np.array([1, 2])).reachable.tolist() == [True, False]
    torus = build_topology(ring.model_copy(update={"forwarding_hosts": True}))
    assert named(torus, 0, 2) == ["host 0 > host 1", "host 1 > host 2"]
    assert named(torus, 0, 3) == ["host 0 > host 4", "host 4 > host 3"]


def test_two_homed_host_is_no_way_between_its_leaves():
    spec = two_leaves(spines=1)
    extra = spec.links[0].model_copy(update={"a": "host 1", "b": "leaf 1"})
    topology = build_topology(spec.model_copy(update={"links": (*spec.links, extra)}))
    assert named(topology, 0, 2) == ["host 0 > leaf 0", "leaf 0 > spine 0", "spine 0 > leaf 1", "leaf 1 > host 2"]
    assert len(named(topology, 1, 2)) == 2


def test_disconnected_graph_says_so():
    spec = two_leaves()
    apart = build_topology(spec.model_copy(update={"links": spec.links[:4]}))
    routes = apart.routes(np.array([0, 0, 2]), np.array([1, 2, 2]))
    assert routes.reachable.tolist() == [True, False, True]
    assert routes.start.tolist() == [0, 2, 2, 2]


def test_one_way_cables_and_parallel_cables_are_links_of_their_own():
    one_way = {"a": "s", "b": "host 1", **CABLE, "one_way": True}
    links = [{"a": "host 0", "b": "s", **CABLE}, one_way, one_way]
    topology = build_topology(fabric("graph", hosts=["host 0", "host 1"], links=links, routing="sum_modulo"))
    assert topology.links == 4
    routes = topology.routes(np.array([0, 1]), np.array([1, 0]))
    assert routes.reachable.tolist() == [True, False]
    assert routes.of(0).tolist() == [0, 3]  # (0 + 1) mod 2: the second of the two
    failed = np.array([False, False, False, True])
    assert topology.routes(np.array([0]), np.array([1]), failed).of(0).tolist() == [0, 2]


def test_parallel_cables_are_numbered_from_the_second_on():
    way = {"a": "s", "b": "host 1", **CABLE}
    odd = {"a": "s", "b": "host 1 #2", **CABLE, "one_way": True}
    links = [{"a": "host 0", "b": "s", **CABLE}, way, {**way, "one_way": True}, odd, {**way, "a": "host 1", "b": "s"}]
    topology = build_topology(fabric("graph", hosts=["host 0", "host 1"], links=links))
    assert [topology.name(link) for link in range(topology.links)] == [
        "host 0 > s", "s > host 0", "s > host 1", "host 1 > s", "s > host 1 #3", "s > host 1 #2",
        "host 1 > s #2", "s > host 1 #4",
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["leaf_spine", "fat_tree", "graph", "pods"])
@pytest.mark.parametrize("routing", ["hash", "sum_modulo", "single"])
def test_a_path_that_is_whole_is_kept(kind, routing, built):
    topology = built(kind, routing=routing)
    src, dst = every_pair(topology)
    usual = topology.routes(src, dst)
    failed = np.random.default_rng(8).random(topology.links) < 0.05
    failed[usual.of(topology.hosts - 1)[1]] = True  # above the first host
    routes = topology.routes(src, dst, failed)
    whole = [flow for flow in range(len(src)) if not failed[usual.of(flow)].any()]
    assert len(src) / 4 < len(whole) < len(src)
    for flow in whole:
        assert routes.of(flow).tolist() == usual.of(flow).tolist()
        assert routes.latency[flow] == usual.latency[flow]


@pytest.mark.parametrize(
    ("kind", "size"), [("leaf_spine", 12), ("fat_tree", 16), ("graph", 4), ("sled_racks", None), ("pods", None)]
)
def test_size_of_a_fabric_bounds_its_hosts(kind, size):
    assert size_of(SMALL[kind]) == size
    if size is None:
        with pytest.raises(ValueError, match="grows with its hosts"):
            build_topology(SMALL[kind])
    else:
        with pytest.raises(ValueError, match=f"has {size} hosts; {size + 1} do not fit"):
            build_topology(SMALL[kind], size + 1)
    with pytest.raises(ValueError, match="at least one host, not 0"):
        build_topology(SMALL[kind], 0)


def test_pods_need_to_know_what_stands_in_them():
    with pytest.raises(ValueError, match="needs to know what stands in its racks"):
        build_topology(SMALL["pods"], 10)
