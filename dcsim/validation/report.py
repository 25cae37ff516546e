"""Results as text for a terminal, as plain values, and as a page of the documentation."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dcsim.validation.aims import aims
from dcsim.validation.headlines import GROUPS, headlines
from dcsim.validation.scaling import scalings
from dcsim.validation.statistics import summarise

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dcsim.validation.results import Result
    from dcsim.validation.rows import NotAnswered

__all__ = ["page", "report", "table"]

_HEAD = ("row", "predicted", "published", "unit", "error", "tolerance", "fits", "used to")
_LEFT = {"row", "unit", "used to"}
_SCALED = ("row", "beside", "devices", "published", "predicted", "points")


def report(results: Sequence[Result]) -> dict[str, Any]:
    """Return summaries and rows as plain values: ``calibration``, ``validation``, ``scaling``, ``aims`` and ``rows``.

    The summaries count the figures that were read in a source (tags V and V2), and those measured by the project
    itself; ``independent`` leaves out those that follow from rows of calibration, ``all_tags`` counts the derived and
    the remembered ones too.
    """
    told: dict[str, Any] = {}
    read = [result for result in results if result.read]
    for use, name in GROUPS.items():
        mine = [result for result in read if result.row.use == use]
        told[name] = {
            **asdict(summarise(mine)),
            "independent": asdict(summarise(result for result in mine if not result.row.follows)),
            "all_tags": asdict(summarise(result for result in results if result.row.use == use)),
        }
    told["scaling"] = [{**asdict(pair), "points": pair.points} for pair in scalings(read)]
    told["aims"] = [asdict(aim) for aim in aims(results)]
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
    return "\n".join([*text, "", *headlines(results)])


def page(results: Sequence[Result], not_answered: Iterable[NotAnswered] = (), picture: str | None = None) -> str:
    """Return everything as a page in Markdown: summaries, scaling, a table for each topic, what is not answered.

    Parameters
    ----------
    results : sequence of Result
        Rows, predicted.
    not_answered : iterable of NotAnswered
        Figures that are not.
    picture : str, optional
        File of the drawing, as seen from the page.
    """
    parts = ["# Predictions beside published measurements\n", *(f"- {line}" for line in headlines(results)), ""]
    if picture is not None:
        parts.append(f"![Predicted over published figures, and the errors by topic]({picture})\n")
    parts += _scaling(results)
    for topic in dict.fromkeys(result.topic for result in results):
        mine = [result for result in results if result.topic == topic]
        parts += [f"## {topic}\n", _markdown(mine), *_comments(mine), *_follows(mine)]
    left = list(not_answered)
    if left:
        head = ("rows", "why")
        rows = [(", ".join(f"`{name}`" for name in each.ids), each.reason) for each in left]
        parts += ["## Not answered\n", _pipes(head, rows)]
    return "\n".join(parts)


def _scaling(results: Sequence[Result]) -> list[str]:
    """Return the table of efficiencies, the farthest off first."""
    pairs = sorted(scalings(result for result in results if result.read), key=lambda pair: -abs(pair.points))
    rows = [
        (f"`{pair.row}`", "" if pair.base == pair.row else f"`{pair.base}`", f"{pair.few} to {pair.many}",
         f"{pair.published:.1%}", f"{pair.predicted:.1%}", f"{pair.points:+.1f}")
        for pair in pairs
    ]  # fmt: skip
    if not rows:
        return []
    said = (
        "Speed of each device where there are many, over that where there are few: rows that differ in nothing else, "
        "with the same samples for each device or for all together.\n"
    )
    return ["## Scaling\n", said, _pipes(_SCALED, rows)]


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


def _follows(results: Sequence[Result]) -> list[str]:
    """Return which rows are no evidence of their own, and of which others they tell."""
    said: dict[tuple[str, ...], list[str]] = {}
    for result in results:
        if result.row.follows:
            said.setdefault(result.row.follows, []).append(f"`{result.row.id}`")
    lines = [
        f"- {', '.join(names)}: the same set-up as {' and '.join(f'`{other}`' for other in others)}, to which "
        "numbers were fitted, or between those; no evidence of its own."
        for others, names in said.items()
    ]
    return lines + ([""] if lines else [])


def _pipes(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    cells = ([" ".join(cell.split()).replace("|", "\\|") for cell in line] for line in lines)
    return "\n".join(f"| {' | '.join(line)} |" for line in cells) + "\n"
