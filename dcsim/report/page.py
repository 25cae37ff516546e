"""The report of a run: which sections it has, in which order, and what stands above them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.report.section import Page
from dcsim.report.sections.assumptions import assumptions
from dcsim.report.sections.capacity import capacity
from dcsim.report.sections.changed_inputs import changed_inputs
from dcsim.report.sections.drills import drills
from dcsim.report.sections.elastic import elastic
from dcsim.report.sections.freshness import freshness
from dcsim.report.sections.harvest import harvest
from dcsim.report.sections.headline import headline
from dcsim.report.sections.links import links
from dcsim.report.sections.money import money
from dcsim.report.sections.provenance import provenance
from dcsim.report.sections.queues import queues
from dcsim.report.sections.synchronisation import synchronisation
from dcsim.report.view import RunView
from dcsim.report.wording import duration

if TYPE_CHECKING:
    from dcsim.results.run import Run

__all__ = ["run_page"]

_SECTIONS = (
    headline, capacity, drills, freshness, harvest, elastic, queues, links, synchronisation, money, assumptions,
    changed_inputs, provenance,
)  # fmt: skip


def run_page(run: Run) -> Page:
    """Return what the report of a run says; sections without data are left out.

    Equal runs give equal pages: nothing says when or where the report was made.

    Parameters
    ----------
    run : Run
        A finished run.
    """
    view = RunView(run)
    found = (section(view) for section in _SECTIONS)
    facts = (
        ("scenario", str(view.scenario["name"])),
        ("from", f"{view.moment(0.0)} UTC"),
        ("simulated", duration(view.end_s)),
        ("seed", str(run.provenance["run"]["seed"])),
        ("dcsim", str(run.provenance["environment"].get("dcsim", "unknown"))),
    )
    title = str(view.scenario.get("description") or view.scenario["name"])
    return Page(
        title=title,
        subtitle=f"What the run of scenario {view.scenario['name']} shows",
        sections=tuple(section for section in found if section is not None),
        facts=facts,
    )
