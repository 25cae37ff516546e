"""Queue: gangs that wait and gangs that run, by the kind of server they need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.plot.timeline import COLOURS, edges_h, figure_of, finish, name_time, placed, series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dcsim.results.run import Run

__all__ = ["queue"]


def queue(run: Run, ax: Axes | Sequence[Axes] | None = None) -> Figure:
    """Draw the gangs waiting (full lines) and running (dashed) over time, by server kind.

    Parameters
    ----------
    run : Run
        A finished run.
    ax : Axes, optional
        Where to draw; a new figure where not given.

    Returns
    -------
    Figure
        The figure drawn into.
    """
    (panel,) = placed(ax, 1, 1, (9.0, 3.4))
    queues = run.queues
    for place, kind in enumerate(queues["kind"].cat.categories):
        steps = queues[queues["kind"] == kind]
        if steps.empty:
            continue
        colour = COLOURS[place % len(COLOURS)]
        for column, label, dashes in (("queued_jobs", "waiting", "-"), ("running_jobs", "running", "--")):
            panel.stairs(
                series(steps, column), edges_h(steps), baseline=None, color=colour, linestyle=dashes,
                label=f"{kind}: {label}",
            )  # fmt: skip
    finish(panel, run, title="Training gangs", ylabel="gangs", legend=len(queues) > 0)
    name_time(panel)
    panel.set_ylim(bottom=0)
    return figure_of(panel)
