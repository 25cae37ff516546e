"""Several points at once, with the results in memory: what a comparison needs, without a directory."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcsim.sweeps.batches import Batches
from dcsim.sweeps.engines import chosen
from dcsim.sweeps.evaluate import PointResult
from dcsim.sweeps.handing_out import carried_out
from dcsim.sweeps.keys import keys_of
from dcsim.sweeps.parts import rows_of
from dcsim.sweeps.work import Work

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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
    variants = tuple(sorted({*evaluator.variants, *(variant for point in points for variant in point.variants)}))
    keys = keys_of(evaluator.scenario, evaluator.catalog, evaluator.metrics, variants)
    work = Work(evaluator.scenario, evaluator.catalog, evaluator.metrics, variants, keys, always=evaluator.variants)
    for finished in carried_out(name, argument, work, Batches(points, len(points))):
        rows, first = rows_of(finished.part), 0
        for point, outcome in zip(finished.batch.points, finished.outcomes, strict=True):
            columns = _columns(rows.slice(first, outcome.rows))
            first += outcome.rows
            yield PointResult(point, outcome.digest, columns, outcome.problems, outcome.warnings)


def _columns(rows: Any) -> dict[str, tuple[Any, ...]]:
    """Return rows as columns, without the dimensions that none has."""
    found = {name: tuple(values) for name, values in rows.to_pydict().items()} if rows.num_rows else {}
    return {name: values for name, values in found.items() if any(value is not None for value in values)}
