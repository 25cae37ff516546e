"""Recovery: how far each drill made models go stale, and when they were fresh again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcsim.metrics import metric
from dcsim.metrics.plan import Sawtooths, Tidy, by_service, horizon, sawtooths

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.metrics.plan import Tables

__all__ = ["recovery"]

_EXACT_S = 1e-6  # differences of times of a year are good to this


@metric(
    "recovery",
    unit="s",
    reads={
        "pools": ("time_s", "held_s"),
        "services": ("service", "period_s"),
        "drills": ("drill", "region", "begin_s"),
        "publications": ("service", "model", "region", "data_s", "published_s"),
        "user_models": ("time_s", "held_s", "service", "delay_s"),
    },
)
def recovery(tables: Tables) -> pd.DataFrame:
    """Return by drill and service how far staleness rose above its peak before the drill, and for how long.

    The peak is the largest staleness before the drill, or period + the longest training before the drill
    where that is more: what a run that is too short to show a whole period would have reached undisturbed.
    A service's staleness is that of its stalest model and region. ``recovery_staleness_rise`` is 0 where
    nothing rose; ``recovery_time`` (from the beginning of the drill until the peak was last exceeded) is
    absent there and where the run ends first. Rows with ``models='user'`` are the user models. A kind of
    drill that strikes a region again is numbered.
    """
    tidy, drills = Tidy(), tables["drills"]
    if drills.empty:
        return tidy.frame()
    end = horizon(tables["pools"])
    teeth = sawtooths(tables["publications"])
    peaks = {
        dimensions["service"]: _peaks(teeth, group, end)
        for dimensions, group in teeth.groups
        if "region" not in dimensions
    }
    periods = by_service(tables["services"], "period_s")
    struck: dict[tuple[str, str], int] = {}
    for drill, region, begin in zip(drills["drill"], drills["region"], drills["begin_s"], strict=True):
        struck[drill, region] = struck.get((drill, region), 0) + 1
        again = f" {struck[drill, region]}" if struck[drill, region] > 1 else ""
        named = {"drill": f"{drill}{again}", "region": str(region)}
        for service, (since, until, highest, delay) in peaks.items():
            usual = periods[service] + np.max(delay[since <= begin], initial=-np.inf)
            before = (highest - np.maximum(until - begin, 0.0))[since < begin]
            peak = float(np.fmax.reduce([-np.inf, usual, *before]))
            _add(tidy, highest, until, begin, end, peak, {"service": service, **named})
        _fluid(tidy, tables["user_models"], begin, end, named)
    return tidy.frame()


def _peaks(teeth: Sawtooths, group: slice, end: float) -> tuple[NDArray[np.float64], ...]:
    """Return of every version: served from, until, the staleness it ended with, and its own delay.

    A version whose data is older than what is served keeps its place with the data that is served.
    """
    start, data, published = teeth.of(group)
    sequence = np.repeat(np.arange(len(start) - 1), np.diff(start))
    newest = pd.Series(data).groupby(sequence).cummax().to_numpy()
    until = np.append(published[1:], end)
    until[start[1:] - 1] = end
    until = np.minimum(until, end)
    served = published < until
    return published[served], until[served], (until - newest)[served], (published - data)[served]


def _add(
    tidy: Tidy,
    highest: NDArray[np.float64],
    until: NDArray[np.float64],
    begin: float,
    end: float,
    peak: float,
    dimensions: dict[str, str],
) -> None:
    """Add the rise above the peak after the drill, and when it was over."""
    above = (until > begin) & (highest > peak + _EXACT_S)
    rise = float(np.max(highest[above] - peak, initial=0.0))
    tidy.add("recovery_staleness_rise", "s", rise, **dimensions)
    if above.any() and until[above].max() < end:
        tidy.add("recovery_time", "s", until[above].max() - begin, **dimensions)


def _fluid(tidy: Tidy, steps: pd.DataFrame, begin: float, end: float, named: dict[str, str]) -> None:
    for service, mine in steps.groupby("service", observed=True):
        since, delay = mine["time_s"].to_numpy(), mine["delay_s"].to_numpy()
        until = since + mine["held_s"].to_numpy()
        before = delay[until <= begin]
        if len(before):
            _add(
                tidy,
                delay,
                until,
                begin,
                end,
                before.max(),
                {"service": str(service), **named, "models": "user"},
            )
