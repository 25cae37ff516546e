"""Cost, power, energy and carbon: what the fleet costs over the run, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.report.drawing import TIME, areas
from dcsim.report.section import Axis, Chart, Column, Section, Series, Table
from dcsim.report.spans_by_job import rows as rows_of
from dcsim.report.thinning import said
from dcsim.report.wording import amount, cell, duration, human, percent

if TYPE_CHECKING:
    import numpy as np

    from dcsim.report.section import Cell, Tone
    from dcsim.report.view import RunView

__all__ = ["money"]

_KWH = 3.6e6


def money(view: RunView) -> Section | None:
    """Tell what the fleet costs in money, power and carbon over the run."""
    cost = view.value("cost")
    if cost is None:
        return None
    blocks = (_power(view), _by_region(view), _table(view), _servers(view))
    return Section("money", "Cost, power and carbon", _lead(view, cost), blocks)


def _lead(view: RunView, cost: float) -> str:
    """Say what it cost and what for."""
    capital, energy = (view.value(f"{name}_cost") or 0.0 for name in ("capital", "energy"))
    kwh, carbon = view.value("energy") or 0.0, view.value("carbon")
    mean_w = kwh * _KWH / view.end_s
    emitted = f" and {amount(carbon, 'kg')} of CO2" if carbon is not None else ""
    return (
        f"{duration(view.end_s)} of the fleet cost {amount(cost, 'USD')}: {percent(capital / (cost or 1.0))} is "
        f"hardware written off, {percent(energy / (cost or 1.0))} energy. It draws {amount(mean_w, 'W')} on "
        f"the mean, which makes {amount(kwh, 'kWh')}{emitted}."
    )


def _power(view: RunView) -> Chart:
    """Draw the power of the facilities by role of the servers."""
    pools = view.levels("pools", ("region", "role"), ["power_w"])
    pue = dict(zip(view.run.regions["region"].astype(str), view.run.regions["pue_ratio"], strict=True))
    facility = {key: pools.of("power_w", *key) * pue[key[0]] for key in pools.keys}
    series: list[Series] = []
    roles = pools.names(1)
    for region, label in view.regions(pools.names(0)):
        levels: list[tuple[str, np.ndarray, Tone]] = []
        for role in roles:
            mine = [level for key, level in facility.items() if key[1] == role and region in ("", key[0])]
            if mine:
                levels.append((f"{human(role)} servers", sum(mine[1:], start=mine[0]), ""))
        series += areas(view, pools.edges_s, levels, {"region": label})
    total = sum(facility.values(), start=0.0 * next(iter(facility.values())))
    title = f"The facilities draw between {amount(float(total.min()), 'W')} and {amount(float(total.max()), 'W')}"
    return Chart(
        "money-power", title, TIME, Axis("power with cooling (PUE)", "W", from_zero=True), tuple(series), ("region",),
        view.drill_marks(), stacked=True, note=said(pools.edges_s),
    )  # fmt: skip


def _by_region(view: RunView) -> Chart:
    """Draw capital and energy cost by region."""
    cost = view.by("cost", "region")
    order = sorted(cost, key=lambda name: -cost[name])
    labels = [view.region(name) for name in order]
    series = []
    for metric, name in (("capital_cost", "hardware written off"), ("energy_cost", "energy")):
        series.append(Series(name, labels, [view.value(metric, region=each) or 0.0 for each in order], form="bar"))
    title = f"{labels[0]} costs most: {amount(cost[order[0]], 'USD')}"
    if len(order) == 1:
        title = f"{labels[0]} costs {amount(cost[order[0]], 'USD')}"
    axes = Axis("cost over the run", "USD"), Axis("region", kind="category")
    return Chart("money-regions", title, *axes, tuple(series), stacked=True, horizontal=True)


def _table(view: RunView) -> Table:
    """List cost, energy and carbon by region, with the prices behind them."""
    facts = {str(each.region): each for each in rows_of(view.run.regions)}
    rows: list[tuple[Cell, ...]] = []
    for region in [*view.by("cost", "region"), ""]:
        named = {"region": region} if region else {}
        carbon, energy = view.value("carbon", **named), view.value("energy", **named)
        price, pue = (None, None)
        if region:
            price, pue = facts[region].energy_price_usd_per_j * _KWH, facts[region].pue_ratio
        rows.append(
            (
                view.region(region) if region else "all regions",
                *(cell(view.value(name, **named)) for name in ("cost", "capital_cost", "energy_cost")),
                cell(None if energy is None else energy / 1e3), cell(price), cell(pue),
                cell(None if carbon is None else carbon / 1e3),
                cell(None if carbon is None or not energy else 1e3 * carbon / energy),
            )
        )  # fmt: skip
    columns = (
        Column("region", kind="name", dimension="region"), Column("cost", "USD"), Column("hardware", "USD"),
        Column("energy", "USD"), Column("energy", "MWh"), Column("price", "USD/kWh"), Column("PUE"),
        Column("CO2", "t"), Column("CO2", "g/kWh"),
    )  # fmt: skip
    return Table("money-table", "Cost, energy and carbon by region", columns, tuple(rows), total=True)


def _servers(view: RunView) -> Table:
    """List hosts and what they are written off at, by server."""
    fleet = view.run.fleet
    hosts = fleet.groupby("server", observed=True)["hosts"].sum()
    rows: list[tuple[Cell, ...]] = []
    for server, number in hosts.items():
        mine = fleet[fleet["server"] == server].iloc[0]
        spent = sum(
            view.value("capital_cost", region=str(region), server=str(server)) or 0.0
            for region in fleet["region"].unique()
        )
        rows.append(
            (
                view.server(str(server)), human(str(mine["kind"])), cell(float(number)), cell(float(mine["price_usd"])),
                cell(float(mine["lifetime_s"]), "s"), cell(spent), cell(float(mine["idle_power_w"])),
                cell(float(mine["peak_power_w"])),
            )
        )  # fmt: skip
    columns = (
        Column("server", kind="name"), Column("kind", kind="name"), Column("hosts"), Column("price", "USD"),
        Column("written off over"), Column("in this run", "USD"), Column("idle", "W"), Column("busy", "W"),
    )  # fmt: skip
    return Table("money-servers", "Servers", columns, tuple(rows))
