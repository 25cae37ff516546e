"""Staleness: age of the newest training data in the models served, over time."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics.plan import HOUR, Sawtooths, by_service, horizon, sawtooths
from dcsim.plot.timeline import COLOURS, complete, finish, in_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from dcsim.results.run import Run

__all__ = ["staleness"]

_POINTS = 800
_UNITS = {"days": 24 * HOUR, "hours": HOUR, "minutes": 60.0, "seconds": 1.0}
_CALM = 0.2
"""A panel spans at least this share around its middle, so that what hardly moves looks calm."""


def staleness(run: Run, ax: Axes | Sequence[Axes] | None = None) -> Figure:
    """Draw one panel per service: mean staleness over its models and regions, and its target where that is near.

    User models have panels of their own: the time from trigger to trained model. Every panel has its own unit and
    range, because some models are hours old and others weeks.

    Parameters
    ----------
    run : Run
        A finished run.
    ax : Axes or sequence of Axes, optional
        One for each service with published models, then one for each with user models, or one whose place they take; a
        new figure where not given.

    Returns
    -------
    Figure
        The figure drawn into.
    """
    targets = by_service(run.services, "staleness_target_s")
    curves = list(_curves(run))
    chosen = in_rows(ax, len(curves))
    for panel, (title, service, times, age) in zip(chosen, curves, strict=False):
        unit, seconds = next(item for item in _UNITS.items() if np.nanmax(age) >= item[1] or item[1] == 1.0)
        panel.plot(times / HOUR, age / seconds, color=COLOURS[0], label="mean over models and regions")
        finish(panel, run, title=title, ylabel=unit, legend=False)
        low, high = float(np.nanmin(age)), float(np.nanmax(age))
        spare = max(0.08 * (high - low), 0.5 * _CALM * high - 0.5 * (high - low))
        low, high = max(low - spare, 0.0), high + spare
        if low <= targets.get(service, np.inf) <= 1.5 * high:
            high = max(high, 1.05 * targets[service])
            panel.axhline(targets[service] / seconds, color=COLOURS[5], linestyle="--", linewidth=1.0, label="target")
        panel.set_ylim(low / seconds, high / seconds)
    return complete(chosen, alone=ax is None)


def _curves(run: Run) -> Iterator[tuple[str, str, NDArray[np.float64], NDArray[np.float64]]]:
    """Yield title, service, times (s) and mean staleness (s) of each panel."""
    teeth = sawtooths(run.publications)
    times = np.linspace(0.0, horizon(run.pools), _POINTS)
    for named, group in teeth.groups:
        mean = _mean(teeth, group, times)
        if "region" not in named and np.isfinite(mean).any():
            yield named["service"], named["service"], times, mean
    for name, steps in run.user_models.groupby("service", observed=True):
        delay = steps.groupby("time_s")[["held_s", "delay_s"]].mean()
        ends = delay.index.to_numpy() + delay["held_s"].to_numpy()
        yield f"{name} (user models)", str(name), ends, delay["delay_s"].to_numpy()


def _mean(teeth: Sawtooths, group: slice, times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean staleness at the given times of the sequences that serve a version by then."""
    start, data, published = teeth.of(group)
    total, serving = np.zeros(len(times)), np.zeros(len(times))
    for begin, end in itertools.pairwise(start):
        newest = np.maximum.accumulate(data[begin:end])
        served = np.searchsorted(published[begin:end], times, side="right") - 1
        total += np.where(served >= 0, times - newest[served], 0.0)
        serving += served >= 0
    mean: NDArray[np.float64] = np.divide(total, serving, out=np.full(len(times), np.nan), where=serving > 0)
    return mean
