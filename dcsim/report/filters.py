"""Choices among the values of a dimension: beside a chart, and for the whole page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.report.markup import Markup, tag
from dcsim.report.payload import choices
from dcsim.report.section import ALL, Chart, HeatMap, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.report.section import Page

__all__ = ["filter_markup", "page_filters"]

_WHOLE_PAGE = ("region", "service")
"""Dimensions that a reader follows through the whole page."""


def filter_markup(dimension: str, values: Sequence[str]) -> Markup:
    r"""Return a choice among values; nothing where there is only one.

    Examples
    --------
    >>> print(filter_markup("region", [ALL, "Lulea"]).replace("><", ">\n<"))
    <label>
    <span>Region</span>
    <select data-dimension="region">
    <option value=" all">all regions</option>
    <option value="Lulea">Lulea</option>
    </select>
    </label>
    """
    if len(values) < 2:
        return Markup()
    name = dimension if "." in dimension else dimension.replace("_", " ")
    options = [tag("option", f"all {name}s" if value == ALL else value, value=value) for value in values]
    title = name if "." in name else name[:1].upper() + name[1:]
    return tag("label", tag("span", title), tag("select", *options, data_dimension=dimension))


def page_filters(page: Page) -> Markup:
    """Return the choices for the whole page: of each dimension that two blocks or more can be filtered by."""
    found = []
    for dimension in _WHOLE_PAGE:
        lists = [values for values in _offers(page, dimension) if values]
        values = list(dict.fromkeys([ALL, *(value for each in lists for value in each)]))
        if len(lists) > 1 and len(values) > 2:
            found.append(filter_markup(dimension, values))
    if not found:
        return Markup()
    return tag("div", *found, class_="tools filters", role="group", aria_label="Filters of the page")


def _offers(page: Page, dimension: str) -> Iterator[list[str]]:
    """Yield the values of a dimension in each chart and table."""
    for block in (block for section in page.sections for block in section.blocks):
        if isinstance(block, Chart | HeatMap) and dimension in block.filters:
            yield choices(block, dimension)
        elif isinstance(block, Table):
            places = [place for place, column in enumerate(block.columns) if column.dimension == dimension]
            yield [cell for row in block.rows for place in places if isinstance(cell := row[place], str) and cell]
