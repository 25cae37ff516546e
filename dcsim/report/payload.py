"""Charts as the data that the scripts of a report draw from."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.report.scales import Scale, largest, scale_of, shortened
from dcsim.report.section import ALL, Chart, HeatMap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.report.section import Axis, Mark, Page, Positions, Series

__all__ = ["choices", "payload"]


def payload(page: Page) -> dict[str, Any]:
    """Return the charts of a page as JSON can hold them, in units that fit.

    Returns
    -------
    dict
        ``positions``: the x of all series, each told once; ``charts``: by id, with series that name their positions by
        number. What is empty or a default is left out. ``all``: the facet of all values of a dimension together.

    Raises
    ------
    ValueError
        If two charts have one id, a value is infinite, or a series has not as many values as positions.
    """
    pool = _Pool()
    charts: dict[str, Any] = {}
    for block in (block for section in page.sections for block in section.blocks):
        if not isinstance(block, Chart | HeatMap):
            continue
        if block.id in charts:
            raise ValueError(f"two charts are called '{block.id}'")
        charts[block.id] = _chart(block, pool) if isinstance(block, Chart) else _heat_map(block, pool)
    return {"positions": pool.told, "charts": charts, "all": ALL}


def choices(block: Chart | HeatMap, dimension: str) -> list[str]:
    """Return what a filter offers: the values that its facets have, all together first, else in order of appearance."""
    shown: Sequence[Any] = block.series if isinstance(block, Chart) else block.layers
    found = list(dict.fromkeys(each.facets[dimension] for each in shown if dimension in each.facets))
    return sorted(found, key=lambda value: value != ALL)


class _Pool:
    """Positions that several series share, told once; those of even steps by their first, their step and how many."""

    def __init__(self) -> None:
        self.told: list[list[Any] | dict[str, float]] = []
        self._numbers: dict[tuple[Any, ...], int] = {}

    def number(self, positions: Positions, divisor: float = 1.0) -> int:
        """Return the number of these positions."""
        key = (divisor, *positions)
        if key not in self._numbers:
            self._numbers[key] = len(self.told)
            self.told.append(_positions(positions, divisor))
        return self._numbers[key]


def _positions(positions: Positions, divisor: float) -> list[Any] | dict[str, float]:
    if len(positions) and isinstance(positions[0], str):
        return list(positions)
    told = [int(at) if at.is_integer() else at for at in (np.asarray(positions, dtype=float) / divisor).tolist()]
    steps = {after - before for before, after in itertools.pairwise(told)}
    if len(told) > 3 and len(steps) == 1 and all(isinstance(at, int) for at in told):
        return {"from": told[0], "step": steps.pop(), "count": len(told)}
    return told


def _chart(chart: Chart, pool: _Pool) -> dict[str, Any]:
    values = chart.x if chart.horizontal else chart.y
    left = _scale(values, [each for each in chart.series if not each.second_axis])
    right = None if chart.y2 is None else _scale(chart.y2, [each for each in chart.series if each.second_axis])
    along = Scale(1.0, chart.x.unit) if chart.horizontal else _along(chart.x, [each.x for each in chart.series])
    x, y = (_axis(chart.x, left), _axis(chart.y)) if chart.horizontal else (_axis(chart.x, along), _axis(chart.y, left))
    second = None if right is None or chart.y2 is None else _axis(chart.y2, right)
    return _short(
        kind="chart",
        x=x,
        y=y,
        y2=second,
        series=[_series(each, chart.id, right if each.second_axis and right else left, along, pool)
                for each in chart.series],
        marks=[_mark(mark, left if mark.across else along) for mark in chart.marks],
        stacked=chart.stacked,
        horizontal=chart.horizontal,
    )  # fmt: skip


def _scale(axis: Axis, series: Sequence[Series]) -> Scale:
    return scale_of(largest([row for each in series for row in (each.y, each.low, each.high)]), axis.unit)


def _along(axis: Axis, positions: Sequence[Positions]) -> Scale:
    """Return the scale of an x axis; times and names have none."""
    if axis.kind in ("time", "category"):
        return Scale(1.0, "")
    return scale_of(largest([np.asarray(each, dtype=float) for each in positions]), axis.unit)


def _series(series: Series, chart: str, scale: Scale, along: Scale, pool: _Pool) -> dict[str, Any]:
    lengths = {len(values) for values in (series.x, series.y, series.low, series.high, series.details) if len(values)}
    if len(lengths) > 1 or len(series.x) != len(series.y):
        raise ValueError(f"'{series.name}' of chart '{chart}' has not as many values as positions")
    return _short(
        name=series.name,
        x=pool.number(series.x, along.divisor),
        y=shortened(series.y, scale.divisor),
        form=series.form,
        tone=series.tone,
        facets=dict(series.facets),
        low=shortened(series.low, scale.divisor),
        high=shortened(series.high, scale.divisor),
        details=list(series.details),
        dashed=series.dashed,
        second=series.second_axis,
    )


def _heat_map(block: HeatMap, pool: _Pool) -> dict[str, Any]:
    scale = scale_of(largest([row for layer in block.layers for row in layer.values]), block.colour.unit)
    along = _along(block.x, [layer.x for layer in block.layers])
    layers = []
    for layer in block.layers:
        if len(layer.rows) != len(layer.values) or any(len(row) != len(layer.x) for row in layer.values):
            raise ValueError(f"a layer of heat map '{block.id}' has not a value for each cell")
        layers.append(
            _short(
                x=pool.number(layer.x, along.divisor),
                rows=list(layer.rows),
                values=[shortened(row, scale.divisor) for row in layer.values],
                facets=dict(layer.facets),
                details=[list(row) for row in layer.details],
            )
        )
    return _short(
        kind="heat",
        x=_axis(block.x, along),
        y=_axis(block.y),
        colour=_axis(block.colour, scale),
        layers=layers,
        marks=[_mark(mark, along) for mark in block.marks],
        diverging=block.diverging,
    )


def _axis(axis: Axis, scale: Scale | None = None) -> dict[str, Any]:
    unit, divisor = (axis.unit, 1.0) if scale is None else (scale.unit, scale.divisor)
    ticks = shortened(axis.ticks, divisor)
    return _short(title=axis.title, unit=unit, kind=axis.kind, zero=axis.from_zero, ticks=ticks)


def _mark(mark: Mark, scale: Scale) -> dict[str, Any]:
    return _short(
        name=mark.name,
        begin=mark.begin / scale.divisor,
        end=mark.end / scale.divisor,
        tone=mark.tone,
        across=mark.across,
        facets=dict(mark.facets),
    )


def _short(**facts: Any) -> dict[str, Any]:
    """Return facts without those that are empty; 0 is a fact."""
    return {name: value for name, value in facts.items() if value is not False and value not in (None, "", [], {})}
