"""HTML that a notebook shows: tables and cards without scripts, readable in light and dark, and a scenario as one.

Texts go in as they are and are escaped here, so that no name can become markup.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dcsim.spec.scenario import Scenario
    from dcsim.spec.service import Service

__all__ = ["card", "folded", "lines", "scenario_html", "span_text", "table"]

_STYLE = """
.dcsim-card {border: 1px solid rgba(128, 128, 128, .4); border-radius: 6px; padding: .6em 1em; max-width: 72em;
  overflow-x: auto}
.dcsim-card table {border-collapse: collapse; margin: .4em 0}
.dcsim-card caption {text-align: left; padding: .4em 0}
.dcsim-card th, .dcsim-card td {padding: .15em .8em; border: 0; border-bottom: 1px solid rgba(128, 128, 128, .25);
  text-align: right; vertical-align: bottom}
.dcsim-card td {white-space: nowrap}
.dcsim-card td.name {white-space: normal}
.dcsim-card .name {text-align: left}
.dcsim-card span {margin-right: 1.5em}
"""
"""Colours are those of the page, so that light and dark both read well."""
_SPANS = ((604800.0, 2, "weeks"), (86400.0, 2, "days"), (3600.0, 1, "h"), (60.0, 1, "min"), (1.0, 0, "s"))
"""Units of time in seconds, and from how many of them on they are used."""


def card(kind: str, name: str, parts: Iterable[str]) -> str:
    """Return the frame around what a notebook shows of one thing.

    Parameters
    ----------
    kind, name : str
        What it is, and what it is called.
    parts : iterable of str
        HTML.

    Examples
    --------
    >>> card("Run", "<b>", []).partition("<div>")[2]
    '<small>Run</small> <strong>&lt;b&gt;</strong></div></div>'
    """
    head = f"<div><small>{escape(kind)}</small> <strong>{escape(name)}</strong></div>"
    return f'<div class="dcsim-card"><style>{_STYLE}</style>{head}{"".join(parts)}</div>'


def lines(facts: Iterable[tuple[str, str]]) -> str:
    """Return facts, what and how much, beside one another, and texts without a name on a line of their own.

    Those without a value are left out.

    Examples
    --------
    >>> lines([("", "A day"), ("seed", "3"), ("notes", "")])
    '<div>A day</div><span><small>seed</small> 3</span>'
    """
    return "".join(
        f"<span><small>{escape(what)}</small> {escape(told)}</span>"
        if what
        else f"<div>{escape(told)}</div>"
        for what, told in facts
        if told
    )


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]], *, names: int = 1) -> str:
    """Return a table with a title; an empty text without rows.

    Parameters
    ----------
    title : str
        Above it; none where empty.
    columns : sequence of str
        Headings.
    rows : sequence of sequence of str
        Texts of the cells.
    names : int
        How many of the first columns are names, and stand at the left.

    Examples
    --------
    >>> table("Services", ["service"], [["<script>"]]).count("&lt;script&gt;")
    1
    """
    if not rows:
        return ""
    kinds = [' class="name"' if place < names else "" for place in range(len(columns))]
    head, *body = (
        "".join(f"<{tag}{kind}>{escape(text)}</{tag}>" for text, kind in zip(row, kinds, strict=True))
        for tag, row in (("th", columns), *(("td", row) for row in rows))
    )
    caption = f"<caption>{escape(title)}</caption>" if title else ""
    lower = "".join(f"<tr>{cells}</tr>" for cells in body)
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{lower}</tbody></table>"


def folded(title: str, inside: str) -> str:
    """Return HTML that opens at a click; nothing for nothing."""
    return f"<details><summary>{escape(title)}</summary>{inside}</details>" if inside else ""


def span_text(seconds: float) -> str:
    """Return a time in the largest unit that leaves no rest.

    Examples
    --------
    >>> [span_text(value) for value in (86400.0, 300.0, 0.25, 1814400.0, 5400.0, 0.0)]
    ['24 h', '5 min', '250 ms', '3 weeks', '90 min', '0 s']
    """
    if 0.0 < seconds < 1.0:
        return f"{seconds * 1e3:g} ms"
    fitting = ((size, name) for size, least, name in _SPANS if seconds >= least * size and seconds % size == 0)
    size, name = next(fitting, (1.0, "s"))
    return f"{seconds / size:g} {name}"


def scenario_html(scenario: Scenario) -> str:
    """Return what a notebook shows of a scenario: when, where, what for, and what goes wrong."""
    regions = scenario.fleet.regions
    harvest = scenario.harvest
    facts = (
        ("", scenario.description),
        ("from", f"{scenario.start:%Y-%m-%d %H:%M %Z} for {span_text(scenario.duration)}, "
                 f"in steps of {span_text(scenario.resolution)}"),
        ("seed", str(scenario.seed)),
        ("network", f"{scenario.fleet.fabric}, {scenario.network}"),
        ("scheduler", scenario.scheduler),
        ("harvest", "" if harvest is None else f"{span_text(harvest.notice)} notice, {harvest.reserve:.0%} reserve"),
        ("variants", ", ".join(scenario.variants)),
    )  # fmt: skip
    services = [_service(name, each) for name, each in scenario.services.items()]
    racks = [[name, *(_racks(held) for held in (at.serving, at.training, at.storage))] for name, at in regions.items()]
    return card("Scenario", scenario.name, (
        lines(facts),
        table("Regions and their racks", ("region", "serving", "training", "storage"), racks, names=4),
        table("Services", _SERVICE_COLUMNS, services, names=3),
        table("Further trainings", ("stream", "recipe", "generator"),
              [[stream.name, stream.recipe, stream.generator] for stream in scenario.training], names=3),
        table("Drills", ("drill", "region", "at", "lasts", "notice"),
              [[drill.kind, drill.region, *map(span_text, (drill.at, drill.lasts, drill.notice))]
               for drill in scenario.drills], names=2),
    ))  # fmt: skip


_SERVICE_COLUMNS = ("service", "served by", "trained with", "every", "models", "staleness target")


def _service(name: str, service: Service) -> list[str]:
    """Return the row of a service."""
    training = service.training
    trained = ["", "", ""] if training is None else [
        training.recipe, span_text(training.every.period), f"{training.every.models:,}",
    ]  # fmt: skip
    return [name, service.serving.kind, *trained, span_text(service.staleness.target)]


def _racks(held: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in held.items())
