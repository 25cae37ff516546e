"""A comparison in the terminal: few lines unless every one is asked for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.cli.columns import aligned
from dcsim.cli.messages import plural
from dcsim.results.compare import VERDICTS
from dcsim.results.headline import row_label

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dcsim.results.compare import Comparison, Difference, Verdict
    from dcsim.results.headline import Row

__all__ = ["comparison_lines", "number_text", "scaled"]

_CHANGES, _ROWS, _LUCK = 10, 15, 5
"""Lines of each part that are told unless every one is asked for."""
_NONE: Mapping[Row, str] = {}
_SECONDS = (
    (1.0, 1e-3, "ms"), (120.0, 1.0, "s"), (7200.0, 60.0, "min"), (172800.0, 3600.0, "h"), (math.inf, 86400.0, "d"),
)  # fmt: skip
_BYTES = ((1e3, 1.0, "B"), (1e6, 1e3, "kB"), (1e9, 1e6, "MB"), (1e12, 1e9, "GB"), (math.inf, 1e12, "TB"))


def comparison_lines(found: Comparison, *, every: bool = False) -> list[str]:
    """Return the lines that tell a comparison.

    Parameters
    ----------
    found : Comparison
        What was found.
    every : bool
        Whether every row and change is told.
    """
    named = _names(found)
    lines = [f"A  {found.a}", f"B  {found.b}", _pairs(found), ""]
    lines += _inputs(found, every=every)
    lines += _real(found, named, every=every)
    for verdict in ("only in A", "only in B", "noise", "unknown"):
        lines += _others(found, verdict, named, every=every)
    lines += _levels(found, every=every)
    same = found.count("same")
    changed = any(not each.is_note for each in found.inputs)
    told = "; what changed has no effect on them" if changed and same == len(found.differences) else ""
    return [*lines, f"The same in all pairs: {plural(same, 'row')}{told}"]


def _pairs(found: Comparison) -> str:
    seeds = found.seeds
    runs = len(seeds) > 2 and seeds[-1] - seeds[0] == len(seeds) - 1
    listed = f"{seeds[0]} to {seeds[-1]}" if runs else ", ".join(map(str, seeds))
    by = f"; {plural(found.simulated, 'run')} simulated for this" if found.simulated else ""
    return f"{plural(len(seeds), 'pair')} of runs with equal seeds ({listed}){by}"


def _inputs(found: Comparison, *, every: bool) -> list[str]:
    """Return what changed in the input; notes for people are only counted."""
    changes = [each for each in found.inputs if every or not each.is_note]
    notes = len(found.inputs) - len(changes)
    lines = [f"Changed in the input: {plural(len(changes), 'value')}{_also(notes, 'note')}"]
    for change in changes if every else changes[:_CHANGES]:
        lines.append(f"  {change.path}: {change.text}")
        origins = dict.fromkeys(origin for origin in (change.from_a, change.from_b) if origin)
        if origins:
            lines.append(f"      {' -> '.join(origins)}")
    return [*lines, *_more(len(changes) - _CHANGES, every=every), ""]


def _real(found: Comparison, named: dict[Row, str], *, every: bool) -> list[str]:
    """Return the differences that are more than luck: sums first, or all of them."""
    real = found.real
    chosen = [each for each in real if every or each.is_sum] or list(real)
    parts = len(real) - len(chosen)
    if not chosen:
        return ["Real differences: none", ""]
    notes: Mapping[Row, str] = _NONE
    if found.parameters and not every:
        folded = _Folded(found, chosen)
        chosen, named, notes = folded.rows, folded.names, folded.notes
    total = len(found.differences)
    lines = [f"Real differences: {len(real)} of {plural(total, 'row')}, with {100 * found.level:.4g} % intervals"]
    lines += _table(chosen if every else chosen[:_ROWS], named, every=every, notes=notes)
    left = len(chosen) - _ROWS
    if not every and (left > 0 or parts):
        told = [f"{left} more"] * (left > 0) + [f"{parts} by region, service and so on"] * (parts > 0)
        lines.append(f"  and {' and '.join(told)}; --all tells them")
    return [*lines, ""]


def _others(found: Comparison, verdict: Verdict, named: dict[Row, str], *, every: bool) -> list[str]:
    """Return the rows of another verdict: a table if all are asked for, or else the first in a line or two."""
    rows = [each for each in found.differences if each.verdict == verdict]
    if not rows:
        return []
    title = {
        "noise": "No more than luck",
        "unknown": "Not known from one seed",
        "only in A": "Only in A",
        "only in B": "Only in B",
    }[verdict]
    lines = [f"{title}: {plural(len(rows), 'row')} ({VERDICTS[verdict]})"]
    sums = [each for each in rows if each.is_sum] or rows
    notes: Mapping[Row, str] = _NONE
    if found.parameters and not every:
        folded = _Folded(found, sums)
        sums, named, notes = folded.rows, folded.names, folded.notes
    chosen = rows if every else sums[:_LUCK]
    lines += _table(chosen, named, every=every, notes=notes)
    return [*lines, *_more(len(rows) - len(chosen), every=every), ""]


def _levels(found: Comparison, *, every: bool) -> list[str]:
    """Return levels over time of a single pair."""
    if not found.levels:
        return []
    rows = found.levels if every else [each for each in found.levels if each.verdict == "real"]
    real, unsettled = (sum(each.verdict == verdict for each in found.levels) for verdict in ("real", "unknown"))
    lines = [
        f"Levels over time, after their warm-up: {real} of {len(found.levels)} differ for real; {unsettled} are not"
        " known, since they do not settle or the run is too short"
    ]
    return [*lines, *_table(rows if every else rows[:_ROWS], {}, every=every), ""]


def _table(
    rows: Sequence[Difference], named: Mapping[Row, str], *, every: bool, notes: Mapping[Row, str] = _NONE
) -> list[str]:
    """Return rows under headings; with every row told, each has its full name and its verdict."""
    if not rows:
        return []
    names = {} if every else named
    behind = {each.row: each.verdict for each in rows} if every else notes
    cells = [(*_cells(each, names.get(each.row, row_label(each.row))), behind.get(each.row, "")) for each in rows]
    head = [("metric", ""), ("unit", ""), ("A", ""), ("B", ""), ("difference", ""), ("interval", ""), ("", "")]
    lines = aligned(head, cells, {"metric", "unit", ""})
    return [f"  {line}" for line in (lines[0], *lines[2:])]


def _cells(each: Difference, label: str) -> tuple[str, ...]:
    """Return metric, unit, both means, the difference and its interval."""
    size = max(abs(each.a or 0.0), abs(each.b or 0.0))
    factor, unit = scaled(each.unit, size)
    a, b = ("-" if value is None else number_text(value / factor) for value in (each.a, each.b))
    if each.paired is None:
        return label, unit, a, b, "-", ""
    mean, half = each.paired.mean, each.paired.half_width
    told = [_relative(value, abs(each.a)) if each.a else number_text(value / factor) for value in (mean, half or 0.0)]
    sign = "+" if mean > 0 else ""
    return label, unit, a, b, f"{sign}{told[0]}", "" if half is None else f"± {told[1]}" if half else "exact"


def _relative(value: float, whole: float) -> str:
    percent = 100.0 * value / whole
    return f"{percent:,.0f} %" if abs(percent) >= 1000.0 else f"{percent:.3g} %"


def scaled(unit: str, size: float) -> tuple[float, str]:
    """Return what to divide values of a unit by, and the unit they then have.

    Parameters
    ----------
    unit : str
        As metrics have it.
    size : float
        The largest value.

    Examples
    --------
    >>> scaled("s", 9000.0), scaled("ratio", 0.5), scaled("bytes", 7.5e11), scaled("kWh", 12.0)
    ((3600.0, 'h'), (0.01, '%'), (1000000000.0, 'GB'), (1.0, 'kWh'))
    """
    if unit == "ratio":
        return 0.01, "%"
    steps = {"s": _SECONDS, "bytes": _BYTES}.get(unit)
    if steps is None or size == 0.0:
        return 1.0, unit
    return next((factor, name) for limit, factor, name in steps if size < limit)


def number_text(value: float) -> str:
    """Return a number with four significant digits.

    Examples
    --------
    >>> number_text(1234567.8), number_text(0.0123456), number_text(-12.0), number_text(1e-9), number_text(0.0)
    ('1,234,568', '0.01235', '-12', '1e-09', '0')
    """
    return f"{value:,.0f}" if 1e4 <= abs(value) < 1e9 else f"{value:.4g}"


def _names(found: Comparison) -> dict[Row, str]:
    """Return short names of rows: dimensions that are the same in all rows with equal dimensions are left out."""
    seen: dict[tuple[str, tuple[str, ...]], list[Row]] = {}
    for each in found.differences:
        metric, dimensions = each.row
        seen.setdefault((metric, tuple(name for name, _ in dimensions)), []).append(each.row)
    short: dict[Row, str] = {}
    for (metric, names), alike in seen.items():
        told = [place for place, _ in enumerate(names) if len({row[1][place][1] for row in alike}) > 1]
        short |= {row: row_label((metric, tuple(row[1][place] for place in told))) for row in alike}
    return short


class _Folded:
    """Rows of a sweep, one for those that differ by the setting alone: the first, which differs most.

    Parameters
    ----------
    found : Comparison
        With the parameters.
    rows : sequence of Difference
        In order.
    """

    def __init__(self, found: Comparison, rows: Sequence[Difference]) -> None:
        settings = len(found.parameters)
        first: dict[Row, Difference] = {}
        counts: dict[Row, int] = {}
        for each in rows:
            bare = each.row[0], each.row[1][settings:]
            first.setdefault(bare, each)
            counts[bare] = counts.get(bare, 0) + 1
        total = len({each.row[1][:settings] for each in found.differences})
        self.rows = list(first.values())
        self.names = {each.row: row_label(bare) for bare, each in first.items()}
        self.notes = {
            each.row: f"in {counts[bare]} of {total} settings, most with {_values(each.row[1][:settings])}"
            for bare, each in first.items()
        }


def _values(setting: Sequence[tuple[str, str]]) -> str:
    return ", ".join(f"{path.rpartition('.')[2]}={value}" for path, value in setting)


def _also(number: int, word: str) -> str:
    return f", and {plural(number, word)} for people" if number else ""


def _more(number: int, *, every: bool) -> Iterator[str]:
    if number > 0 and not every:
        yield f"  and {number} more; --all tells them"
