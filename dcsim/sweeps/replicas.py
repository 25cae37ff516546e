"""Both sides of a comparison with the same seeds: what is stored, and what is missing simulated in memory."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem, RunError
from dcsim.results.headline import row_of
from dcsim.sweeps.evaluate import Evaluator, PointResult

if TYPE_CHECKING:
    from dcsim.sweeps.operands import Operand
    from dcsim.sweeps.points import Point

__all__ = ["Simulate", "completed", "lacking", "pair_seeds"]

Simulate = Callable[[Evaluator, "Sequence[Point]"], Iterable[PointResult]]
"""Carries points out, in any order."""


def pair_seeds(a: Operand, b: Operand, number: int) -> tuple[int, ...]:
    """Return the seeds of the pairs: all that both sides have, and more until there are enough.

    Seeds that one side has come first, then those that follow the first seed. A seed that a side lacks and cannot
    simulate is not taken.

    Parameters
    ----------
    a, b : Operand
        Both sides.
    number : int
        Pairs that are wanted at least.
    """
    seeds = [seed for seed in a.rows if seed in b.rows]
    possible = (seed for seed in _further(a, b, number) if not any(_cannot(side, seed) for side in (a, b)))
    return tuple(sorted([*seeds, *islice(possible, max(0, number - len(seeds)))]))


def _further(a: Operand, b: Operand, number: int) -> Iterator[int]:
    """Yield seeds that not both sides have, in the order in which they are taken."""
    either = sorted(a.rows.keys() ^ b.rows.keys())
    yield from either
    first = min((a.seed, b.seed)) if a.rows and b.rows else a.seed if a.rows or not b.rows else b.seed
    both = a.rows.keys() & b.rows.keys()
    for seed in range(first, first + number + len(both) + len(either)):
        if seed not in both and seed not in either:
            yield seed


def _cannot(side: Operand, seed: int) -> bool:
    return seed not in side.rows and side.simulated is None


def lacking(side: Operand, seeds: Sequence[int]) -> list[Point]:
    """Return the points of a side that are to be simulated."""
    if side.simulated is None:
        return []
    return [side.simulated.point(number, seed) for number, seed in enumerate(seeds) if seed not in side.rows]


def completed(side: Operand, points: Sequence[Point], simulate: Simulate) -> Operand:
    """Return a side with the rows of further points.

    Raises
    ------
    InputError
        If a stored scenario does not resolve to what was simulated then.
    RunError
        If a point fails.
    """
    if not points or side.simulated is None:
        return side
    rows, units = dict(side.rows), dict(side.units)
    warnings = dict.fromkeys(side.warnings)
    if side.version and side.version != importlib.metadata.version("dcsim"):
        warnings[f"{side.name} was simulated by dcsim {side.version}; its further seeds are by this one"] = None
    results = []
    for result in simulate(side.simulated.evaluator, points):
        _refuse(side, result)
        results.append(result)
    for result in sorted(results, key=lambda each: each.point.seed):
        found = result.rows()
        rows[result.point.seed] = {row_of(record): float(record["value"]) for record in found}
        units.update((row_of(record), record["unit"]) for record in found)
        warnings |= dict.fromkeys(result.warnings)
    return replace(side, rows=rows, units=units, warnings=tuple(warnings))


def _refuse(side: Operand, result: PointResult) -> None:
    """Refuse a point that failed, or that is not what the stored runs were."""
    if result.failed:
        raise RunError(f"{side.name}, seed {result.point.seed}: {'; '.join(result.problems)}")
    if side.simulated is not None and side.simulated.digest not in {"", result.digest}:
        message = (
            "its scenario is no longer what was simulated: a file that it replays, or dcsim itself, has changed; "
            "simulate it again, or compare what is stored with --replicas 1"
        )
        raise InputError([Problem(side.name, 0, 0, "", message)])
