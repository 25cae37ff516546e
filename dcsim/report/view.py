"""A run as the sections of its report see it: metrics by name, levels over time by group, and names for people."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcsim.metrics.plan import horizon
from dcsim.report.ages import Ages
from dcsim.report.section import ALL, Mark
from dcsim.report.spans_by_job import rows as rows_of
from dcsim.report.wording import human, spoken

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike, NDArray

    from dcsim.results.run import Run

    Floats = NDArray[np.float64]

__all__ = ["Levels", "RunView"]

_MS = 1000.0


class Levels:
    """What held in each interval of a step table, by group.

    Parameters
    ----------
    edges_s : ndarray of float64, shape (T + 1,)
        Beginnings of the intervals and the end of the last, s.
    keys : list of tuple of str
        The groups, in the order of their categories.
    values : dict of str to ndarray, shape (K, T)
        Sums over the rows of each group, by column.
    """

    def __init__(self, edges_s: Floats, keys: list[tuple[str, ...]], values: dict[str, Floats]) -> None:
        self.edges_s, self.keys, self.values = edges_s, keys, values

    def of(self, column: str, *key: str) -> Floats:
        """Return a column of the groups whose keys agree; an empty text agrees with all, and they are added up."""
        chosen = [
            all(not part or part == mine for part, mine in zip(key, own, strict=True)) for own in self.keys
        ]
        total: Floats = self.values[column][np.array(chosen, dtype=bool)].sum(axis=0)
        return total

    def names(self, place: int) -> list[str]:
        """Return the names at one place of the keys, each once."""
        return list(dict.fromkeys(key[place] for key in self.keys))


class RunView:
    """A run, asked for what a report tells.

    Parameters
    ----------
    run : Run
        A finished run.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self._positions: dict[bytes, Floats] = {}
        self.start = dt.datetime.fromisoformat(run.provenance["run"]["start"]).astimezone(dt.UTC)

    @property
    def scenario(self) -> Mapping[str, Any]:
        """The resolved scenario, as written."""
        return self.run.scenario

    @cached_property
    def metrics(self) -> pd.DataFrame:
        """All tidy rows."""
        return self.run.metrics()

    @cached_property
    def end_s(self) -> float:
        """The end of the run, s."""
        return horizon(self.run.table("pools", ["time_s", "held_s"]))

    @cached_property
    def ages(self) -> Ages:
        """Staleness over time."""
        return Ages(self.run)

    @cached_property
    def _values(self) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
        dimensions = [str(name) for name in self.metrics.columns if name not in ("metric", "unit", "value")]
        columns = [self.metrics[name].tolist() for name in dimensions]
        labels = zip(*columns, strict=True) if columns else iter([()] * len(self.metrics))
        found = {}
        for name, value, row in zip(self.metrics["metric"], self.metrics["value"], labels, strict=True):
            named = frozenset((key, str(text)) for key, text in zip(dimensions, row, strict=True) if not pd.isna(text))
            found[str(name), named] = float(value)
        return found

    def value(self, metric: str, **dimensions: str) -> float | None:
        """Return the value of a metric with exactly these dimensions."""
        return self._values.get((metric, frozenset(dimensions.items())))

    def by(self, metric: str, dimension: str, **others: str) -> dict[str, float]:
        """Return the values of a metric by one dimension, with exactly these others, in order of appearance."""
        fixed, found = set(others.items()), {}
        for (name, named), value in self._values.items():
            rest = named - fixed
            if name == metric and len(rest) == 1 and len(named) == len(rest) + len(fixed):
                ((key, text),) = rest
                if key == dimension:
                    found[text] = value
        return found

    def region(self, name: str) -> str:
        """Return what people call a region: its title up to the comma, where no other has the same."""
        return self._titles(self.scenario.get("fleet", {}).get("regions", {})).get(name, human(name))

    def service(self, name: str) -> str:
        """Return what people call a service or a training stream."""
        return self._titles(self.scenario.get("services", {})).get(name, human(name))

    def server(self, name: str) -> str:
        """Return what people call a server."""
        return human(name)

    def ms(self, seconds: ArrayLike) -> Floats:
        """Return times of the run as milliseconds since 1970; equal ones are the same object."""
        moved: Floats = np.rint(self.start.timestamp() * _MS + np.asarray(seconds, dtype=float) * _MS)
        return self._positions.setdefault(moved.tobytes(), moved)

    def moment(self, seconds: float, *, day: bool = True) -> str:
        """Return a time of the run as people say it, in UTC."""
        time = self.start + dt.timedelta(seconds=round(seconds))
        return f"{time.day} {time:%B %Y, %H:%M}" if day else f"{time:%H:%M}"

    def day(self, seconds: float) -> dt.date:
        """Return the day of a time of the run, in UTC; that of its end for what never ends."""
        return (self.start + dt.timedelta(seconds=round(min(seconds, self.end_s)))).date()

    @cached_property
    def drills(self) -> list[tuple[str, Any]]:
        """The drills that struck within the run, in order: a kind that strikes a region again is numbered there."""
        found, times = [], dict[tuple[str, str], int]()
        for each in rows_of(self.run.drills):
            key = str(each.drill), str(each.region)
            times[key] = times.get(key, 0) + 1
            name = f"{key[0]} {times[key]}" if times[key] > 1 else key[0]
            if each.begin_s < self.end_s:
                found.append((name, each))
        return found

    @property
    def long(self) -> bool:
        """Whether the run is long enough for an average day to mean something."""
        return self.end_s >= 3 * 86400.0

    def levels(self, table: str, keys: Sequence[str], columns: Sequence[str]) -> Levels:
        """Return columns of a step table, added up by interval and group; what has no row is 0."""
        frame = self.run.table(table, ["time_s", "held_s", *keys, *columns])
        times, place = np.unique(frame["time_s"].to_numpy(), return_inverse=True)
        ends = frame["time_s"].to_numpy() + frame["held_s"].to_numpy()
        edges = np.append(times, ends.max(initial=0.0))
        group = np.zeros(len(frame), dtype=np.int64)
        names: list[tuple[str, ...]] = [()]
        for key in keys:
            categories = frame[key].astype("category").cat
            group = group * len(categories.categories) + categories.codes.to_numpy()
            names = [(*before, str(name)) for before in names for name in categories.categories]
        size, kept = len(names), np.unique(group)
        cells = group * len(times) + place
        values: dict[str, Floats] = {}
        for column in columns:
            sums = np.bincount(cells, frame[column].to_numpy(dtype=float), size * len(times))
            values[column] = sums.reshape(size, len(times))[kept].astype(float)
        return Levels(edges, [names[code] for code in kept], values)

    def drill_marks(self) -> tuple[Mark, ...]:
        """Return the drills as stretches of the time axis."""
        marks = []
        for name, each in self.drills:
            begin, end = self.ms([each.begin_s, min(each.end_s, self.end_s)])
            marks.append(Mark(f"{spoken(name)}: {self.region(str(each.region))}", float(begin), float(end)))
        return tuple(marks)

    def regions(self, names: Sequence[str]) -> list[tuple[str, str]]:
        """Return identifier and label of all regions together, and of each where there are several."""
        single = [(name, self.region(name)) for name in names]
        return [("", ALL), *single] if len(single) > 1 else single

    def _titles(self, entries: Mapping[str, Any]) -> dict[str, str]:
        """Return labels of entries by name; two that would be called the same keep their identifiers."""
        short = {name: str(entry.get("title") or human(name)).split(",")[0].strip() for name, entry in entries.items()}
        said = list(short.values())
        return {name: text if text and said.count(text) == 1 else human(name) for name, text in short.items()}
