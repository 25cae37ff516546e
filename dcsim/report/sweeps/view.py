"""A sweep as its report sees it: parameters as they were written, and outcomes by setting and replica."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcsim.confidence import Interval, interval
from dcsim.report.wording import human
from dcsim.results.choice import as_run, telling
from dcsim.units import DIMENSIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from dcsim.results.sweep import Sweep

    Floats = NDArray[np.float64]

__all__ = ["Outcome", "Parameter", "SweepView", "title_of", "told"]

_QUANTITY = re.compile(r"([-+]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\D*)")
_SPAN = re.compile(r"[^:,]+\.\.[^:,]+(:\s*log(?!\s*\d)[^:,]*)?")
_SHARES = {"": 1.0, "%": 0.01}
_PARTS = ("region", "service")
"""Dimensions by which a total is told in parts, the first that there is."""
_SPACE = "\N{NO-BREAK SPACE}"
_CAPITALS = {"gpu": "GPU", "nic": "NIC", "slo": "SLO"}
_MOST_METRICS = 12
_MOST_VALUES = 12
"""Values beyond which those of a parameter that were drawn from a span are compared in groups."""


@dataclass(frozen=True)
class Parameter:
    """A parameter with several values.

    Parameters
    ----------
    name : str
        Its path.
    short : str
        The end of its path, as far as it tells it from the others.
    texts : tuple of str
        The value of each setting as written.
    numbers : ndarray of float64, optional
        The same as numbers in ``unit``; None for words.
    unit : str
        The unit that the first of them was written in.
    drawn : bool
        Whether they were drawn from a span.
    """

    name: str
    short: str
    texts: tuple[str, ...]
    numbers: Floats | None
    unit: str
    drawn: bool = False

    @cached_property
    def values(self) -> tuple[str, ...]:
        """Different values, rising where they are numbers, else in the order of the settings."""
        found = list(dict.fromkeys(self.texts))
        if self.numbers is None:
            return tuple(found)
        number = dict(zip(self.texts, self.numbers.tolist(), strict=True))
        return tuple(sorted(found, key=lambda text: number[text]))

    @cached_property
    def codes(self) -> NDArray[np.int64]:
        """The place of each setting's value in ``values``."""
        place = {text: number for number, text in enumerate(self.values)}
        return np.array([place[text] for text in self.texts], dtype=np.int64)

    @property
    def positions(self) -> list[float]:
        """The different values as numbers; their places where they are words."""
        if self.numbers is None:
            return [float(place) for place in range(len(self.values))]
        number = dict(zip(self.texts, self.numbers.tolist(), strict=True))
        return [number[text] for text in self.values]

    @property
    def many(self) -> bool:
        """Whether there are so many values from a span that they are compared in groups; chosen values never are."""
        return self.drawn and self.numbers is not None and len(self.values) > _MOST_VALUES

    @property
    def groups(self) -> NDArray[np.int64]:
        """The group of each setting, for comparisons: its value, or the fifth of the range that it is in."""
        if not self.many or self.numbers is None:
            return self.codes
        cuts = np.quantile(self.numbers, [0.2, 0.4, 0.6, 0.8])
        return np.searchsorted(cuts, self.numbers, side="right").astype(np.int64)

    def group_name(self, group: int) -> str:
        """Return what the settings of a group have in common."""
        if not self.many or self.numbers is None:
            return self.values[group]
        members = self.numbers[self.groups == group]
        return f"{members.min():.4g} to {members.max():.4g} {self.unit}".strip()


@dataclass(frozen=True)
class Outcome:
    """One metric row over the sweep: ``values`` by setting and replica, NaN where a point failed.

    Of its dimensions, ``telling`` names those that tell it from the other rows.
    """

    metric: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    values: Floats
    telling: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is, for people."""
        parts = [_words(name, value) for name, value in self.dimensions if name in self.telling]
        return f"{title_of(self.metric)} ({', '.join(parts)})" if parts else title_of(self.metric)

    @property
    def rest(self) -> str:
        """What else it is of, for people: the same for all rows of the metric."""
        parts = [f"{name.replace('_', ' ')} {human(value)}" for name, value in self.dimensions
                 if name not in self.telling]  # fmt: skip
        return ", ".join(parts)

    @cached_property
    def intervals(self) -> list[Interval | None]:
        """Mean and half width over the replicas of each setting; None where all failed."""
        return [told(row) for row in self.values]

    @property
    def means(self) -> Floats:
        """Mean of each setting, NaN where all its points failed."""
        return np.array([np.nan if each is None else each.mean for each in self.intervals])

    @property
    def moves(self) -> bool:
        """Whether any setting has another mean than the others."""
        means = self.means[~np.isnan(self.means)]
        return bool(len(means)) and float(np.ptp(means)) > 1e-9 * float(np.abs(means).max())


def title_of(metric: str) -> str:
    """Return a metric as the beginning of a sentence.

    Examples
    --------
    >>> title_of("useful_server_hours"), title_of("slo_attainment")
    ('Useful server hours', 'SLO attainment')
    """
    words = " ".join(_CAPITALS.get(word, word) for word in metric.split("_"))
    return words[:1].upper() + words[1:]


def _words(dimension: str, value: str) -> str:
    """Return the value of a dimension, for people."""
    if dimension == "hosts_per_nic":
        return f"{value} {'host' if value == '1' else 'hosts'} per NIC"
    return human(value) if dimension in _PARTS else f"{dimension.replace('_', ' ')} {human(value)}"


def told(values: Floats) -> Interval | None:
    """Return the interval over the replicas that there are."""
    known = values[~np.isnan(values)]
    return interval(known.tolist()) if len(known) else None


class SweepView:
    """What the sections of a sweep's report read.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    """

    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep
        self.spec: dict[str, Any] = sweep.spec
        settings = sweep.settings
        self.numbers = [int(number) for number in settings.index]
        shorts = _short_names(list(sweep.parameters))
        self.parameters = tuple(
            _parameter(name, short, settings[name].astype(str).tolist(), drawn=self.sampled and self._is_span(name))
            for name, short in shorts.items()
        )
        self.replicas = int(sweep.points["replica"].max()) + 1 if len(sweep.points) else 0

    @property
    def varied(self) -> tuple[Parameter, ...]:
        """Parameters that have several values in the settings that there are."""
        return tuple(each for each in self.parameters if len(each.values) > 1)

    @property
    def sampled(self) -> bool:
        """Whether a design drew the settings, so that no two share a value."""
        return str(self.spec.get("design") or "grid") != "grid"

    def _is_span(self, name: str) -> bool:
        """Whether the sweep file gives a span for a parameter, from which a design draws; not a list or a range."""
        given = (self.spec.get("set") or {}).get(name)
        if isinstance(given, dict):
            return not {"step", "factor", "points"} & given.keys()
        return isinstance(given, str) and _SPAN.fullmatch(given.strip()) is not None

    @cached_property
    def metrics(self) -> list[str]:
        """The metrics that are told: those that were asked for, or else those that planners read first."""
        known = list(self.sweep.metrics()["metric"])
        wanted = known if self.spec.get("metrics") else self.sweep.headlines()
        return [name for name in wanted if name in known][:_MOST_METRICS]

    @cached_property
    def left_out(self) -> list[str]:
        """The metrics that only the file of results has."""
        return [name for name in self.sweep.metrics()["metric"] if name not in self.metrics]

    @cached_property
    def totals(self) -> dict[str, list[Outcome]]:
        """By metric, the rows that sum up the others; of step times, those of the network and placement that ran."""
        return {name: self._outcomes(as_run(self.sweep, name)) for name in self.metrics}

    def parts(self, metric: str) -> list[Outcome]:
        """Return the rows of a metric by region, or else by service, where its total is one row.

        Of step times, the rows of the other numbers of hosts of an adapter, and of the networks compared.
        """
        if metric == "step_time":
            known = {each.dimensions for each in self.totals[metric]}
            return [each for each in self._outcomes(self.sweep.total(metric)) if each.dimensions not in known]
        if len(self.totals[metric]) != 1 or self.totals[metric][0].dimensions:
            return []
        rows = self.sweep.metric(metric)
        held = [name for name in self.sweep.dimensions if name in rows.columns]
        for part in _PARTS:
            if part in held:
                others = [name for name in held if name != part]
                just = rows[rows[part].notna() & rows[others].isna().all(axis="columns")]
                if len(just):
                    found = self._outcomes(just)
                    return found if len(found) > 1 else []
        return []

    def setting_name(self, place: int) -> str:
        """Return what a setting is, for people."""
        parts = [f"{each.short} {each.texts[place]}".replace(" ", _SPACE) for each in self.varied]
        return ", ".join(parts) or "the scenario as it is"

    def _outcomes(self, rows: pd.DataFrame) -> list[Outcome]:
        """Return one outcome for each combination of dimensions, in order of appearance."""
        held = [name for name in self.sweep.dimensions if name in rows.columns and rows[name].notna().any()]
        place = {number: at for at, number in enumerate(self.numbers)}
        groups = rows.groupby(held, sort=False, observed=True, dropna=False) if held else [((), rows)]
        found = []
        apart = tuple(telling(rows, held))
        for _, group in groups:
            values = np.full((len(self.numbers), self.replicas), np.nan)
            at = group["setting"].map(place).to_numpy()
            values[at, group["replica"].to_numpy()] = group["value"].to_numpy()
            named = dict(zip(held, group[held].iloc[0].tolist(), strict=True))
            dimensions = tuple((name, str(value)) for name, value in named.items() if pd.notna(value))
            unit = str(group["unit"].iloc[0])
            found.append(Outcome(str(group["metric"].iloc[0]), unit, dimensions, values, apart))
        return found


def _short_names(paths: Sequence[str]) -> dict[str, str]:
    """Return the end of each path, by path: as few of its parts as tell it from the others.

    Examples
    --------
    >>> _short_names(["fleet.nic.bandwidth", "harvest.notice", "services.ads.notice"])
    {'fleet.nic.bandwidth': 'bandwidth', 'harvest.notice': 'harvest.notice', 'services.ads.notice': 'ads.notice'}
    """
    parts = {path: path.split(".") for path in paths}
    names = {}
    for path, mine in parts.items():
        ends = (mine[-length:] for length in range(1, len(mine) + 1))
        others = [other for each, other in parts.items() if each != path]
        names[path] = ".".join(next((end for end in ends if all(other[-len(end) :] != end for other in others)), mine))
    return names


def _parameter(name: str, short: str, texts: Sequence[str], *, drawn: bool = False) -> Parameter:
    """Return a parameter; it is one of numbers where all are, or quantities of one dimension (0 needs no unit)."""
    parsed = [_QUANTITY.fullmatch(text.strip()) for text in texts]
    known = [(float(each[1].replace("_", "")), each[2].strip()) for each in parsed if each]
    units = list(dict.fromkeys(unit for number, unit in known if number or unit))
    factors = _factors(units)
    if len(known) < len(texts) or factors is None:
        return Parameter(name, short, tuple(texts), None, "")
    numbers = np.array([number * factors.get(unit, 1.0) for number, unit in known])
    return Parameter(name, short, tuple(texts), numbers, units[0] if units else "", drawn)


def _factors(units: Sequence[str]) -> dict[str, float] | None:
    """Return what turns numbers of each unit into those of the first; None where they are of no one dimension.

    Examples
    --------
    >>> _factors(["Mbit/s", "Gbit/s"]), _factors(["%", ""]), _factors(["min", "W"])
    ({'Mbit/s': 1.0, 'Gbit/s': 1000.0}, {'%': 1.0, '': 100.0}, None)
    """
    for known in (_SHARES, *DIMENSIONS.values()):
        if all(unit in known for unit in units):
            return {unit: known[unit] / known[units[0]] for unit in units}
    return None
