"""Free hosts: what serving leaves free over the day, by server and rack, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcsim.metrics.plan import HOUR
from dcsim.plot.timeline import COLOURS, figure_of, placed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.image import AxesImage

    from dcsim.results.run import Run

__all__ = ["free_hosts"]

_BAND = (0.1, 0.9)
"""Shares of the days between which the band lies."""


def free_hosts(run: Run, ax: Axes | Sequence[Axes] | None = None) -> Figure:
    """Draw the hosts that serving leaves free over the day (UTC): above by server and rack, below region by region.

    The line is the mean over the days of the run, the band holds eight days of ten, the dots are the mean of what the
    forecast by season sees a step ahead. The maps below have a row for each region, from east to west by its clock, and
    tell which share of its hosts is free.

    Parameters
    ----------
    run : Run
        A finished run of a scenario with ``harvest.elastic``.
    ax : Axes or sequence of Axes, optional
        Upper panels, then lower ones, one of each for every server and rack of the study; or one whose place they take;
        a new figure where not given.

    Returns
    -------
    Figure
        The figure drawn into.
    """
    kinds = _by_kind(run)
    count = max(len(kinds), 1)
    rows = max((frame["region"].nunique() for frame in kinds.values()), default=1)
    ratios = (2.6, 0.6 + 0.22 * rows)
    axes = placed(ax, 2, count, (3.6 * count + 0.9, 3.4 + 0.22 * rows), sharex=True, height_ratios=ratios)
    upper, lower = axes[: len(axes) // 2], axes[len(axes) // 2 :]
    fleet = run.fleet[run.fleet["role"] == "serving"]
    images: list[AxesImage] = []
    for place, ((server, rack), frame) in enumerate(kinds.items()):
        _day(upper[place], frame)
        upper[place].set_title(server if server == rack else f"{server} ({rack})", fontsize="medium")
        hosts = fleet[fleet["server"] == server].groupby("region", observed=True)["hosts"].sum()
        images.append(_map(lower[place], frame, hosts))
    for panel in axes:
        panel.set(xlim=(0, 24), xticks=range(0, 25, 6))
    for panel in lower:
        panel.set_xlabel("hour of the day (UTC)")
    upper[0].set_ylabel("free hosts")
    if images:
        upper[-1].legend(frameon=False, fontsize="small", loc="best")
        most = max(image.get_clim()[1] for image in images)
        for image in images:
            image.set_clim(0.0, most)
        figure_of(axes[0]).colorbar(images[-1], ax=list(lower), label="% of the hosts free", aspect=12)
    return figure_of(axes[0])


def _by_kind(run: Run) -> dict[tuple[str, str], pd.DataFrame]:
    """Return mean free and foreseen hosts by region, day and hour (UTC), and the clock's offset, by server and rack."""
    table = run.free_hosts
    if table.empty:
        return {}
    start = pd.Timestamp(run.provenance["run"]["start"])
    middle = start.hour + start.minute / 60.0 + (table["time_s"] + table["held_s"] / 2.0) / HOUR
    day, hour = np.divmod(np.floor(middle).astype(int), 24)
    offset = np.round((table["local_hour"] - middle) % 24.0 * 4.0) / 4.0
    keys = ["region", "server", "rack", "day", "hour"]
    named = table.assign(day=day, hour=hour, offset=np.where(offset > 14.0, offset - 24.0, offset))
    named = named.astype(dict.fromkeys(keys[:3], str))
    means = named.groupby(keys)[["free_hosts", "foreseen_hosts", "offset"]].mean().reset_index()
    kinds = sorted(set(zip(means["server"], means["rack"], strict=True)))
    return {kind: means[(means["server"] == kind[0]) & (means["rack"] == kind[1])] for kind in kinds}


def _day(axes: Axes, frame: pd.DataFrame) -> None:
    """Draw the sum over regions by hour: mean and band over days, and the mean of the forecast."""
    days = frame.groupby(["day", "hour"])[["free_hosts", "foreseen_hosts"]].sum().groupby("hour")
    free, edges = days["free_hosts"], np.arange(25.0)
    mean, foreseen, low, high = (
        level.reindex(range(24)).to_numpy()
        for level in (free.mean(), days["foreseen_hosts"].mean(), *(free.quantile(share) for share in _BAND))
    )
    axes.stairs(high, edges, baseline=low, fill=True, color=COLOURS[0], alpha=0.25, label="eight days of ten")
    axes.stairs(mean, edges, baseline=None, color=COLOURS[0], linewidth=1.6, label="mean")
    axes.plot(edges[:-1] + 0.5, foreseen, "o", markersize=3, color=COLOURS[5], label="mean of the forecasts")
    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_formatter("{x:,.0f}")
    axes.grid(axis="y", linewidth=0.5, alpha=0.4)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelbottom=True)


def _map(axes: Axes, frame: pd.DataFrame, hosts: pd.Series) -> AxesImage:
    """Draw a row for each region: the share of its hosts that is free, by hour."""
    regions = frame.groupby("region")["offset"].first().sort_values(ascending=False, kind="stable").index
    means = frame.pivot_table(index="region", columns="hour", values="free_hosts").reindex(regions, columns=range(24))
    share = 100.0 * means.to_numpy() / hosts.reindex(regions).to_numpy(dtype=float)[:, None]
    image = axes.imshow(share, aspect="auto", extent=(0.0, 24.0, len(regions), 0.0), cmap="viridis")
    axes.set_yticks(np.arange(len(regions)) + 0.5, list(regions), fontsize="x-small")
    axes.tick_params(length=0)
    return image
