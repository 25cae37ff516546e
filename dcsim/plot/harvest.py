"""Harvest: hosts lent to training over time, and which of their hours were not spent on training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics.plan import HOUR
from dcsim.plot.timeline import edges_h, figure_of, finish, name_time, placed, series, stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dcsim.results.run import Run

__all__ = ["harvest"]

_USES = {
    "checkpoints": "checkpoint_host_s",
    "restarts": "restart_host_s",
    "notice": "notice_host_s",
    "lost to preemption": "lost_host_s",
}


def harvest(run: Run, ax: Axes | Sequence[Axes] | None = None) -> Figure:
    """Draw the hosts lent by server over time, and below it what lending cost so far in server-hours, by use.

    The title of the lower panel says how much was lent and which share of it was useful: next to that the costs would
    hardly be seen.

    Parameters
    ----------
    run : Run
        A finished run.
    ax : Axes or sequence of Axes, optional
        Two panels, upper and lower, or one whose place they take; a new figure where not given.

    Returns
    -------
    Figure
        The figure drawn into.
    """
    upper, lower = placed(ax, 2, 1, (9.0, 5.6), sharex=True)
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
    lent, useful = gathered["lent_host_s"].sum() / HOUR, gathered["useful_host_s"].sum() / HOUR
    title = "Costs of lending so far"
    if lent > 0:
        title += f" (of {lent:,.0f} server-hours lent in all, {useful / lent:.1%} were useful)"
        uses = {label: np.cumsum(series(gathered, column)) / HOUR for label, column in _USES.items()}
        stack(lower, edges_h(gathered), uses)
    finish(lower, run, title=title, ylabel="server-hours", legend=len(gathered) > 0)
    for panel in (upper, lower):
        panel.set_ylim(bottom=0)
    name_time(lower)
    return figure_of(lower)
