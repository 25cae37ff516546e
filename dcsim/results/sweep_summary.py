"""The answer of a sweep on one screen: headline metrics by setting, or by parameter where settings are many."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dcsim.results.cells import format_cell, interval_cell
from dcsim.results.sensitivity import rank_correlation

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    """

    metric: str
    unit: str
    dimensions: dict[str, str]
    varies: bool

    @property
    def title(self) -> str:
        """Metric, what it is of, and its unit where the cells do not tell it."""
        unit = "" if self.unit in _TOLD else f"({self.unit})"
        return " ".join(filter(None, [self.metric, *self.dimensions.values(), unit]))


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
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    names: int


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
    """Return the figures to tell first: those of a planner's metrics that differ most between settings.

    Of each metric the row that sums up the others; where there are several (one per service), the one that differs
    most.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    most : int
        How many to return.
    """
    found = [_of_metric(sweep, name) for name in sweep.headlines()]
    return sorted(found, key=lambda each: not each.varies)[:most]


def _of_metric(sweep: Sweep, name: str) -> Headline:
    """Return the row of a metric that differs most between settings."""
    rows = sweep.total(name)
    held = [each for each in sweep.dimensions if each in rows.columns]
    unit = str(rows["unit"].iloc[0])
    if not held:
        return Headline(name, unit, {}, _spread(rows) > _ALIKE)
    groups = [(dict(zip(held, group, strict=True)), part) for group, part in
              rows.astype(dict.fromkeys(held, object)).groupby(held, sort=False)]  # fmt: skip
    of, part = max(groups, key=lambda each: _spread(each[1]))
    return Headline(name, unit, {key: str(value) for key, value in of.items()}, _spread(part) > _ALIKE)


def _spread(rows: pd.DataFrame) -> float:
    """Return how much the means of settings differ, relative to the largest."""
    means = rows.groupby("setting")["value"].mean()
    largest = float(means.abs().max())
    return float(means.max() - means.min()) / largest if largest > 0.0 else 0.0


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
    return tuple(each.title for each in told)


def _single(sweep: Sweep) -> SweepTable:
    """Return the headline metrics of the only setting, one below the other."""
    rows = []
    for each in headlines(sweep, most=len(sweep.headlines())):
        found = _mean(sweep, each).iloc[0]
        rows.append((each.title, interval_cell(found["mean"], found["half_width"], each.unit)))
    return SweepTable(_title("Headlines", sweep), ("metric", "mean"), tuple(rows), 1)


def _by_setting(sweep: Sweep, told: Sequence[Headline]) -> SweepTable:
    means = [_mean(sweep, each).set_index("setting") for each in told]
    rows = []
    for setting, values in sweep.settings.iterrows():
        cells = [_cell(table, setting, each.unit) for table, each in zip(means, told, strict=True)]
        rows.append((*(str(value) for value in values), *cells))
    return SweepTable(
        _title("By setting", sweep), (*sweep.parameters, *_headings(told)), tuple(rows), len(sweep.parameters)
    )


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
    return SweepTable(_title(f"By {name}{others}", sweep), (name, *_headings(told)), tuple(rows), 1)


def _correlations(sweep: Sweep, told: Sequence[Headline], names: Sequence[str]) -> SweepTable:
    """Return how each parameter's order goes with the order of each figure."""
    columns = []
    for each in told:
        means = _mean(sweep, each)
        columns.append([f"{rank_correlation(means[name], means['mean']):+.2f}" for name in names])
    rows = tuple((name, *cells) for name, cells in zip(names, zip(*columns, strict=True), strict=True))
    return SweepTable("Rank correlation (Spearman)", ("parameter", *_headings(told)), rows, 1)


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
    return SweepTable("Shares in the variance (Sobol')", ("parameter", "share", *_headings(told)), tuple(rows), 2)


def _cell(table: pd.DataFrame, key: object, unit: str) -> str:
    """Return mean and half width of a row; a dash where all of its points failed."""
    places = [place for place, value in enumerate(table.index) if value == key]
    if not places:
        return format_cell(None, unit)
    row = table.iloc[places[0]]
    return interval_cell(float(row["mean"]), float(row["half_width"]), unit)


def _title(text: str, sweep: Sweep) -> str:
    """Say what stands behind the mean, if there is an interval."""
    replicas = int(sweep.frame["replica"].max()) + 1
    return f"{text}: mean ± 95 % over {replicas} seeds" if replicas > 1 and not math.isnan(replicas) else text
