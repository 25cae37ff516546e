"""The answer on one screen, as plain data: what the metrics of a run say by region, service and drill."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Column", "Section", "summarise"]

Cell = str | float | None


@dataclass(frozen=True)
class Column:
    """A column and how its cells read: ``ratio``, ``s``, ``h``, ``count`` or ``name``."""

    title: str
    unit: str


@dataclass(frozen=True)
class Section:
    """One table of the screen; a cell is ``None`` where nothing applies; the last row may be a total."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


class _Lookup:
    """Values of the tidy metrics by name and dimensions."""

    def __init__(self, metrics: pd.DataFrame) -> None:
        self._dimensions = [name for name in metrics.columns if name not in ("metric", "unit", "value")]
        self._values: dict[tuple[object, ...], float] = {}
        self._seen: dict[str, dict[str, None]] = {name: {} for name in self._dimensions}
        for row in metrics.to_dict("records"):
            named = {name: str(row[name]) for name in self._dimensions if not pd.isna(row[name])}
            self._values[self._key(row["metric"], named)] = row["value"]
            for name, value in named.items():
                self._seen[name].setdefault(value)

    def names(self, dimension: str) -> list[str]:
        """Return the values of a dimension in order of appearance."""
        return list(self._seen.get(dimension, ()))

    def value(self, metric: str, **dimensions: str) -> float | None:
        """Return the value with exactly these dimensions."""
        return self._values.get(self._key(metric, dimensions))

    def largest(self, metric: str, dimension: str, **others: str) -> tuple[str | None, float | None]:
        """Return the name of a dimension for which a metric is largest, and the value; the first of several."""
        found = [(name, self.value(metric, **{dimension: name}, **others)) for name in self.names(dimension)]
        told = [(name, value) for name, value in found if value is not None]
        return max(told, key=lambda each: each[1]) if told else (None, None)

    @staticmethod
    def _key(metric: object, dimensions: dict[str, str]) -> tuple[object, ...]:
        return metric, *sorted(dimensions.items())


def summarise(metrics: pd.DataFrame) -> tuple[Section, ...]:
    """Return the sections of the one-screen answer; those without rows are left out.

    Parameters
    ----------
    metrics : DataFrame
        All tidy rows of a run (``Run.metrics()``).
    """
    lookup = _Lookup(metrics)
    sections = (
        _regions(lookup),
        _services(lookup),
        _harvest(lookup),
        _harvest_curve(lookup),
        _best_checkpoint(lookup),
        _synchronisation(lookup),
        _contention(lookup),
        _drills(lookup),
        _fleet(lookup),
    )
    return tuple(section for section in sections if section.rows)


def _regions(lookup: _Lookup) -> Section:
    """Utilisation by region and server, and what each region used and cost."""
    regions = lookup.names("region")
    servers = [
        server
        for server in lookup.names("server")
        if any(lookup.value("utilisation", region=region, server=server) for region in regions)
    ]
    rows = [
        (
            region,
            *(lookup.value("utilisation", region=region, server=server) for server in servers),
            lookup.value("utilisation", region=region),
            _thousands(lookup.value("energy", region=region)),
            _thousands(lookup.value("cost", region=region)),
        )
        for region in regions
        if lookup.value("utilisation", region=region) is not None or lookup.value("energy", region=region)
    ]
    total = (
        "all",
        *(lookup.value("utilisation", server=server) for server in servers),
        lookup.value("utilisation"),
        _thousands(lookup.value("energy")),
        _thousands(lookup.value("cost")),
    )
    columns = (
        Column("region", "name"),
        *(Column(server.replace("_", " "), "ratio") for server in servers),
        Column("all servers", "ratio"),
        Column("energy (MWh)", "count"),
        Column("cost (kUSD)", "count"),
    )
    return Section("Utilisation, energy and cost by region", columns, (*rows, total) if rows else ())


_SERVICE = (
    ("slo_attainment", Column("SLO attained", "ratio")),
    ("spilled_share", Column("spilled", "ratio")),
    ("staleness_mean", Column("mean staleness", "s")),
    ("staleness_max", Column("largest staleness", "s")),
    ("staleness_above_target_hours", Column("above target", "h")),
    ("quality_loss_mean", Column("quality lost", "ratio")),
    ("queue_wait_mean", Column("queue wait", "s")),
    ("training_goodput", Column("training goodput", "ratio")),
)


def _services(lookup: _Lookup) -> Section:
    """SLO, freshness and training of each service."""
    rows: list[tuple[Cell, ...]] = []
    for service in lookup.names("service"):
        rows.append((service, *(lookup.value(name, service=service) for name, _ in _SERVICE)))
        fluid = [lookup.value(name, service=service, models="user") for name, _ in _SERVICE]
        if any(value is not None for value in fluid):
            rows.append((f"{service} (user)", *fluid))
    return Section("Services", (Column("service", "name"), *(column for _, column in _SERVICE)), _told(rows))


def _contention(lookup: _Lookup) -> Section:
    """Whose gangs others slowed on the shared links, where, and who they were."""
    rows: list[tuple[Cell, ...]] = []
    for service in lookup.names("service"):
        hours = lookup.value("contended_host_hours", service=service)
        if hours is not None:
            slower = (lookup.value(f"contention_{name}", service=service) for name in ("slowdown", "worst"))
            link = lookup.largest("contention_at_link", "link", service=service)
            sharer = lookup.largest("contention_by_sharer", "sharer", service=service)
            rows.append((service, hours, *slower, *link, *sharer))
    columns = (
        Column("service", "name"),
        Column("host-hours added", "count"),
        Column("slower by", "ratio"),
        Column("at worst", "ratio"),
        Column("mostly on", "name"),
        Column("part of it", "ratio"),
        Column("because of", "name"),
        Column("part of it", "ratio"),
    )
    return Section("Contention on shared links", columns, tuple(rows))


_HARVEST = (
    ("harvested_server_hours", Column("lent", "count")),
    ("useful_server_hours", Column("useful", "count")),
    ("harvest_communication_server_hours", Column("communication", "count")),
    ("harvest_goodput", Column("goodput", "ratio")),
    ("preemption_lost_server_hours", Column("lost", "count")),
    ("checkpoint_server_hours", Column("checkpoint", "count")),
    ("restart_server_hours", Column("restart", "count")),
    ("evictions", Column("evictions", "count")),
    ("harvest_finished_jobs", Column("jobs done", "count")),
)


def _harvest(lookup: _Lookup) -> Section:
    """Server-hours lent to training, by server."""
    rows: list[tuple[Cell, ...]] = [
        (server, *(lookup.value(name, server=server) for name, _ in _HARVEST))
        for server in lookup.names("server")
        if lookup.value("harvested_server_hours", server=server)
    ]
    total = ("all", *(lookup.value(name) for name, _ in _HARVEST))
    columns = (Column("server", "name"), *(column for _, column in _HARVEST))
    return Section("Off-peak harvest, server-hours", columns, (*rows, total) if rows else ())


_CURVE = (
    (Column("synchronised", "ratio"), ("synchronisation",)),
    (Column("larger batch", "ratio"), ("learning",)),
    (Column("lost", "ratio"), ("lost",)),
    (Column("checkpoints", "ratio"), ("checkpoint",)),
    (Column("restart, notice", "ratio"), ("restart", "notice")),
)


def _harvest_curve(lookup: _Lookup) -> Section:
    """Server-hours paid for and useful ones by offer of free hosts, and shares of what is paid that go elsewhere."""
    rows: list[tuple[Cell, ...]] = []
    for offered in lookup.names("offered"):
        values = {
            name: lookup.value(f"harvest_curve_{name}", offered=offered) or 0.0
            for name in ("servers", "paid", "useful", "marginal", *(part for _, parts in _CURVE for part in parts))
        }
        shares = [sum(values[part] for part in parts) / (values["paid"] or 1.0) for _, parts in _CURVE]
        first = (values[name] for name in ("servers", "paid", "useful"))
        rows.append((f"{float(offered):.0%}", *first, *shares, values["marginal"]))
    columns = (
        Column("offered", "name"), Column("servers", "count"), Column("paid", "count"), Column("useful", "count"),
        *(column for column, _ in _CURVE), Column("last one bought", "ratio"),
    )  # fmt: skip
    return Section("Elastic groups on free hosts, server-hours by offer", columns, tuple(rows))


_CHECKPOINT = (
    ("best_checkpoint_interval", Column("best interval", "s")),
    ("best_checkpoint_interval_low", Column("95 % from", "s")),
    ("best_checkpoint_interval_high", Column("to", "s")),
    ("young_interval", Column("Young", "s")),
    ("time_between_losses", Column("between losses", "s")),
    ("harvest_saturation_offered", Column("worth offering", "ratio")),
    ("harvest_saturation_servers", Column("servers then", "count")),
)


def _best_checkpoint(lookup: _Lookup) -> Section:
    """Best checkpoint intervals of elastic groups, and the offer up to which more hosts are worth it."""
    servers: list[dict[str, str]] = [{"server": server} for server in lookup.names("server")]
    rows: list[tuple[Cell, ...]] = [
        (named.get("server", "all"), *(lookup.value(name, **named) for name, _ in _CHECKPOINT))
        for named in [*servers, {}]
        if lookup.value("best_checkpoint_interval", **named)
    ]
    columns = (Column("server", "name"), *(column for _, column in _CHECKPOINT))
    return Section("Elastic groups: checkpoints, and the offer beyond which more is not worth it", columns, tuple(rows))


def _synchronisation(lookup: _Lookup) -> Section:
    """One training step by hosts of a NIC that synchronise at once, where fidelities of the network are compared."""
    networks = lookup.names("network")
    columns = (
        Column("recipe", "name"),
        Column("rack", "name"),
        Column("hosts of a NIC", "name"),
        *(Column(f"step, {network}", "s") for network in networks),
        *(Column(f"loss, {network}", "ratio") for network in networks if network != "closed_form"),
        *(Column(f"time-outs, {network}", "count") for network in networks if network != "closed_form"),
    )
    rows: list[tuple[Cell, ...]] = []
    for recipe, server, rack, hosts in itertools.product(
        *(lookup.names(name) for name in ("recipe", "server", "rack", "hosts_per_nic"))
    ):
        named = {"recipe": recipe, "server": server, "rack": rack, "hosts_per_nic": hosts}
        steps = [lookup.value("step_time", network=network, **named) for network in networks]
        losses = [
            lookup.value(name, network=network, **named)
            for name in ("packet_loss", "retransmission_timeouts")
            for network in networks
            if network != "closed_form"
        ]
        if any(step is not None for step in steps):
            rows.append((recipe, rack, hosts, *steps, *losses))
    return Section("Synchronisation through shared NICs", columns, tuple(rows) if len(networks) > 1 else ())


def _drills(lookup: _Lookup) -> Section:
    """Whose models went stale, by how much, and when they were fresh again."""
    rows: list[tuple[Cell, ...]] = []
    for drill in lookup.names("drill"):
        for region in lookup.names("region"):
            for service in lookup.names("service"):
                for models in ({}, {"models": "user"}):
                    named = {"drill": drill, "region": region, "service": service, **models}
                    rise = lookup.value("recovery_staleness_rise", **named)
                    if rise:
                        label = f"{service} (user)" if models else service
                        back: Cell = lookup.value("recovery_time", **named)
                        back = "not within the run" if back is None else back
                        rows.append((drill, region, label, rise, back))
    columns = (
        Column("drill", "name"),
        Column("region", "name"),
        Column("service", "name"),
        Column("rose by", "s"),
        Column("over after", "s"),
    )
    return Section("Drills: staleness above its usual peak", columns, tuple(rows))


_FLEET: tuple[tuple[Column, str, dict[str, str]], ...] = (
    (Column("SLO attained", "ratio"), "slo_attainment", {}),
    (Column("capital (USD)", "count"), "capital_cost", {}),
    (Column("energy (USD)", "count"), "energy_cost", {}),
    (Column("carbon (kg)", "count"), "carbon", {}),
    (Column("jobs", "count"), "jobs", {}),
    (Column("done", "count"), "jobs", {"outcome": "done"}),
    (Column("superseded", "count"), "jobs", {"outcome": "superseded"}),
    (Column("queued", "count"), "queued_gangs", {}),
    (Column("interruptions", "count"), "interruptions", {}),
    (Column("training goodput", "ratio"), "training_goodput", {}),
)


def _fleet(lookup: _Lookup) -> Section:
    """One row for the fleet."""
    found = [(column, lookup.value(name, **dimensions)) for column, name, dimensions in _FLEET]
    told = [(column, value) for column, value in found if value is not None]
    columns = tuple(column for column, _ in told)
    return Section("Fleet", columns, (tuple(value for _, value in told),) if told else ())


def _thousands(value: float | None) -> float | None:
    return None if value is None else value / 1000.0


def _told(rows: Iterable[tuple[Cell, ...]]) -> tuple[tuple[Cell, ...], ...]:
    """Keep the rows that say anything."""
    return tuple(row for row in rows if any(cell is not None for cell in row[1:]))
