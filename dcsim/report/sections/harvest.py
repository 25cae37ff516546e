"""Harvest: what idle serving hosts lent to training, and how much of it was useful."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.report.drawing import TIME, areas
from dcsim.report.section import Axis, Chart, Column, Section, Series, Table
from dcsim.report.spans_by_job import rows as rows_of
from dcsim.report.thinning import said
from dcsim.report.wording import amount, cell, count, human, listing, percent, plural

if TYPE_CHECKING:
    import numpy as np

    from dcsim.report.section import Cell, Tone
    from dcsim.report.view import RunView

__all__ = ["MUCH_USD", "bought_usd", "harvest", "parts"]

MUCH_USD = 1000.0
"""What is worth a sentence."""
_PARTS: tuple[tuple[str, str, Tone], ...] = (
    ("compute", "useful compute", "good"),
    ("harvest_communication_server_hours", "waiting for the network", ""),
    ("checkpoint_server_hours", "writing checkpoints", ""),
    ("restart_server_hours", "starting and restoring", ""),
    ("notice_server_hours", "between notice and return", "idle"),
    ("uncommitted_server_hours", "not yet saved at the end", "idle"),
    ("preemption_lost_server_hours", "lost at evictions", "bad"),
)


def parts(view: RunView, **dimensions: str) -> dict[str, float]:
    """Return what became of the server-hours lent, in hours by name; nothing where none were."""
    lent = view.value("harvested_server_hours", **dimensions)
    if not lent:
        return {}
    found = {name: view.value(metric, **dimensions) or 0.0 for metric, name, _ in _PARTS[1:]}
    useful = view.value("useful_server_hours", **dimensions) or 0.0
    return {_PARTS[0][1]: useful - found[_PARTS[1][1]], **found}


def bought_usd(view: RunView) -> float:
    """Return what the hours of useful compute would cost as servers of the same kind, written off, USD."""
    fleet = {str(each.server): each.price_usd / each.lifetime_s for each in rows_of(view.run.fleet)}
    lending = view.by("harvested_server_hours", "server")
    hours = {server: parts(view, server=server).get(_PARTS[0][1], 0.0) for server in lending}
    return float(sum(3600.0 * spent * fleet[server] for server, spent in hours.items()))


def harvest(view: RunView) -> Section | None:
    """Tell how many server-hours were lent to training, when and where, and what they were spent on."""
    found = parts(view)
    if not found:
        return None
    return Section("harvest", "Off-peak harvest", _lead(view, found), (_lent(view), _spent(view), _table(view)))


def _lead(view: RunView, found: dict[str, float]) -> str:
    """Say what was lent and what came of it."""
    lent = sum(found.values())
    servers = lent * 3600.0 / view.end_s
    losses = {name: hours for name, hours in found.items() if name != _PARTS[0][1] and hours / lent >= 5e-4}
    rest = [f"{name} ({percent(losses[name] / lent)})" for name in sorted(losses, key=lambda each: -losses[each])]
    spent = f"; the rest: {listing(rest, 6)}" if rest else ""
    usd = bought_usd(view)
    bought = ""
    if usd >= MUCH_USD:
        bought = f" Servers of the same kinds for that much compute would be written off at {amount(usd, 'USD')}."
    jobs, evictions = view.value("harvest_finished_jobs") or 0.0, view.value("evictions") or 0.0
    return (
        f"{count(lent)} server-hours were lent to training, as much as {count(round(servers))} servers around the "
        f"clock. {percent(found[_PARTS[0][1]] / lent)} of them were useful compute{spent}. "
        f"{plural(jobs, 'job')} finished, {plural(evictions, 'group')} had to make way.{bought}"
    )


def _lent(view: RunView) -> Chart:
    """Draw the hosts lent over time, by server."""
    pools = view.levels("pools", ("region", "server"), ["lent_hosts"])
    lending = [name for name in pools.names(0) if pools.of("lent_hosts", name, "").any()]
    series: list[Series] = []
    for region, label in view.regions(lending):
        names = sorted(pools.names(1), key=lambda name: -float(pools.of("lent_hosts", "", name).sum()))
        levels: list[tuple[str, np.ndarray, Tone]] = [
            (view.server(name), pools.of("lent_hosts", region, name), "") for name in names
        ]
        series += areas(view, pools.edges_s, levels, {"region": label})
    total = pools.of("lent_hosts", "", "")
    low, high = count(round(float(total.min()))), count(round(float(total.max())))
    title = f"Between {low} and {high} hosts train while users do not need them"
    return Chart(
        "harvest-lent", title, TIME, Axis("hosts lent", from_zero=True), tuple(series), ("region",), view.drill_marks(),
        stacked=True, note=said(pools.edges_s),
    )  # fmt: skip


def _spent(view: RunView) -> Chart:
    """Draw shares of the time lent by what it was spent on, server by server."""
    rows = {"all servers": parts(view)} | {
        view.server(name): parts(view, server=name) for name in view.by("harvested_server_hours", "server")
    }
    rows = {label: found for label, found in rows.items() if found}
    series = []
    for _, name, tone in _PARTS:
        hours = [found[name] for found in rows.values()]
        if any(hours):
            shares = [found[name] / sum(found.values()) for found in rows.values()]
            details = [f"{count(each)} server-hours" for each in hours]
            series.append(Series(name, list(rows), shares, form="bar", tone=tone, details=details))
    whole = rows["all servers"]
    title = f"{percent(whole[_PARTS[0][1]] / sum(whole.values()))} of the time lent is useful compute"
    return Chart(
        "harvest-spent", title, Axis("share of the server-hours lent", "ratio"), Axis("server", kind="category"),
        tuple(series), stacked=True, horizontal=True,
    )  # fmt: skip


_COLUMNS = (
    ("harvested_server_hours", Column("lent", "server-hours"), ""),
    ("useful_server_hours", Column("kept", "server-hours"), ""),
    ("harvest_goodput", Column("goodput"), "ratio"),
    ("preemption_lost_server_hours", Column("lost", "server-hours"), ""),
    ("evictions", Column("evictions"), ""),
    ("harvest_finished_jobs", Column("jobs finished"), ""),
)


def _table(view: RunView) -> Table:
    """List the harvest by region, server and recipe."""
    chosen = view.metrics[view.metrics["metric"] == "harvested_server_hours"]
    rows: list[tuple[Cell, ...]] = []
    for row in chosen.to_dict("records"):
        if isinstance(row.get("recipe"), str):
            named = {key: str(row[key]) for key in ("region", "server", "recipe")}
            figures = (cell(view.value(name, **named), unit) for name, _, unit in _COLUMNS)
            labels = view.region(named["region"]), view.server(named["server"]), human(named["recipe"])
            rows.append((*labels, *figures))
    rows.append(("all regions", "", "", *(cell(view.value(name), unit) for name, _, unit in _COLUMNS)))
    columns = (
        Column("region", kind="name", dimension="region"), Column("server", kind="name"), Column("recipe", kind="name"),
        *(column for _, column, _ in _COLUMNS),
    )  # fmt: skip
    note = "Kept: committed by a checkpoint or finished. Goodput: kept, less the wait for the network, over lent."
    return Table("harvest-table", "Harvest by region and server", columns, tuple(rows), shown=10, total=True, note=note)
