"""Metric rows of a run: from its directory or from tables in memory, equal to the last digit."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcsim.metrics import metric
from dcsim.results.run import load, wanted_columns
from dcsim.trace.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from dcsim.trace.memory import MemoryTables

__all__ = ["columns_read", "memory_rows", "run_rows"]

Columns = dict[str, tuple[Any, ...]]
"""Metric rows by column; None where a dimension does not apply."""


def run_rows(directory: Path, names: Sequence[str] = ()) -> Columns:
    """Return the rows of metrics of a run on disk; of every metric where none is named."""
    run = load(directory)
    return _columns([run.metric(name) for name in names] if names else [run.metrics()])


def columns_read(names: Sequence[str] = ()) -> dict[str, tuple[str, ...]]:
    """Return the columns by table that metrics read between them; every metric where none is named."""
    return wanted_columns(metric.get(name).facts["reads"] for name in names or metric.names())


def memory_rows(tables: MemoryTables, names: Sequence[str] = ()) -> Columns:
    """Return the rows of metrics of tables in memory; of every metric where none is named."""
    plugins = [metric.get(name) for name in names or metric.names()]
    frames = {table: _frame(tables, table, columns) for table, columns in columns_read(names).items()}
    return _columns([plugin.call({table: frames[table] for table in plugin.facts["reads"]}) for plugin in plugins])


def _frame(tables: MemoryTables, table: str, columns: Sequence[str]) -> pd.DataFrame:
    """Return columns of a table as a frame, names as categories."""
    types = {column.name: column.dtype for column in TABLES[table].columns}
    data: dict[str, Any] = {}
    for name in columns:
        values = tables.column(table, name)
        if types[name] == "category":
            data[name] = pd.Categorical.from_codes(values, dtype=_category(tables.names(table, name)))
        else:
            data[name] = values
    return pd.DataFrame(data, copy=False)


@lru_cache(maxsize=1024)
def _category(names: tuple[str, ...]) -> pd.CategoricalDtype:
    return pd.CategoricalDtype(list(names), ordered=False)


def _columns(frames: Sequence[pd.DataFrame]) -> Columns:
    """Return rows as plain columns, without the dimensions that no row has."""
    held: dict[str, list[Any]] = {}
    rows = 0
    for frame in frames:
        names, columns = frame.columns.tolist(), frame.to_numpy(dtype=object).T.tolist()  # one by one takes 6 ms
        for name in names:
            held.setdefault(name, [None] * rows)
        of = dict(zip(names, columns, strict=True))
        rows += len(frame)
        for name, values in held.items():
            values.extend(of.get(name) or [None] * len(frame))
    plain = {
        name: tuple(None if value is None or value != value else value for value in values)  # noqa: PLR0124  # NaN
        for name, values in held.items()
    }
    always = ("metric", "unit", "value")
    return {name: column for name, column in plain.items() if name in always or column.count(None) < rows}
