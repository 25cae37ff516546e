"""Load and capacity: what the serving hosts of each region did, and the load they carried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.plot.timeline import complete, edges_h, finish, in_rows, series, stack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dcsim.results.run import Run

__all__ = ["load_and_capacity"]

_USES = {
    "serving_hosts": "serving",
    "training_hosts": "training user models",
    "lent_hosts": "lent to training",
    "idle_hosts": "idle",
}


def load_and_capacity(run: Run, ax: Axes | Sequence[Axes] | None = None) -> Figure:
    """Draw one panel per region: hosts by use as areas, load in fully busy reference hosts as a line.

    Parameters
    ----------
    run : Run
        A finished run.
    ax : Axes or sequence of Axes, optional
        One for each region with serving hosts, or one whose place they take; a new figure where not given.

    Returns
    -------
    Figure
        The figure drawn into.
    """
    pools = run.pools[run.pools["role"] == "serving"]
    serving = run.serving
    regions = [name for name in pools["region"].cat.categories if (pools["region"] == name).any()]
    chosen = in_rows(ax, len(regions))
    for place, (region, panel) in enumerate(zip(regions, chosen, strict=False)):
        steps = pools[pools["region"] == region]
        stack(panel, edges_h(steps), {label: series(steps, column) for column, label in _USES.items()})
        load = serving[serving["region"] == region]
        panel.stairs(
            series(load, "assigned_hosts"), edges_h(load), baseline=None, color="black", linewidth=1.2,
            label="load (fully busy hosts)",
        )  # fmt: skip
        finish(panel, run, title=region, ylabel="hosts" if place % 3 == 0 else "", legend=False)
        panel.set_ylim(bottom=0)
    return complete(chosen, alone=ax is None)
