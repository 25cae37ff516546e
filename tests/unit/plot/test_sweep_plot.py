"""Pictures of sweeps show the means and intervals of the results."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure

from dcsim.errors import InputError
from dcsim.plot.sweep import sweep as plot
from dcsim.results.sweep import Sweep


class _Made(Sweep):
    """A sweep from values by parameters instead of a directory."""

    def __init__(self, units, values, design="grid"):
        settings = list(values)
        rows, written = [], []
        for setting, place in enumerate(settings):
            shared = {"setting": setting, **dict(zip(units, place, strict=True))}
            written.append({**shared, **{name: str(value) for name, value in zip(units, place, strict=True)}})
            for seed, value in enumerate(values[place]):
                point = {**shared, "replica": seed, "seed": seed}
                rows.append({**point, "metric": "wait", "unit": "s", "value": value})
        self.path = "made"
        self.__dict__.update(
            frame=pd.DataFrame(rows).astype({"metric": "category", "unit": "category"}),
            parameters=units, dimensions=(),
            settings=pd.DataFrame(written).set_index("setting"), spec={"design": design},
        )  # fmt: skip


def test_one_number_is_a_line_with_a_band():
    made = _Made({"rate": "B/s"}, {(1.25e9 * k,): [60.0 * k, 120.0 * k] for k in (1, 2, 3)})
    figure = plot(made, "wait")
    (panel,) = figure.axes
    (line,) = panel.lines
    assert line.get_xdata() == pytest.approx([10.0, 20.0, 30.0])
    assert line.get_ydata() == pytest.approx([1.5, 3.0, 4.5])
    assert panel.get_xlabel() == "rate (Gbit/s)"
    assert panel.get_ylabel() == "min"
    assert len(panel.collections) == 1


def test_a_second_parameter_makes_a_line_for_each_of_its_values():
    values = {(x, by): [x * (2.0 if by == "b" else 1.0)] for x in (1.0, 2.0, 4.0, 16.0) for by in ("a", "b")}
    figure = plot(_Made({"x": "", "by": None}, values), "wait")
    (panel,) = figure.axes
    assert [line.get_label() for line in panel.lines] == ["a", "b"]
    assert panel.lines[1].get_ydata() == pytest.approx([2.0, 4.0, 8.0, 32.0])
    assert panel.get_xscale() == "log"
    other = plot(_Made({"x": "", "by": None}, values), "wait", x="by").axes[0]
    assert [text.get_text() for text in other.get_xticklabels()] == ["a", "b"]


def test_two_numbers_span_a_surface():
    values = {(x, y): [x + 10.0 * y] for x in (1.0, 2.0) for y in np.linspace(0.0, 0.9, 10)}
    panel, bar = plot(_Made({"x": "", "y": "ratio"}, values), "wait", x="x", by="y").axes
    mesh = next(each for each in panel.collections if isinstance(each, QuadMesh))
    expected = [[1.0 + 10.0 * y, 2.0 + 10.0 * y] for y in np.linspace(0.0, 0.9, 10)]
    assert np.asarray(mesh.get_array()).reshape(10, 2) == pytest.approx(np.array(expected))
    assert panel.get_ylabel() == "y (%)"
    assert bar.get_ylabel() == "s"


def test_drawn_settings_are_points_and_a_single_one_has_its_interval():
    drawn = _Made({"x": ""}, {(x,): [x] for x in (0.3, 0.1, 0.7)}, design="sobol")
    (line,) = plot(drawn, "wait").axes[0].lines
    assert line.get_linestyle() == "None"
    single = plot(_Made({}, {(): [1.0, 2.0, 3.0]}), "wait").axes[0]
    assert single.containers[0].lines[0].get_ydata() == pytest.approx([2.0])


def test_it_draws_into_axes_of_ones_own_and_refuses_what_is_not_there():
    made = _Made({"x": ""}, {(1.0,): [1.0], (2.0,): [2.0]})
    panel = Figure().subplots()
    assert plot(made, "wait", ax=panel) is panel.figure
    assert len(panel.lines) == 1
    with pytest.raises(InputError, match="unknown metric 'wai'"):
        plot(made, "wai")
    with pytest.raises(InputError, match="unknown parameter 'y'"):
        plot(made, "wait", x="y")
