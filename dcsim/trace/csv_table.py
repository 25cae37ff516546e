"""Tables that users hand over as CSV: read strictly and quickly, with every bad cell named by line and column.

Cells are turned into arrays column by column, block by block. Only where that fails is a block looked at row by row
and cell by cell, so a clean file costs little and a bad one is told in full.
"""

from __future__ import annotations

import contextlib
import csv
import difflib
import gzip
import math
import sys
import zlib
from dataclasses import dataclass
from operator import methodcaller
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dcsim.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["STDIN", "CsvTable", "Field", "read_csv"]

STDIN = "-"
"""The name under which standard input is read."""
_BLOCK = 65536  # rows that are turned into arrays at a time; bounds the memory that their text takes
_MOST_PROBLEMS = 20
_LONGEST_SHOWN = 40
_LARGEST = 2**63 - 1  # int64
_WRONG = (ValueError, OverflowError)  # what a number or an int64 of a cell raises
_COMMAS = methodcaller("count", ",")
_GZIP = b"\x1f\x8b"


@dataclass(frozen=True)
class Field:
    """A column that a table has or may have.

    Parameters
    ----------
    name : str
        Name in the header.
    kind : {'number', 'whole', 'text'}
        Finite numbers become float64, whole numbers int64, texts (never empty) str without the spaces around them.
    low, high : float
        Smallest and largest number allowed.
    default : float, optional
        What an empty cell, or a table without the column, means; without it the column is needed and every cell too.
    unique : bool
        Whether no two rows may have the same cell.
    beyond : str
        What a message says of a number outside the range; the limit that it exceeds where empty.
    unit : str
        What is counted, for messages.
    """

    name: str
    kind: Literal["number", "whole", "text"] = "number"
    low: float = 0.0
    high: float = math.inf
    default: float | None = None
    unique: bool = False
    beyond: str = ""
    unit: str = ""


@dataclass(frozen=True, eq=False)
class CsvTable:
    """A table that was read.

    Parameters
    ----------
    file : str
        Its name as messages call it.
    rows : int
        How many there are.
    columns : dict
        An array for each field, by name: float64, int64, or str objects.
    """

    file: str
    rows: int
    columns: dict[str, NDArray[Any]]
    _lines: Sequence[str]
    _numbers: NDArray[np.int64]
    _header: Sequence[str]

    def problem(self, row: int, name: str, message: str) -> Problem:
        """Return a problem with one cell, at its place in the file."""
        line = int(self._numbers[row])
        column = _position(self._lines[line - 1], list(self._header).index(name))
        return Problem(self.file, line, column, name, message)

    def refuse(self, problems: Iterator[Problem] | Sequence[Problem]) -> None:
        """Raise the first 20 problems, and how many more there are, if there are any.

        Raises
        ------
        InputError
            As said.
        """
        told = list(problems)
        if told:
            raise _refusal(told)


def read_csv(source: str | Path, fields: Sequence[Field]) -> CsvTable:
    r"""Read a CSV file with a header, gzipped or not; the columns may stand in any order.

    Lines above the header that begin with ``#`` are comments.

    Parameters
    ----------
    source : str or Path
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
    file = "standard input" if str(source) == STDIN else str(source)
    lines = _split(file, _load(file, source))
    top = next((number for number, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0)
    header, problems = _header(file, top + 1, lines[top], fields)
    known = [(place, field) for place, name in enumerate(header) for field in fields if field.name == name]
    found: list[tuple[int, int, str, str]] = []
    blocks: dict[str, list[NDArray[Any]]] = {field.name: [] for _, field in known}
    numbers = []
    for start in range(top + 1, len(lines), _BLOCK):
        cells, at = _cells(lines[start : start + _BLOCK], start + 1, len(header), found)
        numbers.append(at)
        for place, field in known:
            try:
                blocks[field.name].append(_array(field, cells[place]))
            except _WRONG:
                reasons = [_reason(field, cell) for cell in cells[place]]
                found += [(int(at[row]), place, field.name, why) for row, why in enumerate(reasons) if why]
    at = np.concatenate([np.zeros(0, np.int64), *numbers])
    columns = {field.name: np.concatenate([_array(field, ()), *blocks[field.name]]) for _, field in known}
    for place, field in known:
        if field.unique and len(columns[field.name]) == len(at):
            found += [(line, place, field.name, why) for line, why in _repeated(columns[field.name], at)]
    if problems or found:
        told = sorted(found)[: _MOST_PROBLEMS + 1]
        problems += [Problem(file, line, _position(lines[line - 1], place), *why) for line, place, *why in told]
        raise _refusal(problems, len(found) - len(told))
    missing = {field.name: np.full(len(at), field.default) for field in fields if field.name not in columns}
    return CsvTable(file, len(at), columns | missing, lines, at, header)


def _load(file: str, source: str | Path) -> str:
    """Return the text of a file."""
    try:
        raw = sys.stdin.buffer.read() if str(source) == STDIN else Path(source).read_bytes()
        raw = gzip.decompress(raw) if raw.startswith(_GZIP) else raw
    except (OSError, EOFError, zlib.error) as error:
        reason = (getattr(error, "strerror", None) or "is a damaged gzip file").lower()
        raise InputError([Problem(file, 0, 0, "", f"cannot be read: {reason}")]) from error
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        begin = raw.rfind(b"\n", 0, error.start) + 1
        line, column = raw.count(b"\n", 0, error.start) + 1, len(raw[begin : error.start].decode()) + 1
        raise InputError([Problem(file, line, column, "", "is not UTF-8 text; save the file as UTF-8")]) from error


def _split(file: str, text: str) -> list[str]:
    """Return the lines of a text without their ends."""
    lines = text.split("\n")
    if "\r" in text:
        lines = [line.removesuffix("\r") for line in lines]
    while lines and not lines[-1].strip():
        lines.pop()
    if not lines:
        raise InputError([Problem(file, 0, 0, "", "is empty; the first line must name the columns")])
    return lines


def _header(file: str, number: int, line: str, fields: Sequence[Field]) -> tuple[list[str], list[Problem]]:
    """Return the names of the columns, and what is wrong with them."""
    try:
        names = [name.strip() for name in next(csv.reader([line], strict=True))]
    except csv.Error:
        names = []
    known = [field.name for field in fields]
    needed = [field.name for field in fields if field.default is None]
    if not {name.lower() for name in names} & set(known):
        hint = "" if len(names) > 1 else ", separated by commas"
        message = f"must name the columns: '{','.join(needed)}'{hint}"
        raise InputError([Problem(file, number, 1, "", message)])
    problems = []
    for place, name in enumerate(names):
        at = _position(line, place)
        if name not in known:
            problems.append(Problem(file, number, at, "", f"unknown column {_shown(name)}; {_hint(name, known)}"))
        elif name in names[:place]:
            problems.append(Problem(file, number, at, name, "stands twice; leave one column of that name"))
    missing = [name for name in needed if name not in names]
    problems += [Problem(file, number, 1, "", f"needs a column '{name}'") for name in missing]
    return names, problems


def _hint(name: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"


def _cells(
    lines: Sequence[str], first: int, width: int, found: list[tuple[int, int, str, str]]
) -> tuple[list[Sequence[str]], NDArray[np.int64]]:
    """Return the columns of those lines that have the right width, and the number of the line of each row.

    ``found`` takes up the others as (line, place, name, message).
    """
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
        texts[:] = list(map(str.strip, cells))
        if not all(texts):
            raise ValueError("empty")
        return texts
    empty = None
    if field.default is not None:
        empty = np.array([not cell.strip() for cell in cells], bool)
        if empty.any():
            cells = ["0" if gap else cell for cell, gap in zip(cells, empty, strict=True)]
    together = "".join(cells)
    if "_" in together or not together.isascii():  # which float() and int() would take
        raise ValueError("not a number")
    values: NDArray[Any]
    if field.kind == "number":
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    else:
        values = np.fromiter(map(int, cells), np.int64, len(cells))
    good = np.isfinite(values) & (values >= field.low) & (values <= field.high)
    if not (good if empty is None else good | empty).all():
        raise ValueError("out of range")
    if empty is not None:
        values[empty] = field.default
    return values


def _reason(field: Field, cell: str) -> str:
    """Say why a cell does not pass; nothing where it does."""
    if not cell.strip():
        return "" if field.default is not None else "is empty"
    return "" if field.kind == "text" else _wrong_number(field, cell)


def _wrong_number(field: Field, cell: str) -> str:
    """Say why a cell is no number that passes; nothing where it is one."""
    kind, low, high, value = "number", field.low, field.high, None
    if field.kind == "whole":
        kind, low, high = "whole number", max(low, -_LARGEST - 1), min(high, _LARGEST)
    with contextlib.suppress(*_WRONG):
        value = float(cell) if field.kind == "number" else int(cell)
    if value is None or "_" in cell or not cell.isascii():
        return f"{_shown(cell)} is not a {kind}{f' of {field.unit}' if field.unit else ''}"
    if low <= value <= high and -math.inf < value < math.inf:
        return ""
    if not -math.inf < value < math.inf:
        return f"{_shown(cell)} is not a finite number"
    if field.beyond:
        return f"{_shown(cell)} {field.beyond}"
    return f"{_shown(cell)} must be {f'{low:.7g} or more' if value < low else f'{high:.7g} or less'}"


def _repeated(column: NDArray[Any], at: NDArray[np.int64]) -> Iterator[tuple[int, str]]:
    """Yield the line of every row whose cell another row above has, and which that is."""
    cells = column.tolist()
    if len(set(cells)) == len(cells):
        return
    first: dict[Any, int] = {}
    for line, cell in zip(at.tolist(), cells, strict=True):
        above = first.setdefault(cell, line)
        if above != line:
            yield line, f"{_shown(str(cell))} stands on line {above} too; give it another"


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


def _shown(cell: str) -> str:
    """Return a cell in quotes, shortened, with unprintable letters escaped."""
    cell = cell.strip()
    short = cell if len(cell) <= _LONGEST_SHOWN else f"{cell[:_LONGEST_SHOWN]}..."
    return f"'{short}'" if short.isprintable() else f"'{ascii(short)[1:-1]}'"


def _refusal(problems: list[Problem], others: int = 0) -> InputError:
    """Return the error with the first problems and, in place of all others, their number."""
    kept, beyond = problems[:_MOST_PROBLEMS], problems[_MOST_PROBLEMS:]
    if beyond:
        first, others = beyond[0], others + len(beyond)
        kept.append(Problem(first.file, first.line, first.column, "", f"and {others:,} more from here on"))
    return InputError(kept)
