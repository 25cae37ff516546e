"""Compares two runs, sweeps or scenarios: reads or simulates both sides, and sets them against each other."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcsim.errors import InputError, Problem
from dcsim.results.compare import Comparison, Difference, compare_rows
from dcsim.results.input_changes import input_changes
from dcsim.results.level_changes import compare_levels
from dcsim.results.run import load
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import quoted
from dcsim.sweeps.engines import AUTO, chosen
from dcsim.sweeps.operands import Operand, open_operand
from dcsim.sweeps.replicas import completed, lacking, pair_seeds
from dcsim.sweeps.several import evaluate_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from os import PathLike

    from dcsim.results.headline import Row
    from dcsim.sweeps.evaluate import Evaluator, PointResult
    from dcsim.sweeps.points import Point

__all__ = ["Progress", "compare", "open_sides", "problems_of"]

Progress = Callable[[int, int], None]
"""Told how many of how many runs are simulated."""
_MOST = 10_000


def compare(
    a: str | PathLike[str] | Any,
    b: str | PathLike[str] | Any,
    *,
    replicas: int = 5,
    level: float = 0.95,
    metrics: Sequence[str] = (),
    sets: Sequence[str] = (),
    catalog: Sequence[str | Path] = (),
    engine: str = AUTO,
    progress: Progress | None = None,
) -> Comparison:
    """Compare two results, as ``dcsim compare`` does: what changed in the input, in the output, and what of it is real.

    Runs of equal seeds are paired; missing ones are simulated in memory.

    Parameters
    ----------
    a, b : str, path-like, Run or Sweep
        Directories of runs or sweeps (``DIR@path=value`` for a setting), or scenarios (``NAME@variant,path=value``).
    replicas : int
        Pairs that are wanted at least; 1 takes what there is, and judges levels over time.
    level : float
        Confidence of the intervals, in (0, 1).
    metrics : sequence of str
        Metrics to compare, by the names of their rows or what these begin with; all where empty.
    sets : sequence of str
        Settings ``path=value`` for both sides, where these are scenarios.
    catalog : sequence of str or Path
        Folders with entries of one's own.
    engine : str
        Who simulates missing runs, as for a sweep.
    progress : callable, optional
        Told of runs that are simulated.

    Raises
    ------
    InputError
        With every problem of both sides and of the options.
    """
    names = [str(getattr(each, "path", each)) for each in (a, b)]
    sides = open_sides(names, sets=sets, catalog=catalog, problems=[*problems_of(replicas, level, engine)])
    seeds = pair_seeds(sides[0], sides[1], replicas)
    if not seeds:
        message = f"have no seed in common: {_seeds(sides[0])} and {_seeds(sides[1])}"
        raise InputError([Problem(f"{sides[0].name} and {sides[1].name}", 0, 0, "", message)])
    full, levels, simulated = _carried_out(sides, seeds, engine, level, progress)
    return Comparison(
        sides[0].name,
        sides[1].name,
        input_changes(full[0].data, full[1].data, full[0].origin, full[1].origin),
        _rows(full, metrics, seeds, level),
        seeds,
        simulated,
        level,
        tuple(each for each in levels if _is_asked_for(each.row[0].partition(".")[2], metrics)),
        tuple(dict.fromkeys([*_only_luck(*sides), *full[0].warnings, *full[1].warnings])),
        full[0].parameters,
    )


def _carried_out(
    sides: Sequence[Operand], seeds: Sequence[int], engine: str, level: float, progress: Progress | None
) -> tuple[list[Operand], tuple[Difference, ...], int]:
    """Return both sides with all seeds, the levels over time of a single pair, and how many runs were simulated."""
    points = [lacking(side, seeds) for side in sides]
    told = _Counted(len(points[0]) + len(points[1]), progress)
    with tempfile.TemporaryDirectory() as folder:
        places = [Path(folder) / side if len(seeds) == 1 else None for side in ("a", "b")]
        full = [
            completed(side, wanted, partial(_simulated, engine, place, told))
            for side, wanted, place in zip(sides, points, places, strict=True)
        ]
        return full, _levels(full, places, seeds[0], level), told.total


def problems_of(replicas: int, level: float, engine: str) -> Iterator[Problem]:
    """Yield what is wrong with options."""
    if not 1 <= replicas <= _MOST:
        yield Problem.of_option("replicas", f"needs a number from 1 to {_MOST}, not {replicas}")
    if not 0.0 < level < 1.0:
        yield Problem.of_option("level", f"needs a confidence between 0 and 100 %, not {100 * level:.15g} %")
    try:
        chosen(engine)
    except InputError as error:
        yield from error.problems


def open_sides(
    names: Sequence[str], *, sets: Sequence[str], catalog: Sequence[str | Path], problems: Sequence[Problem]
) -> list[Operand]:
    """Return both sides of a comparison.

    Parameters
    ----------
    names : sequence of str
        As the user named them.
    sets, catalog : sequence
        For scenarios.
    problems : sequence of Problem
        What is wrong already.

    Raises
    ------
    InputError
        With every problem of both sides, and those that there are.
    """
    found, sides = list(problems), []
    for name in names:
        try:
            sides.append(open_operand(name, sets, [str(each) for each in catalog]))
        except InputError as error:
            found += error.problems
    if len(sides) == len(names):
        found += _unlike(*sides)
    if found:
        raise InputError(found)
    return sides


def _unlike(a: Operand, b: Operand) -> Iterator[Problem]:
    """Yield a problem where the settings of both sides are not told apart by the same parameters."""
    if a.parameters == b.parameters:
        return
    lines = [
        f"{side.name} varies {', '.join(side.parameters)}" if side.parameters else f"{side.name} is a single setting"
        for side in (a, b)
    ]
    message = f"{' and '.join(lines)}; choose settings that are alike, such as {_example(a if a.parameters else b)}"
    yield Problem(f"{a.name} and {b.name}", 0, 0, "", message)


def _example(side: Operand) -> str:
    row = next(iter(side.units))
    path, value = row[1][0]
    return f"{side.name.partition('@')[0]}@{path}={value}"


class _Counted:
    """Tells a caller how many runs are simulated."""

    def __init__(self, total: int, progress: Progress | None) -> None:
        self.total = total
        self._done = 0
        self._progress = progress
        self._tell()

    def add(self) -> None:
        """Count one."""
        self._done += 1
        self._tell()

    def _tell(self) -> None:
        if self._progress is not None and self.total:
            self._progress(self._done, self.total)


def _simulated(
    engine: str, place: Path | None, told: _Counted, evaluator: Evaluator, points: Sequence[Point]
) -> Iterator[PointResult]:
    """Simulate points; a single one leaves its run where it is told."""
    found = evaluate_all(evaluator, points, engine) if place is None else (evaluator.evaluate(points[0], place),)
    for result in found:
        told.add()
        yield result


def _levels(
    sides: Sequence[Operand], places: Sequence[Path | None], seed: int, level: float
) -> tuple[Difference, ...]:
    """Return levels over time where there is one pair, and both of its runs are at hand."""
    if None in places:
        return ()
    found = [side.runs.get(seed, place) for side, place in zip(sides, places, strict=True)]
    runs = [load(each) for each in found if each is not None and each.is_dir()]
    return compare_levels(runs[0], runs[1], level) if len(runs) == 2 else ()


def _rows(
    sides: Sequence[Operand], metrics: Sequence[str], seeds: Sequence[int], level: float
) -> tuple[Difference, ...]:
    """Return the rows that were asked for, side by side; of sweeps those of settings that both have."""
    units = {**sides[0].units, **sides[1].units}
    known = list(dict.fromkeys(metric for metric, _ in units))
    unknown = [name for name in metrics if not any(_is_asked_for(metric, [name]) for metric in known)]
    if unknown:
        hint = Suggester()
        told = [f"no run has the metric {quoted(name)}; {hint(name, known)}" for name in unknown]
        raise InputError([Problem.of_option("metric", message) for message in told])
    shared = set.intersection(*({_setting(side, row) for row in side.units} for side in sides))
    chosen = {
        row
        for row in units
        if _is_asked_for(row[0], metrics) and (not sides[0].parameters or _setting(sides[0], row) in shared)
    }
    return compare_rows(sides[0].rows, sides[1].rows, units, seeds, level, chosen)


def _setting(side: Operand, row: Row) -> frozenset[tuple[str, str]]:
    """Return the values of the parameters that tell a row's setting."""
    return frozenset(each for each in row[1][: len(side.parameters)])


def _is_asked_for(metric: str, metrics: Sequence[str]) -> bool:
    """Whether a metric is one of those asked for: by its name, or what its name begins with."""
    return not metrics or any(metric == name or metric.startswith(f"{name}_") for name in metrics)


def _only_luck(a: Operand, b: Operand) -> Iterator[str]:
    """Yield what the user may have meant who compares stored runs that have no seed in common."""
    if a.rows and b.rows and not a.rows.keys() & b.rows.keys():
        yield f"{_seeds(a)}, {_seeds(b)}: such runs differ by luck too; here runs with equal seeds are compared"


def _seeds(side: Operand) -> str:
    seeds = ", ".join(map(str, sorted(side.rows)))
    return f"{side.name} has {'seeds' if len(side.rows) > 1 else 'seed'} {seeds or 'none'}"
