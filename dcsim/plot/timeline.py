"""What all pictures over time share: colours, panels, time on the x axis, shaded drills, legends that fit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from dcsim.metrics.plan import HOUR, horizon

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from dcsim.results.run import Run

__all__ = [
    "COLOURS", "complete", "dress", "edges_h", "figure_of", "finish", "name_time", "new_figure", "panels", "series",
    "stack",
]  # fmt: skip

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C564B", "#000000", "#999999")
"""After Okabe and Ito (2008), told apart with colour-vision deficiencies; grey is for what is idle."""

_TICKS_H = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168, 336, 672, 1344, 2688, 8736)
_MOST_TICKS = 5
_LONG_H = 96.0


def new_figure(rows: int, columns: int, width: float, height: float) -> tuple[Figure, NDArray[Any]]:
    """Return a figure outside pyplot's list of windows, and its axes as a flat array.

    Parameters
    ----------
    rows, columns : int
        Panels; they share the x axis.
    width, height : float
        Inches.
    """
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, np.atleast_1d(figure.subplots(rows, columns, sharex=True, squeeze=True)).reshape(-1)


def panels(count: int) -> list[Axes]:
    """Return small panels in rows of three, of a new figure."""
    columns = min(3, max(count, 1))
    rows = max(math.ceil(count / columns), 1)
    _, axes = new_figure(rows, columns, 3.2 * columns + 2.4, 2.1 * rows + 0.6)
    for spare in axes[count:]:
        spare.set_visible(False)
    return list(axes[:count])


def name_time(axes: Axes) -> None:
    """Name the time axis."""
    axes.set_xlabel("days" if axes.get_xlim()[1] > _LONG_H else "hours")
    axes.tick_params(labelbottom=True)


def complete(axes: Sequence[Axes]) -> Figure:
    """Name the time axis below each column of small panels and put one legend beside them; return their figure."""
    for panel in axes[-3:]:
        name_time(panel)
    entries: dict[str, Any] = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    figure = figure_of(axes[0])
    figure.legend(
        list(entries.values()), list(entries), loc="outside right center", frameon=False, fontsize="small"
    )
    return figure


def figure_of(axes: Axes) -> Figure:
    """Return the figure that axes stand in."""
    figure = axes.figure.get_figure(root=True)
    if figure is None:
        raise ValueError("axes stand in no figure")
    return figure


def series(steps: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column of a step table summed over the rows of each interval, in order of time."""
    return steps.groupby("time_s", sort=True)[column].sum().to_numpy()


def edges_h(steps: pd.DataFrame) -> NDArray[np.float64]:
    """Return the beginnings of the intervals and the end of the last, in hours."""
    begins = np.unique(steps["time_s"].to_numpy())
    return np.append(begins, horizon(steps)) / HOUR


def stack(axes: Axes, edges: NDArray[np.float64], levels: Mapping[str, NDArray[np.float64]]) -> None:
    """Draw levels that hold over each interval on top of one another."""
    base = np.zeros(len(edges) - 1)
    for place, (label, level) in enumerate(levels.items()):
        colour = COLOURS[-1] if label == "idle" else COLOURS[place % (len(COLOURS) - 2)]
        axes.stairs(base + level, edges, baseline=base, fill=True, color=colour, alpha=0.75, label=label)
        base = base + level


def finish(axes: Axes, run: Run, *, title: str, ylabel: str, legend: bool = True) -> None:
    """Shade the drills, name the axes, place the ticks and put the legend beside the panel."""
    end = horizon(run.pools) / HOUR
    drills = run.drills
    for drill, region, begin, over in zip(
        drills["drill"], drills["region"], drills["begin_s"] / HOUR, drills["end_s"] / HOUR, strict=True
    ):
        span = (begin, min(over, end))
        axes.axvspan(*span, color="#D55E00", alpha=0.18, linewidth=0, zorder=0, label=f"{drill} {region}")
        for time in span:
            axes.axvline(time, color="#D55E00", linestyle=":", linewidth=1.0)
    dress(axes, end, title=title, ylabel=ylabel, legend=legend)


def dress(axes: Axes, end: float, *, title: str, ylabel: str, legend: bool = True) -> None:
    """Name the axes, place the ticks from 0 to ``end`` hours and put the legend beside the panel."""
    axes.set(title=title, ylabel=ylabel, xlim=(0, end))
    axes.title.set_fontsize("medium")
    _time_ticks(axes, end)
    if axes.get_yscale() == "linear" and axes.get_ylim()[1] >= 1000:
        axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(visible=True, axis="y", linewidth=0.5, alpha=0.4)
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize="small")


def _time_ticks(axes: Axes, end: float) -> None:
    """Tick whole parts of days; days instead of hours where the run is long."""
    apart = next((each for each in _TICKS_H if end / each <= _MOST_TICKS), _TICKS_H[-1])
    times = np.arange(0.0, end + 1e-9, apart)
    unit = 24.0 if end > _LONG_H else 1.0
    axes.set_xticks(times, [f"{time / unit:g}" for time in times])
