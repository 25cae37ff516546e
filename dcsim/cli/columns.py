"""Rows as columns of text under their headings and units."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

__all__ = ["aligned"]


def aligned(
    head: Sequence[tuple[str, str]], rows: Iterable[Sequence[str]], left: Container[str] = ()
) -> list[str]:
    """Return a line of headings, one of units, and one for each row.

    Parameters
    ----------
    head : sequence of (str, str)
        Heading and unit of each column.
    rows : iterable of sequence of str
        Cells.
    left : container of str
        Headings of the columns that are set flush left.

    Examples
    --------
    >>> aligned([("size", ""), ("time", "ms")], [("1 MB", "0.5"), ("10 MB", "12.5")], left={"size"})
    ['size   time', '         ms', '1 MB    0.5', '10 MB  12.5']
    """
    lines = [*zip(*head, strict=True), *rows]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(
            cell.ljust(width) if heading in left else cell.rjust(width)
            for cell, width, (heading, _) in zip(line, widths, head, strict=True)
        ).rstrip()
        for line in lines
    ]
