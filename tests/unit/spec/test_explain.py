from __future__ import annotations

import typing

import pytest
from pydantic import Field, ValidationError
from pydantic_core import PydanticKnownError, core_schema

from dcsim.spec.base import Name, PositiveInt, Ratio, Seconds, Spec
from dcsim.spec.explain import _reword, explain, fields_at, problem_at
from dcsim.spec.layered import merge
from dcsim.spec.resolved import ResolvedScenario
from dcsim.spec.suggest import Suggester
from dcsim.spec.yaml import parse_yaml


class _Leaf(Spec):
    length: Seconds
    share: Ratio = 0.5
    colour: typing.Literal["red", "blue"] = "red"


class _Top(Spec):
    count: PositiveInt
    leaf: _Leaf | None = None
    leaves: tuple[_Leaf, ...] = ()
    by_name: dict[Name, _Leaf] = Field(default_factory=dict)
    by_colour: dict[typing.Literal["red", "blue"], int] = Field(default_factory=dict)


def _told(text):
    tree = parse_yaml(text, "f.yaml")
    with pytest.raises(ValidationError) as caught:
        _Top.model_validate(tree.plain())
    return sorted(str(problem) for problem in explain(caught.value, tree, _Top))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{count: 0}", "f.yaml:1:9: count: must be 1 or more"),
        ("{count: 1.5}", "f.yaml:1:9: count: needs a whole number without a unit, not 1.5"),
        ("{count: 3 h}", "f.yaml:1:9: count: needs a whole number without a unit, not '3 h'"),
        ("{count: true}", "f.yaml:1:9: count: needs a whole number without a unit, not true"),
        ("{count: [1]}", "f.yaml:1:9: count: needs a whole number without a unit, not a list"),
        ("{leaf: null}", "f.yaml:1:1: count: needs a value; add 'count:'"),
        ("{count: 1, leaf: {}}", "f.yaml:1:12: leaf.length: needs a value; add 'length:'"),
        ("{count: 1, leaf: 5}", "f.yaml:1:18: leaf: needs fields ('name: value'), not 5"),
        ("{count: 1, leaf: {length: 5}}", "f.yaml:1:27: leaf.length: needs a number and a unit, such as '250 ms'"),
        ("{count: 1, leaf: {length: 1 s, lenght: 2}}",
         "f.yaml:1:32: leaf.lenght: unknown field; did you mean 'length'?"),
        ("{count: 1, leaf: {length: 1 s, x: 2}}", "f.yaml:1:32: leaf.x: unknown field; known: colour, length, share"),
        ("{count: 1, leaf: {length: 1 s, share: 2}}", "f.yaml:1:39: leaf.share: must be 1 or less"),
        (
            "{count: 1, leaf: {length: 1 s, colour: bleu}}",
            "f.yaml:1:40: leaf.colour: must be red or blue, not 'bleu'; did you mean 'blue'?",
        ),
        ("{count: 1, leaves: {a: b}}", "f.yaml:1:20: leaves: needs a list ('- value'), not a mapping"),
        ("{count: 1, leaves: [{length: 1 W}]}",
         "f.yaml:1:30: leaves[0].length: 'W' is a unit of power, not of time; write it as '250 ms'"),
        ("{count: 1, by_name: [a]}", "f.yaml:1:21: by_name: needs a mapping ('name: value'), not a list"),
        ("{count: 1, by_name: {A: {length: 1 s}}}", "f.yaml:1:22: by_name.A: must be a name: lower-case letters, "
         "digits and underscores, beginning with a letter, not 'A'"),
        ("{count: 1, by_colour: {bleu: 1}}",
         "f.yaml:1:24: by_colour.bleu: must be red or blue, not 'bleu'; did you mean 'blue'?"),
    ],
)  # fmt: skip
def test_problem_says_where_what_and_the_fix(text, said):
    assert _told(text) == [said]


def test_all_problems_of_a_tree_are_told():
    assert (
        len(_told("{count: -1, leaf: {length: 0 s, share: x}, leaves: [{}, {length: 1 s, hue: red}], by_name: 7}")) == 6
    )


def test_missing_values_of_a_partial_tree_are_passed_over():
    tree = parse_yaml("{leaf: {share: 7}}", "f.yaml")
    with pytest.raises(ValidationError) as caught:
        _Top.model_validate(tree.plain())
    (only,) = explain(caught.value, tree, _Top, partial=True)
    assert only.path == "leaf.share"


KINDS = typing.get_args(core_schema.ErrorType)
CONTEXT = {
    "gt": 1, "ge": 1, "lt": 1, "le": 1, "multiple_of": 2, "min_length": 1, "max_length": 2, "error": "x",
    "field_type": "list", "actual_length": 3, "pattern": "x", "class": "X", "method_name": "x", "encoding": "x",
    "expected": "'a'", "encoding_error": "x", "function_name": "x", "class_name": "X", "discriminator": "x", "tag": "x",
    "expected_tags": "x",
    "tz_expected": 1, "tz_actual": 2, "mapping_type": "x", "expected_version": 4, "expected_schemes": "x",
    "max_digits": 3, "decimal_places": 1, "whole_digits": 2, "attribute": "x", "name": "x",
}  # fmt: skip


@pytest.mark.parametrize("kind", KINDS)
def test_no_error_speaks_the_language_of_the_library(kind):
    detail = {"type": kind, "loc": ("a", "b"), "input": 5, "ctx": CONTEXT, "msg": ""}
    said = _reword(detail)
    assert said
    try:
        library = str(PydanticKnownError(kind, CONTEXT).message())
    except (TypeError, ValueError):
        library = kind
    assert said.lower() != library.lower()
    assert not {"input", "pydantic", "valid", "dict", "tuple", "None", "instance"} & set(said.split())


def test_fields_at_a_path():
    assert fields_at(ResolvedScenario, ("drills", 0)) == ["at", "kind", "lasts", "notice", "region"]
    assert "idle_power" in fields_at(ResolvedScenario, ("catalog", "servers", "leopard"))
    assert "reserve" in fields_at(ResolvedScenario, ("harvest",))
    assert fields_at(ResolvedScenario, ("name", "x")) == []


def test_a_profile_is_told_by_its_own_paths_and_a_user_by_the_users():
    low = parse_yaml("{staleness: {target: 5}, dataset: x}", "profile.yaml", layer="profile")
    high = parse_yaml("{services: {ads: {dataset: y}}}", "scenario.yaml")
    high.value["services"].value["ads"] = merge(low, high.at(("services", "ads")))
    path = ("services", "ads", "staleness", "target")
    assert str(problem_at(high, path, "m")) == "profile.yaml:1:22: staleness.target: m"
    assert str(problem_at(high, path, "m", own=True)) == "scenario.yaml:1:13: services.ads.staleness.target: m"
    assert str(problem_at(high, ("services", "ads", "dataset"), "m")) == "scenario.yaml:1:28: services.ads.dataset: m"


def test_suggestions_stop_when_there_are_too_many_questions():
    ask = Suggester(limit=1)
    assert ask("rad", ["red"]) == "did you mean 'red'?"
    assert ask("rad", ["red"]) == "known: red"
    assert Suggester()("x", []) == "none is known here"
    assert Suggester()("q", [f"a{i}" for i in range(30)]).endswith("... (30 in all)")
