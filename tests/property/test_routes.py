"""What holds for routes on fabrics of any size: they join their ends, avoid failures, and are the shortest."""

from __future__ import annotations

import networkx as nx
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dcsim.network.build import build_topology
from dcsim.network.graph import FAR, Wiring, distances
from dcsim.spec.catalog import Catalog
from dcsim.spec.fabric import FABRICS
from tests.oracles import routes as oracle

CATALOG = Catalog()
SMALL = st.integers(1, 4)
ROUTING = st.sampled_from(["hash", "sum_modulo", "single"])
RATES = {"host_bandwidth": "10 Gbit/s", "uplink_bandwidth": "40 Gbit/s"}


def fabric(kind, **fields):
    return FABRICS[kind](title="a test", source="a test", type=kind, **fields)


@st.composite
def topologies(draw):
    kind = draw(st.sampled_from(["leaf_spine", "fat_tree", "sled_racks", "pods"]))
    if kind == "leaf_spine":
        shape = {name: draw(SMALL) for name in ("leaves", "hosts_per_leaf", "spines")}
        return build_topology(fabric(kind, **shape, **RATES, hop_latency="1 us", routing=draw(ROUTING)))
    if kind == "fat_tree":
        ports = draw(st.sampled_from([2, 4, 6]))
        spec = fabric(kind, ports=ports, bandwidth="10 Gbit/s", hop_latency="1 us", routing=draw(ROUTING))
        return build_topology(spec)
    hosts = draw(st.integers(1, 60))
    if kind == "sled_racks":
        shape = {name: draw(SMALL) for name in ("sleds_per_rack", "hosts_per_sled")}
        rates = {**RATES, "nic_bandwidth": "10 Gbit/s", "nic_latency": "1 us", "uplink_latency": "1 us"}
        return build_topology(fabric(kind, **shape, **rates, host_latency="0 s"), hosts)
    shape = {name: draw(SMALL) for name in ("racks_per_pod", "pods_per_datacenter", "tor_uplinks")}
    spec = fabric(
        kind, **shape, year=2020, uplink_bandwidth="40 Gbit/s", spine_oversubscription=2.0, hop_latency="1 us",
        wan_detour=1.0, routing=draw(ROUTING),
    )  # fmt: skip
    rack = CATALOG.load("racks", "web_1s").model_copy(update={"sleds": draw(SMALL)})
    sled = CATALOG.load("sleds", rack.sled).model_copy(update={"hosts": draw(SMALL), "nics": draw(st.integers(1, 2))})
    return build_topology(spec, hosts, rack=rack, sled=sled, nic=CATALOG.load("nics", "nic_50g"))


@given(topology=topologies(), data=st.data())
def test_routes_join_their_ends_and_avoid_failures(topology, data):
    seed = data.draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    src, dst = rng.integers(0, topology.hosts, (2, 8))
    intact = topology.routes(src, dst)
    failed = rng.random(topology.links) < data.draw(st.sampled_from([0.0, 0.1, 0.5]))
    routes = topology.routes(src, dst, failed)
    assert (np.diff(routes.start) == np.diff(intact.start)).all()
    assert routes.reachable.all()
    for flow, (a, b) in enumerate(zip(src.tolist(), dst.tolist(), strict=True)):
        nodes = oracle.nodes_on(topology, routes.of(flow))
        assert nodes == [] if a == b else (nodes[0], nodes[-1]) == (f"host {a}", f"host {b}")
        if failed[routes.of(flow)].any():
            assert routes.of(flow).tolist() == intact.of(flow).tolist()


@given(topology=topologies(), seed=st.integers(0, 2**16))
def test_one_flow_is_routed_alike_alone_and_among_others(topology, seed):
    src, dst = np.random.default_rng(seed).integers(0, topology.hosts, (2, 20))
    together = topology.routes(src, dst)
    for flow in (0, 7, 19):
        alone = topology.routes(src[flow : flow + 1], dst[flow : flow + 1])
        assert alone.link.tolist() == together.of(flow).tolist()
        assert alone.latency[0] == together.latency[flow]


@given(
    nodes=st.integers(2, 9),
    links=st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=30),
    quiet=st.sets(st.integers(0, 8)),
)
def test_distances_are_those_of_networkx(nodes, links, quiet):
    pairs = [(a % nodes, b % nodes) for a, b in links if a % nodes != b % nodes]
    forwards = np.array([node not in quiet for node in range(nodes)])
    wiring = Wiring(
        np.array([a for a, _ in pairs], np.int64), np.array([b for _, b in pairs], np.int64), forwards
    )
    found = distances(wiring, np.arange(nodes))
    for goal in range(nodes):
        for start in range(nodes):
            graph = nx.DiGraph()
            graph.add_nodes_from([start, goal])
            graph.add_edges_from((a, b) for a, b in pairs if (a == start or forwards[a]) and (b == goal or forwards[b]))
            expected = nx.shortest_path_length(graph, start, goal) if nx.has_path(graph, start, goal) else FAR
            assert found[start, goal] == expected
