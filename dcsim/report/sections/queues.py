"""Queue and jobs: who waited for training machines, how long, and what the gangs' hours were spent on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.report.drawing import TIME, areas, steps
from dcsim.report.section import Axis, Chart, Column, Section, Series, Table
from dcsim.report.thinning import said
from dcsim.report.wording import cell, count, duration, human, listing, percent, plural

if TYPE_CHECKING:
    from dcsim.report.section import Block, Cell, Tone
    from dcsim.report.view import RunView

__all__ = ["queues"]

_HOUR = 3600.0
_PARTS: tuple[tuple[str, str, Tone], ...] = (
    ("communication", "waiting for the network", ""),
    ("overhead", "checkpoints, restarts and staging", ""),
    ("lost", "lost at interruptions", "bad"),
)
_OUTCOMES = ("done", "superseded", "running", "queued")
_FIGURES = (
    ("queue_wait_mean", "mean wait", "s"), ("queue_wait_p95", "95 % below", "s"),
    ("queue_wait_max", "longest wait", "s"), ("interruptions", "interruptions", ""),
    ("training_host_hours", "host-hours", ""), ("training_goodput", "goodput", "ratio"),
)  # fmt: skip


def queues(view: RunView) -> Section | None:
    """Tell how many trainings there were, how long they waited, and how much of their hours was useful."""
    jobs = view.value("jobs")
    if not jobs:
        return None
    blocks: list[Block] = [_length(view)] if len(view.run.queues) else []
    waits = _waits(view)
    blocks += [waits] if waits is not None else []
    spent = _spent(view)
    blocks += [spent] if spent is not None else []
    return Section("queues", "Queue and training jobs", _lead(view, jobs), (*blocks, _table(view)))


def _lead(view: RunView, jobs: float) -> str:
    """Say what became of the jobs, and how long they waited."""
    outcomes = view.by("jobs", "outcome")
    told = [f"{count(outcomes[name])} {_became(name, outcomes[name])}" for name in _OUTCOMES if outcomes.get(name)]
    mean, longest = (view.value(f"queue_wait_{which}") for which in ("mean", "max"))
    wait = "None that came waited for its machines."
    if mean and longest:
        slow = view.by("queue_wait_max", "service")
        worst = max(slow, key=lambda name: slow[name])
        wait = (
            f"Those that came waited {duration(mean)} on the mean for their machines, at most {duration(longest)} "
            f"({view.service(worst)})."
        )
    goodput = view.value("training_goodput")
    useful = f" {percent(goodput)} of the hours of their hosts were useful compute." if goodput else ""
    broken = view.value("interruptions") or 0.0
    often = f" {plural(broken, 'interruption')}." if broken else ""
    return f"Of {plural(jobs, 'training')}, {listing(told)}. {wait}{useful}{often}"


def _became(outcome: str, number: float) -> str:
    """Return what so many jobs had become when the run ended."""
    verb = "was" if number == 1 else "were"
    return {
        "done": f"{verb} done when the run ended", "running": f"{verb} still running",
        "queued": f"{verb} waiting for machines", "superseded": "gave way to newer ones of their model",
    }[outcome]  # fmt: skip


def _length(view: RunView) -> Chart:
    """Draw the gangs that run and wait, by kind of server."""
    gangs = view.levels("queues", ("kind",), ["running_jobs", "queued_jobs"])
    series: list[Series] = []
    for (kind,) in gangs.keys:
        facets = {"kind": f"{human(kind)} servers"}
        series += areas(view, gangs.edges_s, [("running", gangs.of("running_jobs", kind), "")], facets)
        waiting = gangs.of("queued_jobs", kind)
        series.append(steps(view, gangs.edges_s, waiting, "waiting", tone="bad", facets=facets))
    longest = {kind: float(gangs.of("queued_jobs", kind).max()) for (kind,) in gangs.keys}
    most = max(longest, key=lambda kind: longest[kind])
    title = "No gang waits for its machines"
    if longest[most] > 0:
        title = f"At most {plural(max(round(longest[most]), 1), 'gang')} at a time wait for {human(most)} servers"
    order = sorted(series, key=lambda each: -longest.get(_kind(each, longest), 0.0))
    return Chart(
        "queues-length", title, TIME, Axis("gangs", from_zero=True), tuple(order), ("kind",), view.drill_marks(),
        stacked=True, note=said(gangs.edges_s, "means, the line keeps extremes"),
    )  # fmt: skip


def _kind(series: Series, kinds: dict[str, float]) -> str:
    """Return the kind that a series is of."""
    return next(kind for kind in kinds if series.facets["kind"] == f"{human(kind)} servers")


def _waits(view: RunView) -> Chart | None:
    """Draw the waits by service."""
    means = {name: value for name, value in view.by("queue_wait_mean", "service").items() if value > 0}
    if not means:
        return None
    order = sorted(means, key=lambda name: -means[name])
    labels = [view.service(name) for name in order]
    series = tuple(
        Series(title, labels, [(view.value(metric, service=name) or 0.0) / _HOUR for name in order], form="bar")
        for metric, title, _ in _FIGURES[:3]
    )
    title = f"{labels[0]} waits longest: {duration(means[order[0]])} on the mean"
    axes = Axis("wait for machines", "h"), Axis("service", kind="category")
    return Chart("queues-waits", title, *axes, series, horizontal=True)


def _spent(view: RunView) -> Chart | None:
    """Draw what the hours of the gangs were spent on, by service."""
    held = view.by("training_host_hours", "service")
    if not held:
        return None
    order = sorted(held, key=lambda name: -held[name])
    labels = [view.service(name) for name in order]
    hours = {part: [view.value(f"training_{part}_host_hours", service=name) or 0.0 for name in order] for part in (
        "useful", *(part for part, _, _ in _PARTS)
    )}  # fmt: skip
    compute = [useful - waited for useful, waited in zip(hours["useful"], hours["communication"], strict=True)]
    levels = [("useful compute", compute, "good"), *((name, hours[part], tone) for part, name, tone in _PARTS)]
    series = tuple(
        Series(name, labels, values, form="bar", tone=tone) for name, values, tone in levels if any(values)
    )
    share = held[order[0]] / sum(held.values())
    title = f"{labels[0]} takes {percent(share)} of the host-hours of training"
    axes = Axis("held by gangs", "host-hours"), Axis("service", kind="category")
    return Chart("queues-spent", title, *axes, series, stacked=True, horizontal=True)


def _table(view: RunView) -> Table:
    """List jobs, waits and goodput by service."""
    rows: list[tuple[Cell, ...]] = []
    seen = [outcome for outcome in _OUTCOMES if view.value("jobs", outcome=outcome)]
    services = list(dict.fromkeys(str(name) for name in view.run.table("jobs", ["service"])["service"].unique()))
    for service in [*sorted(services), ""]:
        named = {"service": service} if service else {}
        outcomes = (cell(view.value("jobs", **named, outcome=outcome) or 0.0) for outcome in seen)
        figures = (cell(view.value(metric, **named), unit) for metric, _, unit in _FIGURES)
        rows.append((view.service(service) if service else "all services", *outcomes, *figures))
    columns = (
        Column("service", kind="name", dimension="service"), *(Column(outcome) for outcome in seen),
        *(Column(title) for _, title, _ in _FIGURES),
    )  # fmt: skip
    note = "Waits are of jobs that arrived in the run and got their machines. Goodput: useful less the wait for the "
    note += "network, over held."
    if "scheduler" in view.scenario:
        note += f" Scheduler: {human(str(view.scenario['scheduler'])).lower()}."
    return Table("queues-table", "Training jobs by service", columns, tuple(rows), total=True, note=note)
