"""Rows with what is predicted for them, and how far that is off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dcsim.errors import InputError
from dcsim.validation.bench import Bench
from dcsim.validation.predictors import predict_form
from dcsim.validation.units import FACTORS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcsim.errors import Problem
    from dcsim.spec.catalog import Catalog
    from dcsim.validation.reading import Placed
    from dcsim.validation.rows import Row

__all__ = ["Result", "validate"]

_POINTS = {"%": 1.0, "fraction": 100.0, "x": 100.0}


@dataclass(frozen=True)
class Result:
    """One row, predicted.

    Parameters
    ----------
    row : Row
        What was published.
    topic : str
        Title of its file.
    predicted : float
        In the unit of the row.
    """

    row: Row
    topic: str
    predicted: float

    @property
    def error(self) -> float | None:
        """Predicted over published, less one; None where nothing is a share of the published zero."""
        return self.predicted / self.row.published - 1.0 if self.row.published else None

    @property
    def points(self) -> float | None:
        """Predicted less published, in hundredths of one; None for figures with a dimension."""
        scale = _POINTS.get(self.row.unit)
        return None if scale is None else (self.predicted - self.row.published) * scale

    @property
    def fits(self) -> bool:
        """Whether the prediction is within the tolerance."""
        scale = _POINTS.get(self.row.unit, 1.0)
        return self.row.tolerance.holds(self.predicted, self.row.published, scale)

    @property
    def measured(self) -> bool:
        """Whether the error says how good a model is: no count, no definition, no bound, and not told in points."""
        return self.row.tolerance.kind == "relative" and self.row.predict.modelled

    @property
    def published_si(self) -> float:
        """What was published, in SI units."""
        return self.row.published * FACTORS[self.row.unit]

    @property
    def read(self) -> bool:
        """Whether the figure was read in a source, or measured by the project itself, not derived or remembered."""
        return self.row.tag in {"V", "V2", "M"}

    @property
    def calibrated(self) -> bool:
        """Whether a number was fitted to it."""
        return self.row.use == "calibrate"

    def record(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        row = self.row
        return {
            "id": row.id,
            "topic": self.topic,
            "what": row.what,
            "published": row.published,
            "predicted": self.predicted,
            "unit": row.unit,
            "error": self.error,
            "points": self.points,
            "tolerance": str(row.tolerance),
            "fits": self.fits,
            "use": row.use,
            "follows": list(row.follows),
            "tag": row.tag,
            "source": row.source,
            "comment": row.comment,
        }


def validate(rows: Iterable[Placed], catalog: Catalog) -> list[Result]:
    """Predict rows.

    Parameters
    ----------
    rows : iterable of Placed
        What was published.
    catalog : Catalog
        Entries by name.

    Raises
    ------
    InputError
        With a problem for each row that cannot be predicted.
    """
    problems: list[Problem] = []
    results = list(_each(rows, Bench(catalog), problems))
    if problems:
        raise InputError(problems)
    return results


def _each(rows: Iterable[Placed], bench: Bench, problems: list[Problem]) -> Iterator[Result]:
    """Yield results; what cannot be predicted is a problem at its row."""
    for placed in rows:
        try:
            value = predict_form(placed.row.predict, bench)
        except InputError as error:
            problems += [placed.problem(f"{each.file}: {each.message}") for each in error.problems]
        except ValueError as error:
            problems.append(placed.problem(str(error)))
        else:
            yield Result(placed.row, placed.topic, value / FACTORS[placed.row.unit])
