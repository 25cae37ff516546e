"""Scaling efficiencies of pairs of rows, worked out by hand."""

from __future__ import annotations

import pytest

from dcsim.validation.results import Result
from dcsim.validation.rows import Row
from dcsim.validation.scaling import scalings

STEP = {"model": "resnet50", "server": "dgx1_p100", "framework": "tensorflow"}


def step(gpus, quantity="throughput_per_s", **more):
    return {"step": {**STEP, "gpus": gpus, "quantity": quantity, **more}}


def result(name, form, published, predicted, unit="images/s"):
    row = Row(
        id=name, what="w", published=published, unit=unit, tolerance="5 %", source="s", tag="V", use="validate",
        predict=form,
    )  # fmt: skip
    return Result(row, "Topic", predicted)


def test_rates_of_more_devices_beside_the_fewest():
    found = scalings(
        [
            result("one", step(1), 100.0, 110.0),
            result("two", step(2), 190.0, 210.0),
            result("eight", step(8), 640.0, 792.0),
        ]
    )
    assert [(pair.row, pair.few, pair.many) for pair in found] == [("two", 1, 2), ("eight", 1, 8)]
    assert {pair.base for pair in found} == {"one"}
    assert [pair.published for pair in found] == pytest.approx([0.95, 0.8])
    assert [pair.predicted for pair in found] == pytest.approx([210 / 220, 0.9])
    assert found[1].points == pytest.approx(10.0)


def test_times_of_a_step_grow_as_efficiency_falls():
    (pair,) = scalings(
        [result("one", step(1, "step_s"), 0.1, 0.1, "s"), result("eight", step(8, "step_s"), 0.125, 0.11, "s")]
    )
    assert (pair.published, pair.predicted) == pytest.approx((0.8, 1 / 1.1))


def test_the_same_samples_of_all_are_comparable_too():
    one = result("one", step(1, "step_s", batch_per_device=128), 0.8, 0.8, "s")
    (pair,) = scalings([one, result("four", step(4, "step_s", batch_per_device=32), 0.25, 0.2, "s")])
    assert (pair.published, pair.predicted) == pytest.approx((0.8, 1.0))
    accumulated = result("four", step(4, "step_s", batch_per_device=16, accumulate=2), 0.25, 0.2, "s")
    assert scalings([one, accumulated])[0].published == pytest.approx(0.8)


def test_hosts_and_recipes():
    def recipe(hosts):
        asked = {**STEP, "hosts": hosts, "batch_per_device": 64 // hosts, "quantity": "step_s"}
        return {"learning": {"workload": "imagenet_resnet50", "epochs": 90.0, "step": asked, "quantity": "recipe_s"}}

    (pair,) = scalings([result("one", recipe(1), 80.0, 80.0, "h"), result("four", recipe(4), 25.0, 20.0, "h")])
    assert (pair.few, pair.many) == (1, 4)
    assert (pair.published, pair.predicted) == pytest.approx((0.8, 1.0))


def test_rows_that_differ_in_more_are_no_pair():
    one = result("one", step(1), 100.0, 100.0)
    others = [
        step(8, precision="mixed"), step(8, data="real"), step(8, batch_per_device=16), step(8, "step_s"),
        step(8, framework="pytorch"), step(1), {"step": {**STEP, "quantity": "throughput_per_s"}},
        step(8, "memory_bytes"), {"number": 3.0},
    ]  # fmt: skip
    for form in others:
        assert scalings([one, result("other", form, 700.0, 700.0)]) == []
    assert scalings([one, result("other", step(8), 700.0, 700.0, "sequences/s")]) == []


def test_a_row_that_compares_two_steps_is_a_pair_of_its_own():
    ratio = {"ratio": {"of": step(352, "step_s"), "over": step(8, "step_s")}}
    (pair,) = scalings([result("ratio", ratio, 1.25, 1.0, "x")])
    assert (pair.row, pair.base, pair.few, pair.many) == ("ratio", "ratio", 8, 352)
    assert (pair.published, pair.predicted) == pytest.approx((0.8, 1.0))
    rates = {"ratio": {"of": step(256), "over": step(8)}}
    (pair,) = scalings([result("rates", rates, 24.0, 32.0, "x")])
    assert (pair.published, pair.predicted) == pytest.approx((0.75, 1.0))
    other = {"ratio": {"of": step(8, precision="mixed"), "over": step(8)}}
    assert scalings([result("precision", other, 2.0, 2.0, "x")]) == []
