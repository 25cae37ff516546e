from __future__ import annotations

import pytest

from dcsim.errors import InputError
from dcsim.network.build import build_topology
from dcsim.network.fabric_file import check_fabric, load_fabric
from dcsim.spec.catalog import Catalog
from dcsim.spec.fabric import FABRICS
from dcsim.spec.yaml import load_yaml

GRAPH = "title: Mine\nsource: a test\ntype: graph\nhosts: [h0, h1]\nfile: cables.csv\n"
CABLES = "b,a,latency,bandwidth\nleaf,h0,1 us,10 Gbit/s\nleaf,h1,2 us,20 Gbit/s\n"


def told(call):
    with pytest.raises(InputError) as caught:
        call()
    return [str(problem) for problem in caught.value.problems]


@pytest.fixture
def graph(tmp_path):
    (tmp_path / "mine.yaml").write_text(GRAPH, encoding="utf-8")
    (tmp_path / "cables.csv").write_text(CABLES, encoding="utf-8")
    return tmp_path / "mine.yaml"


@pytest.mark.parametrize("name", Catalog().names("fabrics"))
def test_fabrics_are_found_by_name_and_by_path(name, catalog):
    by_name = load_fabric(name, catalog)
    by_path = load_fabric(catalog.path("fabrics", name), catalog)
    assert by_name == by_path
    assert type(by_name) is FABRICS[by_name.type]


def test_unknown_name_is_answered_with_the_nearest(catalog):
    assert told(lambda: load_fabric("leaf_spin_256", catalog)) == [
        "leaf_spin_256: no such file, and unknown fabric 'leaf_spin_256'; did you mean 'leaf_spine_256'?"
    ]
    assert told(lambda: load_fabric("mine/leaf.yaml", catalog)) == [
        "mine/leaf.yaml: no such file"
    ]


def test_cables_are_read_from_the_file_beside(graph, catalog):
    fabric = load_fabric(graph, catalog)
    assert [(cable.a, cable.b, cable.bandwidth, cable.latency) for cable in fabric.links] == [
        ("h0", "leaf", 1.25e9, 1e-6), ("h1", "leaf", 2.5e9, 2e-6),
    ]  # fmt: skip
    topology = build_topology(fabric)
    assert [topology.name(link) for link in range(4)] == ["h0 > leaf", "leaf > h0", "h1 > leaf", "leaf > h1"]


def test_graph_of_the_catalogue_finds_its_file(graph, tmp_path):
    (tmp_path / "fabrics").mkdir()
    for file in (graph, tmp_path / "cables.csv"):
        file.rename(tmp_path / "fabrics" / file.name)
    assert len(load_fabric("mine", Catalog([tmp_path])).links) == 2


def test_one_way_cables_are_written_as_one(graph, catalog):
    cables = CABLES.replace("bandwidth\n", "bandwidth,one_way\n").replace("10 Gbit/s", "10 Gbit/s,1")
    (graph.parent / "cables.csv").write_text(cables.replace("20 Gbit/s", "20 Gbit/s,"), encoding="utf-8")
    assert [cable.one_way for cable in load_fabric(graph, catalog).links] == [True, False]


def test_problems_of_entry_and_cables_are_told_together(graph, catalog):
    graph.write_text(GRAPH.replace("[h0, h1]", "[h0, lea]") + "routng: hash\n", encoding="utf-8")
    assert told(lambda: load_fabric(graph, catalog)) == [
        f"{graph}:4:13: hosts[1]: no link ends at host 'lea'; did you mean 'leaf'?",
        f"{graph}:6:1: routng: unknown field; did you mean 'routing'?",
    ]
    (graph.parent / "cables.csv").write_text(CABLES.replace("2 us", "2 apples"), encoding="utf-8")
    cables, entry = told(lambda: load_fabric(graph, catalog))
    assert cables.startswith(f"{graph.parent}/cables.csv:3:9: latency: ")
    assert entry.endswith("unknown field; did you mean 'routing'?")


def test_other_fabrics_have_no_cables_to_check(catalog):
    assert check_fabric(catalog.raw("fabrics", "f16")) == []


def test_graph_whose_cables_were_not_read_is_not_built(graph):
    fabric = FABRICS["graph"](**load_yaml(graph).data)
    with pytest.raises(ValueError, match=r"the links of 'cables\.csv' have not been read"):
        build_topology(fabric)
