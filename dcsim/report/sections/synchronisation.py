"""Synchronisation: what a training step is made of, and what it costs that hosts share a NIC."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcsim.report.section import Axis, Chart, Column, Section, Series, Table
from dcsim.report.spans_by_job import rows as rows_of
from dcsim.report.wording import cell, duration, human, percent

if TYPE_CHECKING:
    import pandas as pd

    from dcsim.report.section import Block, Cell, Tone
    from dcsim.report.view import RunView

__all__ = ["nic_pair", "synchronisation"]

_PARTS: tuple[tuple[str, str, Tone], ...] = (
    ("compute_s", "compute", "good"), ("straggler_s", "waiting for the slowest host", ""),
    ("exposed_s", "waiting for the network", "warn"),
)  # fmt: skip
_NETWORKS = {"closed_form": "closed form", "flow": "max-min flows", "packet": "packets, with loss"}


def synchronisation(view: RunView) -> Section | None:
    """Tell what the steps of the recipes are made of, by hosts of a NIC that exchange at once and by network model."""
    recipes = view.run.recipes
    if recipes.empty:
        return None
    blocks: list[Block] = []
    sharing = _sharing(view, recipes)
    blocks += [sharing] if sharing is not None else []
    blocks += [_steps(view, recipes), _table(view, recipes)]
    return Section("synchronisation", "Synchronisation and the training step", _lead(view, recipes), tuple(blocks))


def _first(view: RunView, recipes: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the network model that the run used, or of the first one that it told of."""
    mine = recipes[recipes["network"] == str(view.scenario.get("network"))]
    return mine if len(mine) else recipes[recipes["network"] == recipes["network"].iloc[0]]


def _lead(view: RunView, recipes: pd.DataFrame) -> str:
    """Say which recipe waits most for the network, and what sharing a NIC costs at worst."""
    first = _first(view, recipes)
    share = first["exposed_s"] / first["step_s"]
    top = first.iloc[int(share.argmax())].to_dict()
    told = (
        f"{human(str(top['recipe']))} on {view.server(str(top['server']))} waits most for the network: "
        f"{percent(float(share.max()))} of a step of {duration(float(top['step_s']))}."
    )
    alone, crowded = nic_pair(recipes)
    if alone is not None and crowded is not None and crowded["step_s"] > 1.005 * alone["step_s"]:
        network = _network(crowded["network"])
        told += (
            f" When {crowded['hosts_per_nic']} hosts of a NIC synchronise at once, a step of "
            f"{human(str(crowded['recipe']))} grows from {duration(float(alone['step_s']))} to "
            f"{duration(float(crowded['step_s']))} ({network})."
        )
    return told


def nic_pair(recipes: pd.DataFrame) -> tuple[dict[str, Any] | None, dict[str, Any] | None]:
    """Return the steps with fewest and most hosts of a NIC for which that matters most."""
    best: tuple[Any, Any] = None, None
    most = 1.0
    for _, mine in recipes.groupby(["recipe", "server", "rack", "network"], observed=True):
        ordered = mine.sort_values("hosts_per_nic", kind="stable").to_dict("records")
        few, many = ordered[0], ordered[-1]
        if many["step_s"] / few["step_s"] > most:
            most, best = many["step_s"] / few["step_s"], (few, many)
    return best


def _sharing(view: RunView, recipes: pd.DataFrame) -> Chart | None:
    """Draw the step by hosts of a NIC that synchronise at once, at each fidelity of the network."""
    series: list[Series] = []
    worst = 1.0
    for (recipe, server, rack), mine in recipes.groupby(["recipe", "server", "rack"], observed=True, sort=False):
        if mine["hosts_per_nic"].nunique() < 2:
            continue
        facets = {"recipe": f"{human(str(recipe))}, {view.server(str(server))} ({rack})"}
        for network, rows in mine.groupby("network", observed=True, sort=False):
            ordered = rows.sort_values("hosts_per_nic", kind="stable")
            steps = ordered["step_s"].to_numpy()
            worst = max(worst, float(steps.max() / steps.min()))
            names = [str(each) for each in ordered["hosts_per_nic"]]
            details = [f"{percent(loss)} of packets lost" for loss in ordered["loss_ratio"] if loss > 0]
            series.append(
                Series(
                    _network(network), names, steps * 1e3, form="bar", facets=facets,
                    details=details if len(details) == len(names) else (),
                )
            )  # fmt: skip
    if not series:
        return None
    title = f"Sharing a NIC makes a step up to {worst:.1f} times as long" if worst > 1.05 else (
        "Sharing a NIC hardly makes a step longer"
    )  # fmt: skip
    return Chart(
        "synchronisation-sharing", title, Axis("hosts of a NIC that synchronise at once", kind="category"),
        Axis("one training step", "ms", from_zero=True), tuple(series), ("recipe",),
        note="Bars: models of the network. The closed form knows neither loss nor retransmission time-outs.",
    )  # fmt: skip


def _steps(view: RunView, recipes: pd.DataFrame) -> Chart:
    """Draw what the step of each recipe is made of."""
    first = _first(view, recipes)
    rows = first.loc[first.groupby(["recipe", "server"], observed=True)["hosts_per_nic"].idxmax().sort_values()]
    labels = [f"{human(str(row.recipe))}, {view.server(str(row.server))}" for row in rows_of(rows)]
    step = rows["step_s"].to_numpy()
    series = []
    for column, name, tone in _PARTS:
        part = rows[column].to_numpy()
        if part.any():
            details = [f"{duration(each)} of {duration(whole)}" for each, whole in zip(part, step, strict=True)]
            series.append(Series(name, labels, part / step, form="bar", tone=tone, details=details))
    share = float(rows["compute_s"].sum() / step.sum())
    waits = rows["exposed_s"].to_numpy() / step
    title = f"{labels[int(waits.argmax())]} spends {percent(float(waits.max()))} of a step waiting for the network"
    if len(labels) == 1:
        title = f"{percent(share)} of a step is compute"
    return Chart(
        "synchronisation-steps", title, Axis("share of one training step", "ratio"), Axis("recipe", kind="category"),
        tuple(series), stacked=True, horizontal=True, note="With as many hosts of a NIC at once as the recipe meets.",
    )  # fmt: skip


def _table(view: RunView, recipes: pd.DataFrame) -> Table:
    """List the steps, with the columns in which they differ."""
    networks, lossy = len(recipes["network"].unique()) > 1, bool((recipes["loss_ratio"] > 0).any())
    columns = [Column("recipe", kind="name"), Column("server", kind="name"), Column("hosts")]
    columns.append(Column("of a NIC at once"))
    columns += [Column("network", kind="name")] if networks else []
    columns += [Column(title) for title in ("step", "compute", "slowest host", "network wait")]
    columns += [Column("packets lost"), Column("time-outs")] if lossy else []
    rows: list[tuple[Cell, ...]] = []
    for row in rows_of(recipes):
        cells: list[Cell] = [human(str(row.recipe)), view.server(str(row.server))]
        cells += [cell(float(row.hosts)), cell(float(row.hosts_per_nic))]
        cells += [_network(row.network)] if networks else []
        cells += [cell(each, "s") for each in (row.step_s, row.compute_s, row.straggler_s, row.exposed_s)]
        cells += [cell(row.loss_ratio, "ratio"), cell(row.timeouts)] if lossy else []
        rows.append(tuple(cells))
    note = "" if networks else f"Model of the network: {_network(recipes['network'].iloc[0])}."
    return Table("synchronisation-table", "Training steps", tuple(columns), tuple(rows), shown=12, note=note)


def _network(name: object) -> str:
    return _NETWORKS.get(str(name), str(name))
