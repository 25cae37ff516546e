"""How good predictions are, row by row counted together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dcsim.validation.results import Result

__all__ = ["Summary", "summarise", "worst"]


@dataclass(frozen=True)
class Summary:
    """Errors of several rows.

    Parameters
    ----------
    count : int
        Measured rows: predicted by a model, with a relative tolerance.
    median, p90, largest : float or None
        Of their absolute relative errors; None without any.
    within_tolerance : int
        Measured rows that fit their own tolerance.
    beyond_15_percent, beyond_30_percent : int
        Measured rows so far off.
    points_count, points_within_tolerance : int
        Rows with a tolerance in points: efficiencies and changes.
    points_median, points_largest : float or None
        Of their absolute differences.
    exact_count, exact_within_tolerance : int
        Counts, constants and bounds.
    """

    count: int
    median: float | None
    p90: float | None
    largest: float | None
    within_tolerance: int
    beyond_15_percent: int
    beyond_30_percent: int
    points_count: int
    points_within_tolerance: int
    points_median: float | None
    points_largest: float | None
    exact_count: int
    exact_within_tolerance: int


def summarise(results: Iterable[Result]) -> Summary:
    """Count rows together.

    Examples
    --------
    >>> summarise([]).median is None
    True
    """
    found = list(results)
    measured = [result for result in found if result.measured]
    points = [result for result in found if result.row.tolerance.kind == "points"]
    exact = [result for result in found if not result.measured and result.row.tolerance.kind != "points"]
    errors = np.array([abs(result.error or 0.0) for result in measured])
    off = np.array([abs(result.points or 0.0) for result in points])
    return Summary(
        count=len(measured),
        median=_percentile(errors, 50),
        p90=_percentile(errors, 90),
        largest=_percentile(errors, 100),
        within_tolerance=sum(result.fits for result in measured),
        beyond_15_percent=int((errors > 0.15).sum()),
        beyond_30_percent=int((errors > 0.30).sum()),
        points_count=len(points),
        points_within_tolerance=sum(result.fits for result in points),
        points_median=_percentile(off, 50),
        points_largest=_percentile(off, 100),
        exact_count=len(exact),
        exact_within_tolerance=sum(result.fits for result in exact),
    )


def worst(results: Iterable[Result], count: int = 10) -> list[Result]:
    """Return the measured rows with the largest errors, worst first."""
    measured = [result for result in results if result.measured]
    return sorted(measured, key=lambda result: -abs(result.error or 0.0))[:count]


def _percentile(values: NDArray[np.float64], percent: float) -> float | None:
    return float(np.percentile(values, percent)) if values.size else None
