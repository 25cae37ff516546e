"""Published figures with their sources, and what predicts each of them: the files that ``dcsim validate`` reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from dcsim.spec.base import Spec
from dcsim.validation.forms import Form
from dcsim.validation.units import POINT_UNITS, Unit

__all__ = ["NotAnswered", "Row", "RowFile", "Tolerance"]

_TOLERANCE = re.compile(r"\s*([0-9.]+)\s*(%|points?)\s*\Z")
_WORDS = ("exact", "at least", "at most")
_EXACT = 1e-3


@dataclass(frozen=True)
class Tolerance:
    """How far a prediction may be off.

    Parameters
    ----------
    kind : {"relative", "points", "exact", "at least", "at most"}
        Share of the published figure; hundredths of one, for efficiencies and per cents; equal to what was printed;
        a bound.
    value : float
        Of the first two: the share, or the points.
    """

    kind: Literal["relative", "points", "exact", "at least", "at most"]
    value: float = 0.0

    def holds(self, predicted: float, published: float, scale: float = 1.0) -> bool:
        """Whether a prediction fits.

        Parameters
        ----------
        predicted, published : float
            In the same unit.
        scale : float
            Points in one of that unit: 1 for per cents, 100 for fractions.

        Examples
        --------
        >>> Tolerance("relative", 0.06).holds(105.0, 100.0), Tolerance("points", 3.0).holds(0.94, 0.90, 100.0)
        (True, False)
        """
        if self.kind == "at least":
            return predicted >= published
        if self.kind == "at most":
            return predicted <= published
        off = abs(predicted - published)
        if self.kind == "points":
            return off * scale <= self.value * (1.0 + 1e-9)
        return off <= (self.value or _EXACT) * abs(published)

    def __str__(self) -> str:
        """Return it as written in a file."""
        if self.kind == "relative":
            return f"{100 * self.value:g} %"
        return f"{self.value:g} points" if self.kind == "points" else self.kind


def _tolerance(value: object) -> object:
    """Read ``6 %``, ``3 points``, ``exact``, ``at least`` or ``at most``."""
    if isinstance(value, Tolerance):
        return value
    if value in _WORDS:
        return Tolerance(value)  # type: ignore[arg-type]
    match = _TOLERANCE.match(value) if isinstance(value, str) else None
    if match is None:
        raise ValueError("needs a tolerance, such as '6 %', '3 points', 'exact', 'at least' or 'at most'")
    number = float(match[1])
    return Tolerance("relative", number / 100) if match[2] == "%" else Tolerance("points", number)


class Row(Spec):
    """One published figure.

    Parameters
    ----------
    id, what : str
        Its name, and what was measured.
    published : float
        As printed.
    unit : Unit
        Of the figure.
    tolerance : Tolerance
        How far a prediction may be off to fit: ``6 %``, ``3 points``, ``exact``, ``at least`` or ``at most``.
    source : str
        Where it was published.
    tag : {"V", "V2", "D", "R", "M"}
        Read in the source; read in a text that quotes it; arithmetic on such figures; remembered; measured by the
        project itself.
    use : {"calibrate", "validate"}
        Whether a number of the catalogue was fitted to it.
    follows : tuple of str
        Rows of calibration from which it all but follows: they tell the same set-up in other words, or those between
        which it lies. Such a row is no evidence of its own.
    comment : str, optional
        Why a prediction does not fit, or why a row is used as it is.
    predict : Form
        What predicts it.
    """

    id: Annotated[str, Field(min_length=1, max_length=64)]
    what: str
    published: float
    unit: Unit
    tolerance: Annotated[Tolerance, BeforeValidator(_tolerance)]
    source: str
    tag: Literal["V", "V2", "D", "R", "M"]
    use: Literal["calibrate", "validate"]
    follows: tuple[str, ...] = ()
    comment: str | None = None
    predict: Form

    @model_validator(mode="after")
    def _fits_its_unit(self) -> Row:
        if self.tolerance.kind == "points" and self.unit not in POINT_UNITS:
            raise ValueError(f"a tolerance in points needs the unit {', '.join(sorted(POINT_UNITS))}")
        if self.tolerance.kind == "relative" and not self.published:
            raise ValueError("a published zero has no relative tolerance; give it in points")
        return self


class NotAnswered(Spec):
    """Published figures that nothing here predicts.

    Parameters
    ----------
    ids : tuple of str
        Names of the rows.
    reason : str
        Why not.
    """

    ids: Annotated[tuple[str, ...], Field(min_length=1)]
    reason: str


class RowFile(Spec):
    """A file of published figures.

    Parameters
    ----------
    title : str
        Topic.
    setups : dict
        Parts that forms share: a form that says ``like: NAME`` takes over what it does not say itself.
    rows : tuple of Row
        Figures that are predicted.
    not_answered : tuple of NotAnswered
        Figures that are not.
    """

    title: str
    setups: dict[str, dict[str, object]] = {}
    rows: tuple[Row, ...] = ()
    not_answered: tuple[NotAnswered, ...] = ()
