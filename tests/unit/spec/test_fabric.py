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
