"""The Standard Workload Format of the Parallel Workloads Archive: 18 numbers a job, ``;`` before what is said of all.

Chapin et al., "Benchmarks and Standards for the Evaluation of Parallel Job Schedulers", JSSPP 1999. Negative numbers
mean that a log does not say.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.errors import Problem
from dcsim.job_formats import job_format
from dcsim.jobs.rows import MOST_SECONDS, MOST_SLOTS, job_block
from dcsim.trace.cells import shown
from dcsim.trace.findings import Findings
from dcsim.trace.repeats import Repeats

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from dcsim.jobs.block import JobBlock
    from dcsim.trace.source import Source

__all__ = ["swf"]

_BLOCK = 65536
_WIDTH = 18
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?")
_WORD = re.compile(r"\S+")


class _Column(NamedTuple):
    """A column that is read: its place from 0, its name, and its largest number."""

    place: int
    name: str
    most: float
    whole: bool = True


_SUBMIT = _Column(1, "submit", MOST_SECONDS, whole=False)
_RUN = _Column(3, "run time", MOST_SECONDS, whole=False)
_ALLOCATED = _Column(4, "allocated processors", MOST_SLOTS)
_REQUESTED = _Column(7, "requested processors", MOST_SLOTS)
_PROMISED = _Column(8, "requested time", MOST_SECONDS, whole=False)
_READ = (_SUBMIT, _RUN, _ALLOCATED, _REQUESTED, _PROMISED)
_JOB, _STATUS, _USER = 0, 10, 11
_PARTS = {"2", "3", "4"}
"""Statuses of lines that tell of a part of a job: it goes on later, or was its last, which ended well or failed."""
_COMMENT = ";"


@job_format("swf", suffix=".swf", begins=b";")
def swf(source: Source) -> Iterator[JobBlock]:
    """Read a log: requested processors, else allocated ones, are slots; the requested time is the walltime.

    Users are tenants. The wait and the job to wait for (columns 3 and 17) belong to the recorded scheduler and are
    passed over; so does the status (11), but for lines that tell of a part of a job (2, 3 or 4): below the line of the
    whole job they are left out.
    """
    found, names = Findings(), _Names(source)
    for first, lines in source.lines(_BLOCK, _COMMENT):
        bad: list[tuple[int, int, str, str]] = []
        rows, at = _rows(lines, first, bad)
        ids, rows, at = names.of(rows, at)
        columns = {column: _array(column, rows, at, bad) for column in _READ}
        numbers = [row[_JOB] for row in rows]
        together = "".join(numbers)
        if not (together.isascii() and together.isdigit()):
            wrong = ((int(line), name) for line, name in zip(at, numbers, strict=True) if not _NUMBER.fullmatch(name))
            bad += [(line, _JOB, "job", f"{shown(name)} is not a number") for line, name in wrong]
        told = sorted(bad)[: found.room]
        places = ((line, _position(lines[line - first], place), name, why) for line, place, name, why in told)
        found.add((Problem(source.name, *place) for place in places), len(bad) - len(told))
        if not found and (ids or names.noted):
            block = _jobs(ids, columns, [row[_USER] for row in rows])
            yield replace(block, noted=names.noted) if names.noted else block
    found.refuse()


class _Names:
    """What jobs are called: numbers that came before get something more, unless they tell of a part of that job."""

    def __init__(self, source: Source) -> None:
        self._repeats = Repeats(None if source.path is None else partial(_again, source))
        self._parts_first: set[str] = set()  # numbers whose first line is one of a part
        self._given: Counter[str] = Counter()
        self.noted: dict[str, tuple[int, str]] = {}

    def of(
        self, rows: list[list[str]], at: NDArray[np.int64]
    ) -> tuple[list[str], list[list[str]], NDArray[np.int64]]:
        """Return the names of the next jobs, and the lines to be taken; ``noted`` then tells of the others."""
        self.noted = {}
        ids = [row[_JOB] for row in rows]
        partial_rows = [place for place, row in enumerate(rows) if row[_STATUS] in _PARTS]
        again = np.searchsorted(at, [line for line, _ in self._repeats.of(ids, at)]).tolist()
        self._parts_first.update(ids[place] for place in set(partial_rows) - set(again))
        left_out = set()
        for place in again:
            name = ids[place]
            if rows[place][_STATUS] in _PARTS and name not in self._parts_first:
                left_out.add(place)
                self._note("parts", name)
            else:
                self._given[name] += 1
                ids[place] = f"{name}#{self._given[name] + 1}"
                self._note("renamed", ids[place])
        if not left_out:
            return ids, rows, at
        kept = [place for place in range(len(rows)) if place not in left_out]
        return [ids[place] for place in kept], [rows[place] for place in kept], at[kept]

    def _note(self, what: str, name: str) -> None:
        number, first = self.noted.get(what, (0, name))
        self.noted[what] = (number + 1, first)


def _jobs(ids: list[str], columns: dict[_Column, NDArray[np.float64]], users: list[str]) -> JobBlock:
    requested = columns[_REQUESTED]
    slots = np.where(requested > 0, requested, columns[_ALLOCATED]).astype(np.int64)
    tenants = np.array(users, object)
    tenants[np.array([user.startswith("-") for user in users], bool)] = ""
    more = {"tenant": tenants}
    return job_block(np.array(ids, object), columns[_SUBMIT], slots, columns[_RUN], columns[_PROMISED], more)


def _rows(
    lines: Sequence[str], first: int, bad: list[tuple[int, int, str, str]]
) -> tuple[list[list[str]], NDArray[np.int64]]:
    """Return the words of every job, and its line; ``bad`` takes up lines of another width."""
    rows = list(map(str.split, lines))
    if set(map(len, rows)) == {_WIDTH} and not any(row[0].startswith(_COMMENT) for row in rows):
        return rows, np.arange(first, first + len(rows))
    numbers = [at for at, row in enumerate(rows, first) if row and not row[0].startswith(_COMMENT)]
    widths = ((at, len(rows[at - first])) for at in numbers)
    bad += [(at, 0, "", f"has {width} numbers, where a job has {_WIDTH}") for at, width in widths if width != _WIDTH]
    numbers = [at for at in numbers if len(rows[at - first]) == _WIDTH]
    return [rows[at - first] for at in numbers], np.array(numbers, np.int64)


def _array(
    column: _Column, rows: Sequence[Sequence[str]], at: NDArray[np.int64], bad: list[tuple[int, int, str, str]]
) -> NDArray[np.float64]:
    """Return a column; ``bad`` takes up what is no number."""
    cells = [row[column.place] for row in rows]
    try:
        values = np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        values = np.full(len(cells), np.nan)
    wrong = ~(np.abs(values) <= column.most)
    if column.whole:
        wrong |= values != np.floor(values)
    if wrong.any() or "_" in "".join(cells):
        reasons = [_reason(column, cell) for cell in cells]
        bad += [(int(at[row]), column.place, column.name, why) for row, why in enumerate(reasons) if why]
    return values


def _reason(column: _Column, cell: str) -> str:
    """Say why a cell is no number of the column; nothing where it is one."""
    try:
        value = math.nan if "_" in cell or not cell.isascii() else float(cell)
    except ValueError:
        value = math.nan
    if abs(value) <= column.most and (not column.whole or value == math.floor(value)):
        return ""
    if math.isfinite(value) and abs(value) > column.most:
        return f"{shown(cell)} must be {column.most:.7g} or less"
    return f"{shown(cell)} is not a {'whole number' if column.whole else 'number of seconds'}"


def _position(line: str, place: int) -> int:
    """Return where a word begins in its line, from 1."""
    return [word.start() + 1 for word in _WORD.finditer(line)][place]


def _again(source: Source) -> Iterator[tuple[list[str], NDArray[np.int64]]]:
    """Yield the names of all jobs from the top once more."""
    for first, lines in source.lines(_BLOCK, _COMMENT):
        rows, at = _rows(lines, first, [])
        yield [row[_JOB] for row in rows], at
