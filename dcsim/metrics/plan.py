"""What every metric is made of: the tables it is given, sums by group, and the tidy rows it returns."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcsim import kernels

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "DIMENSIONS", "HARVEST_GAIN", "HOUR", "KWH", "Groups", "Metric", "Sawtooths", "Tables", "Tidy", "by_service",
    "facility_energy", "grouped", "harvest_gain", "horizon", "sawtooths", "totals",
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
_TEXTS = ("metric", "unit", *DIMENSIONS)
_TEXT_COLUMNS = pd.Index(_TEXTS)
_VALUE_PLACE = 2
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
        self._keys: pd.DataFrame | Groups | None = None
        self._named: list[dict[str, str]] = []

    def add(self, metric: str, unit: str, value: float, **dimensions: str) -> None:
        """Add one row; a value that is not finite does not apply and is left out."""
        if math.isfinite(value):
            self._rows.append({"metric": metric, "unit": unit, "value": float(value), **dimensions})

    def add_each(self, metric: str, unit: str, values: ArrayLike, keys: pd.DataFrame | Groups) -> None:
        """Add one row per value; its dimensions are the keys of its group, or the columns of ``keys``."""
        if keys is not self._keys:  # several metrics in a row have the same
            self._keys, self._named = keys, keys.named if isinstance(keys, Groups) else _named(keys)
        for value, named in zip(np.asarray(values, dtype=float).tolist(), self._named, strict=True):
            if math.isfinite(value):
                self._rows.append({"metric": metric, "unit": unit, "value": value, **named})

    def frame(self) -> pd.DataFrame:
        """Return the rows in the order in which they were added; absent dimensions are ``None``."""
        texts = np.empty((len(self._rows), len(_TEXTS)), dtype=object)
        for place, row in enumerate(self._rows):
            texts[place] = [row.get(name) for name in _TEXTS]
        # One block of texts: made column by column, the frame would take 4 ms.
        frame = pd.DataFrame(texts, columns=_TEXT_COLUMNS, dtype=object, copy=False)
        frame.insert(_VALUE_PLACE, "value", np.array([row["value"] for row in self._rows], dtype=float))
        return frame


def _named(keys: pd.DataFrame) -> list[dict[str, str]]:
    """Return the dimensions of each row of keys."""
    labels = {str(name): _labels(column) for name, column in keys.items()}
    rows = zip(*labels.values(), strict=True) if labels else [()] * len(keys)
    return [dict(zip(labels, row, strict=True)) for row in rows]


def _labels(column: pd.Series[Any] | pd.Categorical) -> list[str]:
    """Return the names in a column of keys."""
    held = column if isinstance(column, pd.Categorical) else column.array
    if isinstance(held, pd.Categorical) and (held.codes >= 0).all():
        names = [str(name) for name in held.categories.tolist()]
        return [names[code] for code in held.codes.tolist()]
    return list(pd.Series(held).astype(str))


class Groups:
    """Amounts by group, as arrays; the groups are the combinations of keys that occur, in the order of the categories.

    A frame would do the same; this takes a tenth of the time for the few dozen groups of a run.

    Examples
    --------
    >>> frame = pd.DataFrame({"region": ["b", "a", "b"], "role": ["x", "x", "y"]})
    >>> fine = grouped(frame, ["region", "role"], {"hosts": [1, 2, 3]})
    >>> fine["hosts"].tolist(), fine.named[0]
    ([2.0, 1.0, 3.0], {'region': 'a', 'role': 'x'})
    >>> fine.rolled(["region"])["hosts"].tolist()
    [2.0, 4.0]
    """

    def __init__(self, keys: Mapping[str, pd.Categorical], sums: Mapping[str, NDArray[Any]], size: int) -> None:
        self.keys = keys
        self._sums = dict(sums)
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, name: str) -> NDArray[np.float64]:
        return self._sums[name]

    def __setitem__(self, name: str, amounts: ArrayLike) -> None:
        self._sums[name] = np.asarray(amounts, dtype=float)

    def names(self, key: str) -> list[str]:
        """Return the name of each group under one key."""
        return _labels(self.keys[key])

    @cached_property
    def named(self) -> list[dict[str, str]]:
        """The dimensions of each group."""
        labels = {key: self.names(key) for key in self.keys}
        rows = zip(*labels.values(), strict=True) if labels else [()] * self._size
        return [dict(zip(labels, row, strict=True)) for row in rows]

    def rolled(self, keys: Sequence[str]) -> Groups:
        """Sum over all keys but these."""
        return _summed({key: self.keys[key] for key in keys}, self._sums, self._size)

    def where(self, chosen: NDArray[np.bool_]) -> Groups:
        """Return some of the groups."""
        keys = {key: column[chosen] for key, column in self.keys.items()}
        return Groups(keys, {name: amounts[chosen] for name, amounts in self._sums.items()}, int(chosen.sum()))


def grouped(
    frame: pd.DataFrame, keys: Sequence[str], amounts: Mapping[str, ArrayLike], held: ArrayLike = 1.0
) -> Groups:
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
    """
    weight = np.asarray(held, dtype=float)
    weighed = {name: np.asarray(values, dtype=float) * weight for name, values in amounts.items()}
    return _summed({key: _categorical(frame[key]) for key in keys}, weighed, len(frame))


def _summed(keys: Mapping[str, pd.Categorical], amounts: Mapping[str, NDArray[np.float64]], rows: int) -> Groups:
    group = np.zeros(rows, dtype=np.intp)
    shape: list[int] = []
    for column in keys.values():
        shape.append(len(column.categories))
        group *= shape[-1]
        group += column.codes
    size = math.prod(shape)
    seen = np.flatnonzero(np.bincount(group, minlength=size))
    places = np.unravel_index(seen, shape) if keys else ()
    found = {
        key: pd.Categorical.from_codes(place, dtype=column.dtype, validate=False)
        for (key, column), place in zip(keys.items(), places, strict=True)
    }
    sums: dict[str, NDArray[Any]] = {
        name: np.bincount(group, weights=values, minlength=size)[seen] for name, values in amounts.items()
    }
    return Groups(found, sums, len(seen))


def totals(
    frame: pd.DataFrame, keys: Sequence[str], amounts: Mapping[str, ArrayLike], held: ArrayLike = 1.0
) -> pd.DataFrame:
    """Return what :func:`grouped` does as a frame: the keys as categories and one column per amount.

    Examples
    --------
    >>> frame = pd.DataFrame({"region": ["b", "a", "b"]})
    >>> totals(frame, ["region"], {"hosts": [1, 2, 3]}).to_dict("list")
    {'region': ['a', 'b'], 'hosts': [2.0, 4.0]}
    """
    groups = grouped(frame, keys, amounts, held)
    return pd.DataFrame({**groups.keys, **{name: groups[name] for name in amounts}}, copy=False)


def _categorical(column: pd.Series[Any]) -> pd.Categorical:
    """Return a column of keys as unordered categories."""
    held = column.array
    return held if isinstance(held, pd.Categorical) and not held.ordered else pd.Categorical(column, ordered=False)


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
    service, region = (_categorical(publications[name]) for name in ("service", "region"))
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


def facility_energy(tables: Tables) -> Groups:
    """Return joules by region and role: ``it_j``, and ``facility_j`` with the region's PUE.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        ``pools`` (``held_s, region, role, power_w``) and ``regions`` (``region, pue_ratio``).
    """
    pools = tables["pools"]
    power = pools["power_w"].to_numpy() * pools["held_s"].to_numpy()
    joules = grouped(pools, ("region", "role"), {"it_j": power})
    regions = tables["regions"]
    pue = dict(zip(_labels(regions["region"]), regions["pue_ratio"].tolist(), strict=True))
    joules["facility_j"] = joules["it_j"] * [pue[name] for name in joules.names("region")]
    return joules


def by_service(services: pd.DataFrame, column: str) -> dict[str, Any]:
    """Return one column of the ``services`` table by name of the service."""
    return dict(zip(_labels(services["service"]), services[column].tolist(), strict=True))


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
