"""What all pictures over time share: colours, hours on the x axis, shaded drills, legends that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from dcsim.metrics.plan import HOUR, horizon

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from dcsim.results.run import Run

__all__ = ["COLOURS", "edges_h", "finish", "new_figure", "series", "stack"]

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C564B", "#000000", "#999999")
"""After Okabe and Ito (2008), told apart with colour-vision deficiencies; grey is for what is idle."""


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
    """Shade the drills, name the axes and put the legend beside the panel."""
    end = horizon(run.pools) / HOUR
    drills = run.drills
    for drill, region, begin, over in zip(
        drills["drill"], drills["region"], drills["begin_s"] / HOUR, drills["end_s"] / HOUR, strict=True
    ):
        span = (begin, min(over, end))
        axes.axvspan(*span, color="#D55E00", alpha=0.18, linewidth=0, zorder=0, label=f"{drill} {region}")
        for time in span:
            axes.axvline(time, color="#D55E00", linestyle=":", linewidth=1.0)
    axes.set(title=title, ylabel=ylabel, xlim=(0, end))
    axes.title.set_fontsize("medium")
    if axes.get_yscale() == "linear" and axes.get_ylim()[1] >= 1000:
        axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(visible=True, axis="y", linewidth=0.5, alpha=0.4)
    axes.spines[["top", "right"]].set_visible(False)
    if legend:
        axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False, fontsize="small")
