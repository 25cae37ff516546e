"""A finished run: its tables as frames, its metrics, its scenario and how it was made."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcsim.errors import InputError, Problem
from dcsim.metrics import metric
from dcsim.results.html import run_html
from dcsim.results.steady import steady
from dcsim.spec.yaml import load_yaml
from dcsim.trace.provenance import read_json
from dcsim.trace.recorder import ROWS_PER_GROUP
from dcsim.trace.store import RUN_FILE, SCENARIO_FILE, read_table, rows_in
from dcsim.trace.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from os import PathLike

__all__ = ["Run", "load", "tidy_rows", "wanted_columns"]


class Run:
    """One finished run.

    Every table is an attribute that is read when first asked for: ``run.jobs``, ``run.pools`` ... are frames
    with names as categories. Reading tables needs neither SimPy nor numba.

    Parameters
    ----------
    path : Path
        Directory that holds ``run.json``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._frames: dict[str, pd.DataFrame] = {}

    def __repr__(self) -> str:
        return f"Run({str(self.path)!r})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return run_html(self)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *TABLES})

    def __getattr__(self, name: str) -> pd.DataFrame:
        if name not in TABLES:
            raise AttributeError(f"a run has no table or attribute '{name}'; tables: {', '.join(TABLES)}")
        if name not in self._frames:
            self._frames[name] = self.table(name)
        return self._frames[name]

    def table(self, name: str, columns: Sequence[str] | None = None) -> pd.DataFrame:
        """Read a table, or some of its columns only (a year of steps is large)."""
        wanted = [column.name for column in TABLES[name].columns] if columns is None else columns
        # A long table one column after the other: in Arrow's form and pandas' at once it takes twice the memory.
        blocks = [wanted] if self._is_small(name) else [[column] for column in wanted]
        data: dict[str, Any] = {}
        for block in blocks:
            table = read_table(self.path, name, block)
            data |= {column: table.column(column).to_pandas() for column in block}
        return pd.DataFrame(data, copy=False)

    def metric(self, name: str) -> pd.DataFrame:
        """Return the tidy rows of one metric: ``metric, unit, value`` and the dimensions that apply.

        Raises
        ------
        UnknownPluginError
            With the nearest name.
        """
        plugin = metric.get(name)
        return _applying(plugin.call(self._tables(plugin.facts["reads"])))

    def metrics(self) -> pd.DataFrame:
        """Return the tidy rows of every metric, in order of the metrics' names."""
        plugins = [metric.get(name) for name in metric.names()]
        wanted = wanted_columns(plugin.facts["reads"] for plugin in plugins)
        small = {name: self.table(name, columns) for name, columns in wanted.items() if self._is_small(name)}
        frames = [plugin.call(self._tables(plugin.facts["reads"], small)) for plugin in plugins]
        return _applying(pd.concat(frames, ignore_index=True))

    def steady(self, table: str, column: str, *, by: Sequence[str] = (), level: float = 0.95) -> pd.DataFrame:
        """Return the mean of a column of a step table after its warm-up, with an interval; see :func:`steady`."""
        return steady(self, table, column, by=by, level=level)

    @cached_property
    def scenario(self) -> dict[str, Any]:
        """The resolved scenario, as written; quantities are strings with units."""
        data: dict[str, Any] = load_yaml(self.path / SCENARIO_FILE).data
        return data

    @cached_property
    def provenance(self) -> dict[str, Any]:
        """What the run was and how it went: ``run``, ``environment`` and ``measured``."""
        return read_json(self.path / RUN_FILE)

    def _tables(
        self,
        reads: Mapping[str, Sequence[str]] | Sequence[str],
        small: Mapping[str, pd.DataFrame] = MappingProxyType({}),
    ) -> dict[str, pd.DataFrame]:
        """Return what a metric reads: columns by table, or whole tables; those that are held are not read again."""
        columns = reads if isinstance(reads, dict) else dict.fromkeys(reads)
        held = {**small, **self._frames}
        return {name: held[name] if name in held else self.table(name, wanted) for name, wanted in columns.items()}

    def _is_small(self, name: str) -> bool:
        return rows_in(self.path, name) <= ROWS_PER_GROUP


def wanted_columns(
    reads: Iterable[Mapping[str, Sequence[str]] | Sequence[str]],
) -> dict[str, tuple[str, ...]]:
    """Return the columns by table that some metrics read between them."""
    wanted: dict[str, dict[str, None]] = {}
    for each in reads:
        for table in each:
            columns = each[table] if isinstance(each, dict) else [column.name for column in TABLES[table].columns]
            wanted.setdefault(table, {}).update(dict.fromkeys(columns))
    return {table: tuple(columns) for table, columns in wanted.items()}


def load(path: str | PathLike[str]) -> Run:
    """Open a finished run.

    Parameters
    ----------
    path : path-like
        The directory that holds ``run.json``, or its parent ``runs/<name>-<hash8>`` if that holds one seed.

    Raises
    ------
    InputError
        If there is no finished run, or several seeds to choose from.
    """
    place = Path(path)
    if (place / RUN_FILE).is_file():
        return Run(place)
    found = sorted(each.parent for each in place.glob(f"seed=*/{RUN_FILE}"))
    if len(found) == 1:
        return Run(found[0])
    message = (
        f"holds several runs; choose one of {', '.join(each.name for each in found)}"
        if found
        else f"holds no finished run (no {RUN_FILE})"
    )
    raise InputError([Problem(str(path), 0, 0, "", message)])


def tidy_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return tidy rows as plain dictionaries without the dimensions that do not apply.

    Examples
    --------
    >>> tidy_rows(pd.DataFrame({"metric": ["cost"], "unit": ["USD"], "value": [2.5], "region": [None]}))
    [{'metric': 'cost', 'unit': 'USD', 'value': 2.5}]
    """
    records = frame.to_dict("records")
    return [{str(key): value for key, value in row.items() if not pd.isna(value)} for row in records]


def _applying(frame: pd.DataFrame) -> pd.DataFrame:
    """Drop dimensions that no row has."""
    return frame.dropna(axis="columns", how="all") if len(frame) else frame
