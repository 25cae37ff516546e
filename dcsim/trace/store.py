"""The tables of a run on disk: Parquet files in one directory that appears finished or not at all."""

from __future__ import annotations

import contextlib
import os
import shutil
import uuid
from typing import TYPE_CHECKING, Any, Self

import pyarrow as pa
import pyarrow.parquet as pq

from dcsim.errors import InputError, Problem, RunError
from dcsim.trace.tables import TABLES, Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

__all__ = ["RUN_FILE", "SCENARIO_FILE", "RunDirectory", "read_table", "readable", "rows_in"]

RUN_FILE = "run.json"
SCENARIO_FILE = "scenario.resolved.yaml"
_ARROW = {
    "float64": pa.float64(), "int64": pa.int64(), "bool": pa.bool_(),
    "category": pa.dictionary(pa.int32(), pa.string()),
}  # fmt: skip
_REPEATED = ("time_s", "held_s")


class RunDirectory:
    """A run directory being written: a hidden sibling until the ``with`` block ends without an exception.

    Parameters
    ----------
    path : Path
        The final directory. A finished run there is replaced; anything else there is refused at once.

    Raises
    ------
    InputError
        If ``path`` has no name of its own, or exists and is neither a finished run nor an empty directory.
    RunError
        If the machine refuses: disk full, directory not writable, a file where a directory should be.

    Notes
    -----
    Identical rows give identical bytes: row groups, encodings and the order of columns are fixed, and nothing
    of the time or the machine goes into a table.
    """

    def __init__(self, path: Path) -> None:
        if path.name in {"", ".."}:
            message = "is no place for a run; name a directory of its own, such as 'runs/mine'"
            raise InputError([Problem(str(path), 0, 0, "", message)])
        self.path = path.absolute()
        self.staging = self.path.with_name(f".{self.path.name}.{uuid.uuid4().hex[:8]}.tmp")
        self._writers: dict[str, Any] = {}
        self._parents: list[Path] = []

    def __enter__(self) -> Self:
        """Check the place and create the hidden directory."""
        _refuse_foreign(self.path)
        with self._told():
            try:
                self._make()
            except BaseException:
                self._discard()
                raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Put the finished directory in place, or leave nothing behind."""
        try:
            if kind is None:
                with self._told():
                    for writer in self._writers.values():
                        writer.close()
                    _swap(self.staging, self.path)
        except BaseException:
            self._discard()
            raise
        if kind is not None:
            self._discard()

    def write(self, table: str, columns: Mapping[str, NDArray[Any]], vocabulary: Mapping[str, Sequence[str]]) -> None:
        """Append one row group to a table; category columns are codes into ``vocabulary``."""
        spec = TABLES[table]
        schema = pa.schema(
            [pa.field(column.name, _ARROW[column.dtype], metadata={"unit": column.unit}) for column in spec.columns]
        )
        arrays = [_arrow(column, columns[column.name], vocabulary) for column in spec.columns]
        with self._told():
            if table not in self._writers:
                self._writers[table] = self._open(spec, schema)
            rows = pa.Table.from_arrays(arrays, schema=schema)
            self._writers[table].write_table(rows, row_group_size=max(rows.num_rows, 1))

    def write_text(self, name: str, text: str) -> None:
        """Write a text file such as ``run.json`` into the directory."""
        with self._told():
            (self.staging / name).write_text(text, encoding="utf-8", newline="\n")

    def _open(self, table: Table, schema: Any) -> Any:
        """Open a Parquet file: dictionaries for what repeats, split bytes for levels."""
        floats = [c.name for c in table.columns if c.dtype == "float64" and c.name not in _REPEATED]
        return pq.ParquetWriter(
            self.staging / f"{table.name}.parquet",
            schema,
            compression="zstd",
            use_dictionary=[c.name for c in table.columns if c.dtype == "category" or c.name in _REPEATED],
            use_byte_stream_split=floats,
            write_statistics=False,
        )

    def _make(self) -> None:
        missing = [parent for parent in self.staging.parents if not parent.exists()]
        for parent in reversed(missing):
            parent.mkdir(exist_ok=True)
            self._parents.insert(0, parent)
        self.staging.mkdir()

    def _discard(self) -> None:
        """Remove the hidden directory and the parents made for it, whatever the disk says."""
        for writer in self._writers.values():
            with contextlib.suppress(OSError, pa.ArrowException):
                writer.close()
            writer.is_open = False  # or its finaliser would try again, and complain on stderr
        shutil.rmtree(self.staging, ignore_errors=True)
        for parent in self._parents:
            with contextlib.suppress(OSError):
                parent.rmdir()

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """Turn the system's refusals into one line."""
        try:
            yield
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else str(error).partition("\n")[0]
            raise RunError(f"cannot write the run to {self.path}: {reason}") from error


def read_table(directory: Path, table: str, columns: Sequence[str] | None = None) -> Any:
    """Read one table of a finished run.

    Parameters
    ----------
    directory : Path
        Directory that holds the Parquet files.
    table : str
        Name of the table.
    columns : sequence of str, optional
        Only these columns; all by default.

    Returns
    -------
    pyarrow.Table
        Category columns are dictionaries of names.

    Raises
    ------
    InputError
        If the file is missing or no table of a run.
    """
    path = directory / f"{table}.parquet"
    with readable(path):
        found = pq.ParquetFile(path).read(columns=None if columns is None else list(columns))
        odd = _unlike(found, TABLES[table].columns, columns)
    if odd:
        message = f"is not as it was written: {odd}"
        raise InputError([Problem(str(path), 0, 0, "", message)])
    return found


@contextlib.contextmanager
def readable(path: Path, whole: str = "run") -> Iterator[None]:
    """Tell of a Parquet file that is missing or damaged, which belongs to a finished run or sweep.

    Raises
    ------
    InputError
        In the place of what was raised while reading it.
    """
    try:
        yield
    except FileNotFoundError:
        raise InputError([Problem(str(path), 0, 0, "", f"no such table; is this a finished {whole}?")]) from None
    except (OSError, pa.ArrowException, ValueError) as error:
        message = f"cannot be read: {str(error).partition(chr(10))[0]}"
        raise InputError([Problem(str(path), 0, 0, "", message)]) from error


def _unlike(found: Any, declared: Sequence[Column], wanted: Sequence[str] | None) -> str:
    """Return what tells a table from the one that was written, nothing where it is the same."""
    for column in declared:
        if wanted is not None and column.name not in wanted:
            continue
        if column.name not in found.column_names:
            return f"it has no column '{column.name}'"
        held = found.column(column.name)
        if held.type != _ARROW[column.dtype]:
            return f"the column '{column.name}' is of another type"
        for chunk in held.chunks if column.dtype == "category" else ():
            chunk.dictionary.validate(full=True)
    return ""


def rows_in(directory: Path, table: str) -> int:
    """Return how many rows a table of a finished run has; none where there is no such table."""
    try:
        return int(pq.read_metadata(directory / f"{table}.parquet").num_rows)
    except (OSError, pa.ArrowException, ValueError):
        return 0


def _arrow(column: Column, values: NDArray[Any], vocabulary: Mapping[str, Sequence[str]]) -> Any:
    if column.dtype == "category":
        names = pa.array(vocabulary[column.name], pa.string())
        return pa.DictionaryArray.from_arrays(pa.array(values, pa.int32()), names)
    return pa.array(values, _ARROW[column.dtype])


def _refuse_foreign(path: Path) -> None:
    """Refuse to replace what dcsim did not write."""
    try:
        empty = path.is_dir() and not any(path.iterdir())
        taken = path.exists() and not empty and not (path / RUN_FILE).is_file()
    except OSError as error:
        raise RunError(f"cannot write the run to {path}: {os.strerror(error.errno or 0)}") from error
    if taken:
        message = "exists and is not a run of dcsim; name another directory"
        raise InputError([Problem(str(path), 0, 0, "", message)])


def _swap(staging: Path, final: Path) -> None:
    """Move the finished directory in place; an older run there leaves only once the new one is ready."""
    if not final.exists():
        staging.rename(final)
        return
    aside = staging.with_suffix(".old")
    final.rename(aside)
    try:
        staging.rename(final)
    except BaseException:
        aside.rename(final)
        raise
    shutil.rmtree(aside, ignore_errors=True)
