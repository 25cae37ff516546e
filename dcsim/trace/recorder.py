"""Append typed rows cheaply while the world runs; full row groups go to disk, so memory stays bounded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dcsim.trace.tables import TABLES, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["ROWS_PER_GROUP", "Recorder", "Sink"]

ROWS_PER_GROUP = 1 << 17
"""Rows of one Parquet row group: about 10 MB of a step table."""
_SPANS_HELD = 1 << 12
_DTYPES: dict[str, type] = {"float64": np.float64, "int64": np.int64, "bool": np.bool_, "category": np.int32}


class Sink(Protocol):
    """Where full row groups go."""

    def write(self, table: str, columns: Mapping[str, NDArray[Any]], vocabulary: Mapping[str, Sequence[str]]) -> None:
        """Append one row group; categories are codes into ``vocabulary``; the arrays are reused later."""


class Recorder:
    """Rows of every table, in the order in which they were appended.

    Parameters
    ----------
    sink : Sink
        Takes row groups of exactly ``rows_per_group`` rows and, at ``close``, the rest of each table.
    vocabulary : mapping of str to sequence of str
        Names of the categories by column (``"region"``) or, where a table differs, by ``"table.column"``.
        Such a column takes codes or names. A category column without a vocabulary takes names only and learns
        them in order of appearance.
    rows_per_group : int
        Row groups depend on this alone, not on how the rows were cut into blocks.

    Examples
    --------
    >>> class Print:
    ...     def write(self, table, columns, vocabulary):
    ...         if len(columns["begin_s"]):
    ...             print(table, columns["begin_s"], columns["region"], vocabulary["region"])
    >>> recorder = Recorder(Print(), {"region": ("lulea", "altoona")})
    >>> recorder.span("drills", "region_loss", "altoona", 0.0, 3600.0, 7200.0)
    >>> recorder.close(("drills",))
    drills [3600.] [1] ('lulea', 'altoona')
    """

    def __init__(
        self, sink: Sink, vocabulary: Mapping[str, Sequence[str]], rows_per_group: int = ROWS_PER_GROUP
    ) -> None:
        self._sink = sink
        self._buffers = {name: _Buffer(table, vocabulary, rows_per_group) for name, table in TABLES.items()}
        self._spans: dict[str, list[tuple[Any, ...]]] = {name: [] for name in TABLES}

    def span(self, table: str, *values: object) -> None:
        """Append one row, its values in the order of the table's columns (``None`` is NaN).

        Raises
        ------
        ValueError
            If the number of values is not the number of columns; wrong values are told when rows are encoded.
        """
        rows = self._spans[table]
        if len(values) != self._buffers[table].width:
            raise ValueError(f"{table}: {len(values)} values for {self._buffers[table].width} columns")
        rows.append(values)
        if len(rows) >= _SPANS_HELD:
            self._encode(table)

    def block(self, table: str, columns: Mapping[str, Any]) -> None:
        """Append many rows: one array, sequence or scalar per column, broadcast against each other.

        Parameters
        ----------
        table : str
            Name of the table.
        columns : mapping of str to array_like
            Every column of the table. Shapes broadcast, rows follow in C order: ``time_s`` of shape
            (N, 1, 1), ``service`` codes (S, 1), ``region`` codes (R,) and levels (N, S, R) give N*S*R rows.
            The values are copied, so the arrays may be reused.

        Raises
        ------
        ValueError
            If columns are missing or unknown, a code or name is not in the vocabulary, or a type would lose
            digits.
        """
        self._encode(table)
        self._buffers[table].extend(columns, self._sink)

    def close(self, tables: Sequence[str] = tuple(TABLES)) -> None:
        """Write what is left; a table without rows is written empty."""
        for table in tables:
            self._encode(table)
            self._buffers[table].flush(self._sink, last=True)

    def _encode(self, table: str) -> None:
        """Move the held spans of a table into its buffer."""
        rows = self._spans[table]
        if rows:
            names = [column.name for column in TABLES[table].columns]
            self._spans[table] = []
            columns = zip(names, zip(*rows, strict=True), strict=True)
            self._buffers[table].extend({name: list(values) for name, values in columns}, self._sink)


class _Buffer:
    """The row group of one table that is being filled."""

    def __init__(self, table: Table, vocabulary: Mapping[str, Sequence[str]], rows_per_group: int) -> None:
        self._table = table
        self._rows = rows_per_group
        self._filled = 0
        self._written = False
        self._arrays: dict[str, NDArray[Any]] = {}
        self._categories = {
            column.name: _Category(f"{table.name}.{column.name}", vocabulary)
            for column in table.columns
            if column.dtype == "category"
        }
        self.width = len(table.columns)

    def extend(self, columns: Mapping[str, Any], sink: Sink) -> None:
        names = [column.name for column in self._table.columns]
        if set(columns) != set(names):
            wrong = sorted(set(columns) ^ set(names))
            raise ValueError(f"{self._table.name}: missing or unknown columns {', '.join(wrong)}")
        typed = [self._typed(column, columns[column.name]) for column in self._table.columns]
        shape = np.broadcast_shapes(*(array.shape for array in typed))
        flat = [np.broadcast_to(array, shape).reshape(-1) for array in typed]
        self._arrays = self._arrays or {
            name: np.empty(self._rows, array.dtype) for name, array in zip(names, typed, strict=True)
        }
        size, start = flat[0].size, 0
        while start < size:
            count = min(size - start, self._rows - self._filled)
            for name, array in zip(names, flat, strict=True):
                self._arrays[name][self._filled : self._filled + count] = array[start : start + count]
            self._filled += count
            start += count
            if self._filled == self._rows:
                self.flush(sink)

    def flush(self, sink: Sink, *, last: bool = False) -> None:
        if self._filled or (last and not self._written):
            arrays = self._arrays or {c.name: np.empty(0, _DTYPES[c.dtype]) for c in self._table.columns}
            filled = {name: array[: self._filled] for name, array in arrays.items()}
            vocabulary = {name: category.names for name, category in self._categories.items()}
            sink.write(self._table.name, filled, vocabulary)
            self._filled, self._written = 0, True

    def _typed(self, column: Column, values: Any) -> NDArray[Any]:
        if column.dtype == "category":
            return self._categories[column.name].codes(values)
        array = np.asarray(values)
        wanted = np.dtype(_DTYPES[column.dtype])
        if array.dtype == object:
            return array.astype(wanted)
        if array.size and not np.can_cast(array.dtype, wanted, "same_kind"):
            raise ValueError(f"{self._table.name}.{column.name}: {array.dtype} values for {wanted}")
        return array.astype(wanted, copy=False)


class _Category:
    """Codes of the names of one column; closed if declared, else learning."""

    def __init__(self, key: str, vocabulary: Mapping[str, Sequence[str]]) -> None:
        given = vocabulary.get(key, vocabulary.get(key.partition(".")[2]))
        self._key = key
        self._closed = given is not None
        self._code = {name: code for code, name in enumerate(given or ())}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._code)

    def codes(self, values: Any) -> NDArray[np.int32]:
        array = np.asarray(values)
        if array.dtype.kind not in "iu":
            return self._encode(array)
        if not self._closed:
            raise ValueError(f"{self._key}: codes need a vocabulary")
        if array.size and not (array.min() >= 0 and array.max() < len(self._code)):
            raise ValueError(f"{self._key}: code outside the vocabulary of {len(self._code)} names")
        return array.astype(np.int32, copy=False)

    def _encode(self, array: NDArray[Any]) -> NDArray[np.int32]:
        names = array.reshape(-1).tolist()
        for name in names:
            if not isinstance(name, str) or (self._closed and name not in self._code):
                raise ValueError(f"{self._key}: {name!r} is not in its vocabulary")
            self._code.setdefault(name, len(self._code))
        return np.array([self._code[name] for name in names], dtype=np.int32).reshape(array.shape)
