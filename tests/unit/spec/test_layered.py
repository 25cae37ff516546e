from __future__ import annotations

import pytest

from dcsim.errors import InputError
from dcsim.spec.layered import Layered, conflicts, merge, parse_path, parse_set, relabel, unplaced
from dcsim.spec.yaml import parse_yaml


def _tree(text, layer="scenario"):
    return parse_yaml(text, f"{layer}.yaml", layer=layer)


def test_mappings_merge_lists_and_scalars_replace():
    low = _tree("{a: {x: 1, y: {z: 2}}, b: [1, 2, 3], c: 4, d: {e: 5}}")
    high = _tree("{a: {y: {w: 3}}, b: [9], c: {f: 6}, d: null}")
    merged = merge(low, high).plain()
    assert merged == {"a": {"x": 1, "y": {"z": 2, "w": 3}}, "b": [9], "c": {"f": 6}, "d": None}
    assert low.plain() == {"a": {"x": 1, "y": {"z": 2}}, "b": [1, 2, 3], "c": 4, "d": {"e": 5}}


def test_each_value_knows_its_layer_and_what_it_replaced():
    low, middle, high = _tree("{a: 1, b: 2}", "catalogue"), _tree("{a: 3}"), _tree("{a: 4}", "variant")
    layered = Layered(merge(merge(low, middle), high))
    assert [(node.layer, node.value) for node in layered.history(("a",))] == [
        ("variant", 4), ("scenario", 3), ("catalogue", 1),
    ]  # fmt: skip
    assert layered.origin(("b",)).layer == "catalogue"
    assert layered.origin(("c",)).layer == "default"
    assert [(path, origin.layer) for path, origin in layered.leaves()] == [(("a",), "variant"), (("b",), "catalogue")]


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", ("a",)),
        ("a.b-c.d", ("a", "b-c", "d")),
        ("a[0].b", ("a", 0, "b")),
        ("a.0.b", ("a", 0, "b")),
        ("a[1][2]", ("a", 1, 2)),
    ],
)
def test_paths(text, path):
    assert parse_path(text) == path


@pytest.mark.parametrize("text", ["", ".", ".a", "a.", "a..b", "a[", "a[x]", "a]", "[0]", "0.a", "a b[", "a[-1]"])
def test_what_is_no_path(text):
    with pytest.raises(ValueError, match="is not a path"):
        parse_path(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a.b=24 h", {"a": {"b": "24 h"}}),
        ("a=1e3", {"a": 1000.0}),
        ("a={b: [1, 2]}", {"a": {"b": [1, 2]}}),
        ("a=x=y", {"a": "x=y"}),
        ("a=null", {"a": None}),
        ("a='010'", {"a": "010"}),
    ],
)
def test_settings_are_yaml(text, value):
    assert parse_set(text)[1].plain() == value


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a", "--set: 'a' needs the form path=value"),
        ("=5", "--set: '' is not a path; write it as in services.ads.staleness.target or drills[0].at"),
        ("a=", "--set: a: needs a value after '='; write null for none"),
        ("a=yes", "--set: a: yes is true or false to some YAML readers, text to others; write true, false or 'yes'"),
        (
            "a.b={c: 010}",
            "--set: a.b.c: 010 is octal to some YAML readers; drop the leading zero, or quote it if it is text",
        ),
        ("a=[1", "--set: a: needs a ',' or a closing ']', for what opens on line 1"),
    ],
)
def test_wrong_settings(text, said):
    with pytest.raises(InputError) as caught:
        parse_set(text)
    assert str(caught.value) == said


def test_settings_reach_into_lists():
    low = _tree("{a: [{x: 1}, {x: 2}], b: 3}")
    merged = merge(low, parse_set("a[1].x=9")[1])
    assert merged.plain() == {"a": [{"x": 1}, {"x": 9}], "b": 3}
    assert merged.at(("a", 1, "x")).below.value == 2
    assert unplaced(merged) == []
    beyond = merge(low, parse_set("a[2].x=9")[1])
    assert [str(problem) for problem in unplaced(beyond)] == ["--set: a[2]: there is no such element of a list"]


def test_conflicts_are_found_at_the_leaves():
    one, other = _tree("{a: {x: 1, y: 2}, b: [1]}"), _tree("{a: {y: 3, z: 4}, b: [2]}")
    assert [path for path, _, _ in conflicts(one, other)] == [("a", "y"), ("b",)]
    assert [path for path, _, _ in conflicts(_tree("{a: 1}"), _tree("{a: {x: 1}}"))] == [("a",)]


def test_relabelling_copies():
    tree = _tree("{a: [1, {b: 2}]}")
    assert relabel(tree, "variant").at(("a", 1, "b")).layer == "variant"
    assert tree.at(("a", 1, "b")).layer == "scenario"
