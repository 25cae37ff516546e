"""Fabrics in the catalogue: one kind, several types."""

from __future__ import annotations

from typing import get_args

import pytest
from pydantic import ValidationError

from dcsim.resolve import resolve
from dcsim.spec.catalog import ENTRY_KINDS, Catalog, spec_of
from dcsim.spec.fabric import FABRICS, FabricType, GraphFabric, PodFabric, UnknownFabric

CABLE = {"a": "x", "b": "s", "bandwidth": "1 Gbit/s", "latency": "0 s"}


def graph(**fields):
    return GraphFabric(**{"title": "a test", "source": "a test", "type": "graph", "hosts": ["x", "y"], **fields})


def test_every_type_has_its_spec():
    assert tuple(FABRICS) == get_args(FabricType)
    for name, spec in FABRICS.items():
        assert get_args(spec.model_fields["type"].annotation) == (name,)
        assert issubclass(spec, ENTRY_KINDS["fabrics"])


@pytest.mark.parametrize(
    ("data", "spec"),
    [({}, PodFabric), ({"type": "pods"}, PodFabric), ({"type": "graph"}, GraphFabric), ([], PodFabric),
     ({"type": "pod"}, UnknownFabric), ({"type": None}, UnknownFabric), ({"type": ["pods"]}, UnknownFabric)],
)  # fmt: skip
def test_type_picks_the_spec(data, spec):
    assert spec_of("fabrics", data) is spec


def test_shipped_fabrics_of_regions_need_not_say_their_type():
    for name in ("f4_40g", "f4_100g", "f16"):
        fabric = Catalog().load("fabrics", name)
        assert isinstance(fabric, PodFabric)
        assert "type" not in fabric.model_fields_set


def test_resolved_scenario_writes_the_type_out_and_reads_it_back(tmp_path):
    first = resolve("hpca18_day")
    (tmp_path / "again.yaml").write_text(first.to_yaml(), encoding="utf-8")
    assert first.data["catalog"]["fabrics"]["f4_100g"]["type"] == "pods"
    assert set(first.data["catalog"]["gpu_topologies"]) >= {"hybrid_cube_mesh_v100_head"}
    assert resolve(tmp_path / "again.yaml").to_yaml() == first.to_yaml()


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"links": [CABLE], "hosts": ["x", "x"]}, "host 'x' stands twice"),
        ({"links": [CABLE], "hosts": []}, "at least 1 item"),
        ({}, "needs either links, or a file"),
        ({"links": [CABLE], "file": "cables.csv"}, "needs either links, or a file"),
        ({"links": [{**CABLE, "b": "x"}]}, "joins 'x' with itself"),
        ({"links": [{**CABLE, "bandwidth": "0 Gbit/s"}]}, "above zero"),
    ],
)
def test_graphs_that_cannot_be_are_refused(fields, said):
    with pytest.raises(ValidationError, match=said):
        graph(**fields)


SPEED = {"host_bandwidth": "1 Gbit/s", "uplink_bandwidth": "1 Gbit/s"}
SHAPES = {
    "pods": {
        "year": 2014, "racks_per_pod": 48, "pods_per_datacenter": 8, "tor_uplinks": 4, "uplink_bandwidth": "1 Gbit/s",
        "spine_oversubscription": 1.0, "hop_latency": "1 us", "wan_detour": 1.5,
    },
    "leaf_spine": {**SPEED, "leaves": 2, "hosts_per_leaf": 2, "spines": 2, "hop_latency": "1 us"},
    "fat_tree": {"ports": 4, "bandwidth": "1 Gbit/s", "hop_latency": "1 us"},
    "sled_racks": {
        **SPEED, "sleds_per_rack": 2, "hosts_per_sled": 2, "host_latency": "0 s", "nic_bandwidth": "1 Gbit/s",
        "nic_latency": "0 s", "uplink_latency": "0 s",
    },
    "graph": {"hosts": ["x"], "links": [CABLE]},
}  # fmt: skip


def built(kind, **fields):
    return FABRICS[kind](**{"title": "a test", "source": "a test", "type": kind, **SHAPES[kind], **fields})


@pytest.mark.parametrize("kind", ["leaf_spine", "fat_tree", "sled_racks", "graph"])
def test_a_port_has_room_for_a_jumbo_frame(kind):
    assert built(kind, buffer="9000 B").buffer == 9000.0
    with pytest.raises(ValidationError, match=r"no room for one packet: must be at least 9000 B"):
        built(kind, buffer="8999 B")


@pytest.mark.parametrize(
    ("kind", "fields", "said"),
    [
        ("pods", {"pods_per_datacenter": 50_000}, "has 2400000 racks, more than 2000000; lower racks_per_pod"),
        ("pods", {"tor_uplinks": 50_000}, "has 38400000 links, more than 16000000; lower racks_per_pod"),
        ("leaf_spine", {"leaves": 10**8}, "has 200000000 hosts, more than 2000000; lower leaves"),
        ("leaf_spine", {"leaves": 10**4, "spines": 10**4}, "has 200040000 links, more than 16000000; lower leaves"),
        ("fat_tree", {"ports": 1_000_000}, "has 250000000000000000 hosts, more than 2000000; lower ports"),
        ("sled_racks", {"hosts_per_sled": 10**30}, "a rack has 2000000000000000000000000000000 hosts"),
    ],
)
def test_fabrics_beyond_memory_are_refused(kind, fields, said):
    with pytest.raises(ValidationError, match=said):
        built(kind, **fields)


def test_the_largest_fat_tree_below_the_bound():
    assert built("fat_tree", ports=200).ports**3 // 4 == 2_000_000
    with pytest.raises(ValidationError, match="lower ports"):
        built("fat_tree", ports=202)
