"""Drills: what was lost, where the load went, whose models went stale, and how long it lasted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dcsim.report.drawing import TIME, areas
from dcsim.report.section import Axis, Chart, Column, Section, Series, Table
from dcsim.report.wording import cell, duration, listing, percent, plural, spoken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.report.section import Cell, Tone
    from dcsim.report.view import Levels, RunView

__all__ = ["Rise", "drills", "rises", "struck"]

_HOUR = 3600.0
_POINTS = 720
_PARTS: tuple[tuple[str, Tone], ...] = (
    ("served at home", ""), ("served by other regions", "warn"), ("served too late", "target"), ("not served", "bad"),
)  # fmt: skip


class Rise(NamedTuple):
    """By how much the staleness of a service rose above its usual peak, and for how long; both in s."""

    drill: str
    region: str
    service: str
    label: str
    rise_s: float
    over_s: float | None
    user: bool


def rises(view: RunView) -> list[Rise]:
    """Return what the drills did to freshness, the largest rise first."""
    found = []
    names = view.metrics[view.metrics["metric"] == "recovery_staleness_rise"]
    for row in names.to_dict("records"):
        models = {"models": str(row["models"])} if isinstance(row.get("models"), str) else {}
        named = {key: str(row[key]) for key in ("drill", "region", "service")} | models
        label = view.service(named["service"]) + (" (user models)" if models else "")
        rise, over = float(row["value"]), view.value("recovery_time", **named)
        found.append(Rise(named["drill"], named["region"], named["service"], label, rise, over, bool(models)))
    return sorted(found, key=lambda each: -each.rise_s)


def drills(view: RunView) -> Section | None:
    """Tell what each drill did to load and freshness."""
    if not view.drills:
        return None
    columns = ["demand_hosts", "served_hosts", "good_hosts", "spilled_hosts"]
    load = view.levels("serving", ("region",), columns)
    found = rises(view)
    lead = " ".join(_said(view, drill, mine, load) for drill, mine in struck(view, found))
    blocks = [_load(view, load) if load.keys else None, *_stale(view, found), _struck(view, load), _recovered(found)]
    shown = tuple(block for block in blocks if block is not None)
    return Section("drills", "Drills", lead, shown)


def struck(view: RunView, found: list[Rise]) -> Iterator[tuple[Any, list[Rise]]]:
    """Yield each drill and what it did to freshness."""
    for name, drill in view.drills:
        yield drill, [each for each in found if (each.drill, each.region) == (name, str(drill.region))]


def _said(view: RunView, drill: Any, mine: list[Rise], load: Levels) -> str:
    """Say in words what one drill did."""
    same = view.day(drill.begin_s) == view.day(drill.end_s)
    until = f"until {view.moment(drill.end_s, day=not same)} UTC" if drill.end_s <= view.end_s else "UTC to the end"
    name = f"{spoken(str(drill.drill))} of {view.region(str(drill.region))}"
    told = f"{name} from {view.moment(drill.begin_s)} {until}: "
    moved, unserved = _worst(load, drill)
    parts = [f"at worst {percent(moved)} of the load is served by other regions and {percent(unserved)} not at all"]
    stale = [each for each in mine if each.rise_s > 0]
    if stale:
        open_still = [each for each in stale if each.over_s is None]
        parts.append(
            f"models of {plural(len(stale), 'service')} grow older than usual, those of {stale[0].label} most "
            f"({duration(stale[0].rise_s)} beyond the usual peak)"
        )
        if open_still:
            parts.append(f"{listing([each.label for each in open_still])} not yet recovered when the run ends")
    elif mine:
        parts.append("no models grow older than usual")
    return f"{told}{'; '.join(parts)}."


def _window(load: Levels, drill: Any) -> np.ndarray:
    """Return which intervals a drill touches."""
    touched: np.ndarray = (load.edges_s[:-1] < drill.end_s) & (load.edges_s[1:] > drill.begin_s)
    return touched


def _worst(load: Levels, drill: Any) -> tuple[float, float]:
    """Return the largest shares of the fleet's load that moved and that was not served during a drill."""
    touched = _window(load, drill) if load.keys else np.zeros(0, dtype=bool)
    if not touched.any():
        return 0.0, 0.0
    demand, served, spilled = (load.of(f"{name}_hosts", "")[touched] for name in ("demand", "served", "spilled"))
    demand = np.maximum(demand, 1e-12)
    return float((spilled / demand).max()), float(np.maximum(1.0 - served / demand, 0.0).max())


def _load(view: RunView, load: Levels) -> Chart:
    """Draw where the load of users was served."""
    series: list[Series] = []
    for region, label in view.regions(load.names(0)):
        demand, served, good, spilled = (
            load.of(f"{name}_hosts", region) for name in ("demand", "served", "good", "spilled")
        )
        levels = (good - spilled, spilled, served - good, demand - served)
        # Late load may have been spilled; what rounding leaves below nothing is nothing.
        cut = [np.where(level > 1e-6 * demand, level, 0.0) for level in levels]
        series += areas(
            view, load.edges_s, [(*part[:1], level, part[1]) for part, level in zip(_PARTS, cut, strict=True)],
            {"region": label},
        )  # fmt: skip
    moved, unserved = np.max([_worst(load, drill) for _, drill in view.drills], axis=0)
    title = f"At worst {percent(float(moved))} of the load moves to other regions"
    title += f", {percent(float(unserved))} is not served" if unserved > 0 else ", all of it is served"
    return Chart(
        "drills-load", title, TIME, Axis("load, fully busy hosts", from_zero=True), tuple(series), ("region",),
        view.drill_marks(), stacked=True, note="Load by the region of its users.",
    )  # fmt: skip


def _stale(view: RunView, found: list[Rise]) -> list[Chart]:
    """Draw by how much the stalest model of each struck service is older than its usual peak."""
    series: list[Series] = []
    times = np.linspace(0.0, view.end_s, _POINTS)
    stale = [(drill, each) for drill, mine in struck(view, found) for each in mine if each.rise_s > 0 and not each.user]
    for drill, each in stale:
        largest = view.ages.at(times, each.service)[1]
        peak = np.nanmax(largest[times >= drill.begin_s], initial=-np.inf) - each.rise_s
        facets = {"drill": f"{spoken(each.drill)}: {view.region(each.region)}"}
        series.append(Series(each.label, view.ms(times), (largest - peak) / _HOUR, facets=facets))
    if not series:
        return []
    top = max((each for _, each in stale), key=lambda each: each.rise_s)
    title = f"{top.label} grows {duration(top.rise_s)} older than it usually gets"
    note = "Staleness of the stalest model of a service less its usual peak; above 0 it is older than it usually gets."
    return [
        Chart("drills-stale", title, TIME, Axis("above the usual peak", "h"), tuple(series), ("drill",),
              view.drill_marks(), note=note)
    ]  # fmt: skip


def _struck(view: RunView, load: Levels) -> Table:
    """List the drills and what they did to load."""
    rows: list[tuple[Cell, ...]] = []
    for name, drill in view.drills:
        moved, unserved = _worst(load, drill)
        lasts = drill.end_s - drill.begin_s
        rows.append(
            (
                spoken(name), view.region(str(drill.region)), f"{view.moment(drill.begin_s)} UTC",
                cell(drill.begin_s - drill.notice_s, "s"),
                cell(lasts, "s") if drill.end_s <= view.end_s else "beyond the end",
                cell(moved, "ratio"), cell(unserved, "ratio"),
            )
        )  # fmt: skip
    columns = (
        Column("drill", kind="name"), Column("region", kind="name"), Column("begins", kind="name"), Column("notice"),
        Column("lasts"), Column("load moved at worst"), Column("load not served at worst"),
    )  # fmt: skip
    return Table("drills-table", "Drills as carried out", columns, tuple(rows))


def _recovered(found: list[Rise]) -> Table | None:
    """List services by how far their staleness rose."""
    rows = tuple(
        (
            spoken(each.drill), each.label, cell(each.rise_s, "s"),
            "never above it" if not each.rise_s else
            "not within the run" if each.over_s is None else cell(each.over_s, "s"),
        )
        for each in found
    )  # fmt: skip
    columns = (
        Column("drill", kind="name"), Column("service", kind="name", dimension="service"),
        Column("staleness above its usual peak"), Column("back below it after"),
    )  # fmt: skip
    return Table("drills-recovery", "What the drills did to freshness", columns, rows) if rows else None
