"""Real differences are named so, luck is not, and what is equal is the same."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.results.compare import VERDICTS, Comparison, compare_rows
from dcsim.results.headline import Summing, row_label, row_of
from dcsim.results.input_changes import Change

COST, JOBS, PART = ("cost", ()), ("jobs", ()), ("cost", (("region", "lulea"),))


def one(a, b, row=COST, unit="USD", **options):
    """Compare one row, given its values by seed."""
    sides = [{seed: {row: value} for seed, value in enumerate(side)} for side in (a, b)]
    return compare_rows(*sides, {row: unit}, range(len(a)), **options)[0]


def test_verdicts_of_single_rows():
    assert one([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]).verdict == "same"
    assert one([1.0, 2.0, 3.0], [1.5, 2.5, 3.5]).verdict == "real"
    assert one([1.0, 2.0, 3.0], [2.0, 2.0, 2.5]).verdict == "noise"
    assert one([1.0, 2.0, 3.0, 4.0], [2.1, 3.0, 3.9, 5.0]).verdict == "real"
    assert one([1.0], [1.0]).verdict == "same"
    assert one([1.0], [2.0]).verdict == "unknown"


def test_rounding_is_no_difference():
    assert one([0.3, 1e9], [0.1 + 0.2, 1e9 + 1e-3]).verdict == "same"


def test_dust_of_large_terms_is_zero():
    total, rest = ("hours", ()), ("uncommitted", ())
    a, b = ({seed: {total: 300.0, rest: value} for seed in range(3)} for value in (1.6e-14, 0.0))
    found = {each.row: each for each in compare_rows(a, b, {total: "h", rest: "h"}, range(3))}
    assert found[rest].verdict == "same"
    assert found[rest].a == 0.0
    seconds = compare_rows(a, b, {total: "h", rest: "s"}, range(3), chosen={rest})
    assert [each.verdict for each in seconds] == ["real"]  # of its own unit it is the largest, so it is a value


def test_relative_differences():
    found = one([8.0, 12.0], [4.0, 6.0])
    assert found.relative == -0.5
    assert found.weight == 0.5
    assert one([-2.0], [-1.0]).relative == 0.5
    assert one([0.0, 0.0], [1.0, 1.0]).relative == np.inf
    assert one([0.0, 0.0], [0.0, 0.0]).relative == 0.0


def test_rows_of_one_side_only():
    a = {seed: {COST: 1.0 + seed} for seed in range(2)}
    b = {seed: {PART: 5.0} for seed in range(2)}
    found = {each.row: each for each in compare_rows(a, b, {COST: "USD", PART: "USD"}, [0, 1])}
    assert (found[COST].verdict, found[COST].a, found[COST].b) == ("only in A", 1.5, None)
    assert (found[PART].verdict, found[PART].a, found[PART].b) == ("only in B", None, 5.0)
    assert found[PART].relative is None


def test_a_row_that_some_runs_lack_is_compared_in_the_others():
    a = {0: {COST: 1.0}, 1: {COST: 2.0}, 2: {}}
    b = {0: {COST: 2.0}, 1: {COST: 3.0}, 2: {COST: 9.0}}
    found = compare_rows(a, b, {COST: "USD"}, [0, 1, 2])[0]
    assert (found.paired.number, found.paired.mean, found.verdict) == (2, 1.0, "real")
    same = compare_rows(a, {**a, 2: {COST: 9.0}}, {COST: "USD"}, [0, 1, 2])[0]
    assert same.verdict == "noise"  # equal where both have it, but one has it once more


def test_counts_of_what_did_not_happen_are_zero():
    done = ("jobs", (("outcome", "done"),))
    lost = ("jobs", (("outcome", "lost"),))
    a = {seed: {done: 5.0} for seed in range(3)}
    b = {0: {done: 5.0, lost: 1.0}, 1: {done: 5.0}, 2: {}}
    found = {each.row: each for each in compare_rows(a, b, {done: "jobs", lost: "jobs"}, [0, 1, 2])}
    assert (found[lost].a, found[lost].b, found[lost].paired.number) == (0.0, 0.5, 2)
    assert found[done].paired.number == 2  # a run without the metric says nothing of it


def test_order_and_sums():
    units = {COST: "USD", PART: "USD", JOBS: "jobs"}
    a = {seed: {COST: 10.0, PART: 4.0, JOBS: 5.0} for seed in range(3)}
    b = {seed: {COST: 11.0, PART: 8.0, JOBS: 5.0 + (seed == 1)} for seed in range(3)}
    found = compare_rows(a, b, units, range(3))
    assert [(each.row, each.verdict, each.is_sum) for each in found] == [
        (PART, "real", False), (COST, "real", True), (JOBS, "noise", True),
    ]  # fmt: skip


def test_of_many_rows_that_differ_by_luck_hardly_any_is_named_real():
    random = np.random.default_rng(1)
    named = []
    for _ in range(20):
        rows = [("m", (("n", str(number)),)) for number in range(200)]
        a, b = ({seed: dict(zip(rows, random.normal(size=200), strict=True)) for seed in range(5)} for _ in range(2))
        verdicts = [each.verdict for each in compare_rows(a, b, dict.fromkeys(rows, ""), range(5))]
        named.append(verdicts.count("real"))
    assert np.mean(np.array(named) > 0) < 0.25  # 5 % of such comparisons name any; of 20 more than 4 in 1 of 400


@pytest.mark.parametrize("pairs", [2, 3, 5, 8])
def test_equal_fleets_hardly_ever_differ_in_counts(pairs):
    random = np.random.default_rng(pairs)
    rows = [("m", (("n", str(number)),)) for number in range(20)]
    named = 0
    for _ in range(60):
        a, b = random.poisson(0.5, (2, pairs, 20))
        sides = [
            {seed: dict(zip(rows, map(float, side[seed]), strict=True)) for seed in range(pairs)} for side in (a, b)
        ]
        verdicts = {each.verdict for each in compare_rows(*sides, dict.fromkeys(rows, "jobs"), range(pairs))}
        named += "real" in verdicts
    assert named <= 8  # 3 in 60 are promised; more than 8 in 1 of 250


def test_counts_that_differ_by_the_same_are_tested_with_the_others():
    assert one([3.0, 2.0, 4.0], [4.0, 3.0, 5.0], unit="jobs").verdict == "noise"  # 2 / 27
    assert one([3.0, 2.0, 4.0], [4.0, 3.0, 5.0], unit="h").verdict == "real"
    five = [3.0, 2.0, 4.0, 3.0, 3.0], [4.0, 3.0, 5.0, 4.0, 4.0]
    assert one(*five, unit="jobs").verdict == "real"  # 2 / 243
    rows = [("m", (("n", str(number)),)) for number in range(20)]
    random = np.random.default_rng(3)
    sides = [{seed: {JOBS: side[seed], **dict(zip(rows, random.normal(size=20), strict=True))} for seed in range(5)}
             for side in five]  # fmt: skip
    found = {each.row: each for each in compare_rows(*sides, dict.fromkeys(rows, "h") | {JOBS: "jobs"}, range(5))}
    assert found[JOBS].verdict == "noise"  # one in 121 is no wonder among 21


def test_certain_differences_do_not_soften_the_test_of_the_others():
    rows = [("m", (("n", str(number)),)) for number in range(50)]
    a = {seed: dict.fromkeys(rows, 1.0) | {COST: float(seed)} for seed in range(4)}
    b = {seed: dict.fromkeys(rows, 2.0) | {COST: seed + (0.1, 0.4, 0.2, 0.9)[seed]} for seed in range(4)}
    found = {each.row: each for each in compare_rows(a, b, dict.fromkeys(rows, "") | {COST: "USD"}, range(4))}
    assert 0.05 < found[COST].paired.p < 0.2
    assert found[COST].verdict == "noise"
    assert all(found[row].verdict == "real" for row in rows)


def test_a_comparison_as_frames():
    change = Change("x.y", "changed", 1, 2, "scenario a.yaml:3", "--set")
    a = {seed: {COST: 10.0, PART: 0.0} for seed in range(2)}
    b = {seed: {COST: 12.0, PART: 1.0} for seed in range(2)}
    found = Comparison("a", "b", (change,), compare_rows(a, b, {COST: "USD", PART: "USD"}, [0, 1]), (0, 1))
    assert found.records()[1] == {
        "metric": "cost", "region": None, "unit": "USD", "a": 10.0, "b": 12.0, "difference": 2.0, "half_width": 0.0,
        "relative": 0.2, "p": 0.0, "pairs": 2, "verdict": "real",
    }  # fmt: skip
    assert np.isnan(found.frame["relative"][0])  # from nothing to something
    assert found.changes.to_dict("records")[0]["from_b"] == "--set"
    assert [len(found.real), found.count("same")] == [2, 0]
    assert set(VERDICTS) >= {each.verdict for each in found.differences}


@pytest.mark.parametrize("value", [None, "lulea"])
def test_rows_and_their_names(value):
    row = row_of({"metric": "cost", "unit": "USD", "value": 1.0, "region": value})
    assert row == (COST if value is None else PART)
    assert row_label(row) == ("cost" if value is None else "cost region=lulea")
    assert Summing([COST, PART])(row) is (value is None)
