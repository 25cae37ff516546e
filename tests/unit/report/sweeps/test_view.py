"""Parameters and outcomes of a sweep as its report sees them."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.report.sweeps.view import SweepView
from dcsim.sweeps.axes import numbers as results_numbers
from tests.unit.report.sweeps.conftest import cost_and_staleness, grid, make_sweep


def _single(texts):
    sweep = make_sweep([{"p": text} for text in texts], lambda *_: [("cost", "USD", 1.0, None, None)])
    return SweepView(sweep).parameters


def test_numbers_of_one_unit_are_numbers_and_zero_needs_no_unit(study):
    hosts, notice, placement = SweepView(study).parameters
    assert (notice.values, notice.positions, notice.unit) == (("0", "5 min", "10 min"), [0.0, 5.0, 10.0], "min")
    assert hosts.numbers.tolist()[::6] == [1.0, 2.0, 4.0]
    assert hosts.codes.tolist()[::6] == [0, 1, 2]
    assert placement.numbers is None
    assert (notice.short, hosts.short, placement.short) == ("notice", "hosts", "placement")


@pytest.mark.parametrize("texts", [("5 W", "1 h"), ("1", "2 min"), ("1", "many"), ("10:30", "11:30"), ("3 x", "4 x")])
def test_other_values_are_words_in_their_order(texts):
    (parameter,) = _single(texts)
    assert parameter.numbers is None
    assert parameter.values == texts
    assert parameter.positions == [0.0, 1.0]


@pytest.mark.parametrize(("texts", "numbers", "unit"), [
    (("500 Mbit/s", "1 Gbit/s"), [500.0, 1000.0], "Mbit/s"),
    (("1 h", "5 min", "0"), [1.0, 5.0 / 60.0, 0.0], "h"),
    (("5 %", "0.1"), [5.0, 10.0], "%"),
    (("1 GB/s", "16 Gbit/s"), [1.0, 2.0], "GB/s"),
])  # fmt: skip
def test_quantities_of_one_dimension_are_numbers_in_the_unit_of_the_first(texts, numbers, unit):
    (parameter,) = _single(texts)
    assert parameter.numbers.tolist() == pytest.approx(numbers)
    assert parameter.unit == unit


@pytest.mark.parametrize("texts", [
    ("500 Mbit/s", "1 Gbit/s"), ("5 min", "1 h"), ("5 %", "0.1"), ("5 W", "1 h"), ("1", "2 min"), ("3 x", "4 x"),
    ("0.07 USD/kWh", "1 USD/J"), ("1", "2.5"), ("a", "b"), ("1 GiB", "80 GB"), ("10:30", "11:30"), ("1 /s", "1 /h"),
])  # fmt: skip
def test_what_is_a_number_to_the_results_is_one_to_the_report(texts):
    (parameter,) = _single(texts)
    known = results_numbers(texts)
    assert (parameter.numbers is None) == (known is None)
    if known is not None:
        ratios = np.array(known[0]) / parameter.numbers
        assert ratios == pytest.approx([ratios[0]] * len(texts))


def test_numbers_rise_whatever_order_they_were_written_in():
    (parameter,) = _single(("1e2 Gbit/s", "25 Gbit/s", "-.5 Gbit/s"))
    assert parameter.values == ("-.5 Gbit/s", "25 Gbit/s", "1e2 Gbit/s")
    assert parameter.codes.tolist() == [2, 1, 0]


def _asked(given, design):
    settings = [{"p": f"{k / 10} %"} for k in range(100)]
    sweep = make_sweep(settings, lambda *_: [("cost", "USD", 1.0, None, None)], design=design, set={"p": given})
    (parameter,) = SweepView(sweep).parameters
    return parameter


@pytest.mark.parametrize("span", ["0..9.9 %", "0.1..9.9:log %", {"from": "0 %", "to": "9.9 %"}])
def test_many_values_of_a_span_are_grouped_in_fifths(span):
    parameter = _asked(span, "latin_hypercube")
    assert parameter.many
    assert np.bincount(parameter.groups).tolist() == [20] * 5
    assert parameter.group_name(0) == "0 to 1.9 %"


@pytest.mark.parametrize(
    ("given", "design"),
    [("0..9.9:0.1 %", "grid"), ("0..9.9:0.1 %", "sobol"), ([f"{k / 10} %" for k in range(100)], "sobol"),
     ({"from": "0 %", "to": "9.9 %", "step": "0.1 %"}, "sobol"), ("0.1..9.9:log100 %", "sobol"),
     ("1..8:x2 %", "sobol"), ("0 %,0.1 %", "sobol")],
)  # fmt: skip
def test_chosen_values_are_never_pooled(given, design):
    parameter = _asked(given, design)
    assert not parameter.many
    assert parameter.groups.tolist() == list(range(100))
    assert parameter.group_name(3) == "0.3 %"


def test_outcomes_by_setting_and_replica(study):
    view = SweepView(study)
    (cost,) = view.totals["cost"]
    assert cost.values[0].tolist() == [109.0, 111.0]  # 1 host, no notice, packed
    assert cost.means[5] == 90.0  # 1 host, 10 min, spread
    assert cost.intervals[0].half_width == pytest.approx(12.706, abs=1e-3)  # t(1) = 12.706, s = sqrt 2
    assert [part.dimensions for part in view.parts("cost")] == [(("region", "lulea"),), (("region", "prineville"),)]
    assert [each.name for each in view.totals["staleness_mean"]] == ["Staleness mean (Ads)", "Staleness mean (Search)"]
    assert [each.moves for each in view.totals["staleness_mean"]] == [False, False]
    assert view.parts("staleness_mean") == []


def test_failed_points_are_gaps():
    settings = grid(fleet__hosts=("1", "2"), harvest__notice=("0",))
    view = SweepView(make_sweep(settings, cost_and_staleness, failed={(0, 0), (0, 1), (1, 0)}))
    (cost,) = view.totals["cost"]
    assert np.isnan(cost.values[0]).all()
    assert cost.intervals[0] is None
    assert cost.intervals[1].half_width is None
    assert [each.name for each in view.varied] == ["fleet.hosts"]


def test_metrics_are_those_that_were_asked_for():
    def answer(setting, replica):
        return [*cost_and_staleness(setting, replica), ("odd", "", 1.0, None, None)]

    settings = grid(fleet__hosts=("1", "2"), harvest__notice=("0",))
    view = SweepView(make_sweep(settings, answer))
    assert (view.metrics, view.left_out) == (["staleness_mean", "cost"], ["odd"])
    asked = SweepView(make_sweep(settings, answer, metrics=["odd", "cost"]))
    assert asked.metrics == ["cost", "staleness_mean", "odd"]
