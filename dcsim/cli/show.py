"""The summary of a run in the terminal."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcsim.results.summary import Column, Section

__all__ = ["WIDTH", "format_cell", "show"]

WIDTH = 100
_MANY = 1e8  # counts from here on are told in millions
_HEADING = 8  # columns; narrower headings leave the width to the numbers
_DURATIONS = ((90.0, 1.0, "s"), (5400.0, 60.0, "min"), (172800.0, 3600.0, "h"), (float("inf"), 86400.0, "d"))


def show(sections: Iterable[Section], file: TextIO | None = None) -> None:
    """Print the sections as tables of at most 100 columns.

    Colour only on a terminal and unless ``NO_COLOR`` is set.

    Parameters
    ----------
    sections : iterable of Section
        From ``dcsim.results.summary.summarise``.
    file : text file, optional
        Standard output by default.
    """
    console = Console(file=file or sys.stdout, highlight=False)
    console.width = min(console.width, WIDTH) if console.is_terminal else WIDTH
    for section in sections:
        console.print(Text(section.title, style="bold cyan"))
        console.print(_table(section))
        console.print()


def format_cell(value: str | float | None, unit: str) -> str:
    """Return the text of a cell.

    Examples
    --------
    >>> [format_cell(value, "ratio") for value in (0.4567, 0.9996, 1.0, 1e-6, None)]
    ['45.7%', '99.96%', '100%', '<0.01%', '-']
    >>> [format_cell(value, "s") for value in (12.3, 5000.0, 9000.0, 1e6)]
    ['12 s', '83 min', '2.5 h', '11.6 d']
    >>> [format_cell(value, "s") for value in (1.26, 0.0381)]
    ['1.26 s', '38.1 ms']
    >>> format_cell(1234567.8, "count"), format_cell(0.25, "count"), format_cell(3.25e9, "count")
    ('1,234,568', '0.25', '3,250 M')
    """
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if unit == "ratio":
        return _percent(value)
    if unit in ("s", "h"):
        return _duration(value * (3600.0 if unit == "h" else 1.0))
    if abs(value) >= _MANY:
        return f"{value / 1e6:,.0f} M"
    return f"{value:,.0f}" if value == 0 or abs(value) >= 10 else f"{value:.3g}"


def _percent(share: float) -> str:
    """Give shares close to one the digits that tell them from it."""
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    if 0.0 < share < 5e-5:
        return "<0.01%"
    return f"{share:.2%}" if share >= 0.99 or share < 0.01 else f"{share:.1%}"


def _duration(seconds: float) -> str:
    if seconds == 0:
        return "0"
    if abs(seconds) < 10.0:
        return f"{seconds:.3g} s" if abs(seconds) >= 1.0 else f"{seconds * 1e3:.3g} ms"
    unit, name = next((unit, name) for limit, unit, name in _DURATIONS if abs(seconds) < limit)
    return f"{seconds / unit:.0f} {name}" if unit < 3600 else f"{seconds / unit:.1f} {name}"


def _table(section: Section) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0), show_edge=False)
    for column in section.columns:
        name = column.unit == "name"
        table.add_column(
            "\n".join(textwrap.wrap(column.title, _HEADING, break_long_words=False)),
            justify="left" if name else "right",
            vertical="bottom",
            no_wrap=name,
            overflow="fold",
        )
    for row in section.rows:
        table.add_row(*_cells(row, section.columns), style="bold" if row[0] == "all" else None)
    return table


def _cells(row: tuple[str | float | None, ...], columns: tuple[Column, ...]) -> Iterable[str]:
    return (format_cell(value, column.unit) for value, column in zip(row, columns, strict=True))
