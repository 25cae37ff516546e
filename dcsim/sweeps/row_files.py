"""Reads metric rows of points from parts, and from the results of an earlier sweep in the same directory."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from dcsim.metrics.plan import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

__all__ = ["WORDS", "RowFiles"]

WORDS = ("metric", "unit")
"""Columns of words that every row has."""
_FILES_HELD = 8


class RowFiles:
    """Reads rows from parts and earlier results; a few row groups are held."""

    def __init__(self) -> None:
        self._open: OrderedDict[Path, tuple[Any, list[int]]] = OrderedDict()
        self._group: tuple[Path, int, Any] | None = None

    def dimensions(self, files: Iterable[Path]) -> list[str]:
        """Return the dimensions that any of the files has, in their order; those of other people's metrics last."""
        found: set[str] = set()
        for file in dict.fromkeys(files):
            found |= set(_dimensions(pq.read_schema(file)))
        return [*(name for name in DIMENSIONS if name in found), *sorted(found.difference(DIMENSIONS))]

    def rows(self, file: Path, first: int, last: int) -> Any:
        """Return rows ``first`` to ``last`` (exclusive) of a file."""
        if file not in self._open:
            opened = pq.ParquetFile(file)
            ends = np.cumsum([opened.metadata.row_group(k).num_rows for k in range(opened.num_row_groups)]).tolist()
            self._open[file] = opened, ends
            if len(self._open) > _FILES_HELD:
                self._open.popitem(last=False)[1][0].close()
        _, ends = self._open[file]
        pieces, begin = [], 0
        for number, end in enumerate(ends):
            if end > first and begin < last:
                pieces.append(self._read(file, number).slice(max(first - begin, 0), min(last, end) - max(first, begin)))
            begin = end
        return pa.concat_tables(pieces)

    def _read(self, file: Path, number: int) -> Any:
        """Return a row group as plain words, with metrics and dimensions only."""
        if self._group is None or self._group[:2] != (file, number):
            opened = self._open[file][0]
            table = opened.read_row_group(number, columns=[*WORDS, "value", *_dimensions(opened.schema_arrow)])
            for place, field in enumerate(table.schema):
                if field.name != "value":
                    table = table.set_column(place, field.name, table[place].cast(pa.string()))
            self._group = file, number, table.replace_schema_metadata()
        return self._group[2]


def _dimensions(schema: Any) -> list[str]:
    """Return the columns of the dimensions in a part, or in earlier results, where parameters stand beside them."""
    earlier = "setting" in schema.names
    return [
        field.name
        for field in schema
        if (field.metadata or {}).get(b"role") == b"dimension" or not (earlier or field.name in {*WORDS, "value"})
    ]
