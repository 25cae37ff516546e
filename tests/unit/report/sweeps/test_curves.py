"""Curves, surfaces and clouds of a sweep hold the means of its points."""

from __future__ import annotations

import pytest

from dcsim.report.section import ALL, Chart, HeatMap
from dcsim.report.sweeps.curves import curves
from dcsim.report.sweeps.view import SweepView
from tests.unit.report.sweeps.conftest import NOISE, cost_and_staleness, grid, make_sweep


def test_lines_and_surface(study):
    lines, surface = curves(SweepView(study), "cost")
    assert isinstance(lines, Chart)
    assert isinstance(surface, HeatMap)
    assert lines.x.title == "fleet.hosts"  # the strongest lies along the axis
    assert lines.filters == ("region", "placement")
    series = next(each for each in lines.series if each.name == "notice 5 min")
    assert dict(series.facets) == {"region": ALL, "placement": "packed"}
    assert list(series.x) == [1.0, 2.0, 4.0]
    assert list(series.y) == [100.0, 110.0, 130.0]
    assert series.high[0] - series.y[0] == pytest.approx(12.706, abs=1e-3)
    halves = [each for each in lines.series if each.facets["region"] == "Lulea" and each.name == "notice 5 min"]
    assert [list(each.y) for each in halves] == [[50.0, 55.0, 65.0]] * 2
    whole = next(layer for layer in surface.layers if layer.facets == {"region": ALL, "placement": "spread"})
    assert (whole.x, whole.rows) == (["1", "2", "4"], ["0", "5 min", "10 min"])
    assert whole.values[2] == [90.0, 100.0, 120.0]
    assert whole.details[2][0].startswith("90 ± 12.7")


def test_nothing_is_drawn_of_what_does_not_move(study):
    assert curves(SweepView(study), "staleness_mean") == []


def test_words_become_bars_and_gaps_stay_gaps():
    def answer(setting, replica):
        return [("cost", "USD", {"packed": 3.0, "spread": 5.0}[setting["placement"]] + NOISE[replica], None, None)]

    settings = grid(placement=("packed", "spread", "random"))
    sweep = make_sweep(settings, answer, failed={(2, 0), (2, 1)})
    (chart,) = curves(SweepView(sweep), "cost")
    (series,) = chart.series
    assert (series.form, series.x, series.y) == ("bar", ["packed", "spread", "random"], [3.0, 5.0, None])
    assert series.low[2] is None
    assert series.details[2] == "no result"


def test_the_weakest_are_averaged_over_where_there_are_too_many():
    def answer(setting, replica):
        digits = sum(10.0**place * float(setting[name]) for place, name in enumerate("abcde"))
        return [("cost", "USD", digits, None, None)]

    five = tuple(map(str, range(5)))
    sweep = make_sweep(grid(a=("0", "1", "2"), b=five, c=five, d=five, e=five), answer, replicas=1)
    chart, _surface = curves(SweepView(sweep), "cost")
    assert (chart.x.title, chart.filters) == ("e", ("c", "b"))
    assert chart.note == "Averaged over all values of a."
    series = next(each for each in chart.series if each.name == "d 2" and each.facets == {"c": "1", "b": "3"})
    assert list(series.y) == [10_000.0 * e + 2131.0 for e in range(5)]
    assert series.low == []


def test_drawn_settings_are_points():
    settings = [{"fleet.hosts": f"{1 + k / 7:.4f}", "harvest.notice": f"{(k * 7) % 20}.5 min"} for k in range(20)]
    spans = {"fleet.hosts": "1..4", "harvest.notice": "0..20 min"}
    sweep = make_sweep(settings, cost_and_staleness, design="latin_hypercube", set=spans)
    first, second = curves(SweepView(sweep), "cost")
    assert [first.x.title, second.x.title] == ["harvest.notice", "fleet.hosts"]
    assert first.series[0].form == "points"
    assert len(first.series[0].x) == 20
    assert first.series[0].details[3] == "setting 3"


@pytest.mark.parametrize(
    ("values", "kind"),
    [(("1", "10", "100"), "log"), (("1", "2", "4", "8", "16"), "log"), (("0", "10", "100"), "linear"),
     (("10", "20", "30"), "linear"), (("1", "50", "100"), "linear")],
)  # fmt: skip
def test_axes_are_logarithmic_where_the_values_are(values, kind):
    sweep = make_sweep([{"p": value} for value in values], lambda s, _: [("cost", "USD", float(s["p"]), None, None)])
    (chart,) = curves(SweepView(sweep), "cost")
    assert chart.x.kind == kind


def test_a_fine_grid_is_a_surface():
    settings = grid(fleet__hosts=tuple(map(str, range(1, 21))), harvest__notice=tuple(f"{k} min" for k in range(70)))
    lines, surface = curves(SweepView(make_sweep(settings, cost_and_staleness, replicas=1)), "cost")
    (series,) = (each for each in lines.series if each.facets == {"region": ALL})
    assert list(series.y)[:2] == [110.0 - 69.0 - 1.0, 120.0 - 69.0 - 1.0]  # the mean of 2 x notice is 69, the noise -1
    assert "Averaged over all values of harvest.notice." in lines.note
    assert surface.note == ""
    layer = surface.layers[0]
    assert (len(layer.x), len(layer.rows)) == (20, 70)
