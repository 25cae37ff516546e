"""Links: which shared links were fullest, when, and whom that slowed down."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.report.drawing import TIME
from dcsim.report.section import Axis, Chart, Column, Section, Series, Table
from dcsim.report.spans_by_job import rows as rows_of
from dcsim.report.thinning import said, stepped, thin_extremes
from dcsim.report.wording import cell, count, listing, percent, plural

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.report.section import Cell
    from dcsim.report.view import RunView

__all__ = ["links"]

_MOST = 6
_ROWS = 40
_CARRIED = ("training", "readers", "checkpoints", "serving")
_NAMES = {"training": "gradients", "readers": "samples", "checkpoints": "checkpoints", "serving": "serving"}
_LEVELS = {"nic": "shared NIC", "rack": "rack uplink", "pod": "pod uplink", "wan": "WAN link"}


def links(view: RunView) -> Section | None:
    """Tell which shared links were fullest, what they carried, and whose steps waited for them."""
    table = view.run.links
    if table.empty:
        return None
    summary = _summary(table, view.end_s)
    contention = _contention(view)
    blocks = (_busiest(view, table, summary), _list(view, summary), *((contention,) if contention else ()))
    return Section("links", "Bottleneck links", _lead(view, summary), blocks)


def _summary(table: pd.DataFrame, end: float) -> pd.DataFrame:
    """Return a row for every link: mean and largest utilisation and what it carried, the fullest first."""
    codes, names = table["link"].cat.codes.to_numpy(), table["link"].cat.categories
    held = table["held_s"].to_numpy()
    first = np.full(len(names), -1)
    first[codes[::-1]] = np.arange(len(table))[::-1]
    seen = np.flatnonzero(first >= 0)
    carried = {
        name: np.bincount(codes, table[f"{name}_bytes_per_s"].to_numpy() * held, len(names))[seen] for name in _CARRIED
    }
    largest = np.zeros(len(names))
    np.maximum.at(largest, codes, table["utilisation_ratio"].to_numpy())
    mean = np.bincount(codes, table["utilisation_ratio"].to_numpy() * held, len(names)) / end
    facts = table.iloc[first[seen]]
    found = facts[["link", "level", "region", "direction", "capacity_bytes_per_s"]].reset_index(drop=True)
    found = found.assign(code=seen, mean=mean[seen], largest=largest[seen], **carried)
    return found.sort_values(["mean", "code"], ascending=[False, True], kind="stable").reset_index(drop=True)


def _lead(view: RunView, summary: pd.DataFrame) -> str:
    """Say how full the fullest link is, and what contention cost."""
    top, peak = summary.iloc[0], summary.iloc[int(summary["largest"].argmax())]
    full = int((summary["largest"] >= 0.995).sum())
    told = (
        f"Of {plural(len(summary), 'shared link')} with traffic, {top['link']} is fullest: {percent(top['mean'])} on "
        f"the mean. "
    )
    if full:
        told += f"{plural(full, 'link')} {'is' if full == 1 else 'are'} full at times."
    else:
        told += f"None is ever full; the highest level is {percent(peak['largest'])}, on {peak['link']}."
    hours, slower = view.value("contended_host_hours"), view.value("contention_slowdown")
    if hours and slower:
        told += f" Sharing links cost training {count(hours)} host-hours: its gangs took {percent(slower)} longer."
    return told


def _busiest(view: RunView, table: pd.DataFrame, summary: pd.DataFrame) -> Chart:
    """Draw the utilisation of the fullest links."""
    steps = view.run.table("pools", ["time_s", "held_s"])
    begins = np.unique(steps["time_s"].to_numpy())
    edges = np.append(begins, view.end_s)
    codes = table["link"].cat.codes.to_numpy()
    series = []
    for row in rows_of(summary.head(_MOST)):
        mine = table[codes == row.code]
        level = np.zeros(len(begins))
        np.maximum.at(level, np.searchsorted(begins, mine["time_s"], side="right") - 1, mine["utilisation_ratio"])
        kept, levels = thin_extremes(edges, level)
        series.append(Series(str(row.link), view.ms(kept), stepped(levels), form="step"))
    top = summary.iloc[0]
    title = f"The fullest links: {top['link']} carries {percent(top['mean'])} of its capacity on the mean"
    return Chart(
        "links-busiest", title, TIME, Axis("utilisation", "ratio", from_zero=True), tuple(series), (),
        view.drill_marks(), note=f"The {len(series)} links with the highest mean. {said(edges, 'extremes')}".strip(),
    )  # fmt: skip


def _list(view: RunView, summary: pd.DataFrame) -> Table:
    """List the fullest links, and what they carried."""
    rows: list[tuple[Cell, ...]] = []
    for row in summary.head(_ROWS).to_dict("records"):
        total = sum(row[name] for name in _CARRIED) or 1.0
        shares = {name: row[name] / total for name in _CARRIED if row[name] > 0}
        mainly = max(shares, key=lambda name: shares[name]) if shares else ""
        rows.append(
            (
                str(row["link"]), _LEVELS.get(str(row["level"]), str(row["level"])), view.region(str(row["region"])),
                str(row["direction"]), cell(8.0 * row["capacity_bytes_per_s"] / 1e9),
                cell(row["mean"], "ratio"), cell(min(row["largest"], 1.0), "ratio"),
                f"{_NAMES[mainly]} ({percent(shares[mainly])})" if mainly else None,
            )
        )  # fmt: skip
    columns = (
        Column("link", kind="code"), Column("level", kind="name"), Column("region", kind="name", dimension="region"),
        Column("direction", kind="name"), Column("goodput", "Gbit/s"), Column("mean"), Column("highest"),
        Column("carries mostly", kind="name"),
    )  # fmt: skip
    more = len(summary) - len(rows)
    note = f"{plural(more, 'emptier link')} not listed." if more > 0 else ""
    return Table("links-table", "The fullest shared links", columns, tuple(rows), shown=10, note=note)


def _contention(view: RunView) -> Table | None:
    """List whose gangs others slowed, where, and who they were."""
    added = view.by("contended_host_hours", "service")
    if not added:
        return None
    rows: list[tuple[Cell, ...]] = []
    for service in sorted(added, key=lambda name: -added[name]):
        where = view.by("contention_at_link", "link", service=service)
        who = view.by("contention_by_sharer", "sharer", service=service)
        rows.append(
            (
                view.service(service), cell(added[service]),
                cell(view.value("contention_slowdown", service=service), "ratio"),
                cell(view.value("contention_worst", service=service), "ratio"),
                listing([f"{name} ({percent(share)})" for name, share in where.items()]) or None,
                listing([f"{_sharer(view, name)} ({percent(share)})" for name, share in who.items()], 2) or None,
            )
        )  # fmt: skip
    columns = (
        Column("service", kind="name", dimension="service"), Column("added", "host-hours"), Column("slower by"),
        Column("at worst"), Column("mostly on", kind="name"), Column("because of", kind="name"),
    )  # fmt: skip
    return Table("links-contention", "Whom others slow on shared links", columns, tuple(rows))


def _sharer(view: RunView, name: str) -> str:
    return "serving" if name == "serving" else view.service(name)
