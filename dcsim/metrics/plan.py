"""What every metric is made of: the tables it is given, sums by group, and the tidy rows it returns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcsim import kernels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "DIMENSIONS", "HARVEST_GAIN", "HOUR", "KWH", "Metric", "Sawtooths", "Tables", "Tidy", "by_service",
    "facility_energy", "harvest_gain", "horizon", "sawtooths", "totals",
]  # fmt: skip

Tables = Mapping[str, pd.DataFrame]
"""Tables by name, with the columns that the metric said it reads; names are categories."""
Metric = Callable[[Tables], pd.DataFrame]
"""A metric: tables to a frame with the columns ``metric``, ``unit``, ``value`` and the dimensions."""
DIMENSIONS = (
    "service", "region", "server", "role", "kind", "recipe", "rack", "hosts_per_nic", "network", "models", "outcome",
    "drill", "level", "link", "sharer", "offered", "group_hosts", "local_hour",
)  # fmt: skip
"""Dimension columns of tidy rows, in order."""
HOUR = 3600.0
KWH = 3.6e6
HARVEST_GAIN = ("useful_host_s", "synchronisation_host_s", "learning_host_s", "lost_host_s", "open_host_s")
"""Columns that :func:`harvest_gain` reads."""


class Tidy:
    """Tidy rows in the making.

    Examples
    --------
    >>> tidy = Tidy()
    >>> tidy.add("energy", "kWh", 12.0, region="lulea")
    >>> tidy.add("energy", "kWh", float("nan"), region="altoona")
    >>> tidy.frame()[["metric", "value", "region"]].to_dict("records")
    [{'metric': 'energy', 'value': 12.0, 'region': 'lulea'}]
    """

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def add(self, metric: str, unit: str, value: float, **dimensions: str) -> None:
        """Add one row; a value that is not finite does not apply and is left out."""
        if math.isfinite(value):
            self._rows.append({"metric": metric, "unit": unit, "value": float(value), **dimensions})

    def add_each(self, metric: str, unit: str, values: ArrayLike, keys: pd.DataFrame) -> None:
        """Add one row per value, with the columns of ``keys`` as its dimensions."""
        names = [str(name) for name in keys.columns]
        labels = zip(*(keys[name].astype(str) for name in names), strict=True) if names else [()] * len(keys)
        for value, label in zip(np.asarray(values, dtype=float), labels, strict=True):
            self.add(metric, unit, value, **dict(zip(names, label, strict=True)))

    def frame(self) -> pd.DataFrame:
        """Return the rows in the order in which they were added; absent dimensions are ``None``."""
        columns = ("metric", "unit", "value", *DIMENSIONS)
        data = {name: [row.get(name) for row in self._rows] for name in columns}
        frame = pd.DataFrame({name: pd.Series(data[name], dtype=object) for name in columns})
        return frame.astype({"value": "float64"})


def totals(
    frame: pd.DataFrame, keys: Sequence[str], amounts: Mapping[str, ArrayLike], held: ArrayLike = 1.0
) -> pd.DataFrame:
    """Sum amounts over the rows of each combination of keys that occurs.

    Parameters
    ----------
    frame : DataFrame
        Holds the key columns (categories); a year of steps is tens of millions of rows.
    keys : sequence of str
        Grouping columns; empty for one grand total.
    amounts : mapping of str to array_like
        What to sum, one value per row of ``frame``.
    held : array_like
        Weight of each row: the length of its interval turns levels into integrals over time.

    Returns
    -------
    DataFrame
        The keys as categories and one column per amount, in the order of the categories.

    Examples
    --------
    >>> frame = pd.DataFrame({"region": ["b", "a", "b"]})
    >>> totals(frame, ["region"], {"hosts": [1, 2, 3]}).to_dict("list")
    {'region': ['a', 'b'], 'hosts': [2.0, 4.0]}
    """
    group = np.zeros(len(frame), dtype=np.intp)
    shape: list[int] = []
    columns = {key: frame[key].astype("category").cat for key in keys}
    for column in columns.values():
        shape.append(len(column.categories))
        group *= shape[-1]
        group += column.codes.to_numpy()
    size = math.prod(shape)
    seen = np.flatnonzero(np.bincount(group, minlength=size))
    places = np.unravel_index(seen, shape) if keys else ()
    data: dict[str, Any] = {
        key: pd.Categorical.from_codes(place, dtype=pd.CategoricalDtype(column.categories, ordered=False))
        for (key, column), place in zip(columns.items(), places, strict=True)
    }
    for name, values in amounts.items():
        weights = np.asarray(values, dtype=float) * np.asarray(held, dtype=float)
        data[name] = np.bincount(group, weights=weights, minlength=size)[seen]
    return pd.DataFrame(data)


@dataclass(frozen=True)
class Sawtooths:
    """The versions of every served model, one sequence per service, region and model.

    Parameters
    ----------
    groups : tuple of (dict, slice)
        Dimensions and the sequences they hold: every service, followed by the service in each region.
    start : ndarray, int64[K + 1]
        Where the versions of each sequence begin.
    data_s, published_s : ndarray, float64[start[-1]]
        Newest data and publication of each version, by publication within a sequence.
    """

    groups: tuple[tuple[dict[str, str], slice], ...]
    start: NDArray[np.int64]
    data_s: NDArray[np.float64]
    published_s: NDArray[np.float64]

    def of(self, group: slice) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
        """Return ``start, data_s, published_s`` of the sequences of a group."""
        start = self.start[group.start : group.stop + 1]
        return start - start[0], self.data_s[start[0] : start[-1]], self.published_s[start[0] : start[-1]]

    def covered(self, group: slice, end: float) -> NDArray[np.float64]:
        """Return for how long each sequence of a group served a version between 0 and ``end``."""
        first = self.published_s[self.start[group.start : group.stop]]
        return np.maximum(end - np.maximum(first, 0.0), 0.0)


def sawtooths(publications: pd.DataFrame) -> Sawtooths:
    """Sort publications into sequences that a staleness kernel takes."""
    service, region = (publications[name].astype("category").cat for name in ("service", "region"))
    model = publications["model"].to_numpy()
    data, published = (publications[name].to_numpy() for name in ("data_s", "published_s"))
    shape = (len(service.categories), len(region.categories), int(model.max(initial=0)) + 1)
    key = np.ravel_multi_index((service.codes, region.codes, model), shape) if len(model) else model
    order = kernels.grouping.group_order(key.astype(np.int64), math.prod(shape))
    if ((np.diff(published[order]) < 0) & (np.diff(key[order]) == 0)).any():  # not recorded in order of time
        order = np.lexsort((data, published, key))
    key = key[order]
    begins = np.flatnonzero(np.diff(key, prepend=-1))
    sequences = np.unravel_index(key[begins], shape)
    groups: list[tuple[dict[str, str], slice]] = []
    for code, name in enumerate(service.categories):
        mine = np.flatnonzero(sequences[0] == code)
        if len(mine):
            groups.append(({"service": str(name)}, slice(mine[0], mine[-1] + 1)))
        for place, where in enumerate(region.categories):
            here = mine[sequences[1][mine] == place]
            if len(here):
                both = {"service": str(name), "region": str(where)}
                groups.append((both, slice(here[0], here[-1] + 1)))
    start = np.append(begins, len(order)).astype(np.int64)
    return Sawtooths(tuple(groups), start, data[order], published[order])


def horizon(steps: pd.DataFrame) -> float:
    """Return the end of the run in seconds: the last ``time_s + held_s`` of a step table (0 without rows)."""
    if steps.empty:
        return 0.0
    return float((steps["time_s"].to_numpy() + steps["held_s"].to_numpy()).max())


def facility_energy(tables: Tables) -> pd.DataFrame:
    """Return joules by region and role: ``it_j``, and ``facility_j`` with the region's PUE.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``pools`` (``held_s, region, role, power_w``) and ``regions`` (``region, pue_ratio``).
    """
    pools = tables["pools"]
    power = pools["power_w"].to_numpy() * pools["held_s"].to_numpy()
    joules = totals(pools, ("region", "role"), {"it_j": power})
    regions = tables["regions"]
    pue = dict(zip(regions["region"].astype(str), regions["pue_ratio"], strict=True))
    return joules.assign(facility_j=joules["it_j"] * [pue[name] for name in joules["region"].astype(str)])


def by_service(services: pd.DataFrame, column: str) -> dict[str, Any]:
    """Return one column of the ``services`` table by name of the service."""
    return dict(zip(services["service"].astype(str), services[column].tolist(), strict=True))


def harvest_gain(amounts: pd.DataFrame) -> pd.Series[float]:
    """Return useful hours, and the part of the open ones that can be expected to become so.

    A run ends between two checkpoints. What is computed since would become useful as often as other work did: settings
    with long intervals, which have more of it, are not held to be worse for that.

    Parameters
    ----------
    amounts : DataFrame
        With the columns ``HARVEST_GAIN``.
    """
    useful, synchronisation, learning, lost, unsaved = (amounts[name] for name in HARVEST_GAIN)
    kept = useful + synchronisation + learning
    return useful + unsaved * (kept / (kept + lost)).fillna(0.0)
