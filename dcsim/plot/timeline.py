"""What all pictures over time share: colours, panels, time on the x axis, shaded drills, legends that fit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from dcsim.metrics.plan import HOUR, horizon

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from dcsim.results.run import Run

__all__ = [
    "COLOURS", "complete", "dress", "edges_h", "figure_of", "finish", "in_rows", "name_time", "placed", "series",
    "stack",
]  # fmt: skip

COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C564B", "#000000", "#999999")
"""After Okabe and Ito (2008), told apart with colour-vision deficiencies; grey is for what is idle."""

_TICKS_H = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 48, 168, 336, 672, 1344, 2688, 8736)
_MOST_TICKS = 5
_LONG_H = 96.0


def placed(
    ax: Axes | Sequence[Axes] | None, rows: int, columns: int, size: tuple[float, float], **grid: Any
) -> list[Axes]:
    """Return the panels to draw into, row by row.

    Parameters
    ----------
    ax : Axes, sequence of Axes, or None
        The panels; or one whose place is divided into them and which is removed; or none, for a new figure outside
        pyplot's list of windows.
    rows, columns : int
        Panels.
    size : pair of float
        Width and height of a new figure, inches.
    **grid : dict
        ``sharex``, ``sharey``, ``height_ratios`` of panels that are made.

    Raises
    ------
    ValueError
        For too few axes.
    """
    if ax is None:
        made = Figure(figsize=size, layout="constrained").subplots(rows, columns, squeeze=False, **grid)
        return list(made.reshape(-1))
    if not isinstance(ax, Axes):
        given = list(np.ravel(np.asarray(ax, dtype=object)))
        if len(given) < rows * columns:
            raise ValueError(f"needs {rows * columns} axes, not {len(given)}; or one, whose place is divided")
        return given[: rows * columns]
    if rows * columns == 1:
        return [ax]
    place = ax.get_subplotspec()
    if place is None:
        raise ValueError("axes without a place in a grid cannot be divided; make them with subplots()")
    ratios = {name: grid.pop(name) for name in ("height_ratios", "width_ratios") if name in grid}
    inner = place.subgridspec(rows, columns, **ratios)
    ax.remove()
    return list(np.asarray(inner.subplots(squeeze=False, **grid)).reshape(-1))


def in_rows(ax: Axes | Sequence[Axes] | None, count: int) -> list[Axes]:
    """Return small panels in rows of three, at least one; see ``placed``."""
    count = max(count, 1)
    columns = min(3, count)
    rows = math.ceil(count / columns)
    if ax is not None and not isinstance(ax, Axes):
        return placed(ax, 1, count, (0.0, 0.0))
    axes = placed(ax, rows, columns, (3.2 * columns + 2.4, 2.1 * rows + 0.6), sharex=True)
    for spare in axes[count:]:
        spare.set_visible(False)
    return axes[:count]


def name_time(axes: Axes) -> None:
    """Name the time axis."""
    axes.set_xlabel("days" if axes.get_xlim()[1] > _LONG_H else "hours")
    axes.tick_params(labelbottom=True)


def complete(axes: Sequence[Axes], *, alone: bool = True) -> Figure:
    """Name the time axis below each column of small panels and put one legend beside them; return their figure.

    Parameters
    ----------
    axes : sequence of Axes
        The panels.
    alone : bool
        Whether the figure holds nothing else; if it does, the legend stands beside the last panel of the first row.
    """
    for panel in axes[-3:]:
        name_time(panel)
    entries: dict[str, Any] = {}
    for panel in axes:
        for handle, label in zip(*panel.get_legend_handles_labels(), strict=True):
            entries.setdefault(label, handle)
    figure = figure_of(axes[0])
    if alone:
        figure.legend(
            list(entries.values()), list(entries), loc="outside right center", frameon=False, fontsize="small"
        )
    elif entries:
        axes[:3][-1].legend(
            list(entries.values()), list(entries), loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False,
            fontsize="x-small",
        )  # fmt: skip
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
