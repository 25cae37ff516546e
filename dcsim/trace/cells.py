"""Cells of tables, as messages show them."""

from __future__ import annotations

import re

__all__ = ["holds_control", "shown"]

_LONGEST_SHOWN = 40
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def holds_control(text: str) -> bool:
    r"""Return whether there is a control character in a text.

    Examples
    --------
    >>> holds_control("job é 7"), holds_control("job\t7")
    (False, True)
    """
    return not text.isprintable() and _CONTROL.search(text) is not None


def shown(cell: str) -> str:
    """Return a cell in quotes, shortened, with unprintable letters escaped.

    Examples
    --------
    >>> shown(" 12,5 ")
    "'12,5'"
    """
    cell = cell.strip()
    short = cell if len(cell) <= _LONGEST_SHOWN else f"{cell[:_LONGEST_SHOWN]}..."
    return f"'{short}'" if short.isprintable() else f"'{ascii(short)[1:-1]}'"
