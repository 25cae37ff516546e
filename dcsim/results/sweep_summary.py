"""The answer of a sweep on one screen: headline metrics by setting, or by parameter where settings are many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dcsim.results.cells import format_cell, interval_cell
from dcsim.results.choice import as_run, one_arrangement, same_work, spread_of, telling
from dcsim.results.headline import BETTER
from dcsim.results.sensitivity import rank_correlation

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from dcsim.results.sweep import Sweep

__all__ = ["Headline", "SweepTable", "headlines", "seeds_matter", "summarise_sweep"]

_MOST_ROWS = 40
_MOST_VALUES = 12
_MOST_COLUMNS = 4
_TOLD = ("", "ratio", "s", "h", "count")
"""Units that cells tell themselves."""
_LEVEL = 0.95
_ALIKE = 1e-9
"""Relative difference up to which values are the same."""
_SLIGHT = 1e-3
"""Relative difference up to which a figure that differs is told after those that differ more."""
_ARROWS = {"higher": "↑", "lower": "↓", "": ""}
_WORK = ("harvest_finished_jobs", "harvest_steps")


@dataclass(frozen=True)
class Headline:
    """A figure that the summary tells: one row of a metric.

    Parameters
    ----------
    metric, unit : str
        As in the results.
    dimensions : dict of str to str
        Which row.
    varies : bool
        Whether it differs between settings.
    told : tuple of str
        The dimensions that tell it from other rows of the metric.
    """

    metric: str
    unit: str
    dimensions: dict[str, str]
    varies: bool
    told: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Metric, what it is of, and its unit where the cells do not tell it."""
        unit = "" if self.unit in _TOLD or self.metric.endswith(self.unit) else f"({self.unit})"
        of = (_of(name, self.dimensions[name]) for name in self.told)
        return " ".join(filter(None, [self.metric, *of, unit]))

    @property
    def heading(self) -> str:
        """The title, with an arrow to where better lies."""
        return " ".join(filter(None, [self.title, _ARROWS[BETTER.get(self.metric, "")]]))


@dataclass(frozen=True)
class SweepTable:
    """One table of the screen, as text.

    Parameters
    ----------
    title : str
        What it tells.
    headings : tuple of str
        Columns.
    rows : tuple of tuple of str
        Cells.
    names : int
        How many columns on the left are names.
    note : str
        How to read it.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int
    note: str = ""


def seeds_matter(sweep: Sweep) -> bool:
    """Whether replicas of a setting differ at all; where they do not, nothing in the scenario is random.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    """
    rows = sweep.frame[["setting", "replica", "metric", *sweep.dimensions, "value"]]
    first = rows.groupby([name for name in rows if name not in ("replica", "value")], dropna=False, observed=True)
    spread = first["value"].agg(["min", "max"])
    return bool((spread["min"] != spread["max"]).any())


def headlines(sweep: Sweep, most: int = _MOST_COLUMNS) -> list[Headline]:
    """Return the figures to tell first: a planner's metrics in their order, those that differ between settings first.

    Of each metric the row that sums up the others; where there are several (one per service), the one that differs
    most. Step times are those of the network and the placement that ran; where that differs, there are none.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    most : int
        How many to return.
    """
    names = [name for name in sweep.headlines() if name != "step_time" or one_arrangement(sweep)]
    found = [_of_metric(sweep, name) for name in names or sweep.headlines()]
    found.sort(key=lambda each: (each[1] <= _ALIKE, each[1] <= _SLIGHT))
    return [headline for headline, _ in found[:most]]


def _of_metric(sweep: Sweep, name: str) -> tuple[Headline, float]:
    """Return the row of a metric that differs most between settings, and how much it does."""
    rows = as_run(sweep, name)
    held = [each for each in sweep.dimensions if each in rows.columns]
    unit = str(rows["unit"].iloc[0])
    if not held:
        spread = spread_of(rows)
        return Headline(name, unit, {}, spread > _ALIKE), spread
    groups = [(dict(zip(held, group, strict=True)), part) for group, part in
              rows.astype(dict.fromkeys(held, object)).groupby(held, sort=False)]  # fmt: skip
    of, part = max(groups, key=lambda each: spread_of(each[1]))
    spread = spread_of(part)
    dimensions = {key: str(value) for key, value in of.items()}
    return Headline(name, unit, dimensions, spread > _ALIKE, tuple(telling(rows, held))), spread


def _of(dimension: str, value: str) -> str:
    """Return the value of a dimension as it is read in a heading."""
    return f"{value} {'host' if value == '1' else 'hosts'} per NIC" if dimension == "hosts_per_nic" else value


def summarise_sweep(sweep: Sweep) -> tuple[SweepTable, ...]:
    """Return the tables of the one-screen answer; none where every point failed.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    """
    if sweep.frame.empty:
        return ()
    number = len(set(sweep.frame["setting"]))
    if number == 1:
        return (_single(sweep),)
    told = headlines(sweep)
    if sweep.spec.get("design") == "sobol_indices":
        return (_shares(sweep, told),)
    if number <= _MOST_ROWS:
        return (_by_setting(sweep, told),)
    few = [name for name in sweep.parameters if sweep.settings[name].nunique() <= _MOST_VALUES]
    tables = [_by_parameter(sweep, told, name) for name in few]
    many = [name for name, unit in sweep.parameters.items() if name not in few and unit is not None]
    return (*tables, *((_correlations(sweep, told, many),) if many else ()))


def _mean(sweep: Sweep, told: Headline, by: str | None = None) -> pd.DataFrame:
    dimensions: dict[str, Any] = {**told.dimensions}
    return sweep.mean(told.metric, by=by, level=_LEVEL, **dimensions)


def _headings(told: Sequence[Headline]) -> tuple[str, ...]:
    return tuple(each.heading for each in told)


def _note(sweep: Sweep, told: Iterable[Headline]) -> str:
    """Return how arrows are read, and that the work is the same where only the hours for it differ."""
    arrows = {_ARROWS[BETTER.get(each.metric, "")] for each in told}
    read = [text for arrow, text in (("↑", "↑ more is better"), ("↓", "↓ less is better")) if arrow in arrows]
    lines = [", ".join(read)]
    if same_work(sweep):
        every = set(sweep.metrics()["metric"])
        done = [f"{name.replace('_', ' ')} {format_cell(float(sweep.total(name)['value'].mean()), 'count')}"
                for name in _WORK if name in every and spread_of(sweep.total(name)) <= _ALIKE]  # fmt: skip
        lines.append(f"the same work is done in every setting: {', '.join(done)}")
    return "\n".join(filter(None, lines))


def _text(mean: float, half_width: float, unit: str) -> str:
    """Return the text of a mean; server-hours stay hours, however many."""
    return f"{interval_cell(mean, half_width, 'count')} h" if unit == "h" else interval_cell(mean, half_width, unit)


def _single(sweep: Sweep) -> SweepTable:
    """Return the headline metrics of the only setting, one below the other."""
    rows = []
    told = headlines(sweep, most=len(BETTER))
    for each in told:
        found = _mean(sweep, each).iloc[0]
        rows.append((each.heading, _text(found["mean"], found["half_width"], each.unit)))
    return SweepTable(_title("Headlines", sweep), ("metric", "mean"), tuple(rows), 1, _note(sweep, told))


def _by_setting(sweep: Sweep, told: Sequence[Headline]) -> SweepTable:
    means = [_mean(sweep, each).set_index("setting") for each in told]
    rows = []
    for setting, values in sweep.settings.iterrows():
        cells = [_cell(table, setting, each.unit) for table, each in zip(means, told, strict=True)]
        rows.append((*(str(value) for value in values), *cells))
    names, note = tuple(sweep.parameters), _note(sweep, told)
    return SweepTable(_title("By setting", sweep), (*names, *_headings(told)), tuple(rows), len(names), note)


def _by_parameter(sweep: Sweep, told: Sequence[Headline], name: str) -> SweepTable:
    """Return means by the values of one parameter, over all values of the others."""
    means = [_mean(sweep, each, name).set_index(name) for each in told]
    written = sweep.points.drop_duplicates(name).set_index("setting")[name]
    numbers = sweep.frame.drop_duplicates("setting").set_index("setting")[name]
    rows = []
    for setting, text in written.items():
        value = numbers.get(setting)
        rows.append((str(text), *(_cell(table, value, each.unit) for table, each in zip(means, told, strict=True))))
    others = "" if len(sweep.parameters) == 1 else ", over all values of the others"
    title = _title(f"By {name}{others}", sweep)
    return SweepTable(title, (name, *_headings(told)), tuple(rows), 1, _note(sweep, told))


def _correlations(sweep: Sweep, told: Sequence[Headline], names: Sequence[str]) -> SweepTable:
    """Return how each parameter's order goes with the order of each figure."""
    columns = []
    for each in told:
        means = _mean(sweep, each)
        columns.append([f"{rank_correlation(means[name], means['mean']):+.2f}" for name in names])
    rows = tuple((name, *cells) for name, cells in zip(names, zip(*columns, strict=True), strict=True))
    titles = (each.title for each in told)
    return SweepTable("Rank correlation (Spearman)", ("parameter", *titles), rows, 1)


def _share(table: pd.DataFrame, parameter: str, which: str) -> tuple[float, float]:
    """Return a share in the variance and its half width."""
    share, half = table.loc[[parameter], [which, f"{which}_half_width"]].to_numpy(float)[0]
    return float(share), float(half)


def _shares(sweep: Sweep, told: Sequence[Headline]) -> SweepTable:
    """Return the shares of the parameters in the variance of each figure, alone and with all interactions."""
    told = [each for each in told if each.varies]
    tables = [sweep.sobol_indices(each.metric, **each.dimensions).set_index("parameter") for each in told]
    rows = []
    for name in sweep.parameters:
        for which in ("first", "total"):
            cells = [interval_cell(*_share(table, name, which), "") for table in tables]
            rows.append((name, "alone" if which == "first" else "with interactions", *cells))
    titles = (each.title for each in told)
    return SweepTable("Shares in the variance (Sobol')", ("parameter", "share", *titles), tuple(rows), 2)


def _cell(table: pd.DataFrame, key: object, unit: str) -> str:
    """Return mean and half width of a row; a dash where all of its points failed."""
    places = [place for place, value in enumerate(table.index) if value == key]
    if not places:
        return format_cell(None, unit)
    row = table.iloc[places[0]]
    return _text(float(row["mean"]), float(row["half_width"]), unit)


def _title(text: str, sweep: Sweep) -> str:
    """Say what stands behind the mean, if there is an interval."""
    replicas = int(sweep.frame["replica"].max()) + 1
    return f"{text}: mean ± 95 % over {replicas} seeds" if replicas > 1 and not math.isnan(replicas) else text
