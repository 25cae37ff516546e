"""Harvest: hosts lent to training over time, and what their hours bought."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics.plan import HOUR
from dcsim.plot.timeline import COLOURS, edges_h, finish, new_figure, series, stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dcsim.results.run import Run

__all__ = ["harvest"]

_HOURS = {
    "lent": ("lent_host_s",),
    "useful": ("useful_host_s",),
    "lost to preemption": ("lost_host_s",),
    "checkpoint, restart, notice": ("checkpoint_host_s", "restart_host_s", "notice_host_s"),
}


def harvest(run: Run, axes: Sequence[Axes] | None = None) -> Figure:
    """Draw the hosts lent by server over time, and below it the server-hours gathered so far by use.

    Parameters
    ----------
    run : Run
        A finished run.
    axes : sequence of Axes, optional
        Two panels, upper and lower.

    Returns
    -------
    Figure
        The figure drawn into.
    """
    upper, lower = new_figure(2, 1, 9.0, 5.6)[1] if axes is None else axes
    pools = run.pools
    lending = {
        name: pools[pools["server"] == name]
        for name in pools["server"].cat.categories
        if pools["lent_hosts"][pools["server"] == name].any()
    }
    if lending:
        edges = edges_h(next(iter(lending.values())))
        stack(upper, edges, {name: series(steps, "lent_hosts") for name, steps in lending.items()})
    finish(upper, run, title="Hosts lent to training", ylabel="hosts", legend=bool(lending))
    gathered = run.harvest
    if len(gathered):
        for place, (label, columns) in enumerate(_HOURS.items()):
            total = np.cumsum(sum(series(gathered, column) for column in columns)) / HOUR
            times = edges_h(gathered)
            lower.plot(times, np.insert(total, 0, 0.0), color=COLOURS[place], label=label)
    finish(lower, run, title="Server-hours so far", ylabel="server-hours", legend=len(gathered) > 0)
    lower.set_xlabel("hours")
    for panel in (upper, lower):
        panel.set_ylim(bottom=0)
    return lower.figure.get_figure(root=True)
