"""What a report says, apart from how it looks: sections with charts, tables, tiles and prose, as plain data.

Texts are plain (never markup). Numbers are in the unit that their axis names, plain SI where it is one, and thinned
already; the frame chooses prefixes, shows the unit ``ratio`` as percent, and leaves gaps for ``None`` and NaN. The
order of everything is the order in which it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "ALL", "Axis", "Block", "Cell", "Chart", "Column", "HeatMap", "Layer", "Mark", "Number", "Page", "Prose", "Section",
    "Series", "Table", "Tile", "Tiles", "Tone",
]  # fmt: skip

ALL = " all"
"""The facet of what holds for all values of a dimension together; a filter shows it as such, and first.

No label is like it, not even that of a region called ``all``: labels never begin with a space.
"""

Tone = Literal["", "good", "bad", "warn", "idle", "load", "target"]
"""What a thing means, where it means more than one among others; the frame has a colour for each."""

Values = Sequence[float | None] | NDArray[np.float64]
"""Numbers to be drawn; ``None`` and NaN are gaps. Never infinite."""

Positions = Sequence[float] | Sequence[str] | NDArray[np.float64]
"""Where they are drawn: numbers, milliseconds, or names."""


@dataclass(frozen=True)
class Axis:
    """One axis: ``kind`` ``time`` has milliseconds since 1970 (UTC), ``category`` names, the others numbers.

    ``unit`` stands behind the title and behind every value that is hovered over; it is empty for pure numbers.
    """

    title: str
    unit: str = ""
    kind: Literal["linear", "log", "time", "category"] = "linear"
    from_zero: bool = False
    ticks: tuple[float, ...] = ()


@dataclass(frozen=True)
class Series:
    """One line, area, row of bars or cloud of points; equal names within a chart have one colour.

    Parameters
    ----------
    name : str
        In the legend.
    x : sequence of float or of str
        Positions; equal objects are shared between the series of a chart.
    y : sequence of float or None
        Values, as many as positions.
    form : str
        ``line``; ``step`` (a value holds until the next position); ``area`` (steps, stacked on the areas before);
        ``bar`` (stacked where the chart says so); ``range`` (bars from ``low`` to ``high``); ``points``.
    facets : mapping of str to str
        What the series is of, by dimension: the filters of the chart choose by it. A dimension that is missing
        means that the series is shown whatever is chosen.
    low, high : sequence of float or None
        Bounds of a band (of error bars, for bars and points) around the values, where known.
    details : sequence of str
        More to be said when a point is hovered over, one text each.
    dashed : bool
        Whether the line is dashed.
    second_axis : bool
        Whether it belongs to the axis on the right.
    """

    name: str
    x: Positions
    y: Values
    form: Literal["line", "step", "area", "bar", "range", "points"] = "line"
    tone: Tone = ""
    facets: Mapping[str, str] = field(default_factory=dict)
    low: Values = ()
    high: Values = ()
    details: Sequence[str] = ()
    dashed: bool = False
    second_axis: bool = False


@dataclass(frozen=True)
class Mark:
    """A stretch of the x axis (shaded) or, with ``across``, a line across at a height of the y axis, with its name."""

    name: str
    begin: float
    end: float
    tone: Tone = "bad"
    across: bool = False
    facets: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Chart:
    """A chart whose title says what is seen.

    Parameters
    ----------
    id : str
        Unique in the report, of lower-case letters, digits and hyphens.
    title : str
        What is seen, as a sentence without a full stop.
    x, y : Axis
        The axes. With ``horizontal``, bars lie along ``x`` and ``y`` has the names; series then have the names in ``x``
        and the lengths in ``y``, as upright ones.
    filters : tuple of str
        Dimensions to choose by, such as ``region``. Each offers the values that the facets of the series have, in order
        of appearance; the first is chosen at first, which is ``ALL`` where totals are given. Shown is what has just
        the chosen value, or nothing to say on the dimension. Filters of one name in several charts move together.
    y2 : Axis, optional
        Axis on the right.
    note : str
        How to read it, and what was left out or thinned.
    """

    id: str
    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    filters: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    y2: Axis | None = None
    stacked: bool = False
    horizontal: bool = False
    note: str = ""


@dataclass(frozen=True)
class Layer:
    """The cells of a heat map for one choice of the filters: a row of ``values`` for each row's name."""

    x: Positions
    rows: Sequence[str]
    values: Sequence[Values]
    facets: Mapping[str, str] = field(default_factory=dict)
    details: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class HeatMap:
    """Cells by row and column; ``x`` of a layer are the middles of the cells, the first row stands on top.

    ``diverging`` colours have their middle at 0; ``log`` colours follow ``colour.kind``. ``marks`` are stretches of x.
    """

    id: str
    title: str
    x: Axis
    y: Axis
    colour: Axis
    layers: tuple[Layer, ...]
    filters: tuple[str, ...] = ()
    marks: tuple[Mark, ...] = ()
    diverging: bool = False
    note: str = ""


@dataclass(frozen=True)
class Number:
    """A number in a table: ``text`` is shown (without the column's unit), ``value`` sorts."""

    value: float
    text: str


Cell = str | Number | None
"""``None`` does not apply, and is shown as a dash, and sorted last."""


@dataclass(frozen=True)
class Column:
    """A column: numbers stand to the right, the others to the left; ``code`` is set in a fixed width.

    Cells of ``text`` may hold addresses of the web, which become links. Where ``dimension`` is set, the filters of the
    page choose the rows by this column.
    """

    title: str
    unit: str = ""
    kind: Literal["name", "number", "text", "code"] = "number"
    dimension: str = ""


@dataclass(frozen=True)
class Table:
    """A table that can be sorted; rows beyond ``shown`` are folded away at first, and can be searched where they are.

    With ``total`` the last row is a total: it stays last.
    """

    id: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    shown: int = 15
    total: bool = False
    note: str = ""


@dataclass(frozen=True)
class Prose:
    """Paragraphs, entries of a list, or warnings."""

    paragraphs: tuple[str, ...]
    form: Literal["plain", "list", "warning"] = "plain"
    title: str = ""


@dataclass(frozen=True)
class Tile:
    """A headline number: ``value`` with its ``unit``, the ``label`` above and what it means below."""

    label: str
    value: str
    unit: str = ""
    meaning: str = ""
    tone: Tone = ""


@dataclass(frozen=True)
class Tiles:
    """Headline numbers side by side."""

    tiles: tuple[Tile, ...]


Block = Chart | HeatMap | Table | Prose | Tiles


@dataclass(frozen=True)
class Section:
    """One section: ``lead`` is its answer in a sentence or two; ``id`` is unique, as those of charts."""

    id: str
    title: str
    lead: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Page:
    """A whole report, the headline first; ``facts`` are few and short, for its top line (seed, version ...)."""

    title: str
    subtitle: str
    sections: tuple[Section, ...]
    facts: tuple[tuple[str, str], ...] = ()
