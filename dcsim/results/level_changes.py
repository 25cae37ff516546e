"""Levels over time of two runs, interval by interval: which of them differ by more than they vary in time."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dcsim.confidence import ROUNDING, student_tails
from dcsim.confidence.batch_means import batch_means
from dcsim.confidence.paired import Paired
from dcsim.confidence.warm_up import warm_up
from dcsim.results.compare import Difference, Verdict, in_order, judged
from dcsim.results.steady import level_columns, levels, season

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.results.headline import Row
    from dcsim.results.run import Run
    from dcsim.results.steady import Level

__all__ = ["compare_levels"]

_BY: dict[str, tuple[str, ...]] = {
    "serving": ("service",),
    "pools": ("server", "role"),
    "queues": ("kind",),
    "harvest": ("server",),
    "free_hosts": ("server",),
    "user_models": ("service",),
    "links": ("level",),
}
"""What is told apart in each step table."""


def compare_levels(a: Run, b: Run, level: float = 0.95) -> tuple[Difference, ...]:
    """Return every level over time of two runs, with the mean difference after its warm-up and a verdict.

    Both runs have the same seed, so their difference, interval by interval, is a series without the luck and most of
    the swings that both share. Its warm-up (MSER-5) is left out; batch means tell how far the mean of the rest may be
    from the one of a longer run. ``unknown`` are series that do not settle, or are too short for batches. The metric
    of a row is ``table.column``.

    Parameters
    ----------
    a, b : Run
        Two finished runs.
    level : float
        Confidence of the intervals.
    """
    return in_order(judged([found for table in _BY for found in _of_table(a, b, table, level)]))


def _of_table(a: Run, b: Run, table: str, level: float) -> Iterator[Difference]:
    for column in level_columns(table):
        sides = [{each.named: each for each in levels(run, table, column, _BY[table])} for run in (a, b)]
        for named in dict.fromkeys([*sides[0], *sides[1]]):
            row = f"{table}.{column.name}", named
            unit = column.unit or "ratio"
            if named in sides[0] and named in sides[1]:
                yield _difference(row, unit, sides[0][named], sides[1][named], level)
            else:
                verdict: Verdict = "only in A" if named in sides[0] else "only in B"
                one, other = (float(side[named].series.mean()) if named in side else None for side in sides)
                yield Difference(row, unit, one, other, None, verdict)


def _difference(row: Row, unit: str, a: Level, b: Level, level: float) -> Difference:
    """Return one level; what is to be tested is named noise until it is."""
    if a.step_s != b.step_s or len(a.series) != len(b.series) or not len(a.series):
        return Difference(row, unit, None, None, None, "unknown")
    series = b.series - a.series
    size = max(float(abs(a.series).max()), float(abs(b.series).max()))
    start = warm_up(series)
    found = batch_means(series[start.length :], level, season(a))
    used = found.batches * found.length or len(series) - start.length  # of the end, as whole batches are
    one, other = (float(each.series[-used:].mean()) for each in (a, b))
    known = Paired(found.mean, found.half_width, None, found.batches)
    told = Difference(row, unit, one, other, known, "unknown", is_sum=True)
    if float(abs(series).max()) <= ROUNDING * size:
        return replace(told, verdict="same")
    if found.deviation is None or not start.over:
        return told
    p = student_tails(found.mean / found.deviation, found.batches - 1) if found.deviation else float(found.mean == 0.0)
    return replace(told, paired=known._replace(p=p), verdict="noise" if p else "real")
