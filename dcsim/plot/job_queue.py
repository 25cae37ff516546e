"""Job queue: slots in use and jobs that wait while a recorded trace is replayed, one line for each policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.plot.timeline import COLOURS, dress, figure_of, name_time, placed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from dcsim.jobs.timeline import Timeline

__all__ = ["job_queue"]

_HOUR = 3600.0


def job_queue(
    timelines: Mapping[str, Timeline],
    *,
    slots: float = 0.0,
    capacity: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None,
    ax: Axes | Sequence[Axes] | None = None,
) -> Figure:
    """Draw the slots in use over time, and below them the jobs that wait.

    Time begins with the first submission. Every point is a mean over an interval, so short peaks are lower than they
    were.

    Parameters
    ----------
    timelines : mapping of str to Timeline
        One for each policy, by name.
    slots : float
        Slots of the cluster, drawn as a line; 0 for none.
    capacity : pair of ndarray, optional
        Times, s, and slots in service from each on, where these change; drawn instead of ``slots``.
    ax : Axes or sequence of Axes, optional
        Two panels, upper and lower, or one whose place they take; a new figure where not given.

    Returns
    -------
    Figure
        The figure drawn into.
    """
    upper, lower = placed(ax, 2, 1, (9.0, 5.6), sharex=True)
    spans = [(line.edges[0], line.edges[-1]) for line in timelines.values() if len(line.edges) > 1]
    begin = min((span[0] for span in spans), default=0.0)
    end = max((span[1] for span in spans), default=begin + _HOUR)
    for place, (name, line) in enumerate(timelines.items()):
        edges = (line.edges - begin) / _HOUR
        colour = COLOURS[place % len(COLOURS)]
        style: dict[str, Any] = {"baseline": None, "color": colour, "label": name, "linewidth": 1.0}
        if len(edges) > 1:
            upper.stairs(line.used, edges, **style)
            lower.stairs(line.waiting, edges, **style)
    times, held = (np.array([begin]), np.array([slots])) if capacity is None else capacity
    if held.any():
        upper.stairs(
            held, (np.append(times, max(end, times[-1])) - begin) / _HOUR,
            baseline=None, color="black", linestyle="--", linewidth=1.0, label="in service",
        )  # fmt: skip
    dress(upper, (end - begin) / _HOUR, title="Slots in use", ylabel="slots", legend=bool(spans or held.any()))
    dress(lower, (end - begin) / _HOUR, title="Jobs waiting", ylabel="jobs", legend=False)
    for panel in (upper, lower):
        panel.set_ylim(0.0, max(1.0, panel.get_ylim()[1]))
    name_time(lower)
    return figure_of(lower)
