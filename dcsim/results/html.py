"""What a notebook shows of a run, a sweep and a comparison: the answer in tables, and what else can be asked."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

from dcsim.errors import InputError
from dcsim.results.cells import format_cell
from dcsim.results.headline import row_label
from dcsim.results.summary import summarise
from dcsim.spec.html import card, folded, lines, span_text, table
from dcsim.trace.store import read_table
from dcsim.trace.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from dcsim.results.compare import Comparison, Difference, Verdict
    from dcsim.results.run import Run
    from dcsim.results.summary import Section
    from dcsim.results.sweep import Sweep

__all__ = ["comparison_html", "run_html", "sweep_html"]

_OPEN = ("Fleet", "Services")
"""Sections that are shown at once; the others open at a click."""
_LARGE = 100e6
"""Bytes of tables from which on metrics are not worked out merely to show a run."""
_SETTINGS, _COLUMNS, _VALUES, _FAILURES = 20, 8, 8, 10
"""Settings, columns of metrics, values of a parameter and failures of a sweep that are shown at most."""
_CHANGES, _DIFFERENCES = 20, 20
"""Changes of the input and real differences of a comparison that are shown at most."""
_TOLD_IN_CELLS = frozenset({"s", "ratio"})
"""Units that a cell tells itself; hours are those of servers, and counted."""


def run_html(run: Run) -> str:
    """Return what a notebook shows of a run: what was simulated, the one-screen answer, and the tables.

    Of a run with more than 100 MB of tables, whose metrics take a while, the answer is left to ``run.metrics()``.

    Parameters
    ----------
    run : Run
        A finished run; one that has gone from the disk is shown as such.
    """
    try:
        return card("Run", str(run.provenance["run"]["scenario"]), _run_parts(run))
    except (InputError, OSError) as error:
        return card("Run", run.path.name, [lines([("cannot be read", str(error)), ("directory", str(run.path))])])


def _run_parts(run: Run) -> list[str]:
    what, measured = run.provenance["run"], run.provenance["measured"]
    described = str(run.scenario.get("description", ""))
    facts = (
        ("", described),
        ("seed", str(what["seed"])),
        ("from", f"{str(what['start'])[:16].replace('T', ' ')} UTC for {span_text(what['simulated_s'])}"),
        ("simulated in", format_cell(measured["wall_s"], "s")),
        ("directory", str(run.path)),
    )
    size = sum(path.stat().st_size for path in run.path.glob("*.parquet"))
    told = "" if size <= _LARGE else f"{size / 1e6:,.0f} MB of tables; ask run.metrics(), or run.metric(name)"
    sections = () if told else summarise(run.metrics())
    shown = [_section(each, each.title) for each in sections if each.title in _OPEN]
    hidden = [folded(each.title, _section(each)) for each in sections if each.title not in _OPEN]
    return [lines((*facts, ("answer", told))), *shown[::-1], *hidden, folded("Tables", _tables(run))]


def _section(section: Section, title: str = "") -> str:
    """Return a section of the one-screen answer as a table."""
    columns = section.columns
    rows = [[format_cell(cell, column.unit) for cell, column in zip(row, columns, strict=True)] for row in section.rows]
    names = next((place for place, column in enumerate(columns) if column.unit != "name"), len(columns))
    return table(title, [column.title for column in columns], rows, names=names)


def _tables(run: Run) -> str:
    """Return the tables that have rows: how to ask for each, its rows and its meaning."""
    return table("", ("table", "meaning", "rows"), list(_rows_of_tables(run)), names=2)


def _rows_of_tables(run: Run) -> Iterator[tuple[str, str, str]]:
    for name, about in TABLES.items():
        count = read_table(run.path, name, []).num_rows if (run.path / f"{name}.parquet").is_file() else 0
        if count:
            yield f"run.{name}", about.doc, f"{count:,}"


def sweep_html(sweep: Sweep) -> str:
    """Return what a notebook shows of a sweep: its parameters, and means over replicas by setting.

    Parameters
    ----------
    sweep : Sweep
        A finished sweep; one that has gone from the disk is shown as such.
    """
    try:
        return card("Sweep", Path(str(sweep.spec["scenario"])).stem, _sweep_parts(sweep))
    except (InputError, OSError) as error:
        return card("Sweep", sweep.path.name, [lines([("cannot be read", str(error)), ("directory", str(sweep.path))])])


def _sweep_parts(sweep: Sweep) -> list[str]:
    points, failed = sweep.points, sweep.failures
    facts = (
        ("settings", f"{len(sweep.settings):,}"),
        ("points", f"{len(points):,}"),
        ("failed", f"{len(failed):,}" if len(failed) else ""),
        ("directory", str(sweep.path)),
    )
    parameters = [[name, _values(sweep.settings[name]), unit or ""] for name, unit in sweep.parameters.items()]
    rows = [[str(each) for each in row] for row in failed[["setting", "seed", "problem"]].head(_FAILURES).to_numpy()]
    left = len(failed) - len(rows)
    return [
        lines(facts),
        table("Parameters", ("parameter", "values", "unit in frames"), parameters, names=3),
        _means(sweep),
        folded(f"Failures{f' (the first {_FAILURES} of {len(failed):,})' if left else ''}",
               table("", ("setting", "seed", "problem"), rows, names=3)),
    ]  # fmt: skip


def _values(written: pd.Series) -> str:
    """Return the values of a parameter as written, the first of many."""
    each = list(dict.fromkeys(written.astype(str)))
    more = f" ... ({len(each)} in all)" if len(each) > _VALUES else ""
    return ", ".join(each[:_VALUES]) + more


def _means(sweep: Sweep) -> str:
    """Return means over replicas, with half widths of their 95 % intervals, of the metrics that are read first."""
    if sweep.frame.empty:
        return ""
    columns: dict[str, dict[int, str]] = {}
    for metric in sweep.headlines():
        found = sweep.mean(metric)
        held = [name for name in sweep.dimensions if name in found.columns]
        for row in found.to_dict("records"):
            title, unit = " ".join([metric, *(str(row[name]) for name in held)]), str(row["unit"])
            if unit not in _TOLD_IN_CELLS:
                title, unit = f"{title} ({unit})", "count"
            cell = format_cell(row["mean"], unit)
            if not math.isnan(row["half_width"]):
                cell += f" ± {format_cell(row['half_width'], unit)}"
            columns.setdefault(title, {})[row["setting"]] = cell
    shown = dict(list(columns.items())[:_COLUMNS])
    settings = sweep.settings.head(_SETTINGS)
    rows = [
        [*map(str, values), *(cells.get(number, "-") for cells in shown.values())]
        for number, values in zip(settings.index, settings.to_numpy(), strict=True)
    ]
    shares = ((len(rows), len(sweep.settings), "settings"), (len(shown), len(columns), "columns"))
    left = ", ".join(f"{count} of {whole:,} {what}" for count, whole, what in shares if count < whole)
    rest = f"; {left}, all in sweep.mean(metric)" if left else ""
    title = f"Means over replicas ± half width of the 95 % interval{rest}"
    return table(title, [*settings.columns, *shown], rows, names=len(settings.columns))


def comparison_html(comparison: Comparison) -> str:
    """Return what a notebook shows of a comparison: what changed in the input, and which differences are real.

    Real differences of rows that sum up others come first; the rest is in ``comparison.frame``.

    Parameters
    ----------
    comparison : Comparison
        Two results side by side.
    """
    verdicts: tuple[Verdict, ...] = ("real", "noise", "same", "unknown", "only in A", "only in B")
    facts = (
        ("A", comparison.a),
        ("B", comparison.b),
        ("pairs of runs", f"{len(comparison.seeds):,}"),
        *((verdict, f"{comparison.count(verdict):,}" if comparison.count(verdict) else "") for verdict in verdicts),
        *(("", f"Note: {warning}") for warning in comparison.warnings),
    )
    changes = [change for change in comparison.inputs if not change.is_note]
    told = [
        [change.path, *("" if each is None else change.text_of(each) for each in (change.a, change.b))]
        for change in changes
    ]
    real = sorted(comparison.real, key=lambda difference: not difference.is_sum)
    columns = ("metric", "unit", "A", "B", "B less A", "of A")
    return card("Comparison", f"{comparison.b} against {comparison.a}", (
        lines(facts),
        table(f"Changed in the input{_first(_CHANGES, told)}", ("path", "A", "B"), told[:_CHANGES], names=3),
        table(f"Real differences{_first(_DIFFERENCES, real)}", columns, [*map(_told, real[:_DIFFERENCES])], names=2),
    ))  # fmt: skip


def _first(most: int, rows: Sequence[object]) -> str:
    return f", the first {most} of {len(rows):,}" if len(rows) > most else ""


def _told(difference: Difference) -> list[str]:
    """Return the row of a difference that both sides have."""
    paired, relative = difference.paired, difference.relative
    unit = difference.unit if difference.unit in _TOLD_IN_CELLS else "count"
    moved = "-"
    if paired is not None:
        moved = ("+" if paired.mean > 0.0 else "-") + format_cell(abs(paired.mean), unit)
        moved += f" ± {format_cell(paired.half_width, unit)}" if paired.half_width is not None else ""
    share = "-" if relative is None or math.isinf(relative) else f"{relative:+.2%}"
    values = [format_cell(each, unit) for each in (difference.a, difference.b)]
    return [row_label(difference.row), difference.unit, *values, moved, share]
