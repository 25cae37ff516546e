"""The jobs and the segments of a replay, read back as columns."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa

from dcsim.errors import InputError, Problem
from dcsim.trace.cells import shown
from dcsim.trace.csv_table import Field, read_csv
from dcsim.trace.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

__all__ = ["JobFiles", "read_job_files"]

_NAN = math.nan
_JOBS = (
    Field("job_id", "text", unique=True), Field("submit"), Field("slots", "whole"), Field("start", default=_NAN),
    Field("finish", default=_NAN), Field("outcome", "text"), Field("preemptions", "whole", default=0),
    Field("lost_s", default=0.0), Field("overhead_s", default=0.0), Field("queued_s", default=0.0),
    Field("tenant", "text", default=""),
)  # fmt: skip
_SEGMENTS = (
    Field("job_id", "text"), Field("begin"), Field("finish"), Field("slots", "whole"), Field("end", "text", default=""),
    Field("tenant", "text", default=""), Field("pool", "text", default=""), Field("nodes", "text", default=""),
    Field("useful_s", default=_NAN), Field("lost_s", default=_NAN), Field("overhead_s", default=_NAN),
    Field("share", high=1.0, default=1.0),
)  # fmt: skip
_DTYPES = {"number": np.float64, "whole": np.int64, "text": object}


@dataclass(frozen=True, eq=False)
class JobFiles:
    """What a replay wrote.

    Parameters
    ----------
    jobs : DataFrame or None
        A row for each job: ``job_id, submit, slots, start, finish, outcome, preemptions, lost_s, overhead_s,
        queued_s, tenant``.
    segments : DataFrame
        A row for each uninterrupted run: ``job_id, begin, finish, slots, end, tenant, pool, nodes, useful_s, lost_s,
        overhead_s, share``; none where no file was given.
    warnings : tuple of str
        What the pictures cannot show.
    """

    jobs: pd.DataFrame | None
    segments: pd.DataFrame
    warnings: tuple[str, ...] = ()


def read_job_files(path: Path, segments: Path | None = None) -> JobFiles:
    """Read jobs, segments or both, from CSV (gzipped or not) or Parquet.

    Parameters
    ----------
    path : Path
        Jobs, or segments alone.
    segments : Path, optional
        The segments beside the jobs.

    Raises
    ------
    InputError
        With every problem of a file; for files that are neither; for segments of jobs that there are not.
    """
    first = _names(path)
    if "submit" not in first:
        if "begin" not in first:
            message = "is neither a run directory nor the jobs or segments of 'dcsim replay jobs'"
            raise InputError([Problem(str(path), 0, 0, "", message)])
        if segments is not None:
            message = "holds segments itself; name the file of the jobs here, or leave '--segments' out"
            raise InputError([Problem(str(path), 0, 0, "", message)])
        return JobFiles(None, _read(path, _SEGMENTS, (("begin", "finish"),)))
    jobs = _read(path, _JOBS, (("submit", "start"), ("start", "finish")))
    if segments is None:
        stopped = int((jobs["preemptions"] > 0).sum())
        note = f"{stopped:,} of the jobs were stopped and waited again; that is in the segments (--segments)"
        none = pd.DataFrame({field.name: np.zeros(0, _DTYPES[field.kind]) for field in _SEGMENTS})
        return JobFiles(jobs, none, (note,) if stopped else ())
    if "begin" not in _names(segments):
        message = "holds no segments; 'dcsim replay jobs --segments FILE' writes them"
        raise InputError([Problem(str(segments), 0, 0, "", message)])
    runs = _read(segments, _SEGMENTS, (("begin", "finish"),), set(jobs["job_id"]))
    return JobFiles(jobs, runs)


def _names(path: Path) -> set[str]:
    """Return the names of the columns of a file."""
    if path.suffix == ".parquet":
        return {str(name) for name in _parquet(path).columns}
    lines = Source(path).head().decode("utf-8-sig", "replace").splitlines()
    header = next((line for line in lines if line.strip() and not line.startswith("#")), "")
    return {name.strip().lower() for name in header.split(",")}


def _read(
    path: Path, fields: Sequence[Field], rising: Sequence[tuple[str, str]], known: set[str] | None = None
) -> pd.DataFrame:
    """Read a file; ``rising`` are pairs of times in order, ``known`` the jobs that there are."""
    if path.suffix == ".parquet":
        table = None
        columns = _columns(path, fields)
    else:
        table = read_csv(path, fields)
        columns = table.columns
    rows = pd.DataFrame(columns, copy=False)
    found: list[tuple[int, str, str]] = []
    for before, after in rising:
        bad = np.flatnonzero((columns[after] < columns[before]).astype(bool))
        found += [(int(row), after, f"{columns[after][row]:.15g} comes before the {before}") for row in bad]
    if known is not None:
        strange = np.flatnonzero(~rows["job_id"].isin(known).to_numpy())
        found += [(int(row), "job_id", f"{shown(columns['job_id'][row])} is none of the jobs") for row in strange]
    if table is not None:
        table.refuse(table.problem(*each) for each in sorted(found))
    elif found:
        row, name, message = min(found)
        raise InputError([Problem(str(path), 0, 0, name, f"row {row}: {message}")])
    return rows


def _columns(path: Path, fields: Sequence[Field]) -> dict[str, NDArray[Any]]:
    """Return the columns of a Parquet file as a CSV file would give them."""
    frame = _parquet(path)
    columns: dict[str, NDArray[Any]] = {}
    problems = []
    for field in fields:
        dtype = _DTYPES[field.kind]
        if field.name not in frame:
            columns[field.name] = np.full(len(frame), field.default, dtype)
            if field.default is None:
                problems.append(Problem(str(path), 0, 0, "", f"needs a column '{field.name}'"))
            continue
        try:
            column = frame[field.name].astype(str) if field.kind == "text" else frame[field.name]
            columns[field.name] = column.to_numpy(dtype)
        except (TypeError, ValueError):
            problems.append(Problem(str(path), 0, 0, field.name, f"is not a column of {field.kind}s"))
    if problems:
        raise InputError(problems)
    return columns


def _parquet(path: Path) -> pd.DataFrame:
    try:
        return pd.read_parquet(path)
    except (OSError, pa.ArrowException) as error:
        reason = str(error).partition("\n")[0]
        raise InputError([Problem(str(path), 0, 0, "", f"cannot be read: {reason}")]) from error
