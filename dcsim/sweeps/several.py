"""Several points at once, with the results in memory: what a comparison needs, without a directory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcsim.spec.yaml import is_file
from dcsim.sweeps.batches import Batches
from dcsim.sweeps.data_files import absolute_values
from dcsim.sweeps.engines import chosen
from dcsim.sweeps.evaluate import PointResult
from dcsim.sweeps.handing_out import carried_out
from dcsim.sweeps.keys import keys_of
from dcsim.sweeps.parts import rows_of
from dcsim.sweeps.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcsim.sweeps.evaluate import Evaluator
    from dcsim.sweeps.points import Point

__all__ = ["evaluate_all"]


def evaluate_all(evaluator: Evaluator, points: Sequence[Point], engine: str = "auto") -> Iterator[PointResult]:
    """Yield what comes of points, in any order.

    Parameters
    ----------
    evaluator : Evaluator
        Says of which scenario they are.
    points : sequence of Point
        What to simulate.
    engine : str
        Who carries them out, as for a sweep.

    Raises
    ------
    InputError
        For an unknown engine.

    Examples
    --------
    >>> from dcsim.sweeps.evaluate import Evaluator
    >>> from dcsim.sweeps.points import Point
    >>> points = [Point(0, (("duration", "2 h"),), replica, 37 + replica) for replica in range(2)]
    >>> results = evaluate_all(Evaluator("minimal", metrics=("energy",)), points, "in_process")
    >>> [(result.point.replica, result.failed) for result in results]
    [(0, False), (1, False)]
    """
    name, argument = chosen(engine)
    moved = [replace(point, values=absolute_values(point.values)) for point in points]
    given, work = dict(zip(moved, points, strict=True)), _work(evaluator, moved)
    for finished in carried_out(name, argument, work, Batches(moved, len(moved))):
        rows, first = rows_of(finished.part), 0
        for point, outcome in zip(finished.batch.points, finished.outcomes, strict=True):
            columns = _columns(rows.slice(first, outcome.rows))
            first += outcome.rows
            told = (_as_given(evaluator, texts) for texts in (outcome.problems, outcome.warnings))
            yield PointResult(given[point], outcome.digest, columns, *told)


def _work(evaluator: Evaluator, points: Iterable[Point]) -> Work:
    """Return what points have in common, with files that are found from any folder."""
    variants = {*evaluator.variants, *(variant for point in points for variant in point.variants)}
    values = {each: None for point in points for each in point.values}
    scenario = str(Path(evaluator.scenario).absolute()) if _is_file(evaluator.scenario) else evaluator.scenario
    catalog = tuple(str(Path(folder).absolute()) for folder in evaluator.catalog)
    keys = keys_of(scenario, catalog, evaluator.metrics, variants, values)
    return Work(scenario, catalog, evaluator.metrics, tuple(sorted(variants)), keys, always=evaluator.variants)


def _is_file(scenario: str) -> bool:
    """Whether a scenario is named by its file."""
    path = Path(scenario)
    return path.suffix in {".yaml", ".yml"} or len(path.parts) > 1 or is_file(path)


def _as_given(evaluator: Evaluator, texts: Iterable[str]) -> tuple[str, ...]:
    """Return messages with files named as by the user, where that was as seen from the current folder."""
    is_relative = not any(Path(each).is_absolute() for each in (evaluator.scenario, *evaluator.catalog))
    return tuple(text.replace(f"{Path.cwd()}/", "") if is_relative else text for text in texts)


def _columns(rows: Any) -> dict[str, tuple[Any, ...]]:
    """Return rows as columns, without the dimensions that none has."""
    found = {name: tuple(values) for name, values in rows.to_pydict().items()} if rows.num_rows else {}
    return {name: values for name, values in found.items() if any(value is not None for value in values)}
