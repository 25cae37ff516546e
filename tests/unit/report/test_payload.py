"""Charts become data: short, in units that fit, and refused where they do not hold together."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.report.filters import filter_markup
from dcsim.report.payload import choices, payload
from dcsim.report.section import ALL, Axis, Chart, HeatMap, Layer, Mark, Page, Section, Series
from dcsim.report.wording import human

TIME, POWER = Axis("time", kind="time"), Axis("power", "W", from_zero=True)


def _page(*blocks):
    return Page("t", "", (Section("s", "S", "", blocks),))


def test_positions_are_told_once_and_even_ones_in_short():
    times = tuple(1000.0 * k for k in range(5))
    odd = np.array([0.5, 2.0])
    chart = Chart("a", "A", TIME, POWER, (
        Series("one", times, [1e6] * 5), Series("two", list(times), [2e6, None, np.nan, 0.0, 1.0]),
        Series("three", odd, [1.0, 2.0]),
    ))  # fmt: skip
    told = payload(_page(chart))
    assert told["positions"] == [{"from": 0, "step": 1000, "count": 5}, [0.5, 2]]
    series = told["charts"]["a"]["series"]
    assert [each["x"] for each in series] == [0, 0, 1]
    assert series[1]["y"] == [2, None, None, 0, 1e-06]
    assert told["charts"]["a"]["y"] == {"title": "power", "unit": "MW", "kind": "linear", "zero": True}


def test_lines_across_are_in_the_units_of_the_axis_and_stretches_in_those_of_time():
    marks = (Mark("budget", 5e5, 5e5, across=True), Mark("drill", 1000.0, 2000.0, facets={"region": "x"}))
    chart = Chart("a", "A", TIME, POWER, (Series("one", [0.0], [2e6], low=[1e6], high=[3e9]),), marks=marks)
    told = payload(_page(chart))["charts"]["a"]
    assert [(mark["begin"], mark["end"]) for mark in told["marks"]] == [(0.0005, 0.0005), (1000.0, 2000.0)]
    assert told["series"][0]["high"] == [3]  # the band decides on the unit too: GW


def test_lying_bars_scale_along_x_and_each_side_has_its_own_unit():
    bars = Series("b", ("x", "y"), [0.25, 0.5], "bar")
    chart = Chart("a", "A", Axis("share", "ratio"), Axis("", kind="category"), (bars,), horizontal=True)
    told = payload(_page(chart))["charts"]["a"]
    assert told["x"]["unit"] == "%"
    assert told["series"][0]["y"] == [25, 50]
    both = Chart("c", "C", TIME, POWER, (Series("p", [0.0], [2e9]), Series("q", [0.0], [0.5], second_axis=True)),
                 y2=Axis("share", "ratio"))  # fmt: skip
    told = payload(_page(both))["charts"]["c"]
    assert (told["y"]["unit"], told["y2"]["unit"]) == ("GW", "%")
    assert [each["y"] for each in told["series"]] == [[2], [50]]


def test_heat_maps():
    layer = Layer((1.0, 2.0), ("r",), ((7200.0, None),), {"k": "v"}, (("x", "y"),))
    block = HeatMap("h", "H", Axis("at", "s"), Axis("row", kind="category"), Axis("age", "s"), (layer,), filters=("k",))
    told = payload(_page(block))["charts"]["h"]
    assert told["colour"]["unit"] == "h"
    assert told["layers"][0]["values"] == [[2, None]]


def test_choices_have_all_first():
    series = [Series(name, [0.0], [0.0], facets={"region": name}) for name in ("b", ALL, "a", "b")]
    chart = Chart("a", "A", TIME, POWER, (*series, Series("other", [0.0], [0.0])))
    assert choices(chart, "region") == [ALL, "b", "a"]


@pytest.mark.parametrize("name", ["all", " all", "_all", "All", "\x1fall"])
def test_no_label_is_taken_for_all_together(name):
    assert human(name) != ALL
    series = [Series(label, [0.0], [0.0], facets={"region": label}) for label in (ALL, human(name))]
    assert choices(Chart("a", "A", TIME, POWER, tuple(series)), "region") == [ALL, human(name)]
    markup = filter_markup("region", [ALL, human(name)])
    assert markup.count("<option") == 2
    assert markup.count(f'value="{ALL}"') == 1
    assert markup.count("all regions") == 1


@pytest.mark.parametrize(
    "series",
    [
        Series("one", [0.0, 1.0], [0.0]),
        Series("one", [0.0], [0.0], low=[0.0, 1.0]),
        Series("one", [0.0], [0.0], details=("a", "b")),
    ],
)
def test_numbers_that_do_not_match_are_refused(series):
    with pytest.raises(ValueError, match="'one' of chart 'a'"):
        payload(_page(Chart("a", "A", TIME, POWER, (series,))))


def test_cells_that_do_not_match_are_refused():
    layer = Layer((1.0, 2.0), ("r",), ((1.0,),))
    block = HeatMap("h", "H", TIME, Axis("", kind="category"), Axis("age", "s"), (layer,))
    with pytest.raises(ValueError, match="heat map 'h'"):
        payload(_page(block))


def test_equal_ids_are_refused():
    chart = Chart("a", "A", TIME, POWER, ())
    with pytest.raises(ValueError, match="two charts are called 'a'"):
        payload(_page(chart, chart))
