"""Elastic groups: what more free hosts buy, up to where more are worth it, and how often to write checkpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.confidence import interval
from dcsim.metrics.plan import harvest_gain
from dcsim.report.section import ALL, Axis, Chart, Column, Mark, Section, Series, Table
from dcsim.report.wording import cell, count, duration, percent

if TYPE_CHECKING:
    from dcsim.report.section import Block, Cell, Tone
    from dcsim.report.view import RunView

__all__ = ["elastic"]

_OFFER = Axis("hosts on offer over free hosts", "ratio")
_PARTS: tuple[tuple[str, str, Tone], ...] = (
    ("useful", "useful", "good"), ("synchronisation", "waiting for one another and the network", ""),
    ("learning", "samples that larger batches need more", ""), ("lost", "lost", "bad"),
    ("checkpoint", "writing checkpoints", ""), ("restart", "starting and resizing", ""),
    ("notice", "between notice and return", "idle"), ("uncommitted", "not yet saved at the end", "idle"),
)  # fmt: skip
_INTERVALS: tuple[tuple[str, str, Tone], ...] = (
    ("best", "best_checkpoint_interval", "good"), ("Young", "young_interval", "target"),
)  # fmt: skip
_TABLE = (
    ("harvest_saturation_offered", "worth offering", "ratio"), ("harvest_saturation_servers", "servers then", ""),
    ("harvest_saturation_paid", "server-hours paid then", ""),
    ("harvest_saturation_useful", "server-hours useful then", ""),
    ("best_checkpoint_interval", "best checkpoint interval", "s"),
    ("best_checkpoint_interval_low", "95 % from", "s"), ("best_checkpoint_interval_high", "to", "s"),
    ("young_interval", "Young's formula", "s"), ("daly_interval", "Daly's formula", "s"),
    ("checkpoint_write_time", "to write one", "s"), ("time_between_losses", "between losses", "s"),
)  # fmt: skip


def elastic(view: RunView) -> Section | None:
    """Tell what elastic groups make of the free hosts, up to where more are worth it, and their best checkpoints."""
    if not len(view.run.elastic):
        return None
    servers = [("", ALL), *((name, view.server(name)) for name in sorted(view.run.elastic["server"].unique()))]
    worth = float(view.run.elastic["worth_ratio"].iloc[0])
    blocks: list[Block] = [
        _curve(view, servers), _marginal(view, servers, worth), _shares(view, servers), _checkpoints(view, servers),
    ]  # fmt: skip
    free = _free(view)
    blocks += [free] if free is not None else []
    blocks.append(_table(view, servers))
    return Section("elastic", "Elastic groups on free hosts", _lead(view, worth), tuple(blocks))


def _lead(view: RunView, worth: float) -> str:
    """Say how much is worth offering, and how often to write checkpoints."""
    told = []
    offered, useful = view.value("harvest_saturation_offered"), view.value("harvest_saturation_useful")
    if offered is not None and useful is not None:
        low, high = (view.value(f"harvest_saturation_offered_{bound}") for bound in ("low", "high"))
        between = f" (between {percent(low)} and {percent(high)})" if low is not None and high is not None else ""
        paid, servers = (view.value(f"harvest_saturation_{name}") or 0.0 for name in ("paid", "servers"))
        told.append(
            f"It is worth offering {percent(offered)} of the free hosts{between}: {count(servers)} servers, whose "
            f"{count(paid)} server-hours do the work of {count(useful)}. Of what is offered beyond that, a server-hour "
            f"saves less than {percent(worth)} of one that would be bought."
        )
    else:
        told.append("The offers of the study do not lie on both sides of the point past which more is not worth it.")
    best = view.value("best_checkpoint_interval")
    if best is not None:
        low, high = (view.value(f"best_checkpoint_interval_{bound}") for bound in ("low", "high"))
        sure = f" (95 % interval {duration(low)} to {duration(high)})" if low is not None and high is not None else ""
        young = view.value("young_interval")
        formula = f"; Young's formula says {duration(young)}" if young is not None else ""
        told.append(f"Checkpoints are best written every {duration(best)}{sure}{formula}.")
    return " ".join(told)


def _by_offer(view: RunView, metric: str, server: str) -> tuple[list[float], list[float]]:
    """Return offers, rising, and a metric of the curve at them."""
    found = view.by(metric, "offered", **({"server": server} if server else {}))
    pairs = sorted((float(offered), value) for offered, value in found.items())
    return [offered for offered, _ in pairs], [value for _, value in pairs]


def _curve(view: RunView, servers: list[tuple[str, str]]) -> Chart:
    """Draw useful against offered."""
    series, marks = [], []
    for server, label in servers:
        facets = {"server": label}
        x, useful = _by_offer(view, "harvest_curve_useful", server)
        low, high = (_by_offer(view, f"harvest_curve_useful_{bound}", server)[1] for bound in ("low", "high"))
        paid = _by_offer(view, "harvest_curve_paid", server)[1]
        details = [f"{count(each)} server-hours paid, {percent(got / each)} useful" for each, got in zip(
            paid, useful, strict=True
        )]  # fmt: skip
        bounds = (low, high) if len(low) == len(x) else ((), ())
        series.append(
            Series("useful server-hours", x, useful, facets=facets, low=bounds[0], high=bounds[1], details=details)
        )
        named = {"server": server} if server else {}
        ends = [view.value(f"harvest_saturation_offered_{bound}", **named) for bound in ("low", "high")]
        if ends[0] is not None and ends[1] is not None:
            marks.append(Mark("past a point in here, more is not worth it", ends[0], ends[1], "target", facets=facets))
    useful_by_offer = dict(zip(series[0].x, series[0].y, strict=True))
    half, whole = (useful_by_offer.get(offer) for offer in (0.5, 1.0))
    title = "More free hosts buy less and less"
    if half and whole:
        title += f": half of them do {percent(half / whole)} of the work of all"
    return Chart(
        "elastic-curve", title, _OFFER, Axis("useful", "server-hours", from_zero=True),
        tuple(series), ("server",), tuple(marks),
        note="Useful: what one host alone would have needed for the same progress. Band: 95 % interval over replicas. "
        "Beyond 100 %: were there more free hosts than there are.",
    )  # fmt: skip


def _marginal(view: RunView, servers: list[tuple[str, str]], worth: float) -> Chart:
    """Draw what the last server-hour on offer bought."""
    series = []
    for server, label in servers:
        x, bought = _by_offer(view, "harvest_curve_marginal", server)
        series.append(Series("bought by the last server-hour", x, bought, facets={"server": label}))
    bar = Mark(f"worth its price: {percent(worth)}", worth, worth, "target", across=True)
    return Chart(
        "elastic-marginal", f"The last server-hour on offer is worth its price while it buys {percent(worth)} of one",
        _OFFER, Axis("useful per server-hour on offer", "ratio", from_zero=True), tuple(series), ("server",), (bar,),
    )  # fmt: skip


def _shares(view: RunView, servers: list[tuple[str, str]]) -> Chart:
    """Draw what becomes of the paid hours at each offer."""
    series = []
    for server, label in servers:
        x, paid = _by_offer(view, "harvest_curve_paid", server)
        names = [f"{100.0 * each:g} %" for each in x]
        for part, name, tone in _PARTS:
            hours = dict(zip(*_by_offer(view, f"harvest_curve_{part}", server), strict=True))
            shares = [hours.get(offer, 0.0) / (each or 1.0) for offer, each in zip(x, paid, strict=True)]
            if max(shares, default=0.0) >= 5e-4:
                series.append(Series(name, names, shares, form="bar", tone=tone, facets={"server": label}))
    return Chart(
        "elastic-shares", "The larger the groups, the more of their time goes into being large",
        Axis("hosts on offer over free hosts", kind="category"), Axis("share of the server-hours paid", "ratio"),
        tuple(series), ("server",), stacked=True,
    )  # fmt: skip


def _checkpoints(view: RunView, servers: list[tuple[str, str]]) -> Chart:
    """Draw the useful hours by checkpoint interval, against the best."""
    table = view.run.elastic
    offers = np.unique(table["offered_ratio"].to_numpy())
    table = table[table["offered_ratio"] == offers[np.argmin(np.abs(offers - 1.0))]]
    table = table.assign(gain=harvest_gain(table))
    table = table.assign(net=table["gain"] - table["worth_ratio"] * table["paid_host_s"])
    series, marks = [], []
    for server, label in servers[1:]:
        facets, named = {"server": label}, {"server": server}
        mine = table[table["server"] == server]
        best = mine.groupby(["group_hosts", "checkpoint_every_s"])["net"].sum().reset_index()
        group = best["group_hosts"].iloc[int(best["net"].argmax())]
        useful = mine[mine["group_hosts"] == group].pivot_table(
            index="replica", columns="checkpoint_every_s", values="gain", aggfunc="sum", observed=True
        )
        shares = useful.to_numpy() / useful.to_numpy().max(axis=1, keepdims=True)
        means, halves = np.array([interval(list(column))[:2] for column in shares.T], dtype=float).T
        x = useful.columns.to_numpy(dtype=float) / 60.0
        series.append(
            Series("useful hours", x, means, facets=facets, low=means - halves, high=means + halves)
        )
        for name, metric, tone in _INTERVALS:
            every = view.value(metric, **named)
            if every is not None:
                marks.append(Mark(f"{name}: {duration(every)}", every / 60.0, every / 60.0, tone, facets=facets))
    best_all = view.value("best_checkpoint_interval")
    title = "Useful hours by checkpoint interval"
    if best_all:
        title = f"Over all servers, checkpoints every {duration(best_all)} keep most"
    return Chart(
        "elastic-checkpoints", title, Axis("computing between two checkpoints", "min", "log"),
        Axis("useful hours, over those of the best interval", "ratio"), tuple(series), ("server",), tuple(marks),
        note="At the largest size of groups that is best, all free hosts on offer. Band: 95 % interval over replicas.",
    )  # fmt: skip


def _free(view: RunView) -> Chart | None:
    """Draw the free hosts over the local day."""
    rows = view.metrics[(view.metrics["metric"] == "free_hosts") & view.metrics.get("local_hour", False)]
    found: dict[str, dict[float, float]] = {}
    for row in rows.to_dict("records"):
        hours = found.setdefault(str(row["server"]), {})
        hour = float(row["local_hour"]) + 0.5
        hours[hour] = hours.get(hour, 0.0) + float(row["value"])
    if not found:
        return None
    series = [
        Series(view.server(name), sorted(hours), [hours[hour] for hour in sorted(hours)], form="bar")
        for name, hours in found.items()
    ]
    total = {hour: sum(hours.get(hour, 0.0) for hours in found.values()) for hour in next(iter(found.values()))}
    most = max(total, key=lambda hour: total[hour])
    title = f"Most hosts are free at {int(most)}:00 local time: {count(total[most])} on the mean"
    axis = Axis("hour of the local day", ticks=tuple(range(0, 25, 3)))
    return Chart("elastic-free", title, axis, Axis("free hosts", from_zero=True), tuple(series), stacked=True)


def _table(view: RunView, servers: list[tuple[str, str]]) -> Table:
    """List saturation and checkpoints by server."""
    rows: list[tuple[Cell, ...]] = []
    for server, label in [*servers[1:], ("", "all servers")]:
        named = {"server": server} if server else {}
        rows.append((label, *(cell(view.value(metric, **named), unit) for metric, _, unit in _TABLE)))
    columns = (Column("server", kind="name"), *(Column(title) for _, title, _ in _TABLE))
    return Table("elastic-table", "What is worth offering, and the best checkpoints", columns, tuple(rows), total=True)
