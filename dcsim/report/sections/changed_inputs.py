"""Changed inputs: where the scenario departs from the catalogue that is shipped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcsim.errors import InputError
from dcsim.report.section import Column, Section, Table
from dcsim.report.sections.assumptions import entries, plain_value
from dcsim.report.wording import human, listing, plural
from dcsim.spec.catalog import Catalog, singular

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from dcsim.report.section import Cell
    from dcsim.report.view import RunView

__all__ = ["changed_inputs"]

_SILENT = frozenset({"title", "source", "assumption", "sources", "assumptions", "conflicts"})


def changed_inputs(view: RunView) -> Section | None:
    """List values that differ from the shipped entries, and entries that are not among them."""
    catalog = Catalog()
    rows: list[tuple[Cell, ...]] = []
    own: list[str] = []
    for kind, name, entry in entries(view.scenario):
        if catalog.path(kind, name) is None:
            own.append(f"{singular(kind)} {human(name)}")
            continue
        for path, shipped, here in _differences(_shipped(catalog, kind, name), entry):
            values = (plain_value(each) or "none" for each in (shipped, here))
            rows.append((singular(kind), human(name), path, *values))
    rows += _nics(view.scenario)
    if not rows and not own:
        return None
    told = f"{plural(len(rows), 'value')} differ from the shipped catalogue." if rows else ""
    if len(rows) == 1:
        told = "1 value differs from the shipped catalogue."
    if own:
        told += f" {plural(len(own), 'entry', 'entries')} of the scenario's own: {listing(own, 8)}."
    columns = (
        Column("kind", kind="name"), Column("of", kind="name"), Column("field", kind="code"),
        Column("catalogue", kind="name"), Column("here", kind="name"),
    )  # fmt: skip
    table = Table("changed-table", "Values that differ from the catalogue", columns, tuple(rows))
    return Section("changed", "Inputs changed from the catalogue", told.strip(), (table,) if rows else ())


def _nics(scenario: Mapping[str, Any]) -> Iterator[tuple[Cell, ...]]:
    """Yield what ``fleet.nic`` sets for the adapters of all servers."""
    override = scenario.get("fleet", {}).get("nic") or {}
    for name, entry in scenario.get("catalog", {}).get("nics", {}).items():
        for field, value in override.items():
            if value is not None and value != entry.get(field):
                shipped = plain_value(entry.get(field)) or "none"
                yield "nic", human(name), f"fleet.nic.{field}", shipped, plain_value(value)


def _shipped(catalog: Catalog, kind: str, name: str) -> dict[str, Any]:
    """Return a shipped entry with its defaults, in the form in which scenarios are written out."""
    try:
        found: dict[str, Any] = catalog.load(kind, name).model_dump(mode="json")
    except InputError:  # an entry that needs what a scenario adds
        return {}
    return found


def _differences(shipped: Any, here: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Yield path and both values wherever a shipped entry says something else; the scenario may say more."""
    if isinstance(shipped, dict) and isinstance(here, dict):
        for name, value in shipped.items():
            if name in _SILENT and not path:
                continue
            yield from _differences(value, here.get(name), f"{path}.{name}" if path else name)
    elif shipped != here and (isinstance(shipped, dict), isinstance(here, dict)) == (False, False):
        yield path, shipped, here
