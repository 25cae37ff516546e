"""Contention: the time that others on the shared links took from each service's gangs, where, and who."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.metrics import metric
from dcsim.metrics.plan import HOUR, Tidy, totals

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.metrics.plan import Tables

__all__ = ["contention"]


@metric(
    "contention",
    unit="h",
    reads={
        "segments": ("service", "hosts", "begin_s", "end_s", "contended_s"),
        "contention": ("service", "begin_s", "end_s", "slowdown_ratio", "link", "main_sharer"),
    },
)
def contention(tables: Tables) -> pd.DataFrame:
    """Return what contention cost, by service and for the fleet; nothing where no gang was ever slowed.

    ``contended_host_hours`` is host-time added by others on the shared links; ``contention_slowdown`` = time that
    gangs were held / what it would have been alone, less one; ``contention_worst`` = the same over the worst span of
    the table. ``contention_at_link`` is the share of the time added to a service's gangs at the link that added
    most; ``contention_by_sharer`` the share in which a service, a stream or ``serving`` had most of the link.
    """
    segments, spans = tables["segments"], tables["contention"]
    tidy = Tidy()
    if spans.empty:
        return tidy.frame()
    held = segments["end_s"] - segments["begin_s"]
    amounts = {
        "held": held,
        "added": segments["contended_s"],
        "host_s": segments["contended_s"] * segments["hosts"],
    }
    for keys in (("service",), ()):
        level = totals(segments, keys, amounts)
        level = level[level["added"] > 0]
        tidy.add_each("contended_host_hours", "h", level["host_s"] / HOUR, level[list(keys)])
        tidy.add_each("contention_slowdown", "ratio", level["added"] / (level["held"] - level["added"]), level[list(keys)])
    added = (spans["end_s"] - spans["begin_s"]) * (1.0 - 1.0 / spans["slowdown_ratio"])
    for service, mine in spans.groupby("service", observed=True):
        own = added[mine.index]
        tidy.add("contention_worst", "ratio", float(mine["slowdown_ratio"].max()) - 1.0, service=str(service))
        for column, name, dimension in (("link", "at_link", "link"), ("main_sharer", "by_sharer", "sharer")):
            shares = own.groupby(mine[column], observed=True).sum().sort_values(ascending=False, kind="stable") / own.sum()
            for key, share in shares.items() if dimension == "sharer" else [(shares.index[0], shares.iloc[0])]:
                tidy.add(f"contention_{name}", "ratio", float(share), service=str(service), **{dimension: str(key)})
    return tidy.frame()
