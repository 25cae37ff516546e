"""dcsim's own form of a trace: one row group a block, the columns of a table and, once replayed, what came of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dcsim.errors import InputError, Problem
from dcsim.job_formats import job_format
from dcsim.jobs.chains import Above
from dcsim.jobs.results import RESULT_COLUMNS, columns_of
from dcsim.jobs.rows import MISSING, MOST_SECONDS, MOST_SLOTS, job_block
from dcsim.trace.cells import holds_control, shown
from dcsim.trace.findings import Findings
from dcsim.trace.repeats import Repeats

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dcsim.jobs.block import JobBlock, JobResults
    from dcsim.trace.source import Source

__all__ = ["ParquetRows", "parquet"]

_BLOCK = 65536
_TEXT, _TIME, _WHOLE, _CLAIM = pa.string(), pa.float64(), pa.int64(), pa.bool_()
_NEEDED = {"job_id": _TEXT, "submit": _TIME, "slots": _WHOLE, "duration": _TIME}
_MORE = {
    "priority": _WHOLE, "tenant": _TEXT, "opportunistic": _CLAIM, "deadline": _TIME, "after": _TEXT, "model": _TEXT,
    "gpu_type": _TEXT, "share": _TIME, "cpus": _TIME, "memory": _TIME, "least": _WHOLE, "most": _WHOLE,
}  # fmt: skip
_KNOWN = {**_NEEDED, "walltime": _TIME, **_MORE}
_EMPTY = {_TEXT: "", _TIME: MISSING, _WHOLE: int(MISSING), _CLAIM: False}
_OTHERWISE = {"deadline": np.inf, "share": 1.0, "cpus": 0.0, "memory": 0.0, "priority": 0}


@job_format("parquet", suffix=".parquet", begins=b"PAR1")
def parquet(source: Source) -> Iterator[JobBlock]:
    """Read a Parquet file with the columns of a table, ``slots`` for ``gpus``; results in it are passed over."""
    if source.path is None:
        problem = Problem(source.name, 0, 0, "", "cannot be read as Parquet, which is no stream; name the file")
        raise InputError([problem])
    try:
        with pq.ParquetFile(source.path) as file:
            columns = _columns(source, file.schema_arrow)
            yield from _blocks(source, file, columns)
    except (OSError, pa.ArrowException) as error:
        system = getattr(error, "strerror", None)
        reason = system.lower() if system else "is no Parquet file, or a damaged one"
        raise InputError([Problem(source.name, 0, 0, "", f"cannot be read: {reason}")]) from error


def _columns(source: Source, schema: pa.Schema) -> list[str]:
    """Return the names of the columns to read.

    Raises
    ------
    InputError
        For columns that are missing, unknown or of another kind.
    """
    problems = [f"needs a column '{name}'" for name in _NEEDED if name not in schema.names]
    all_known = f"; known: {', '.join(_KNOWN)}"
    for name in schema.names:
        kind = _KNOWN.get(name)
        if kind is None and name not in RESULT_COLUMNS:
            problems.append(f"unknown column {shown(name)}{all_known}")
            all_known = ""  # a list that is told once
        elif kind is not None and not _alike(schema.field(name).type, kind):
            problems.append(f"column '{name}' holds {schema.field(name).type}, where {kind} is needed")
    if problems:
        raise InputError([Problem(source.name, 0, 0, "", text) for text in problems])
    return [name for name in schema.names if name in _KNOWN]


def _alike(found: pa.DataType, wanted: pa.DataType) -> bool:
    """Return whether a column may be read as another kind."""
    number = pa.types.is_floating(found) or pa.types.is_integer(found)
    text = pa.types.is_string(found) or pa.types.is_large_string(found)
    return bool({
        _TEXT: text or pa.types.is_integer(found), _TIME: number, _WHOLE: pa.types.is_integer(found),
        _CLAIM: pa.types.is_boolean(found),
    }[wanted])  # fmt: skip


def _blocks(source: Source, file: pq.ParquetFile, columns: list[str]) -> Iterator[JobBlock]:
    """Yield the jobs of a file.

    Raises
    ------
    InputError
        With every row that cannot be meant.
    """
    found, repeats, above, row = Findings(), Repeats(), Above(), 0
    for batch in file.iter_batches(_BLOCK, columns=columns):
        values = {name: _values(batch.column(name), name) for name in columns}
        at = np.arange(row, row + batch.num_rows)
        row += batch.num_rows
        names = values["job_id"].tolist()
        problems = [
            Problem(source.name, 0, 0, "job_id", f"row {line}: '{names[line - at[0]]}' stands in row {first} too")
            for line, first in repeats.of(names, at)
        ]
        if holds_control("".join(names)):
            problems += [
                Problem(source.name, 0, 0, "job_id", f"row {line}: {shown(name)} has a control character in it")
                for line, name in zip(at.tolist(), names, strict=True)
                if holds_control(name)
            ]
        if "after" in values:
            problems += [
                Problem(source.name, 0, 0, "after", f"row {at[place]}: {why}")
                for place, why in above.missing(names, values["after"].tolist())
            ]
        for name, most in (("submit", MOST_SECONDS), ("duration", np.inf), ("slots", MOST_SLOTS)):
            for place in np.flatnonzero(~(np.abs(values[name]) <= most))[: found.room].tolist():
                text = f"row {at[place]}: {values[name][place]} must be a number, {most:.7g} or less"
                problems.append(Problem(source.name, 0, 0, name, text))
        found.add(problems)
        if not found:
            more = {name: values[name] for name in columns if name in _MORE}
            yield job_block(
                values["job_id"], values["submit"], values["slots"], values["duration"], values.get("walltime"), more
            )
    found.refuse()


def _values(column: pa.Array, name: str) -> NDArray[Any]:
    """Return a column as an array; gaps are what a table means by an empty cell."""
    kind = _KNOWN[name]
    if kind == _TEXT:
        texts = np.empty(len(column), object)
        texts[:] = [text or "" for text in column.cast(_TEXT).to_pylist()]
        return texts
    empty: Any = _OTHERWISE.get(name, _EMPTY[kind])
    values: NDArray[Any] = column.cast(kind).fill_null(empty).to_numpy(zero_copy_only=False)
    return np.where(np.isnan(values), empty, values) if kind == _TIME else values


class ParquetRows:
    """A Parquet file of jobs and what became of them.

    Parameters
    ----------
    file : binary file
        Where to.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._writer: pq.ParquetWriter | None = None

    def add(self, results: JobResults) -> None:
        """Write more rows."""
        columns = columns_of(results)
        fields = [*_KNOWN.items(), ("start", _TIME), ("finish", _TIME), ("outcome", _TEXT), ("preemptions", _WHOLE),
                  ("lost_s", _TIME), ("overhead_s", _TIME), ("queued_s", _TIME)]  # fmt: skip
        schema = pa.schema([(name, kind) for name, kind in fields if name in columns])
        gaps = {field.name: np.isnan(columns[field.name]) for field in schema if field.type == _TIME}
        gaps["slots"] = columns["slots"] < 0
        arrays = [pa.array(columns[field.name], field.type, mask=gaps.get(field.name)) for field in schema]
        table = pa.table(arrays, schema=schema)
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._file, schema, compression="zstd")
        self._writer.write_table(table)

    def close(self) -> None:
        """Write what stands at the end."""
        if self._writer is None:
            schema = pa.schema([(name, kind) for name, kind in _KNOWN.items() if name in _NEEDED])
            self._writer = pq.ParquetWriter(self._file, schema)
        self._writer.close()
