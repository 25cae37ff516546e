"""A sweep as a report: the headline, what moves the answers, curves, surfaces, every setting, and how it was made."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from dcsim.report.section import Page, Section
from dcsim.report.sweeps.curves import curves
from dcsim.report.sweeps.effects import effects, effects_chart, effects_table
from dcsim.report.sweeps.shares import shares
from dcsim.report.sweeps.tables import failures, headline, making, settings
from dcsim.report.sweeps.view import SweepView
from dcsim.report.wording import count, listing, plural

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.report.sweeps.effects import Effect
    from dcsim.results.sweep import Sweep

__all__ = ["sweep_page"]


def sweep_page(sweep: Sweep) -> Page:
    """Return what the report of a sweep says; sections without data are left out.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep.
    """
    view = SweepView(sweep)
    found = effects(view)
    sections = (
        headline(view, found), _effects(found), shares(view), _curves(view), settings(view), failures(view),
        making(view),
    )  # fmt: skip
    name = PurePath(str(view.spec.get("scenario", "sweep"))).stem
    varied = listing([each.name for each in view.varied])
    return Page(
        f"{name}: a sweep over {varied}" if varied else f"{name}: replicas",
        str(view.spec.get("description") or ""),
        tuple(section for section in sections if section is not None),
        (
            ("settings", count(len(view.numbers))),
            ("replicas", count(view.replicas)),
            ("design", str(view.spec.get("design") or "grid").replace("_", " ")),
        ),
    )


def _effects(found: Sequence[Effect]) -> Section | None:
    if not found:
        return None
    chart = effects_chart(found)
    blocks = (effects_table(found),) if chart is None else (chart, effects_table(found))
    lead = "Parameters in order of how far they move an answer, as a share of its average over all settings."
    return Section("effects-of-parameters", "What moves the answers", lead, blocks)


def _curves(view: SweepView) -> Section | None:
    blocks = [block for metric in view.metrics for block in curves(view, metric)]
    if not blocks:
        return None
    sure = (
        "Bands and bars of error are 95 % intervals over replicas; settings share their random numbers, so that "
        "differences between lines are surer than they look."
        if view.replicas > 1
        else "With one replica of each setting there is no telling how sure they are."
    )
    lead = f"{plural(len(blocks), 'chart')} of the answers that move, over the parameters that move them most. {sure}"
    return Section("curves", "Answers over the parameters", lead, tuple(blocks))
