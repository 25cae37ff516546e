"""Freshness: how old the training data of the served models is, against what each service wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics.plan import by_service
from dcsim.report.drawing import TIME
from dcsim.report.section import Axis, Chart, Column, HeatMap, Layer, Mark, Section, Series, Table
from dcsim.report.wording import cell, duration, listing, percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.report.section import Cell
    from dcsim.report.view import RunView

    Floats = NDArray[np.float64]

__all__ = ["freshness"]

_CELLS = 168
_POINTS = 600
_HOUR = 3600.0
_USER = "user models of "
_FIGURES = (
    ("staleness_mean", "mean", "s"), ("staleness_p95", "95 % below", "s"), ("staleness_max", "stalest model", "s"),
    ("staleness_end", "at the end", "s"), ("staleness_above_target_hours", "above target", "h"),
    ("quality_loss_mean", "quality lost (assumed curve)", "ratio"),
)  # fmt: skip


def freshness(view: RunView) -> Section | None:
    """Tell how stale the models of each service are, when, where, and what it costs in quality."""
    targets = {name: float(each) for name, each in by_service(view.run.services, "staleness_target_s").items()}
    means = view.by("staleness_mean", "service")
    if not means and not len(view.run.user_models):
        return None
    blocks = (_map(view, targets), _lines(view, targets), _table(view, targets))
    shown = tuple(block for block in blocks if block is not None)
    return Section("freshness", "Freshness of the models served", _lead(view, targets, means), shown)


def _lead(view: RunView, targets: dict[str, float], means: dict[str, float]) -> str:
    """Say which models are freshest and stalest, and who misses a target."""
    above = {name: hours for name, hours in view.by("staleness_above_target_hours", "service").items() if hours > 0}
    told = ""
    if len(means) > 1:
        first, last = min(means, key=lambda name: means[name]), max(means, key=lambda name: means[name])
        told = (
            f"{view.service(first)} serves the freshest models, {duration(means[first])} old on the mean, "
            f"{view.service(last)} the stalest ({duration(means[last])}). "
        )
    if not above:
        return f"{told}No service exceeds its target for staleness."
    worst = sorted(above, key=lambda name: -(view.value("staleness_max", service=name) or 0.0) / targets[name])
    missed = [
        f"{view.service(name)} ({duration(view.value('staleness_max', service=name) or 0.0)} at worst, target "
        f"{duration(targets[name])}, above it for {duration(above[name] * _HOUR)} of the run)"
        for name in worst
    ]
    return f"{told}Above target: {listing(missed)}."


def _map(view: RunView, targets: dict[str, float]) -> HeatMap | None:
    """Draw staleness over target by service and time."""
    edges = np.linspace(0.0, view.end_s, _CELLS + 1)
    middles = (edges[:-1] + edges[1:]) / 2.0
    services = view.ages.services
    if not services:
        return None
    layers, highest = [], 0.0
    for region, label in view.regions(view.ages.regions):
        ages = {view.service(name): (view.ages.at(middles, name, region)[0], targets[name]) for name in services}
        for name, delay in _user_delays(view, middles, region).items():
            ages[_USER + view.service(name)] = delay, targets[name]
        known = {name: each for name, each in ages.items() if np.isfinite(each[0]).any() and each[1] > 0}
        order = sorted(known, key=lambda name: -float(np.nanmean(known[name][0] / known[name][1])))
        shares = [known[name][0] / known[name][1] for name in order]
        highest = max(highest, *(float(np.nanmax(each)) for each in shares))
        texts = [[_said(age, known[name][1]) for age in known[name][0]] for name in order]
        layers.append(Layer(view.ms(middles), order, shares, {"region": label}, texts))
    title = "Where and when models are older than wanted" if highest > 1.0 else "Models stay fresher than their targets"
    note = f"Mean staleness over the models of a service in the middle of each of {_CELLS} cells, over its target; "
    note += "100 % and more is older than wanted."
    return HeatMap(
        "freshness-map", title, TIME, Axis("service", kind="category"), Axis("staleness over target", "ratio"),
        tuple(layers), ("region",), view.drill_marks(), note=note,
    )  # fmt: skip


def _said(age: float, target: float) -> str:
    return "" if np.isnan(age) else f"{duration(float(age))}, target {duration(target)}"


def _user_delays(view: RunView, times: Floats, region: str) -> dict[str, Floats]:
    """Return by service the time from trigger to trained user model, mean over regions, at given times."""
    frame = view.run.user_models
    if region:
        frame = frame[frame["region"] == region]
    found = {}
    for service, steps in frame.groupby("service", observed=True):
        delay = steps.groupby("time_s")["delay_s"].mean()
        place = np.searchsorted(delay.index.to_numpy(), times, side="right") - 1
        found[str(service)] = delay.to_numpy()[np.maximum(place, 0)]
    return found


def _lines(view: RunView, targets: dict[str, float]) -> Chart | None:
    """Draw mean and largest staleness of one service after the other."""
    times = np.linspace(0.0, view.end_s, _POINTS)
    positions = view.ms(times)
    series: list[Series] = []
    marks: list[Mark] = list(view.drill_marks())
    services = view.ages.services
    largest = view.by("staleness_max", "service")
    for name in sorted(services, key=lambda each: -largest.get(each, 0.0) / targets[each]):
        facets = {"service": view.service(name)}
        mean, top = view.ages.at(times, name)
        series.append(Series("mean of all models", positions, mean / _HOUR, facets=facets))
        series.append(Series("stalest model", positions, top / _HOUR, facets=facets, tone="load"))
        if targets[name] <= 4.0 * np.nanmax(top):
            height = targets[name] / _HOUR
            said = f"target: {duration(targets[name])}"
            marks.append(Mark(said, height, height, "target", across=True, facets=facets))
    if not series:
        return None
    first = series[0].facets["service"]
    return Chart(
        "freshness-lines", f"Each publication makes models younger again; {first} comes closest to its target", TIME,
        Axis("staleness", "h", from_zero=True), tuple(series), ("service",), tuple(marks),
        note=f"Staleness at {_POINTS} times, over all models and regions.",
    )  # fmt: skip


def _table(view: RunView, targets: dict[str, float]) -> Table:
    """List staleness by service, that of user models too."""
    rows: list[tuple[Cell, ...]] = []
    for name, target in targets.items():
        for models in ({}, {"models": "user"}):
            values = [view.value(figure, service=name, **models) for figure, _, _ in _FIGURES]
            if any(value is not None for value in values):
                cells = [cell(value, unit) if unit != "h" else _hours(value) for value, (_, _, unit) in zip(
                    values, _FIGURES, strict=True
                )]  # fmt: skip
                label = f"{_USER if models else ''}{view.service(name)}"
                rows.append((label, cell(target, "s"), *cells))
    columns = (
        Column("service", kind="name", dimension="service"), Column("target"),
        *(Column(text) for _, text, _ in _FIGURES),
    )  # fmt: skip
    lost = view.by("quality_loss_mean", "service")
    note = ""
    if lost:
        most = max(lost, key=lambda name: lost[name])
        note = f"{view.service(most)} loses most quality to staleness: {percent(lost[most])} on the mean. "
        note += "Shapes and sizes of these curves are assumptions, listed below."
    return Table("freshness-table", "Staleness by service", columns, tuple(rows), note=note)


def _hours(value: float | None) -> Cell:
    return cell(None if value is None else value * _HOUR, "s")
