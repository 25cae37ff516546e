"""The tables of a run in memory, for runs of which only the metrics are wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.trace.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["MemoryTables"]


class MemoryTables:
    """Takes what a recorder writes, and keeps what is wanted of it.

    Parameters
    ----------
    wanted : mapping of str to sequence of str, optional
        Columns to keep by table; every column of every table where not given. A year holds hundreds of megabytes.

    Examples
    --------
    >>> from dcsim.trace.recorder import Recorder
    >>> tables = MemoryTables()
    >>> recorder = Recorder(tables, {"region": ("lulea", "altoona")})
    >>> recorder.span("drills", "region_loss", "altoona", 0.0, 3600.0, 7200.0)
    >>> recorder.close(("drills",))
    >>> tables.column("drills", "begin_s").tolist(), tables.column("drills", "region").tolist()
    ([3600.0], [1])
    >>> tables.names("drills", "region")
    ('lulea', 'altoona')
    """

    def __init__(self, wanted: Mapping[str, Sequence[str]] | None = None) -> None:
        self._wanted = wanted
        self._groups: dict[tuple[str, str], list[NDArray[Any]]] = {}
        self._names: dict[tuple[str, str], tuple[str, ...]] = {}

    def write(self, table: str, columns: Mapping[str, NDArray[Any]], vocabulary: Mapping[str, Sequence[str]]) -> None:
        """Append one row group; category columns are codes into ``vocabulary``, which only ever grows."""
        wanted = columns if self._wanted is None else self._wanted.get(table, ())
        for column in TABLES[table].columns:
            if column.name not in wanted:
                continue
            dtype = None
            if column.dtype == "category":
                self._names[table, column.name] = names = tuple(vocabulary[column.name])
                dtype = np.min_scalar_type(-1 - len(names))  # which pandas would choose, and need not convert
            self._groups.setdefault((table, column.name), []).append(np.array(columns[column.name], dtype))

    def column(self, table: str, name: str) -> NDArray[Any]:
        """Return the values of a column; codes into ``names`` for a category.

        Raises
        ------
        KeyError
            For a table that was never written, or a column that is not kept.
        """
        groups = self._groups[table, name]
        if len(groups) > 1:
            groups[:] = [np.concatenate(groups)]
        return groups[0]

    def names(self, table: str, column: str) -> tuple[str, ...]:
        """Return the names that the codes of a category column stand for."""
        return self._names[table, column]
