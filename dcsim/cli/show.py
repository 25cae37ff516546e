"""The summary of a run in the terminal."""

from __future__ import annotations

import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dcsim.results.cells import format_cell

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcsim.results.summary import Column, Section

__all__ = ["WIDTH", "show"]

WIDTH = 100
_HEADING = 8  # columns; narrower headings leave the width to the numbers


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
