"""Provenance: what exactly was simulated, with what, whether its books balance, and how to repeat it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcsim.report.section import Column, Prose, Section, Table
from dcsim.report.wording import cell, count, duration, human, percent
from dcsim.trace.store import SCENARIO_FILE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcsim.report.section import Cell
    from dcsim.report.view import RunView

__all__ = ["balances", "facts_table", "provenance"]


def provenance(view: RunView) -> Section:
    """Tell what the run was, what made it and how to repeat it; not what differs from repetition to repetition."""
    content = view.run.provenance
    run = content["run"]
    facts = {
        "scenario": str(run["scenario"]), "digest of the resolved scenario": str(run["digest"]),
        "seed": str(run["seed"]), "start": str(run["start"]), "simulated": duration(float(run["simulated_s"])),
        "events": count(float(run["events"])),
        **{str(name): str(text) for name, text in content["environment"].items()},
    }  # fmt: skip
    lead = f"Scenario {run['scenario']}, seed {run['seed']}, dcsim {content['environment'].get('dcsim', 'unknown')}."
    repeat = (
        f"The same scenario and seed give the same tables on any machine. {SCENARIO_FILE} in the run directory holds "
        f"every input with its source: 'dcsim run {SCENARIO_FILE}' repeats the run."
    )
    blocks = (Prose((repeat,)), balances(run.get("conservation") or {}), facts_table("provenance-facts", facts))
    return Section("provenance", "Provenance", lead, blocks)


def facts_table(identifier: str, facts: Mapping[str, str]) -> Table:
    """Return names and values as a table."""
    columns = Column("what", kind="name"), Column("value", kind="code")
    return Table(identifier, "What was run, and with what", columns, tuple(facts.items()), shown=20)


def balances(conservation: Mapping[str, Any]) -> Table:
    """Return the books of a run: what came in, what became of it, and what is missing."""
    rows: list[tuple[Cell, ...]] = []
    jobs = conservation.get("jobs")
    if jobs:
        parts = [float(number) for name, number in jobs.items() if name != "in"]
        said = ", ".join(f"{count(number)} {name}" for name, number in jobs.items() if name != "in")
        rows.append(("jobs", cell(float(jobs["in"])), said, cell(abs(float(jobs["in"]) - sum(parts)))))
    for name, amounts in conservation.items():
        if isinstance(amounts, dict) and "error_ratio" in amounts:
            numbers = {key: value for key, value in amounts.items() if key != "error_ratio"}
            (first, whole), *rest = numbers.items()
            said = ", ".join(f"{human(key).lower()} {count(value)}" for key, value in rest)
            error = float(amounts["error_ratio"])
            text = percent(error) if error > 1e-9 else "0"
            rows.append((f"{human(name).lower()}: {human(first).lower()}", cell(whole), said, text))
    columns = (
        Column("of", kind="name"), Column("in"), Column("became", kind="text"), Column("unaccounted for"),
    )  # fmt: skip
    return Table("provenance-balances", "The books balance", columns, tuple(rows))
