"""Harvest curve: what paid hours of free servers buy as more of them are offered, and what becomes of the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.plot.timeline import COLOURS, figure_of, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dcsim.results.run import Run

__all__ = ["harvest_curve"]

_PARTS = {
    "useful": COLOURS[2], "synchronisation": COLOURS[0], "learning": COLOURS[4], "lost": COLOURS[5],
    "checkpoint": COLOURS[1], "restart": COLOURS[3], "notice": COLOURS[6], "uncommitted": COLOURS[8],
}  # fmt: skip
"""What becomes of paid hours, with the colours of the stack."""
_VISIBLE = 5e-4
"""Parts that stay below this share of the paid hours at every offer are not drawn."""


def harvest_curve(run: Run, ax: Axes | Sequence[Axes] | None = None) -> Figure:
    """Draw useful against paid server-hours by server, and what becomes of the paid hours at each offer.

    The left panel has a point for each offer, with the 95 % interval over replicas as a band, and a ring where all
    free hosts are offered. A star marks the point past which one more server-hour buys less than it must be worth. On
    the dashed line every paid hour would be useful.

    Parameters
    ----------
    run : Run
        A finished run of a scenario with ``harvest.elastic``.
    ax : Axes or sequence of Axes, optional
        Two panels, left and right, or one whose place they take; a new figure where not given.

    Returns
    -------
    Figure
        The figure drawn into.
    """
    left, right = placed(ax, 1, 2, (11.0, 4.2))
    left.set_title("Harvest curve", fontsize="medium")
    right.set_title("What becomes of the paid hours, all servers", fontsize="medium")
    found = run.metric("harvest_curve")
    if len(found):
        found = found.assign(short=found["metric"].str.removeprefix("harvest_"))
        _curves(left, found)
        _shares(right, found[found["server"].isna()] if "server" in found else found)
    for panel in (left, right):
        panel.spines[["top", "right"]].set_visible(False)
        panel.set_ylim(bottom=0)
    return figure_of(left)


def _curves(axes: Axes, found: pd.DataFrame) -> None:
    """Draw one curve for each server."""
    unit, name = _unit(float(found["value"][found["short"] == "curve_paid"].max()))
    farthest = 0.0
    for place, (server, rows) in enumerate(found.dropna(subset="server").groupby("server", sort=True)):
        points = rows.dropna(subset="offered").pivot_table(index="offered", columns="short", values="value")
        points = points.loc[sorted(points.index, key=float)] / unit
        paid, colour = points["curve_paid"].to_numpy(), COLOURS[place % len(COLOURS)]
        farthest = max(farthest, float(paid.max()))
        axes.plot(paid, points["curve_useful"], "o-", markersize=3.5, color=colour, label=str(server))
        axes.fill_between(paid, points["curve_useful_low"], points["curve_useful_high"], color=colour, alpha=0.25, lw=0)
        if "1" in points.index:
            all_free = points.loc["1"]
            axes.plot(*all_free[["curve_paid", "curve_useful"]], "o", markersize=9, fillstyle="none", color=colour)
        point = rows.set_index("short")["value"]
        if "saturation_paid" in point:
            axes.plot(point["saturation_paid"] / unit, point["saturation_useful"] / unit, "*", markersize=13,
                      color=colour, markeredgecolor="white")  # fmt: skip
    limits = axes.get_ylim()
    axes.plot((0.0, farthest), (0.0, farthest), "--", color="#999999", linewidth=1.0, label="all of it useful")
    axes.plot([], [], "o", markersize=9, fillstyle="none", color="#555555", label="all free hosts offered")
    axes.plot([], [], "*", markersize=13, color="#555555", markeredgecolor="white", label="more is not worth it")
    axes.set(xlim=(0.0, 1.04 * farthest), ylim=(0.0, 1.05 * limits[1]))
    axes.set(xlabel=f"paid server-hours{name}", ylabel=f"useful server-hours{name}")
    axes.grid(linewidth=0.5, alpha=0.4)
    axes.legend(frameon=False, fontsize="small", loc="best")


def _shares(axes: Axes, fleet: pd.DataFrame) -> None:
    """Stack the parts of the paid hours, as shares, for each offer."""
    points = fleet.dropna(subset="offered").pivot_table(index="offered", columns="short", values="value")
    points = points.loc[sorted(points.index, key=float)]
    at, base = np.arange(len(points)), np.zeros(len(points))
    for part, colour in _PARTS.items():
        share = (points[f"curve_{part}"] / points["curve_paid"]).to_numpy()
        if share.max() >= _VISIBLE:
            axes.bar(at, 100.0 * share, bottom=base, width=0.8, color=colour, alpha=0.85, label=part)
            base = base + 100.0 * share
    axes.set_xticks(at, [f"{float(offer):.0%}".removesuffix("%") for offer in points.index], fontsize="small")
    axes.set(xlabel="hosts offered (% of those that are free)", ylabel="% of paid server-hours")
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(
        handles[::-1], labels[::-1], frameon=False, fontsize="small", loc="center left", bbox_to_anchor=(1.01, 0.5)
    )


def _unit(most: float) -> tuple[float, str]:
    """Return what to divide server-hours by, and how an axis says so."""
    for size, name in ((1e6, " (million)"), (1e3, " (thousand)")):
        if most >= 2.0 * size:
            return size, name
    return 1.0, ""
