"""Tables that users hand over as CSV: read strictly and quickly, with every bad cell named by line and column.

Cells are turned into arrays column by column, block by block. Only where that fails is a block looked at row by row
and cell by cell, so a clean file costs little and a bad one is told in full. A table may be taken whole or in blocks.
"""

from __future__ import annotations

import contextlib
import csv
import difflib
import math
import warnings
from dataclasses import dataclass, replace
from functools import partial
from operator import methodcaller
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dcsim.errors import InputError, Problem
from dcsim.trace.cells import holds_control, shown
from dcsim.trace.findings import Findings
from dcsim.trace.repeats import Repeats
from dcsim.trace.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["CsvTable", "Field", "csv_blocks", "read_csv"]

_BLOCK = 65536  # rows that are turned into arrays at a time; bounds the memory that their text takes
_LARGEST = 2**63 - 1  # int64
_EXACT = 2**53  # whole numbers below are floats too, and no text of more digits is read as one
_READ_AS_0 = (*" \t\v\f\r\n+", "-,")  # what numpy takes for a number where a cell has no more
_DTYPES = {"number": np.float64, "whole": np.int64, "text": object}
_WRONG = (ValueError, OverflowError)  # what a number or an int64 of a cell raises
_COMMAS = methodcaller("count", ",")


@dataclass(frozen=True)
class Field:
    """A column that a table has or may have.

    Parameters
    ----------
    name : str
        Name in the header.
    kind : {'number', 'whole', 'text'}
        Finite numbers become float64, whole numbers int64, texts str without the spaces around them.
    low, high : float
        Smallest and largest number allowed.
    default : float or str, optional
        What an empty cell, or a table without the column, means; without it the column is needed and every cell too.
    needed : bool
        Whether the table must have the column though it may have empty cells.
    unique : bool
        Whether no two rows may have the same text.
    beyond : str
        What a message says of a number outside the range; the limit that it exceeds where empty.
    unit : str
        What is counted, for messages.
    """

    name: str
    kind: Literal["number", "whole", "text"] = "number"
    low: float = 0.0
    high: float = math.inf
    default: float | str | None = None
    needed: bool = False
    unique: bool = False
    beyond: str = ""
    unit: str = ""


@dataclass(frozen=True, eq=False)
class CsvTable:
    """A table that was read, or a block of its rows.

    Parameters
    ----------
    file : str
        Its name as messages call it.
    rows : int
        How many there are.
    columns : dict
        An array for each field, by name: float64, int64, or str objects.
    header : sequence of str
        Names of the columns that the file has, from left to right.
    """

    file: str
    rows: int
    columns: dict[str, NDArray[Any]]
    header: Sequence[str]
    _lines: Sequence[str]
    _first: int
    _numbers: NDArray[np.int64]

    def problem(self, row: int, name: str, message: str) -> Problem:
        """Return a problem with one cell, at its place in the file."""
        line = int(self._numbers[row])
        column = _position(self._lines[line - self._first], self.header.index(name))
        return Problem(self.file, line, column, name, message)

    def problems(self, wrong: Iterable[tuple[str, NDArray[np.bool_], str]]) -> Iterator[Problem]:
        """Yield a problem for each cell that a mask of rows marks; each mask comes with its column and the message."""
        for name, mask, message in wrong:
            for row in np.flatnonzero(mask).tolist():
                yield self.problem(row, name, message)

    def refuse(self, problems: Iterable[Problem]) -> None:
        """Raise the first 20 problems, and how many more there are, if there are any.

        Raises
        ------
        InputError
            As said.
        """
        found = Findings()
        found.add(problems)
        found.refuse()


def read_csv(source: str | Path | Source, fields: Sequence[Field]) -> CsvTable:
    r"""Read a CSV file with a header, gzipped or not; the columns may stand in any order.

    Lines above the header that begin with ``#`` are comments.

    Parameters
    ----------
    source : str, Path or Source
        The file, or ``-`` for standard input.
    fields : sequence of Field
        The columns that are known.

    Raises
    ------
    InputError
        With every problem up to 20 and the number of further ones: a file that cannot be read or is not UTF-8, columns
        that are missing, unknown or repeated, rows of another width, cells that are empty, no number, not finite or
        out of range, and repeated cells of a unique column.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "a.csv"
    ...     _ = path.write_text("size,name\n3,x\n")
    ...     read_csv(path, [Field("name", "text"), Field("size")]).columns["size"].tolist()
    [3.0]
    """
    blocks = list(csv_blocks(source, fields))
    numbers = np.concatenate([block._numbers for block in blocks])
    columns = {name: np.concatenate([block.columns[name] for block in blocks]) for name in blocks[0].columns}
    lines = [line for block in blocks for line in block._lines]
    return replace(blocks[0], rows=len(numbers), columns=columns, _lines=lines, _numbers=numbers)


def csv_blocks(source: str | Path | Source, fields: Sequence[Field]) -> Iterator[CsvTable]:
    """Read a CSV file as ``read_csv`` does, but yield it block by block: at least one, and none from a problem on.

    Raises
    ------
    InputError
        Once all of the file has been read, with what ``read_csv`` tells.
    """
    source = Source.of(source)
    found, reader, above = Findings(), None, list[str]()
    for start, block in source.lines(_BLOCK):
        first, lines = start, block
        if reader is None:
            top = next((at for at, line in enumerate(lines) if line.strip() and not line.startswith("#")), None)
            if top is None:
                above = [*above, *lines[:1], *filter(str.strip, lines)][:2]
                continue
            reader = _Reader(source, fields, found, first + top, lines[top])
            first, lines = first + top + 1, lines[top + 1 :]
        table = reader.read(first, lines)
        if table is not None:
            yield table
    if reader is None:
        if not any(map(str.strip, above)):
            found.add([Problem(source.name, 0, 0, "", "is empty; the first line must name the columns")])
            found.refuse()
        _Reader(source, fields, found, 1, above[0])
    found.refuse()


class _Reader:
    """From lines to tables, once the header is known."""

    def __init__(self, source: Source, fields: Sequence[Field], found: Findings, number: int, header: str) -> None:
        self.source, self.fields, self.found, self.top = source, fields, found, number
        self.header, problems = _header(source.name, number, header, fields)
        found.add(problems)
        by_name = {field.name: field for field in fields}
        self.known = [(place, by_name[name]) for place, name in enumerate(self.header) if name in by_name]
        self.repeats = {
            field.name: Repeats(None if source.path is None else partial(self._again, place))
            for place, field in self.known
            if field.unique and self.header.count(field.name) == 1
        }

    def read(self, first: int, lines: list[str]) -> CsvTable | None:
        """Return the table of some lines, unless something has been found wrong by then."""
        bad: list[tuple[int, int, str, str]] = []
        cells, at = _cells(lines, first, len(self.header), bad)
        columns = {}
        for place, field in self.known:
            try:
                columns[field.name] = _array(field, cells[place])
            except _WRONG:
                reasons = [_reason(field, cell) for cell in cells[place]]
                bad += [(int(at[row]), place, field.name, why) for row, why in enumerate(reasons) if why]
                self.repeats.pop(field.name, None)
        for place, field in self.known:
            if field.name in self.repeats:
                for line, above in self.repeats[field.name].of(columns[field.name].tolist(), at):
                    bad.append((line, place, field.name, _repeated(lines[line - first], place, above)))
        told = sorted(bad)[: self.found.room]
        places = ((line, _position(lines[line - first], place), name, why) for line, place, name, why in told)
        self.found.add((Problem(self.source.name, *place) for place in places), len(bad) - len(told))
        if self.found:
            return None
        for field in self.fields:
            if field.name not in columns:
                columns[field.name] = np.full(len(at), field.default, _DTYPES[field.kind])
        return CsvTable(self.source.name, len(at), columns, self.header, lines, first, at)

    def _again(self, place: int) -> Iterator[tuple[list[str], NDArray[np.int64]]]:
        """Yield the cells of a column from the top once more."""
        for start, block in self.source.lines(_BLOCK):
            above = max(self.top + 1 - start, 0)
            cells, at = _cells(block[above:], start + above, len(self.header), [])
            yield list(map(str.strip, cells[place])), at


def _header(file: str, number: int, line: str, fields: Sequence[Field]) -> tuple[list[str], list[Problem]]:
    """Return the names of the columns, and what is wrong with them."""
    try:
        names = [name.strip() for name in next(csv.reader([line], strict=True))]
    except csv.Error:
        names = []
    known = [field.name for field in fields]
    needed = [field.name for field in fields if field.default is None or field.needed]
    if not {name.lower() for name in names} & set(known):
        hint = "" if len(names) > 1 else ", separated by commas"
        message = f"must name the columns: '{','.join(needed)}'{hint}"
        raise InputError([Problem(file, number, 1, "", message)])
    problems, all_known = [], f"; known: {', '.join(known)}"
    for place, name in enumerate(names):
        at = _position(line, place)
        if name not in known:
            near = difflib.get_close_matches(name.lower(), known, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else all_known
            all_known = all_known if near else ""  # a list that is told once
            problems.append(Problem(file, number, at, "", f"unknown column {shown(name)}{hint}"))
        elif name in names[:place]:
            problems.append(Problem(file, number, at, name, "stands twice; leave one column of that name"))
    missing = [name for name in needed if name not in names]
    problems += [Problem(file, number, 1, "", f"needs a column '{name}'") for name in missing]
    return names, problems


def _cells(
    lines: list[str], first: int, width: int, found: list[tuple[int, int, str, str]]
) -> tuple[list[Sequence[str]], NDArray[np.int64]]:
    """Return the columns of those lines that have the right width, and the number of the line of each row.

    ``found`` takes up the others as (line, place, name, message).
    """
    last = next((at for at in range(len(lines), 0, -1) if lines[at - 1].strip()), 0)
    lines = lines[:last] if last < len(lines) else lines
    together = ",".join(lines)
    if '"' not in together and set(map(_COMMAS, lines)) == {width - 1}:
        flat = together.split(",")
        return [flat[place::width] for place in range(width)], np.arange(first, first + len(lines))
    rows, numbers = [], []
    for number, line in enumerate(lines, first):
        if not line.strip():
            continue
        try:
            row = next(csv.reader([line], strict=True))
        except csv.Error:
            found.append((number, 0, "", "has a quotation mark that does not close, or a cell beyond all measure"))
            continue
        if len(row) == width:
            rows.append(row)
            numbers.append(number)
        else:
            found.append((number, 0, "", f"has {len(row)} cells, where the header has {width}"))
    columns = list(zip(*rows, strict=True)) if rows else [()] * width
    return [*columns], np.array(numbers, np.int64)


def _array(field: Field, cells: Sequence[str]) -> NDArray[Any]:
    """Return cells as an array; any that does not pass raises ``ValueError`` for all."""
    if field.kind == "text":
        texts = np.empty(len(cells), object)
        texts[:] = [cell.strip() or field.default for cell in cells]
        if None in texts:
            raise ValueError("empty")
        if holds_control("".join(cells)):
            raise ValueError("not for people")
        return texts
    quick = _plain_numbers(cells)
    empty = None
    if quick is not None:
        values: NDArray[Any] = quick.astype(_DTYPES[field.kind])
    else:
        if field.default is not None:
            empty = np.array([not cell.strip() for cell in cells], bool)
            cells = ["0" if gap else cell for cell, gap in zip(cells, empty, strict=True)]
        together = "".join(cells)
        if "_" in together or not together.isascii():  # which float() and int() would take
            raise ValueError("not a number")
        values = np.fromiter(map(float if field.kind == "number" else int, cells), _DTYPES[field.kind], len(cells))
    good = np.isfinite(values) & (values >= field.low) & (values <= field.high)
    if not (good if empty is None else good | empty).all():
        raise ValueError("out of range")
    if empty is not None:
        values[empty] = field.default
    return values


def _plain_numbers(cells: Sequence[str]) -> NDArray[np.int64] | None:
    """Return cells that are all plain whole numbers, several times as fast as ``int`` does; None for others."""
    together = ",".join((*cells, "0"))
    if any(odd in together for odd in _READ_AS_0):
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # of a text that is not read to its end
        try:
            values = np.fromstring(together, np.int64, sep=",")
        except ValueError:
            return None
    exact = len(values) == len(cells) + 1 and ((values < _EXACT) & (values > -_EXACT)).all()
    return values[:-1] if exact else None


def _reason(field: Field, cell: str) -> str:
    """Say why a cell does not pass; nothing where it does."""
    if not cell.strip():
        return "" if field.default is not None else "is empty"
    if field.kind == "text":
        return f"{shown(cell)} has a control character in it; leave it out" if holds_control(cell) else ""
    return _wrong_number(field, cell)


def _wrong_number(field: Field, cell: str) -> str:
    """Say why a cell is no number that passes; nothing where it is one."""
    kind, low, high, value = "number", field.low, field.high, None
    if field.kind == "whole":
        kind, low, high = "whole number", max(low, -_LARGEST - 1), min(high, _LARGEST)
    with contextlib.suppress(*_WRONG):
        value = float(cell) if field.kind == "number" else int(cell)
    if value is None or "_" in cell or not cell.isascii():
        return f"{shown(cell)} is not a {kind}{f' of {field.unit}' if field.unit else ''}"
    if low <= value <= high and -math.inf < value < math.inf:
        return ""
    if not -math.inf < value < math.inf:
        return f"{shown(cell)} is not a finite number"
    if field.beyond:
        return f"{shown(cell)} {field.beyond}"
    return f"{shown(cell)} must be {f'{low:.7g} or more' if value < low else f'{high:.7g} or less'}"


def _repeated(line: str, place: int, above: int) -> str:
    """Say that a cell stands above too."""
    cell = next(csv.reader([line], strict=True))[place]
    return f"{shown(cell)} stands on line {above} too; give it another"


def _position(line: str, place: int) -> int:
    """Return where a cell begins in its line, from 1."""
    begins, quoted = [0], False
    for at, letter in enumerate(line):
        if letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            begins.append(at + 1)
    begin = begins[min(place, len(begins) - 1)]
    return begin + len(line[begin:]) - len(line[begin:].lstrip()) + 1
