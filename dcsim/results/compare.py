"""Two results side by side, replica by replica: which rows of their metrics differ, and which differences are real."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from dcsim.confidence import ROUNDING
from dcsim.confidence.paired import Paired, benjamini_hochberg, paired
from dcsim.results.headline import Row, Summing
from dcsim.results.html import comparison_html

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from dcsim.results.input_changes import Change

__all__ = ["FALSE_SHARE", "VERDICTS", "Comparison", "Difference", "Replicated", "compare_rows"]

FALSE_SHARE = 0.05
"""Share of the differences named real that may be luck, in expectation (Benjamini and Hochberg's rate)."""
Verdict = Literal["real", "noise", "same", "unknown", "only in A", "only in B"]
VERDICTS: dict[Verdict, str] = {
    "real": "differs by more than the luck of the draw, at a false discovery rate of 5 %",
    "noise": "differs, but no more than equal fleets would",
    "same": "equal in every pair of runs, up to the rounding of sums",
    "unknown": "differs in the only pair of runs that has it: not known from one seed",
    "only in A": "no run of B has the row",
    "only in B": "no run of A has the row",
}
"""What each verdict means."""
_COUNTS = frozenset({"jobs", "gangs", "groups", "models", "count", "steps"})
"""Units of what is counted: a run without the row, but with others of its metric, has none."""
_DUST = 1e-12
"""Part of the largest value of its unit below which a value is what a sum of large terms leaves of zero."""

Replicated = Mapping[int, Mapping[Row, float]]
"""Values of the rows of every replica, by seed."""


@dataclass(frozen=True)
class Difference:
    """One row of the metrics, on both sides.

    Parameters
    ----------
    row : Row
        Metric and dimensions.
    unit : str
        Of the values.
    a, b : float or None
        Means over the pairs, or over the one side's runs where only that side has the row; None on the other.
    paired : Paired or None
        The mean difference of B from A with its interval; None where one side lacks the row.
    verdict : str
        A key of ``VERDICTS``.
    is_sum : bool
        Whether the row sums up others of its metric, rather than telling a region or a service.
    """

    row: Row
    unit: str
    a: float | None
    b: float | None
    paired: Paired | None
    verdict: Verdict
    is_sum: bool = False

    @property
    def relative(self) -> float | None:
        """The difference over the size of A; infinite where A is 0, None where one side lacks the row."""
        if self.paired is None or self.a is None:
            return None
        if self.paired.mean == 0.0:
            return 0.0
        return self.paired.mean / abs(self.a) if self.a else math.copysign(math.inf, self.paired.mean)

    @property
    def weight(self) -> float:
        """The difference over the larger side, in [0, 2]: what rows are ordered by."""
        if self.paired is None or self.a is None or self.b is None:
            return 0.0
        larger = max(abs(self.a), abs(self.b))
        return abs(self.paired.mean) / larger if larger else 0.0


@dataclass(frozen=True)
class Comparison:
    """Two results side by side: what changed in the input and what in the output, ``B`` less ``A``.

    Parameters
    ----------
    a, b : str
        What was compared, as named.
    inputs : tuple of Change
        Every value in which the resolved scenarios differ, notes for people last.
    differences : tuple of Difference
        Every row of the metrics, real differences first and the largest relative first among them.
    seeds : tuple of int
        Of the pairs.
    simulated : int
        Runs that were simulated for it.
    level : float
        Confidence of the intervals.
    levels : tuple of Difference
        Levels over time of a single pair of runs, judged by how they vary in time; empty with several.
    warnings : tuple of str
        What to bear in mind.
    parameters : tuple of str
        Parameters of sweeps, whose values are the first dimensions of every row.
    """

    a: str
    b: str
    inputs: tuple[Change, ...]
    differences: tuple[Difference, ...]
    seeds: tuple[int, ...]
    simulated: int = 0
    level: float = 0.95
    levels: tuple[Difference, ...] = ()
    warnings: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return comparison_html(self)

    @property
    def real(self) -> tuple[Difference, ...]:
        """The differences that are more than luck, in order."""
        return tuple(each for each in self.differences if each.verdict == "real")

    def count(self, verdict: Verdict) -> int:
        """Return how many rows got a verdict."""
        return sum(each.verdict == verdict for each in self.differences)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Every row: metric, dimensions, ``unit, a, b, difference, half_width, relative, p, pairs, verdict``."""
        return pd.DataFrame(self.records())

    @cached_property
    def changes(self) -> pd.DataFrame:
        """Every change of the input: ``path, kind, a, b, from_a, from_b``."""
        names = ("path", "kind", "a", "b", "from_a", "from_b")
        return pd.DataFrame([{name: getattr(each, name) for name in names} for each in self.inputs], columns=names)

    def records(self, rows: Sequence[Difference] | None = None) -> list[dict[str, Any]]:
        """Return rows as plain data, None where something does not apply; differences, then levels by default."""
        rows = (*self.differences, *self.levels) if rows is None else rows
        dimensions = list(dict.fromkeys(name for each in rows for name, _ in each.row[1]))
        return [_record(each, dimensions) for each in rows]


def compare_rows(
    a: Replicated,
    b: Replicated,
    units: Mapping[Row, str],
    seeds: Sequence[int],
    level: float = 0.95,
    chosen: Container[Row] | None = None,
) -> tuple[Difference, ...]:
    """Return every row of two results with its difference and verdict.

    Runs of one seed are a pair. A row that is equal in all pairs is the same. A measure whose pairs all differ by the
    same is real: no luck is in it. The others are tested over their pairs, and those are real that Benjamini and
    Hochberg's procedure leaves at a false discovery rate of 5 %, over all rows tested; counts that differ by the same
    are among the tested, see :func:`dcsim.confidence.paired.paired`. A row that some runs lack is compared in the
    pairs that have it; a count that they lack is 0 in them.

    Parameters
    ----------
    a, b : mapping of int to mapping of Row to float
        Values by seed.
    units : mapping of Row to str
        Unit of every row.
    seeds : sequence of int
        Of the pairs.
    level : float
        Confidence of the intervals.
    chosen : container of Row, optional
        Rows to compare; all where not given.

    Examples
    --------
    >>> cost, jobs = ("cost", ()), ("jobs", ())
    >>> a = {1: {cost: 10.0, jobs: 5.0}, 2: {cost: 10.0, jobs: 4.0}, 3: {cost: 10.0, jobs: 6.0}}
    >>> b = {1: {cost: 12.0, jobs: 6.0}, 2: {cost: 12.0, jobs: 4.0}, 3: {cost: 12.0, jobs: 5.0}}
    >>> found = compare_rows(a, b, {cost: "USD", jobs: "jobs"}, [1, 2, 3])
    >>> [(each.row[0], each.verdict, each.relative) for each in found]
    [('cost', 'real', 0.2), ('jobs', 'noise', 0.0)]
    """
    sides = [{seed: side[seed] for seed in seeds} for side in (a, b)]
    one, other = _counted(_without_dust(sides, units), units)
    summing = Summing(units)
    wanted = [row for row in units if chosen is None or row in chosen]
    found = [_difference(row, units[row], one, other, level) for row in wanted]
    return in_order(replace(each, is_sum=summing(each.row)) for each in judged(found))


def judged(differences: Sequence[Difference]) -> list[Difference]:
    """Return differences with verdicts: ``noise`` becomes ``real`` where the whole list leaves it so."""
    tested = [
        place
        for place, each in enumerate(differences)
        if each.verdict == "noise" and each.paired is not None and each.paired.p
    ]
    found = list(differences)
    chances = [each.paired.p for each in (found[place] for place in tested) if each.paired and each.paired.p]
    for place, is_real in zip(tested, benjamini_hochberg(chances, FALSE_SHARE), strict=True):
        found[place] = replace(found[place], verdict="real" if is_real else "noise")
    return found


def in_order(differences: Iterable[Difference]) -> tuple[Difference, ...]:
    """Return differences by verdict, the largest relative first; equal ones as they were."""
    order = ("real", "only in A", "only in B", "noise", "unknown", "same")
    return tuple(sorted(differences, key=lambda each: (order.index(each.verdict), -each.weight)))


def _difference(row: Row, unit: str, a: Replicated, b: Replicated, level: float) -> Difference:
    """Return one row; what is to be tested is named noise until it is."""
    values = [{seed: rows[row] for seed, rows in side.items() if row in rows} for side in (a, b)]
    pairs = [(values[0][seed], values[1][seed]) for seed in values[0] if seed in values[1]]
    if not pairs:
        one, other = (statistics.fmean(side.values()) if side else None for side in values)
        verdict: Verdict = "only in B" if one is None else "only in A" if other is None else "unknown"
        return Difference(row, unit, one, other, None, verdict)
    first, second = zip(*pairs, strict=True)
    found = paired(first, second, level, counts=unit in _COUNTS)
    equal = all(math.isclose(one, other, rel_tol=ROUNDING) for one, other in pairs)
    if equal and values[0].keys() == values[1].keys():
        verdict = "same"
    elif found.p is None:
        verdict = "unknown"
    else:
        verdict = "noise" if found.p else "real"
    return Difference(row, unit, statistics.fmean(first), statistics.fmean(second), found, verdict)


def _without_dust(sides: Sequence[Replicated], units: Mapping[Row, str]) -> list[dict[int, dict[Row, float]]]:
    """Return the values with those that are rounding of their unit's largest taken for 0."""
    largest: dict[str, float] = {}
    for side in sides:
        for rows in side.values():
            for row, value in rows.items():
                largest[units[row]] = max(abs(value), largest.get(units[row], 0.0))
    return [
        {
            seed: {row: value if abs(value) > _DUST * largest[units[row]] else 0.0 for row, value in rows.items()}
            for seed, rows in side.items()
        }
        for side in sides
    ]


def _counted(sides: list[dict[int, dict[Row, float]]], units: Mapping[Row, str]) -> list[dict[int, dict[Row, float]]]:
    """Return the values with 0 for counts of what did not happen in a run and did in another."""
    counts = [row for row, unit in units.items() if unit in _COUNTS]
    for side in sides:
        for rows in side.values():
            metrics = {metric for metric, _ in rows}
            rows.update((row, 0.0) for row in counts if row not in rows and row[0] in metrics)
    return sides


def _record(difference: Difference, dimensions: Sequence[str]) -> dict[str, Any]:
    named = dict(difference.row[1])
    found, relative = difference.paired, difference.relative
    return {
        "metric": difference.row[0],
        **{name: named.get(name) for name in dimensions},
        "unit": difference.unit,
        "a": difference.a,
        "b": difference.b,
        "difference": found.mean if found else None,
        "half_width": found.half_width if found else None,
        "relative": relative if relative is not None and math.isfinite(relative) else None,
        "p": found.p if found else None,
        "pairs": found.number if found else 0,
        "verdict": difference.verdict,
    }
