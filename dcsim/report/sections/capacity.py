"""Load and capacity: what the hosts of each region did, and the load that they carried."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.report.drawing import TIME, areas, hourly, steps
from dcsim.report.section import Axis, Chart, Column, Section, Series, Table
from dcsim.report.thinning import said
from dcsim.report.wording import cell, count, listing, percent, plural

if TYPE_CHECKING:
    import numpy as np

    from dcsim.report.section import Block, Cell, Tone
    from dcsim.report.view import Levels, RunView

__all__ = ["USES", "capacity"]

USES: tuple[tuple[str, str, Tone], ...] = (
    ("serving_hosts", "serving users", ""),
    ("training_hosts", "training user models", ""),
    ("lent_hosts", "lent to training", ""),
    ("idle_hosts", "idle", "idle"),
    ("down_hosts", "lost", "bad"),
)
"""Uses of serving hosts in the order of the stack: column, name and tone."""
_SHARES = ("serving", "training", "lent", "idle", "down")
_DAY_S = 86400.0


def capacity(view: RunView) -> Section | None:
    """Tell how full the serving hosts are by day and night, by region, and where load went."""
    pools = view.levels("pools", ("role", "region"), [column for column, _, _ in USES])
    if not any(role == "serving" for role, _ in pools.keys):
        return None
    serving = pools.of("serving_hosts", "serving", "")
    load = view.levels("serving", ("region", "service"), ["demand_hosts", "served_hosts", "assigned_hosts"])
    blocks: list[Block] = [_uses(view, pools, load)]
    if view.long:
        blocks.append(_average_day(view, pools))
    if load.keys:
        blocks.append(_by_service(view, load))
    blocks += [_shares(view), _table(view)]
    return Section("capacity", "Load and capacity", _lead(view, pools, serving), tuple(blocks))


def _lead(view: RunView, pools: Levels, serving: np.ndarray) -> str:
    """Say between which numbers the need swings, and what the hosts do on the mean."""
    low, high = int(serving.argmin()), int(serving.argmax())
    names = {"lent": "is lent to training", "idle": "stands idle", "down": "is lost to drills"}
    shares = {use: view.value(f"{use}_share", role="serving") or 0.0 for use in _SHARES}
    told = [f"{percent(shares[use])} {what}" for use, what in names.items() if shares[use] > 0]
    hosts = float(sum(pools.of(column, "serving", "")[0] for column, _, _ in USES))
    if not shares["serving"]:
        return f"No users are served: of the time of {count(hosts)} serving hosts {listing(told)}."
    mean = f"{percent(shares['serving'])} of their time serves users"
    if serving[high] <= serving[low] * 1.01:
        return f"The {count(hosts)} serving hosts carry an even load: {listing([mean, *told])}."
    when = {place: view.moment(float(pools.edges_s[place]), day=view.end_s > _DAY_S) for place in (low, high)}
    return (
        f"Of {count(hosts)} serving hosts, users need between {count(serving[low])} ({when[low]} UTC) and "
        f"{count(serving[high])} ({when[high]} UTC). On the mean {listing([mean, *told])}."
    )


def _uses(view: RunView, pools: Levels, load: Levels) -> Chart:
    """Draw hosts by use, with the load over them, region by region."""
    series: list[Series] = []
    for region, label in view.regions([name for name in pools.names(1) if _serves(pools, name)]):
        facets = {"region": label}
        levels = [(name, pools.of(column, "serving", region), tone) for column, name, tone in USES]
        series += areas(view, pools.edges_s, levels, facets)
        if load.keys:
            carried = load.of("assigned_hosts", region, "")
            named = "load, in fully busy hosts"
            series.append(steps(view, load.edges_s, carried, named, tone="load", facets=facets, extremes=False))
    lent = view.value("lent_share", role="serving") or 0.0
    title = "What users leave free is lent to training" if lent > 0.01 else "Serving hosts by use, and their load"
    if not load.keys:
        title = "Serving hosts by use"
    note = "Areas: hosts by use. Line: load in hosts of the reference server that are busy all the time; the hosts "
    note += "above it are spare, kept for peaks and other regions. "
    note = (note if load.keys else "") + said(pools.edges_s)
    return Chart(
        "capacity-uses", title, TIME, Axis("hosts", from_zero=True), tuple(series), ("region",), view.drill_marks(),
        stacked=True, note=note.strip(),
    )  # fmt: skip


def _average_day(view: RunView, pools: Levels) -> Chart:
    """Draw the uses over an average day."""
    days = int(view.end_s // _DAY_S)
    hours = [hour + 0.5 for hour in range(24)]
    series = []
    for region, label in view.regions([name for name in pools.names(1) if _serves(pools, name)]):
        for column, name, tone in USES:
            level = hourly(view, pools.edges_s, pools.of(column, "serving", region), days)
            if level.any():
                series.append(Series(name, hours, level, form="bar", tone=tone, facets={"region": label}))
    need = hourly(view, pools.edges_s, pools.of("serving_hosts", "serving", ""), days)
    low, high = int(need.argmin()), int(need.argmax())
    title = f"On the average day users need {count(round(need[low]))} hosts at {low:02}:30 UTC and "
    title += f"{count(round(need[high]))} at {high:02}:30"
    axis = Axis("hour of the day (UTC)", ticks=tuple(range(0, 25, 3)))
    return Chart(
        "capacity-day", title, axis, Axis("hosts", from_zero=True), tuple(series), ("region",), stacked=True,
        note=f"Means by hour over {plural(days, 'day')}.",
    )  # fmt: skip


def _by_service(view: RunView, load: Levels) -> Chart:
    """Draw the load that users offer, by service."""
    series: list[Series] = []
    for region, label in view.regions(load.names(0)):
        levels: list[tuple[str, np.ndarray, Tone]] = [
            (view.service(name), load.of("demand_hosts", region, name), "") for name in load.names(1)
        ]
        series += areas(view, load.edges_s, sorted(levels, key=lambda each: -each[1].sum()), {"region": label})
    total = {name: load.of("demand_hosts", "", name).sum() for name in load.names(1)}
    largest = max(total, key=lambda name: total[name])
    share = total[largest] / max(sum(total.values()), 1e-12)
    title = f"{view.service(largest)} is {percent(share)} of the load that users offer"
    return Chart(
        "capacity-services", title, TIME, Axis("fully busy hosts", from_zero=True), tuple(series), ("region",),
        view.drill_marks(), stacked=True, note=said(load.edges_s),
    )  # fmt: skip


def _shares(view: RunView) -> Chart:
    """Draw the shares of host-time by region."""
    regions = list(view.by("serving_share", "region", role="serving") or view.by("serving_share", "region"))
    labels = [view.region(name) for name in regions]
    names = ("serving users", "training", "lent to training", "idle", "lost")
    tones: tuple[Tone, ...] = ("", "", "", "idle", "bad")
    series = []
    for use, name, tone in zip(_SHARES, names, tones, strict=True):
        values = [view.value(f"{use}_share", region=region) or 0.0 for region in regions]
        if any(values):
            series.append(Series(name, labels, values, form="bar", tone=tone))
    down = {region: view.value("down_share", region=region) or 0.0 for region in regions}
    idle = {region: view.value("idle_share", region=region) or 0.0 for region in regions}
    most = max(idle, key=lambda name: idle[name])
    title = f"{view.region(most)} stands idle most: {percent(idle[most])} of its host-time"
    if len(regions) == 1:
        title = f"The fleet stands idle {percent(idle[most])} of its time"
    if max(down.values()) > 0:
        most = max(down, key=lambda name: down[name])
        title = f"{view.region(most)} loses {percent(down[most])} of its host-time to drills"
    return Chart(
        "capacity-shares", title, Axis("share of the time of all hosts, training and storage included", "ratio"),
        Axis("region", kind="category"), tuple(series), stacked=True, horizontal=True,
    )  # fmt: skip


def _table(view: RunView) -> Table:
    """List utilisation and service level by region."""
    fleet = view.run.fleet
    rows: list[tuple[Cell, ...]] = []
    for region in [*view.by("utilisation", "region"), ""]:
        named = {"region": region} if region else {}
        mine = fleet[fleet["region"] == region] if region else fleet
        attained = _over_services(view, region)
        rows.append(
            (
                view.region(region) if region else "all regions",
                cell(float(mine["hosts"].sum())),
                *(cell(view.value(name, **named), "ratio") for name in ("utilisation", "lent_share", "idle_share")),
                *(cell(value, "ratio") for value in attained),
            )
        )
    columns = (
        Column("region", kind="name", dimension="region"), Column("hosts"), Column("busy"), Column("lent"),
        Column("idle"), Column("load within its latency budget"), Column("load served elsewhere"),
    )  # fmt: skip
    return Table("capacity-table", "Regions", columns, tuple(rows), total=True)


def _over_services(view: RunView, region: str) -> tuple[float | None, float | None]:
    """Return the least attainment and the largest spill of the services on the users of a region, or of the fleet."""
    if not region:
        return view.value("slo_attainment"), view.value("spilled_share")
    attained = view.by("slo_attainment", "service", region=region)
    spilled = view.by("spilled_share", "service", region=region)
    return (min(attained.values()), max(spilled.values())) if attained else (None, None)


def _serves(pools: Levels, region: str) -> bool:
    return any(key == ("serving", region) for key in pools.keys)
