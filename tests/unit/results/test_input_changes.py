"""Every value that differs is told once, with where it came from."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from dcsim.resolve import resolve
from dcsim.results.input_changes import input_changes, value_text


def told(a, b):
    return [(change.path, change.kind, change.a, change.b) for change in input_changes(a, b)]


def test_a_value_a_mapping_and_an_element():
    a = {"x": {"y": 1, "z": [1, 2]}, "only": {"here": 1}}
    b = {"x": {"y": 2, "z": [1, 3]}, "there": [5]}
    assert told(a, b) == [
        ("x.y", "changed", 1, 2),
        ("x.z[1]", "changed", 2, 3),
        ("only", "only in A", {"here": 1}, None),
        ("there", "only in B", None, [5]),
    ]


def test_an_element_in_the_middle_is_one_change():
    drills = [{"kind": kind, "at": at} for kind, at in (("a", 1), ("b", 2), ("c", 3))]
    assert told({"d": [drills[0], drills[2]]}, {"d": drills}) == [("d[1]", "only in B", None, drills[1])]
    assert told({"d": drills}, {"d": [drills[0], drills[2]]}) == [("d[1]", "only in A", drills[1], None)]


def test_a_section_that_one_side_leaves_unset_is_told_value_by_value():
    a = {"fleet": {"nic": None, "x": 1}}
    b = {"fleet": {"nic": {"bandwidth": "12500000000.0 B/s", "latency": None, "deep": {"y": "60.0 s"}}, "x": 1}}
    assert [(each.path, each.text) for each in input_changes(a, b)] == [
        ("fleet.nic.bandwidth", "not set -> 100 Gbit/s"), ("fleet.nic.deep.y", "not set -> 1 min"),
    ]  # fmt: skip
    assert [each.text for each in input_changes(b, a)] == ["100 Gbit/s -> not set", "1 min -> not set"]
    assert told({"x": None}, {"x": {"y": None}}) == [("x", "changed", None, {"y": None})]


def test_values_are_told_as_people_write_them():
    a, b = resolve("minimal"), resolve("minimal", sets=["harvest.notice=10 min", "harvest.reserve=20 %"])
    texts = {each.path: each.text for each in input_changes(a.data, b.data)}
    assert texts == {"harvest.notice": "2 min -> 10 min", "harvest.reserve": "5 % -> 20 %"}


def test_an_element_is_told_without_what_is_not_set_and_without_sources():
    drill = {"title": "Dark", "source": "a book", "at": "43200.0 s", "region": None}
    assert [each.text for each in input_changes({"d": []}, {"d": [drill]})] == ["{title: Dark, at: 12 h} (only in B)"]


def test_kinds_of_values_are_told_apart():
    assert told({"x": 1}, {"x": True}) == [("x", "changed", 1, True)]
    assert told({"x": None}, {"x": "none"}) == [("x", "changed", None, "none")]


def test_seeds_are_paired_and_notes_come_last():
    a = {"seed": 1, "resolved": True, "name": "a", "e": {"title": "A", "source": "x", "value": 1, "seed": 3}}
    b = {"seed": 2, "name": "b", "e": {"title": "B", "source": "x", "value": 2, "seed": 4}}
    found = input_changes(a, b)
    assert [(each.path, each.is_note) for each in found] == [
        ("e.value", False), ("e.seed", False), ("name", True), ("e.title", True),
    ]  # fmt: skip


def test_a_stored_scenario_tells_what_its_entry_says():
    entry = {"source": "a book", "assumption": None, "sources": {}, "assumptions": {"price": "a guess"}}
    a, b = ({"catalog": {"nic": {**entry, "price": price, "speed": {"up": price}}}} for price in (1, 2))
    price, speed = input_changes(a, b)
    assert price.from_a == price.from_b == "the entry says assumption: a guess"
    assert speed.path == "catalog.nic.speed.up"
    assert speed.from_a == "the entry says source: a book"


def test_layers_of_a_resolved_scenario():
    a, b = resolve("minimal"), resolve("minimal", sets=["harvest.notice=3 min"], variant="save_on_notice")

    def origin(resolved):
        return lambda path: resolved.origins.origin(path).layer

    found = {each.path: (each.from_a, each.from_b) for each in input_changes(a.data, b.data, origin(a), origin(b))}
    assert found == {
        "harvest.notice": ("scenario", "--set"),
        "catalog.training.harvest_dual_socket.on_notice": ("scenario", "variant"),
    }


trees = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.sampled_from("abc"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3),
    max_leaves=10,
)


documents = st.dictionaries(st.sampled_from("xyz"), trees, max_size=3)


def same(a, b):
    """Whether two trees are equal, True and 1 told apart."""
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@given(documents, documents)
def test_there_are_changes_exactly_where_scenarios_differ(a, b):
    assert input_changes(a, a) == ()
    found = input_changes(a, b)
    assert bool(found) is not same(a, b)
    assert len({(each.path, each.kind) for each in found}) == len(found)


def test_long_values_are_cut():
    assert len(value_text({"a": "x" * 100})) == 60
    assert value_text(True) == "yes"
