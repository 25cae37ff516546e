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
    """Takes what a recorder writes, and keeps it.

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

    def __init__(self) -> None:
        self._groups: dict[tuple[str, str], list[NDArray[Any]]] = {}
        self._names: dict[tuple[str, str], tuple[str, ...]] = {}
        self.nbytes = 0

    def write(self, table: str, columns: Mapping[str, NDArray[Any]], vocabulary: Mapping[str, Sequence[str]]) -> None:
        """Append one row group; category columns are codes into ``vocabulary``, which only ever grows."""
        for column in TABLES[table].columns:
            kept = columns[column.name].copy()
            self._groups.setdefault((table, column.name), []).append(kept)
            self.nbytes += kept.nbytes
            if column.dtype == "category":
                self._names[table, column.name] = tuple(vocabulary[column.name])

    def column(self, table: str, name: str) -> NDArray[Any]:
        """Return the values of a column; codes into ``names`` for a category.

        Raises
        ------
        KeyError
            For a table that was never written.
        """
        groups = self._groups[table, name]
        if len(groups) > 1:
            groups[:] = [np.concatenate(groups)]
        return groups[0]

    def names(self, table: str, column: str) -> tuple[str, ...]:
        """Return the names that the codes of a category column stand for."""
        return self._names[table, column]
