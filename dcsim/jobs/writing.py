"""What became of jobs as CSV, written block by block."""

from __future__ import annotations

from itertools import repeat
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dcsim.jobs.block import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import TextIO

    from numpy.typing import NDArray

    from dcsim.jobs.block import JobResults

__all__ = ["COLUMNS", "CsvRows", "RowWriter", "numbers", "quoted", "write_columns"]

COLUMNS = ("job_id", "submit", "slots", "start", "finish", "outcome", "preemptions", "lost_s", "overhead_s", "queued_s")
_WHOLE = 2.0**53  # whole numbers up to here are exact
_QUOTED = ",\"\r\n"


class RowWriter(Protocol):
    """Takes the results of a replay, block by block."""

    def add(self, results: JobResults) -> None:
        """Write more rows."""

    def close(self) -> None:
        """Write what stands at the end."""


class CsvRows:
    """A CSV file of jobs: times in seconds, whole ones without a point, empty where there is none.

    Parameters
    ----------
    file : text file
        Where to.

    Examples
    --------
    >>> import io
    >>> from dcsim.jobs.block import JobBlock, JobResults
    >>> ones, codes = np.ones(2), np.zeros(2, np.int8)
    >>> jobs = JobBlock(np.array(["a", "b,c"], object), ones, np.array([4, 1]), ones, ones, codes)
    >>> start, none = np.array([1.0, np.nan]), np.zeros(2, np.int64)
    >>> rows = CsvRows(text := io.StringIO())
    >>> rows.add(JobResults(jobs, start, start + 0.5, np.array([0, 3]), none, none * 0.0, none * 0.0, none * 0.0))
    >>> print(text.getvalue().replace(chr(10), ";"))
    job_id,submit,slots,start,finish,outcome,preemptions,lost_s,overhead_s,queued_s;a,1,4,1,1.5,done,0,0,0,0;"b,c",1,1,,,too_large,0,0,0,0;
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._begun = False
        self._tenants = False

    def add(self, results: JobResults) -> None:
        """Write more rows."""
        jobs = results.jobs
        if not self._begun:
            self._begin(tenants="tenant" in jobs.more)
        submit = np.where(results.outcome == OUTCOMES.index("no_submit"), np.nan, jobs.submit)
        columns: list[Iterable[str]] = [
            quoted(jobs.job_id.tolist()),
            numbers(submit),
            map(str, jobs.slots.tolist()),
            numbers(results.start),
            numbers(results.finish),
            map(OUTCOMES.__getitem__, results.outcome.tolist()),
            map(str, results.preemptions.tolist()) if results.preemptions.any() else repeat("0", len(results)),
            numbers(results.lost),
            numbers(results.overhead),
            numbers(results.queued),
        ]
        if self._tenants:
            columns.append(quoted(jobs.more["tenant"].tolist()))
        write_columns(self._file, columns)

    def close(self) -> None:
        """Write the header where there were no rows."""
        if not self._begun:
            self._begin(tenants=False)

    def _begin(self, *, tenants: bool) -> None:
        self._begun, self._tenants = True, tenants
        self._file.write(",".join((*COLUMNS, "tenant") if tenants else COLUMNS) + "\n")


def write_columns(file: TextIO, columns: Iterable[Iterable[str]]) -> None:
    """Write cells that stand in columns as CSV rows."""
    file.write("\n".join((*map(",".join, zip(*columns, strict=True)), "")))


def numbers(values: NDArray[np.float64]) -> Iterable[str]:
    """Return numbers as text: whole ones without a point, others with every digit, nothing for NaN and infinity.

    Examples
    --------
    >>> list(numbers(np.array([3.0, 0.1, np.nan, -2.5, 1e300])))
    ['3', '0.1', '', '-2.5', '1e+300']
    """
    if not values.any():
        return repeat("0", len(values))
    whole = (np.abs(values) < _WHOLE) & (values == np.floor(values))
    if whole.all():
        return map(str, values.astype(np.int64).tolist())
    cells = np.empty(len(values), object)
    cells[whole] = list(map(str, values[whole].astype(np.int64).tolist()))
    rest = ~whole
    cells[rest] = [repr(value) if abs(value) < np.inf else "" for value in values[rest].tolist()]
    texts: list[str] = cells.tolist()
    return texts


def quoted(cells: Sequence[Any]) -> Sequence[str]:
    """Return texts as cells: in quotation marks where they hold what separates cells.

    Examples
    --------
    >>> quoted(["a", "b,c"])
    ['a', '"b,c"']
    """
    together = "".join(cells)
    if not any(mark in together for mark in _QUOTED):
        return cells
    return ['"{}"'.format(cell.replace('"', '""')) if set(cell) & set(_QUOTED) else cell for cell in cells]
