"""Staleness: age of the newest training data in the models served, over time."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics.plan import HOUR, Sawtooths, horizon, sawtooths
from dcsim.plot.timeline import COLOURS, finish, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from dcsim.results.run import Run

__all__ = ["staleness"]

_POINTS = 800
_TICKS = {
    "1 s": 1.0, "10 s": 10.0, "1 min": 60.0, "10 min": 600.0, "1 h": HOUR, "3 h": 3 * HOUR, "12 h": 12 * HOUR,
    "1 day": 24 * HOUR, "3 days": 72 * HOUR, "1 week": 168 * HOUR, "4 weeks": 672 * HOUR,
}  # fmt: skip


def staleness(run: Run, axes: Axes | None = None) -> Figure:
    """Draw the mean staleness of each service over its models and regions; dashed for user models.

    The scale is logarithmic, because some models are hours old and others weeks.

    Parameters
    ----------
    run : Run
        A finished run.
    axes : Axes, optional
        Where to draw.

    Returns
    -------
    Figure
        The figure drawn into.
    """
    panel = new_figure(1, 1, 9.0, 4.4)[1][0] if axes is None else axes
    teeth = sawtooths(run.publications)
    times = np.linspace(0.0, horizon(run.pools), _POINTS)
    services = [(named["service"], group) for named, group in teeth.groups if "region" not in named]
    colours = {service: COLOURS[place % len(COLOURS)] for place, (service, _) in enumerate(services)}
    for service, group in services:
        panel.plot(times / HOUR, _mean(teeth, group, times), color=colours[service], label=service)
    for name, steps in run.user_models.groupby("service", observed=True):
        delay = steps.groupby("time_s")[["held_s", "delay_s"]].mean()
        ends = (delay.index.to_numpy() + delay["held_s"].to_numpy()) / HOUR
        panel.plot(
            ends, delay["delay_s"], color=colours.get(str(name), "black"), linestyle="--", label=f"{name} (user models)"
        )
    panel.set_yscale("log")
    low, high = panel.get_ylim()
    ticks = {label: seconds for label, seconds in _TICKS.items() if low <= seconds <= high}
    panel.set_yticks(list(ticks.values()), list(ticks))
    panel.minorticks_off()
    title = "Mean staleness of the served models"
    finish(panel, run, title=title, ylabel="age of the newest data", legend=len(services) > 0)
    panel.set_xlabel("hours")
    return panel.figure.get_figure(root=True)


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
