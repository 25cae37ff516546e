"""The blocks of a report as HTML; charts get their place, their filters and their words, scripts draw into them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dcsim.report.filters import filter_markup
from dcsim.report.markup import Markup, join, tag
from dcsim.report.payload import choices
from dcsim.report.section import Chart, HeatMap, Number, Prose, Table, Tiles

if TYPE_CHECKING:
    from dcsim.report.section import Block, Cell, Column, Tile

__all__ = ["block_markup"]

_SHORT = 16
"""Signs up to which a name is not broken into lines."""
_ABSENT = "\N{EN DASH}"
_ADDRESS = re.compile(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]])")


def block_markup(block: Block) -> Markup:
    """Return a block as HTML.

    Examples
    --------
    >>> print(block_markup(Prose(("1 < 2",))))
    <p>1 &lt; 2</p>
    """
    match block:
        case Chart() | HeatMap():
            return _chart(block)
        case Table():
            return _table(block)
        case Tiles():
            return tag("dl", *map(_tile, block.tiles), class_="tiles")
        case Prose():
            return _prose(block)


def _chart(block: Chart | HeatMap) -> Markup:
    filters = [filter_markup(dimension, choices(block, dimension)) for dimension in block.filters]
    offered = [each for each in filters if each]
    tools = tag("div", *offered, tag("button", "Show all", type="button", class_="reset", hidden=True), class_="tools")
    words = f"{block.id}-words"
    plot = tag(
        "div",
        class_="plot",
        tabindex="0",
        role="img",
        aria_label=block.title,
        aria_describedby=words if block.note else None,
    )
    return tag(
        "figure",
        tag("figcaption", tag("h3", block.title), tools),
        tag("div", class_="legend"),
        plot,
        tag("p", block.note, class_="note", id=words) if block.note else "",
        class_="chart",
        id=block.id,
        data_kind="heat" if isinstance(block, HeatMap) else "chart",
    )


def _table(table: Table) -> Markup:
    head = tag("thead", tag("tr", *map(_heading, table.columns)))
    last = len(table.rows) - 1
    body = tag(
        "tbody",
        *(
            tag(
                "tr",
                *(_cell(cell, column) for cell, column in zip(row, table.columns, strict=True)),
                class_="total" if table.total and number == last else None,
            )
            for number, row in enumerate(table.rows)
        ),
    )
    cards = any(column.kind == "text" for column in table.columns)
    long = len(table.rows) > table.shown
    sheet = tag("table", head, body, data_shown=table.shown if long else None)
    box = tag("div", sheet, class_="sheet", tabindex="0", role="region", aria_label=table.title)
    return tag(
        "div",
        tag("div", tag("h3", table.title), class_="tools"),
        box,
        tag("p", table.note, class_="note") if table.note else "",
        class_="table cards" if cards else "table",
        id=table.id,
    )


def _heading(column: Column) -> Markup:
    unit = tag("span", f" {column.unit}", class_="unit") if column.unit else Markup()
    kind = "number" if column.kind == "number" else None
    return tag("th", column.title, unit, scope="col", class_=kind, data_dimension=column.dimension)


def _cell(cell: Cell, column: Column) -> Markup:
    label = f"{column.title} ({column.unit})" if column.unit else column.title
    kind = column.kind if column.kind != "name" else "short" if isinstance(cell, str) and len(cell) <= _SHORT else None
    if cell is None or cell == "":
        return tag("td", _ABSENT, class_=f"{kind or ''} absent".strip(), data_label=label)
    if isinstance(cell, Number):
        return tag("td", cell.text, class_=kind, data_value=repr(cell.value), data_label=label)
    content = tag("code", cell) if column.kind == "code" else _linked(cell) if column.kind == "text" else cell
    return tag("td", content, class_=kind, data_label=label)


def _linked(text: str) -> Markup:
    """Return a text whose addresses of the web are links; nothing is asked of them unless they are followed."""
    parts = _ADDRESS.split(text)
    return join(*(tag("a", part, href=part, rel="noreferrer") if n % 2 else part for n, part in enumerate(parts)))


def _tile(tile: Tile) -> Markup:
    unit = tag("span", f" {tile.unit}", class_="unit") if tile.unit else Markup()
    return tag(
        "div",
        tag("dt", tile.label),
        tag("dd", tile.value, unit, class_="value"),
        tag("dd", tile.meaning, class_="meaning") if tile.meaning else "",
        class_=f"tile {tile.tone}".strip(),
    )


def _prose(prose: Prose) -> Markup:
    title = tag("h3", prose.title) if prose.title else Markup()
    if prose.form == "list":
        body = tag("ul", *(tag("li", each) for each in prose.paragraphs), class_="list")
    else:
        body = Markup("".join(tag("p", each) for each in prose.paragraphs))
    if prose.form == "warning":
        return tag("div", title, body, class_="warning", role="note")
    return Markup(title + body)
