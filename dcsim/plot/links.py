"""Links: how full the busiest shared links are, over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.plot.timeline import COLOURS, edges_h, figure_of, finish, name_time, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dcsim.results.run import Run

__all__ = ["links"]

_MOST = 6


def links(run: Run, ax: Axes | Sequence[Axes] | None = None) -> Figure:
    """Draw the utilisation of the six links that carried most for their size.

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
    table, edges = run.links, edges_h(run.pools)
    names = table["link"].cat.categories
    codes = table["link"].cat.codes.to_numpy()
    filled = np.bincount(codes, weights=table["utilisation_ratio"] * table["held_s"], minlength=len(names))
    begins = np.unique(run.pools["time_s"].to_numpy())
    for place, code in enumerate(np.argsort(-filled, kind="stable")[:_MOST]):
        mine = table[codes == code]
        level = np.zeros(len(begins))
        level[np.searchsorted(begins, mine["time_s"])] = mine["utilisation_ratio"]
        panel.stairs(level, edges, baseline=None, color=COLOURS[place], label=str(names[code]))
    finish(panel, run, title="Busiest shared links", ylabel="utilisation", legend=len(table) > 0)
    name_time(panel)
    panel.set_ylim(0.0, 1.05)
    return figure_of(panel)
