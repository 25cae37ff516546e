"""A finished sweep: its parameters, the metrics of every point, and means with intervals over replicas."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from dcsim.confidence import interval
from dcsim.confidence.marginal import replica_averages
from dcsim.errors import InputError, Problem
from dcsim.results.choice import chosen
from dcsim.results.html import sweep_html
from dcsim.results.sensitivity import sobol_indices
from dcsim.results.settled import are_torn
from dcsim.results.sweep_files import PARTS_FOLDER, POINTS_FILE, PROVENANCE_FILE, RESULTS_FILE, SWEEP_FILE
from dcsim.spec.suggest import Suggester
from dcsim.spec.yaml import load_yaml
from dcsim.trace.provenance import read_json
from dcsim.trace.store import readable

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from os import PathLike

    from numpy.typing import NDArray

__all__ = ["Sweep"]

_FIXED = ("setting", "seed", "replica", "metric", "unit", "value")


class Sweep:
    """One finished sweep.

    Parameters
    ----------
    path : path-like
        Directory that holds ``results.parquet``.

    Raises
    ------
    InputError
        If there is no finished sweep.
    """

    def __init__(self, path: str | PathLike[str]) -> None:
        self.path = Path(path)
        missing = [name for name in (RESULTS_FILE, POINTS_FILE, SWEEP_FILE) if not (self.path / name).is_file()]
        if missing or are_torn(self.path):
            begun = not missing or (self.path / PARTS_FOLDER).is_dir()
            message = "holds a sweep that is not finished; dcsim sweep --resume goes on with it" if begun else (
                f"holds no finished sweep (no {missing[0]})"
            )  # fmt: skip
            raise InputError([Problem(str(path), 0, 0, "", message)])

    def __repr__(self) -> str:
        return f"Sweep({str(self.path)!r})"

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return sweep_html(self)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Every metric row of every point: ``setting``, parameters, ``seed``, ``replica``, ``metric``, ``unit``,
        ``value`` and dimensions. Parameters that are numbers are in SI units, see ``parameters``; a dimension that is
        called like a parameter has ``metric_`` before its name.
        """  # noqa: D205
        return self._read(RESULTS_FILE, _FIXED)

    @cached_property
    def parameters(self) -> dict[str, str | None]:
        """Parameters with several values, and their units: empty for plain numbers, None for text."""
        return {
            field.name: field.metadata[b"unit"].decode() if b"unit" in field.metadata else None
            for field in self._schema
            if (field.metadata or {}).get(b"role") == b"parameter"
        }

    @cached_property
    def dimensions(self) -> tuple[str, ...]:
        """Columns of ``frame`` that say what a metric is of, in order."""
        names = self._schema.names
        return tuple(name for name in names if name not in _FIXED and name not in self.parameters)

    @cached_property
    def points(self) -> pd.DataFrame:
        """One row for every point: parameters as written, what was simulated, and why it failed, if it did."""
        return self._read(POINTS_FILE, ("setting", *self.parameters, "replica", "seed", "problem"))

    @cached_property
    def settings(self) -> pd.DataFrame:
        """One row for every setting, with its number as the index and its parameters as written."""
        return self.points.drop_duplicates("setting").set_index("setting")[list(self.parameters)]

    @cached_property
    def failures(self) -> pd.DataFrame:
        """The points that failed: ``setting``, parameters as written, ``replica``, ``seed``, ``problem``."""
        failed = self.points[self.points["problem"] != ""]
        return failed[["setting", *self.parameters, "replica", "seed", "problem"]].reset_index(drop=True)

    @cached_property
    def spec(self) -> dict[str, Any]:
        """The sweep file, written out in full."""
        data: dict[str, Any] = load_yaml(self.path / SWEEP_FILE).data
        return data

    @cached_property
    def precision(self) -> pd.DataFrame:
        """How well rows are known, where ``until`` said how well they should be: ``setting``, ``replicas``, ``row``,
        ``mean``, ``half_width`` and whether that is ``reached``; no rows otherwise.
        """  # noqa: D205
        file = self.path / PROVENANCE_FILE
        content = read_json(file) if file.is_file() else {}
        columns = ["setting", "replicas", "row", "mean", "half_width", "reached"]
        return pd.DataFrame(content.get("precision", []), columns=columns)

    @cached_property
    def _schema(self) -> Any:
        """The columns of the results, with their units."""
        with readable(self.path / RESULTS_FILE, "sweep"):
            return pq.read_schema(self.path / RESULTS_FILE)

    def _read(self, name: str, needed: Sequence[str]) -> pd.DataFrame:
        """Return a file as a frame, having looked at whether it has the columns that it must have."""
        with readable(self.path / name, "sweep"):
            frame: pd.DataFrame = pq.read_table(self.path / name).to_pandas()
        missing = [column for column in needed if column not in frame]
        if missing:
            message = f"is not as it was written: it has no column '{missing[0]}'"
            raise InputError([Problem(str(self.path / name), 0, 0, "", message)])
        return frame

    def metrics(self) -> pd.DataFrame:
        """Return the metrics there are: ``metric``, ``unit`` and how many rows each has in a point."""
        first = self.frame[self.frame["setting"] == self.frame["setting"].min()]
        first = first[first["replica"] == first["replica"].min()]
        known = self.frame[["metric", "unit"]].drop_duplicates().astype(str)
        rows = first["metric"].astype(str).value_counts()
        return known.assign(rows=[int(rows.get(name, 0)) for name in known["metric"]]).reset_index(drop=True)

    def metric(self, name: str, **dimensions: str) -> pd.DataFrame:
        """Return the rows of one metric, without the dimensions that do not apply.

        Parameters
        ----------
        name : str
            As in ``metrics()``.
        **dimensions : str
            Which rows: ``region="lulea"``. A row matches if it has these dimensions; where none are given, all do.

        Raises
        ------
        InputError
            For a metric, dimension or value that the sweep does not have, with the nearest name.
        """
        rows = self.frame[self.frame["metric"] == name]
        if rows.empty:
            raise _unknown("metric", name, self.metrics()["metric"])
        for dimension, value in dimensions.items():
            if dimension not in self.dimensions or rows[dimension].isna().all():
                known = [each for each in self.dimensions if rows[each].notna().any()]
                raise _unknown(f"dimension of {name}", dimension, known)
            kept = rows[rows[dimension].astype(object) == value]
            if kept.empty:
                raise _unknown(dimension, value, sorted(set(rows[dimension].dropna().astype(str))))
            rows = kept
        idle = [each for each in self.dimensions if rows[each].isna().all()]
        return rows.drop(columns=idle).reset_index(drop=True)

    def total(self, name: str, **dimensions: str) -> pd.DataFrame:
        """Return the rows of one metric that sum up the others: those with the fewest dimensions.

        Parameters
        ----------
        name, **dimensions
            As for ``metric``.

        Raises
        ------
        InputError
            As ``metric`` does.
        """
        rows = self.metric(name, **dimensions)
        held = [each for each in self.dimensions if each in rows.columns]
        number = rows[held].notna().sum(axis="columns") if held else pd.Series(0, index=rows.index)
        rows = rows[number == number.min()]
        return rows.drop(columns=[each for each in held if rows[each].isna().all()]).reset_index(drop=True)

    def mean(
        self, name: str, by: str | Sequence[str] | None = None, *, level: float = 0.95, apart: bool = True,
        **dimensions: str,
    ) -> pd.DataFrame:
        """Return the mean of a metric over replicas, with its confidence interval, by parameters and dimensions.

        Where parameters are left out of ``by``, each replica is first averaged over their values; since replicas share
        their seeds over all settings, these averages are independent of one another, and the interval is over them.
        Replicas count that all settings with the metric have: the others would weigh some settings more. Where every
        point of one of the settings of a grid failed, there is no average.

        Parameters
        ----------
        name : str
            Metric; its rows that sum up the others, or those of the dimensions that are given.
        by : str or sequence of str, optional
            Parameters to keep; all of them where not given.
        level : float
            Confidence, in (0, 1).
        apart : bool
            Whether rows that differ in a dimension (one per service) are told apart, or averaged as well.
        **dimensions : str
            Which rows, as for ``metric``.

        Returns
        -------
        DataFrame
            ``setting`` (where all parameters are kept), the parameters, dimensions that apply, ``unit``, ``mean``,
            ``half_width`` (NaN for a single replica) and ``replicas``.

        Raises
        ------
        InputError
            As ``metric`` does, and for an unknown parameter.
        """  # fmt: skip
        kept = list(self.parameters) if by is None else [by] if isinstance(by, str) else list(by)
        for each in kept:
            if each not in self.parameters:
                raise _unknown("parameter", each, self.parameters)
        rows = self.total(name, **dimensions)
        held = [each for each in self.dimensions if each in rows.columns]
        keys = [*(["setting"] if by is None else []), *kept, *(held if apart else []), "unit"]
        return _means(rows, keys, held, level, self._beside_failed(kept) if by is not None else set())

    def _beside_failed(self, kept: Sequence[str]) -> set[int]:
        """Return the settings that share their values of some parameters with one of which every point failed.

        None where a design drew the settings: those that are left stand for the others.
        """
        if str(self.spec.get("design") or "grid") != "grid":
            return set()
        values = pd.Series(list(self.settings[list(kept)].itertuples(index=False, name=None)), self.settings.index)
        failed = set(values[~values.index.isin(self.frame["setting"])])
        return set(values.index[[value in failed for value in values]].astype(int).tolist())

    def sobol_indices(self, name: str, **dimensions: str) -> pd.DataFrame:
        """Return the share of each parameter in the variance of a metric, for the design ``sobol_indices``.

        Parameters
        ----------
        name : str
            Metric; the mean over replicas is taken.
        **dimensions : str
            Which row, as for ``metric``; where several sum up the others, the one that varies most is taken.

        Returns
        -------
        DataFrame
            ``parameter``, ``first`` (its share alone), ``total`` (with all interactions), and their ``_half_width``.

        Raises
        ------
        InputError
            For another design, and where points failed.
        """
        number, columns = int(self.spec.get("samples", 0)), len(self.parameters)
        rows = self.total(name, **dimensions)
        held = [each for each in self.dimensions if each in rows.columns]
        apart = rows.groupby([*held, "setting"], sort=False, observed=True)["value"].mean().reset_index()
        parts = [part for _, part in apart.groupby(held, sort=False, observed=True)] if held else [apart]
        values = max(parts, key=lambda part: float(part["value"].var(ddof=0))).set_index("setting")["value"]
        if self.spec.get("design") != "sobol_indices" or len(values) != number * (columns + 2):
            message = "needs a sweep of design sobol_indices, all of whose settings have this metric"
            raise InputError([Problem(str(self.path), 0, 0, "", message)])
        blocks = values.sort_index().to_numpy().reshape(columns + 2, number)
        found = sobol_indices(blocks[0], blocks[1], blocks[2:])
        return pd.DataFrame({"parameter": list(self.parameters), **vars(found)})

    def headlines(self) -> list[str]:
        """Return the metrics that a planner reads first, of those that the sweep has; all where it has none of them."""
        return chosen(self)


def _means(
    rows: pd.DataFrame, keys: Sequence[str], dimensions: Sequence[str], level: float, unknown: set[int]
) -> pd.DataFrame:
    """Average over rows of one replica, then over the replicas that all settings have; of ``unknown`` ones none is."""
    cells = list(dict.fromkeys([*keys, *dimensions, "setting"]))
    cell = _numbered(rows, cells)
    values = np.full((cell.max() + 1, int(rows["replica"].max()) + 1), np.nan)
    values[cell, rows["replica"].to_numpy()] = rows["value"].to_numpy()
    labels = rows[cells].iloc[np.unique(cell, return_index=True)[1]]
    values[labels["setting"].isin(unknown).to_numpy()] = np.nan
    group = _numbered(labels, keys)
    order = np.argsort(group, kind="stable")
    found: list[dict[str, Any]] = []
    for members in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        averages = replica_averages(values[members])
        known = averages[~np.isnan(averages)]
        if len(known):
            mean, half_width, number = interval(known.tolist(), level)
            label = labels.iloc[members[0]]
            half = np.nan if half_width is None else half_width
            found.append({**{key: label[key] for key in keys}, "mean": mean, "half_width": half, "replicas": number})
    return pd.DataFrame(found, columns=[*keys, "mean", "half_width", "replicas"])


def _numbered(rows: pd.DataFrame, keys: Sequence[str]) -> NDArray[np.int64]:
    """Return the number of each row's combination of values, in order of appearance."""
    found = rows.groupby(list(keys), dropna=False, sort=False, observed=True).ngroup()
    numbers: NDArray[np.int64] = np.asarray(found, dtype=np.int64)
    return numbers


def _unknown(what: str, name: str, known: Iterable[str]) -> InputError:
    return InputError([Problem("sweep", 0, 0, "", Suggester().unknown(what, name, known))])
