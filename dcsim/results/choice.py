"""Which figures of a sweep are told where nobody chose any: metrics that say how well, and rows of what really ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcsim.results.headline import BETTER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.results.sweep import Sweep

__all__ = ["as_run", "chosen", "one_arrangement", "same_work", "spread_of", "telling"]

_HOURS, _COMMUNICATION, _STEPS = "useful_server_hours", "harvest_communication_server_hours", "harvest_steps"
_NAMED = ("service", "region", "models")
"""Dimensions that are told even where they have a single value."""
_NEAR = 0.05
"""Difference in the share of useful hours that waits for the network up to which hours compare work."""
_ALIKE = 1e-9
"""Relative difference up to which values are the same."""


def chosen(sweep: Sweep) -> list[str]:
    """Return the metrics that a planner reads first, of those that the sweep has; all where it has none of them.

    Useful server-hours of the harvest hold the hours in which hosts waited for the network, so that a slow network
    has more of them for the same work. Where that share differs between settings, the steps done are told instead.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    """
    every = list(sweep.metrics()["metric"])
    left_out = _HOURS if _STEPS in every and not _hours_are_work(sweep, every) else _STEPS if _HOURS in every else ""
    return [name for name in BETTER if name in every and name != left_out] or every


def _hours_are_work(sweep: Sweep, every: Sequence[str]) -> bool:
    """Whether about the same share of useful hours waits for the network in all settings."""
    if _HOURS not in every or _COMMUNICATION not in every:
        return _HOURS in every
    useful, waiting = (sweep.total(name).groupby("setting")["value"].mean() for name in (_HOURS, _COMMUNICATION))
    share = (waiting / useful.where(useful > 0.0)).dropna()
    return share.empty or float(share.max() - share.min()) <= _NEAR


def same_work(sweep: Sweep) -> bool:
    """Whether the harvest did the same work in every setting, though its hours differ."""
    every = set(sweep.metrics()["metric"])
    if not {_HOURS, _STEPS} <= every:
        return False
    steps = sweep.total(_STEPS)
    return float(steps["value"].max()) > 0.0 and spread_of(steps) <= _ALIKE < spread_of(sweep.total(_HOURS))


def as_run(sweep: Sweep, name: str) -> pd.DataFrame:
    """Return the rows of a metric that sum up the others; of step times, those of the network and placement that ran.

    A step time is there for every number of hosts of an adapter that may synchronise at once, and for every network
    that the scenario compares. The first network is the scenario's own. How many hosts did synchronise at once is
    seen by the time that a step took in the harvest, which goes with theirs; where several do, it is the most.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    name : str
        Metric.
    """
    rows = sweep.total(name)
    if "network" in rows:
        own = set(rows.groupby("setting", sort=False)["network"].first())
        rows = rows[rows["network"].isin(own)] if len(own) == 1 else rows
    if "hosts_per_nic" not in rows:
        return rows
    kept = [part[part["hosts_per_nic"].astype(object) == _sharing(sweep, part)[0]] for part in _kinds(rows)]
    return pd.concat(kept).sort_index()


def one_arrangement(sweep: Sweep) -> bool:
    """Whether step times of the same number of hosts of an adapter hold in all settings, as far as the harvest tells.

    They do not where settings differ in how gangs are placed.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep that has step times.
    """
    rows = as_run(sweep, "step_time")
    return "hosts_per_nic" not in rows or all(_sharing(sweep, part)[1] <= _NEAR for part in _kinds(rows))


def _kinds(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """Return rows of step times by what trains on what."""
    kinds = [each for each in ("recipe", "server", "rack") if each in rows]
    return [part for _, part in rows.groupby(kinds, sort=False, observed=True)] if kinds else [rows]


def _sharing(sweep: Sweep, steps: pd.DataFrame) -> tuple[str, float]:
    """Return how many hosts of an adapter synchronised at once, from the step times of one recipe on one server.

    Beside them how far their times are from going with those that the harvest took: 0 where they do.
    """
    numbers = sorted(set(steps["hosts_per_nic"].astype(str)), key=int, reverse=True)
    took = _took(sweep, {name: str(steps[name].iloc[0]) for name in ("recipe", "server") if name in steps})
    if took is None or len(took) < 2:
        return numbers[0], 0.0

    def unlike(hosts: str) -> float:
        modelled = steps[steps["hosts_per_nic"].astype(object) == hosts].groupby("setting")["value"].mean()
        ratio = (took / modelled).dropna()
        return round(float(1.0 - ratio.min() / ratio.max()), 2) if len(ratio) else 1.0

    best = min(numbers, key=unlike)
    return best, unlike(best)


def _took(sweep: Sweep, of: dict[str, str]) -> pd.Series | None:
    """Return the server-hours that a step took in the harvest, by setting; None where none is told."""
    sums = []
    for name in (_HOURS, _STEPS):
        rows = sweep.frame[sweep.frame["metric"] == name]
        for dimension, value in of.items():
            rows = rows[rows[dimension].astype(object) == value]
        sums.append(rows.groupby("setting")["value"].sum())
    hours, steps = sums
    both = (hours / steps.where(steps > 0.0)).dropna()
    return both if len(both) else None


def telling(rows: pd.DataFrame, held: Sequence[str]) -> list[str]:
    """Return the dimensions that tell rows apart, with those that people ask for by name.

    Parameters
    ----------
    rows : DataFrame
        Of one metric.
    held : sequence of str
        Its dimensions.
    """
    return [each for each in held if each in _NAMED or each == "hosts_per_nic" or len(set(rows[each])) > 1]


def spread_of(rows: pd.DataFrame) -> float:
    """Return how much the means of settings differ, relative to the largest; of shares near one, to what they lack.

    Parameters
    ----------
    rows : DataFrame
        Of one metric, with ``setting``, ``unit`` and ``value``.
    """
    means = rows.groupby("setting")["value"].mean()
    largest = float(means.abs().max())
    if str(rows["unit"].iloc[0]) == "ratio" and float(means.min()) >= 0.0 and largest <= 1.0:
        largest = min(largest, 1.0 - float(means.min()))
    return float(means.max() - means.min()) / largest if largest > 0.0 else 0.0
