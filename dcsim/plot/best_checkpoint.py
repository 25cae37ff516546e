"""Best checkpoint: what elastic groups get done by the time between checkpoints, and how sure the best one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.confidence import interval
from dcsim.metrics.plan import harvest_gain
from dcsim.plot.timeline import COLOURS, figure_of, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from dcsim.results.run import Run

__all__ = ["best_checkpoint"]

_TIMES = ((3600.0, "h"), (60.0, "min"), (1.0, "s"))
_ROOM = 0.19
"""Share of the axis that a label needs."""


def best_checkpoint(run: Run, ax: Axes | Sequence[Axes] | None = None) -> Figure:
    """Draw one panel per server: useful hours over the checkpoint interval, for its best largest group.

    Hours, with the part of what is open at the end that can be expected to become useful, are shares of the most that
    each replica gets at any interval; the line is their mean, the band its 95 % interval by Student's t. The best
    interval is a line too, its 95 % interval a shade, where there is one. Young's (broad and grey) and
    Daly's (dashed) are from what was measured.

    Parameters
    ----------
    run : Run
        A finished run of a scenario with ``harvest.elastic``.
    ax : Axes or sequence of Axes, optional
        One for each server of the study, or one whose place they take; a new figure where not given.

    Returns
    -------
    Figure
        The figure drawn into.
    """
    study, found = run.elastic, run.metric("best_checkpoint")
    offers = study["offered_ratio"].unique()
    if len(offers):
        study = study[study["offered_ratio"] == offers[np.argmin(np.abs(offers - 1.0))]]
    servers = [name for name in study["server"].cat.categories if (study["server"] == name).any()]
    count = max(len(servers), 1)
    axes = placed(ax, 1, count, (3.4 * count + 1.6, 3.6), sharey=True)
    for panel, server in zip(axes, servers, strict=False):
        group, every, shares = _best_group(study[study["server"] == server])
        _draw(panel, every, shares, found[(found["server"] == server) & found["group_hosts"].isna()])
        panel.set_title(f"{server}, up to {group} hosts", fontsize="medium")
    for panel in axes:
        panel.set_xlabel("computing between two checkpoints")
        panel.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("useful hours (% of the most)")
    figure = figure_of(axes[0])
    if servers and ax is None:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", frameon=False, fontsize="small")
    elif servers:
        axes[-1].legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize="x-small")
    return figure


def _best_group(study: pd.DataFrame) -> tuple[int, NDArray[np.float64], NDArray[np.float64]]:
    """Return the largest group that is best at its best interval, the intervals, and useful shares of each replica."""
    study = study.assign(gain=harvest_gain(study))
    net = study["gain"] - study["worth_ratio"] * study["paid_host_s"]
    best = net.groupby([study["group_hosts"], study["checkpoint_every_s"]]).sum().reset_index(name="net")
    group = int(best["group_hosts"].iloc[int(best["net"].argmax())])
    useful = study[study["group_hosts"] == group].pivot_table(
        index="replica", columns="checkpoint_every_s", values="gain", aggfunc="sum"
    )
    shares = useful.to_numpy()
    return group, useful.columns.to_numpy(dtype=float), shares / shares.max(axis=1, keepdims=True)


def _draw(axes: Axes, every: NDArray[np.float64], shares: NDArray[np.float64], found: pd.DataFrame) -> None:
    """Draw the curve of one server with what was found."""
    means, halves = np.array([interval(list(column))[:2] for column in 100.0 * shares.T], dtype=float).T
    axes.plot(every, means, "o-", markersize=4, color=COLOURS[0], label="study (95 % interval)")
    axes.fill_between(every, means - halves, means + halves, color=COLOURS[0], alpha=0.3, linewidth=0)
    told = dict(zip(found["metric"], found["value"], strict=True))
    names = ("best_checkpoint_interval_low", "best_checkpoint_interval_high")
    bounds = [told[name] for name in names if name in told]
    if bounds:
        axes.axvspan(*bounds, color=COLOURS[5], alpha=0.25, linewidth=0)
    if "best_checkpoint_interval" in told:
        label = "best (95 % interval)" if bounds else "best of the study"
        axes.axvline(told["best_checkpoint_interval"], color=COLOURS[5], linewidth=1.2, label=label)
    for name, colour, style, width in (("Young", "#BBBBBB", "-", 4.0), ("Daly", "black", "--", 1.0)):
        every_s = told.get(f"{name.lower()}_interval", np.nan)
        axes.axvline(every_s, color=colour, linestyle=style, linewidth=width, zorder=0, label=name)
    axes.set_xscale("log")
    axes.set_xticks(every, _labels(every))
    axes.set_xticks([], minor=True)
    axes.grid(axis="y", linewidth=0.5, alpha=0.4)


def _labels(every: NDArray[np.float64]) -> list[str]:
    """Return labels for as many intervals as there is room for."""
    place = np.log(every / every[0]) / max(np.log(every[-1] / every[0]), 1e-9)
    labels, last = [], -1.0
    for at, time in zip(place, every, strict=True):
        room = at - last >= _ROOM
        labels.append(_short(time) if room else "")
        last = at if room else last
    return labels


def _short(seconds: float) -> str:
    """Return a time in the largest unit that leaves no rest."""
    size, name = next((size, name) for size, name in _TIMES if seconds % size == 0 or size == 1.0)
    return f"{seconds / size:g} {name}"
