"""Results as text for a terminal, as plain values, and as a page of the documentation."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dcsim.validation.statistics import Summary, summarise, worst

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dcsim.validation.results import Result
    from dcsim.validation.rows import NotAnswered

__all__ = ["page", "report", "table"]

_HEAD = ("row", "predicted", "published", "unit", "error", "tolerance", "fits", "used to")
_LEFT = {"row", "unit", "used to"}
_USES = {"calibrate": "calibration", "validate": "validation"}
_PRIMARY = ("V", "V2")


def report(results: Sequence[Result]) -> dict[str, Any]:
    """Return summaries and rows as plain values: ``calibration``, ``validation`` and ``rows``.

    The summaries count the figures that were read in a source (tags V and V2), and those measured by the project
    itself; ``all_tags`` counts the derived and the remembered ones too.
    """
    told: dict[str, Any] = {}
    for use, name in _USES.items():
        mine = [result for result in results if result.row.use == use]
        told[name] = {**asdict(summarise(_read(mine))), "all_tags": asdict(summarise(mine))}
    return {**told, "rows": [result.record() for result in results]}


def table(results: Sequence[Result]) -> str:
    """Return a line for each row, topic by topic, and the summaries."""
    lines: list[tuple[str, ...]] = [_HEAD]
    topics: list[str] = []
    for result in results:
        lines.append(_cells(result))
        topics.append(result.topic)
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = [_aligned(lines[0], widths)]
    for place, line in enumerate(lines[1:]):
        if not place or topics[place] != topics[place - 1]:
            text += ["", topics[place]]
        text.append(_aligned(line, widths))
    return "\n".join([*text, "", *summary_lines(results)])


def summary_lines(results: Sequence[Result]) -> list[str]:
    """Return what the errors come to, a few lines for each use, and the worst rows."""
    lines = []
    for use, name in _USES.items():
        mine = _read(result for result in results if result.row.use == use)
        if mine:
            lines += [f"{name}: {line}" for line in _said(summarise(mine))]
    off = [result for result in worst(_read(results), 5) if not result.fits]
    if off:
        lines.append("farthest off: " + ", ".join(f"{result.row.id} {result.error:+.1%}" for result in off))
    return lines


def page(results: Sequence[Result], not_answered: Iterable[NotAnswered] = ()) -> str:
    """Return everything as a page in Markdown: summaries, a table for each topic, what is not answered."""
    parts = ["# Predictions beside published measurements\n", *(f"- {line}" for line in summary_lines(results)), ""]
    for topic in dict.fromkeys(result.topic for result in results):
        mine = [result for result in results if result.topic == topic]
        parts += [f"## {topic}\n", _markdown(mine), *_comments(mine)]
    left = list(not_answered)
    if left:
        head = ("rows", "why")
        rows = [(", ".join(f"`{name}`" for name in each.ids), each.reason) for each in left]
        parts += ["## Not answered\n", _pipes(head, rows)]
    return "\n".join(parts)


def _read(results: Iterable[Result]) -> list[Result]:
    """Return the rows whose figures were read in a source, or measured here."""
    return [result for result in results if result.row.tag in (*_PRIMARY, "M")]


def _said(summary: Summary) -> list[str]:
    """Return a summary in words."""
    said = []
    if summary.count:
        said.append(
            f"{summary.count} measured figures, error {summary.median:.1%} in the median and {summary.p90:.1%} at the "
            f"90th percentile; {summary.within_tolerance} within their tolerance, {summary.beyond_15_percent} beyond "
            f"15 %, {summary.beyond_30_percent} beyond 30 %"
        )
    if summary.points_count:
        said.append(
            f"{summary.points_count} efficiencies and changes, {summary.points_median:.1f} points off in the median "
            f"and {summary.points_largest:.1f} at most; {summary.points_within_tolerance} within their tolerance"
        )
    if summary.exact_count:
        said.append(f"{summary.exact_count} counts, constants and bounds; {summary.exact_within_tolerance} hold")
    return said


def _cells(result: Result) -> tuple[str, ...]:
    row = result.row
    return (
        row.id,
        _number(result.predicted),
        _number(row.published),
        row.unit,
        _error(result),
        str(row.tolerance),
        "yes" if result.fits else "no",
        row.use,
    )


def _error(result: Result) -> str:
    """Return how far a prediction is off: in points where the tolerance is, else as a share."""
    if result.points is not None and (result.row.tolerance.kind == "points" or result.error is None):
        return f"{result.points:+.1f} points"
    return "-" if result.error is None else f"{result.error:+.1%}"


def _number(value: float) -> str:
    """Return a number with four digits that count; whole ones in full.

    Examples
    --------
    >>> _number(25557032.0), _number(0.12345), _number(1734)
    ('25557032', '0.1235', '1734')
    """
    return f"{value:.0f}" if float(value).is_integer() and abs(value) < 1e15 else f"{value:.4g}"


def _aligned(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return cells as columns."""
    return "  ".join(
        cell.ljust(width) if head in _LEFT else cell.rjust(width)
        for cell, width, head in zip(cells, widths, _HEAD, strict=True)
    ).rstrip()


def _markdown(results: Sequence[Result]) -> str:
    head = ("row", "what", *_HEAD[1:], "source")
    rows = []
    for result in results:
        name, *rest = _cells(result)
        mark = f"{result.row.source} [{result.row.tag}]"
        rows.append((f"`{name}`", result.row.what, *rest, mark))
    return _pipes(head, rows)


def _comments(results: Sequence[Result]) -> list[str]:
    """Return what is said to rows, each comment once."""
    said: dict[str, list[str]] = {}
    for result in results:
        if result.row.comment is not None:
            said.setdefault(result.row.comment, []).append(f"`{result.row.id}`")
    return [f"- {', '.join(names)}: {comment}" for comment, names in said.items()] + ([""] if said else [])


def _pipes(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = ([" ".join(cell.split()).replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"
