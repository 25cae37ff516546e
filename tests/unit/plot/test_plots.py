"""The pictures show the run's numbers."""

from __future__ import annotations

import inspect
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure

from dcsim import plot
from dcsim.results.run import Run
from dcsim.trace.recorder import Recorder
from dcsim.trace.store import RunDirectory


def labels(axes):
    return axes.get_legend_handles_labels()[1]


def line(axes, label):
    (found,) = [each for each in axes.get_lines() if each.get_label() == label]
    return found.get_xdata(), found.get_ydata()


def stairs(axes, label):
    (found,) = [each for each in axes.patches if each.get_label() == label]
    return found.get_data()


OF_RUNS = sorted({*plot.__all__} - {"sweep"})


@pytest.mark.parametrize("name", OF_RUNS)
def test_draws_without_a_display_and_without_windows(sample_run, name, tmp_path):
    figure = getattr(plot, name)(sample_run)
    figure.savefig(tmp_path / "picture.png")
    assert (tmp_path / "picture.png").stat().st_size > 5000
    pyplot = sys.modules.get("matplotlib.pyplot")
    assert pyplot is None or not pyplot.get_fignums()


OFF_PEAK = {"best_checkpoint", "free_hosts", "harvest_curve"}
"""Pictures that are not of the course of a run."""


@pytest.mark.parametrize("name", sorted({*OF_RUNS} - OFF_PEAK))
def test_shades_drills_over_hours(sample_run, name):
    for panel in getattr(plot, name)(sample_run).axes:
        assert panel.get_xlim() == (0.0, 4.0)
        assert "region_loss altoona" in labels(panel)
        (shade,) = [each for each in panel.patches if each.get_label() == "region_loss altoona"]
        assert (shade.get_x(), shade.get_width()) == (2.0, 1.0)


PANELS = {"harvest": 2, "links": 1, "load_and_capacity": 2, "queue": 1, "staleness": 3}


@pytest.mark.parametrize(("name", "count"), PANELS.items())
def test_draws_into_given_axes(sample_run, name, count):
    figure = Figure()
    panels = np.atleast_1d(figure.subplots(count))
    assert getattr(plot, name)(sample_run, panels if count > 1 else panels[0]) is figure
    assert all(panel.has_data() for panel in panels)


@pytest.mark.parametrize("name", OF_RUNS)
def test_one_axes_is_divided_where_several_panels_are_needed(sample_run, name):
    figure = Figure(figsize=(12, 8), layout="constrained")
    before, given = figure.subplots(1, 2)
    before.plot([0.0, 1.0])
    assert getattr(plot, name)(sample_run, ax=given) is figure
    drawn = [axes for axes in figure.axes if axes is not before]
    assert drawn
    assert before in figure.axes
    figure.draw_without_rendering()
    middle = before.get_position().x1
    assert all(axes.get_position().x0 > middle for axes in drawn)


@pytest.mark.parametrize(("name", "count"), [("harvest", 1), ("load_and_capacity", 1), ("staleness", 2)])
def test_too_few_axes_are_refused(sample_run, name, count):
    panels = np.atleast_1d(Figure().subplots(count))
    with pytest.raises(ValueError, match=rf"needs {PANELS[name]} axes, not {count}"):
        getattr(plot, name)(sample_run, ax=panels)


def test_axes_without_a_place_in_a_grid_cannot_be_divided(sample_run):
    with pytest.raises(ValueError, match="make them with subplots"):
        plot.harvest(sample_run, ax=Figure().add_axes((0.1, 0.1, 0.8, 0.8)))


@pytest.mark.parametrize("name", plot.__all__)
def test_every_plot_takes_what_is_drawn_and_an_axis(name):
    first, *others = inspect.signature(getattr(plot, name)).parameters.values()
    assert first.default is first.empty
    (axis,) = [each for each in others if each.name == "ax"]
    assert axis.default is None
    assert axis.annotation == "Axes | Sequence[Axes] | None"


def test_load_and_capacity_stacks_the_hosts_of_each_region(sample_run):
    lulea, altoona = plot.load_and_capacity(sample_run).axes
    assert (lulea.get_title(), altoona.get_title()) == ("lulea", "altoona")
    assert stairs(lulea, "idle").values.tolist() == [100.0] * 4
    assert stairs(lulea, "lent to training").values.tolist() == [60.0, 60.0, 80.0, 80.0]
    assert stairs(altoona, "idle").values.tolist() == [50.0, 50.0, 0.0, 50.0]
    assert stairs(altoona, "load (fully busy hosts)").values.tolist() == [30.0, 30.0, 25.0, 30.0]


def test_links_draws_the_busiest(sample_run):
    (panel,) = plot.links(sample_run).axes
    assert labels(panel)[:2] == ["altoona rack 3 up", "altoona pod 0 up"]
    assert stairs(panel, "altoona rack 3 up").values.tolist() == [0.6, 0.7, 0.0, 0.0]
    assert stairs(panel, "altoona pod 0 up").values.tolist() == [0.0, 0.8, 0.0, 0.0]


def test_harvest_gathers_what_lending_cost(sample_run):
    upper, lower = plot.harvest(sample_run).axes
    assert stairs(upper, "mono_lake").values.tolist() == [0.0, 0.0, 20.0, 20.0]
    assert "40 server-hours lent in all, 69.4% were useful" in lower.get_title()
    parts = ["checkpoints", "restarts", "notice", "lost to preemption"]
    assert labels(lower)[:4] == parts
    ends = [stairs(lower, part).values[-1] - stairs(lower, part).baseline[-1] for part in parts]
    assert ends == pytest.approx([9000 / 3600, 7000 / 3600, 6000 / 3600, 20000 / 3600])
    assert stairs(lower, "checkpoints").edges.tolist() == [2.0, 3.0, 4.0]


def test_staleness_is_the_mean_of_the_sawtooths(sample_run):
    ads, facer, users = plot.staleness(sample_run).axes
    assert [panel.get_title() for panel in (ads, facer, users)] == ["ads", "facer", "facer (user models)"]
    times, age = line(ads, "mean over models and regions")
    assert ads.get_ylabel() == "hours"
    assert age[-1] == pytest.approx(3.0)
    assert np.interp(1.0, times, age) == pytest.approx(2.0, rel=1e-3)
    assert line(ads, "target")[1] == [2.0, 2.0]
    assert users.get_ylabel() == "minutes"
    assert line(users, "mean over models and regions")[1].tolist() == pytest.approx([1 / 6, 1 / 6, 1805 / 60, 0.25])


def test_a_target_far_above_is_left_out(sample_run):
    _, facer, users = plot.staleness(sample_run).axes
    assert "target" in labels(facer)
    assert "target" not in labels(users)


def test_a_long_run_is_ticked_in_days(sample_run, monkeypatch):
    monkeypatch.setattr("dcsim.plot.timeline.horizon", lambda steps: 30 * 86400.0)
    (panel,) = plot.queue(sample_run).axes
    assert panel.get_xlabel() == "days"
    assert [tick.get_text() for tick in panel.get_xticklabels()] == ["0", "7", "14", "21", "28"]


def test_queue_by_kind(sample_run):
    (panel,) = plot.queue(sample_run).axes
    assert stairs(panel, "gpu: waiting").values.tolist() == [0.0, 1.0, 3.0, 2.0]
    assert stairs(panel, "gpu: running").values.tolist() == [2.0] * 4


def test_a_run_without_training_still_draws(tmp_path):
    with RunDirectory(tmp_path / "bare") as directory:
        recorder = Recorder(directory, {})
        recorder.span("pools", 0.0, 60.0, "lulea", "leopard", "serving", 1.0, 0.0, 0.0, 1.0, 0.0, 0.5, 100.0)
        recorder.span("serving", 0.0, 60.0, "web", "lulea", 1.0, 1.0, 1.0, 0.0, 1.0, 1.0)
        recorder.close()
        directory.write_text("run.json", "{}")
    for name in OF_RUNS:
        getattr(plot, name)(Run(tmp_path / "bare")).savefig(tmp_path / f"{name}.png")
