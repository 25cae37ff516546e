"""Assumptions: every number that somebody chose, every source that was read, and where sources disagree."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Any, NamedTuple

from dcsim.report.section import Column, Section, Table
from dcsim.report.wording import human, listing, plural, written
from dcsim.spec.catalog import singular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dcsim.report.section import Cell
    from dcsim.report.view import RunView

__all__ = ["assumptions", "entries"]

_WHOLE = "all else"
_BYTES = ("cpus", "gpus", "gpu_topologies", "servers", "models", "datasets")
"""Kinds whose data rates are those of memory and buses, told in bytes."""
_SETTINGS = ("duration", "resolution", "network", "scheduler", "warm_start", "seed")


class Said(NamedTuple):
    """What is said of one field of an entry."""

    form: str
    kind: str
    entry: str
    field: str
    value: str
    text: str


def entries(scenario: Mapping[str, Any]) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    """Yield kind, name and content of every entry of a resolved scenario that says where it is from."""
    for name, entry in scenario.get("fleet", {}).get("regions", {}).items():
        yield "regions", name, entry
    for name, entry in scenario.get("services", {}).items():
        yield "services", name, entry
    for kind, found in scenario.get("catalog", {}).items():
        for name, entry in found.items():
            yield kind, name, entry


def assumptions(view: RunView) -> Section:
    """List assumptions, conflicts between sources and sources, with the values they stand for."""
    ordered = sorted(entries(view.scenario), key=lambda each: each[0] == "regions")  # their coordinates come last
    said = [each for kind, name, entry in ordered for each in _of(kind, name, entry)]
    by_form = {form: [each for each in said if each.form == form] for form in ("assumption", "conflict", "source")}
    assumed, conflicts = len(by_form["assumption"]), len(by_form["conflict"])
    lead = (
        f"{plural(len(ordered), 'entry', 'entries')} of the catalogue stand behind this run: "
        f"{plural(assumed, 'value')} of them {'is' if assumed == 1 else 'are'} assumed, {len(by_form['source'])} "
        f"published, and in {plural(conflicts, 'place')} sources disagree. What the scenario itself sets is its "
        f"author's choice."
    )
    blocks = (
        _table("assumed", "Assumed values", by_form["assumption"], "why"),
        _conflicts(by_form["conflict"]),
        _table("sources", "Published values", by_form["source"], "source"),
        _settings(view.scenario),
    )
    return Section("assumptions", "Assumptions and sources", lead, tuple(each for each in blocks if each is not None))


def _of(kind: str, name: str, entry: Mapping[str, Any]) -> Iterator[Said]:
    """Yield what an entry says of its fields, and of itself."""
    called = str(entry.get("title") or human(name)).split(",")[0]
    for form in ("assumption", "source"):
        for field, text in (entry.get(f"{form}s") or {}).items():
            yield Said(form, kind, called, field, _value(entry, field, bits=kind not in _BYTES), text)
        if entry.get(form):
            yield Said(form, kind, called, _WHOLE, "", entry[form])
    for text in entry.get("conflicts") or ():
        yield Said("conflict", kind, called, "", "", text)


def _value(entry: Mapping[str, Any], field: str, *, bits: bool) -> str:
    """Return the value of a dotted field where it is a single one."""
    inside: Any = entry
    for part in field.split("."):
        inside = inside.get(part) if isinstance(inside, dict) else None
    return plain_value(inside, bits=bits)


def plain_value(value: Any, *, bits: bool = True) -> str:
    """Return a value as one reads it: of a file's path the name, of what has parts nothing.

    Examples
    --------
    >>> plain_value(True), plain_value("250.0 W"), plain_value(["MLP", "LR"]), plain_value({"a": 1})
    ('yes', '250 W', 'MLP and LR', '')
    """
    if value is None or isinstance(value, dict):
        return ""
    if isinstance(value, list):
        simple = all(not isinstance(each, dict) for each in value)
        return listing([plain_value(each, bits=bits) for each in value], 6) if simple else ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return PurePath(text).name if text.startswith("/") else written(text, bits=bits)


def _grouped(said: list[Said]) -> dict[tuple[str, str, str], list[Said]]:
    """Return what is said in the same words of the same field of several entries of a kind together."""
    groups: dict[tuple[str, str, str], list[Said]] = {}
    for each in said:
        groups.setdefault((each.kind, each.field, each.text), []).append(each)
    return groups


def _table(name: str, title: str, said: list[Said], why: str) -> Table | None:
    """List fields, values and what is said of them."""
    rows: list[tuple[Cell, ...]] = []
    for (kind, field, text), group in _grouped(said).items():
        values = list(dict.fromkeys(each.value for each in group))
        rows.append(
            (
                singular(kind), listing([each.entry for each in group]), human(field.replace(".", ", ")).lower(),
                listing([each for each in values if each], 3), text,
            )
        )  # fmt: skip
    columns = (
        Column("kind", kind="name"), Column("of", kind="name"), Column("field", kind="name"),
        Column("value", kind="name"), Column(why, kind="text"),
    )  # fmt: skip
    return Table(f"assumptions-{name}", title, columns, tuple(rows)) if rows else None


def _conflicts(said: list[Said]) -> Table | None:
    """List where sources disagree."""
    rows = tuple((singular(each.kind), each.entry, each.text) for each in said)
    columns = Column("kind", kind="name"), Column("of", kind="name"), Column("what sources say", kind="text")
    return Table("assumptions-conflicts", "Where sources disagree", columns, rows, shown=8) if rows else None


def _settings(scenario: Mapping[str, Any]) -> Table:
    """List what the scenario itself sets, apart from its machines."""
    found: list[tuple[str, Any]] = [(name, scenario.get(name)) for name in _SETTINGS]
    fleet = {name: value for name, value in scenario.get("fleet", {}).items() if name != "regions"}
    found += list(_leaves("fleet", fleet))
    found += list(_leaves("harvest", scenario.get("harvest")))
    for number, drill in enumerate(scenario.get("drills") or ()):
        found += list(_leaves(f"drills[{number}]", drill))
    rows = tuple((name, text) for name, value in found if (text := plain_value(value)))
    columns = Column("setting", kind="code"), Column("value", kind="name")
    return Table("assumptions-settings", "Set by the scenario", columns, rows, shown=8)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, inside in value.items():
            yield from _leaves(f"{path}.{name}", inside)
    else:
        yield path, value
