"""Replay of measured load (a rate file) and of recorded training jobs (a job file)."""

from __future__ import annotations

import csv
import gzip
import io
import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from dcsim.errors import InputError, Problem
from dcsim.generators import generator
from dcsim.generators.plan import ArrivalRequest, Arrivals, Generator, LoadRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["replay_jobs", "replay_load"]

_JOB_COLUMNS = {
    "submit": ("submit_s", "submit", "submit_time"),
    "duration": ("duration_s", "duration"),
    "gpus": ("num_gpus", "gpus", "gpu_num"),
}
_MOST_PROBLEMS = 20
_MOST_STEPS = 10_000_000
_LONGEST_JOB_S = 1e12
_LARGEST_JOB = 1e9


def replay_load(request: LoadRequest) -> NDArray[np.float64]:
    """Return a measured rate as shares of its own peak, step by step from the first row of the file.

    Rows are counts per row; a step's load is the sum of its rows over the step, divided by the largest such sum of
    the whole file. Rows that the file leaves out count as zero; behind its end the last step holds. The clock of the
    file is the same for every region.

    Raises
    ------
    InputError
        For a file that cannot be read, bad rows (every one named up to 20), times more than 10 million load steps
        apart, or a file that ends before the scenario.
    """
    path = _path(request.file)
    rows = _Rows(path)
    time = rows.column(request.time_column, 0)
    value = rows.column(request.value_column, 1)
    times, values, lines = [], [], []
    for number, row in rows:
        second, count = rows.seconds(number, row, time), rows.number(number, row, value, low=0.0)
        times.append(second)
        values.append(count)
        lines.append(number)
    rows.finish(len(times))
    seconds = np.array(times) - min(times)
    if seconds.max() / request.resolution > _MOST_STEPS:
        raise rows.error(
            lines[int(seconds.argmax())],
            f"lies {seconds.max():.4g} s after the first time, {seconds.max() / request.resolution:.4g} load steps; "
            f"at most {_MOST_STEPS:,} fit, so mend the time or lengthen the resolution",
        )
    bins = np.bincount((seconds / request.resolution).astype(np.int64), weights=np.array(values))
    needed = request.steps - request.ahead
    if len(bins) < needed:
        raise rows.error(
            0,
            f"ends after {seconds.max() / 3600:.1f} h, before the scenario does "
            f"({needed * request.resolution / 3600:.1f} h); shorten the scenario",
        )
    if bins.max() <= 0:
        raise rows.error(0, "holds no load at all")
    shares = bins[: request.steps] / bins.max()
    return np.pad(shares, (0, request.steps - len(shares)), mode="edge")


def replay_jobs(request: ArrivalRequest) -> Arrivals:
    """Return the jobs of a file with columns for submission, duration and GPUs; time zero is the first submission.

    Raises
    ------
    InputError
        For a file that cannot be read, missing columns, or bad rows (every one named up to 20).
    """
    rows = _Rows(_path(request.file))
    columns = {what: rows.one_of(names) for what, names in _JOB_COLUMNS.items()}
    jobs = []
    for number, row in rows:
        jobs.append(
            (
                rows.seconds(number, row, columns["submit"]),
                rows.number(number, row, columns["duration"], low=0.0, high=_LONGEST_JOB_S),
                rows.number(number, row, columns["gpus"], low=1.0, high=_LARGEST_JOB),
            )
        )
    rows.finish(len(jobs))
    table = np.array(jobs)
    order = np.argsort(table[:, 0], kind="stable")
    table = table[order]
    time = table[:, 0] - table[0, 0]
    inside = time < request.horizon
    return Arrivals(
        time[inside],
        order[inside].astype(np.int64),
        np.ceil(table[inside, 2]).astype(np.int64),
        table[inside, 1] * request.scale,
        int((~inside).sum()),
    )


def _path(file: Path | None) -> Path:
    if file is None:
        raise ValueError("generator 'replay' needs a file")
    return file


class _Rows:
    """The rows of a CSV file, gzipped or not, with every bad one remembered by line."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[Problem] = []
        try:
            raw = path.read_bytes()
            text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
        except (OSError, EOFError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "is not a UTF-8 text file"
            raise InputError([Problem(str(path), 0, 0, "", f"cannot be read: {reason}")]) from error
        self._reader = csv.reader(io.StringIO(text))
        self.header = [name.strip() for name in next(self._reader, [])]

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        for row in self._reader:
            if row:
                yield self._reader.line_num, row

    def error(self, line: int, message: str) -> InputError:
        """Return the error for this file, with the problems so far."""
        return InputError([*self.problems, Problem(str(self.path), line, 1 if line else 0, "", message)])

    def one_of(self, names: tuple[str, ...]) -> int:
        """Return the index of the first of several accepted column names."""
        for name in names:
            if name in self.header:
                return self.header.index(name)
        raise self.error(1, f"needs a column '{names[0]}'; it has {', '.join(self.header) or 'none'}")

    def column(self, name: str | None, default: int) -> int:
        """Return the index of a named column, or the default one."""
        if name is not None:
            return self.one_of((name,))
        if len(self.header) <= default:
            raise self.error(1, "needs a header and at least two columns: a time and a value")
        return default

    def seconds(self, line: int, row: list[str], column: int) -> float:
        """Return a cell as seconds: a number, or an ISO time (UTC unless it says otherwise)."""
        cell = row[column].strip() if column < len(row) else ""
        try:
            value = float(cell)
        except ValueError:
            return self._instant(line, column, cell)
        if not math.isfinite(value):
            return self._bad(line, column, f"{cell} must be a finite number of seconds")
        return value

    def _instant(self, line: int, column: int, cell: str) -> float:
        try:
            instant = datetime.fromisoformat(cell)
        except ValueError:
            return self._bad(line, column, f"'{cell}' is neither a number of seconds nor an ISO time")
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).timestamp()

    def number(self, line: int, row: list[str], column: int, low: float, high: float = math.inf) -> float:
        """Return a cell as a finite number from ``low`` to ``high``."""
        cell = row[column].strip() if column < len(row) else ""
        try:
            value = float(cell)
        except ValueError:
            return self._bad(line, column, f"'{cell}' is not a number")
        if not math.isfinite(value) or value < low:
            return self._bad(line, column, f"{cell} must be a finite number of {low:g} or more")
        if value > high:
            return self._bad(line, column, f"{cell} must be {high:g} or less")
        return value

    def _bad(self, line: int, column: int, message: str) -> float:
        self.problems.append(Problem(str(self.path), line, 1, self.header[column], message))
        if len(self.problems) >= _MOST_PROBLEMS:
            raise InputError(self.problems)
        return 0.0

    def finish(self, count: int) -> None:
        """Raise if any row was bad or there was none."""
        if self.problems:
            raise InputError(self.problems)
        if not count:
            raise self.error(0, "holds no rows")


generator("replay")(
    Generator(
        load=replay_load,
        arrivals=replay_jobs,
        load_needs=("file",),
        arrivals_need=("file",),
        may=("time", "value", "scale"),
    )
)
