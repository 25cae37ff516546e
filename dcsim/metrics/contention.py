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
    added = segments["contended_s"]
    amounts = {"held": segments["end_s"] - segments["begin_s"], "added": added, "host_s": added * segments["hosts"]}
    for keys in (("service",), ()):
        level = totals(segments, keys, amounts)
        level = level[level["added"] > 0]
        named = level[list(keys)]
        tidy.add_each("contended_host_hours", "h", level["host_s"] / HOUR, named)
        tidy.add_each("contention_slowdown", "ratio", level["added"] / (level["held"] - level["added"]), named)
    lost = (spans["end_s"] - spans["begin_s"]) * (1.0 - 1.0 / spans["slowdown_ratio"])
    for service, mine in spans.groupby("service", observed=True):
        worst = float(mine["slowdown_ratio"].max()) - 1.0
        tidy.add("contention_worst", "ratio", worst, service=str(service))
        links, sharers = (_shares(lost[mine.index], mine[column]) for column in ("link", "main_sharer"))
        tidy.add("contention_at_link", "ratio", links.iloc[0], service=str(service), link=str(links.index[0]))
        for name, share in sharers.items():
            tidy.add("contention_by_sharer", "ratio", share, service=str(service), sharer=str(name))
    return tidy.frame()


def _shares(lost: pd.Series[float], by: pd.Series[str]) -> pd.Series[float]:
    """Return which share of the time lost falls to each name, the largest first."""
    return (lost.groupby(by, observed=True).sum() / lost.sum()).sort_values(ascending=False, kind="stable")
