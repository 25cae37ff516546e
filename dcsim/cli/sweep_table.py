"""The summary of a sweep in the terminal."""

from __future__ import annotations

import re
import sys
import textwrap
from typing import TYPE_CHECKING, TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from dcsim.cli.show import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcsim.results.sweep_summary import SweepTable

__all__ = ["show_sweep"]

_NAME, _FIGURE = 26, 13
"""Columns of the terminal over which a heading is broken."""
_SPACE = "\N{NO-BREAK SPACE}"


def show_sweep(tables: Iterable[SweepTable], file: TextIO | None = None) -> None:
    """Print the tables of a sweep; colour only on a terminal and unless ``NO_COLOR`` is set.

    Parameters
    ----------
    tables : iterable of SweepTable
        From ``dcsim.results.sweep_summary.summarise_sweep``.
    file : text file, optional
        Standard output by default.
    """
    console = Console(file=file or sys.stdout, highlight=False)
    console.width = max(console.width, WIDTH) if console.is_terminal else WIDTH
    for each in tables:
        table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 2, 0, 0), show_edge=False)
        for place, heading in enumerate(each.headings):
            name = place < each.names
            table.add_column(
                Text(_heading(heading, name=name)),
                justify="left" if name else "right",
                vertical="bottom",
                no_wrap=not name,
                overflow="fold",
            )
        for row in each.rows:
            table.add_row(*(Text(cell) for cell in row))
        console.print(Text(each.title, style="bold cyan"))
        console.print(table)
        if each.note:
            console.print(Text(each.note, style="dim"))
        console.print()


def _heading(text: str, *, name: bool) -> str:
    """Break a heading: paths behind dots, metrics at spaces and underscores, but not before an arrow."""
    if not name:
        words = re.sub(r" ([↑↓])$", _SPACE + r"\1", text.replace("_", " "))
        return "\n".join(textwrap.wrap(words, _FIGURE, break_long_words=False)).replace(_SPACE, " ")
    lines = [""]
    for part in re.split(r"(?<=\.)", text):
        if lines[-1] and len(lines[-1]) + len(part) > _NAME:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)
