"""How good the project wants predictions to be, beside how good they are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.validation.scaling import scalings
from dcsim.validation.statistics import summarise

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.validation.results import Result

__all__ = ["MEDIAN", "POINTS", "SHARE", "WIDE", "Aim", "aims"]

MEDIAN = 0.06
"""Error of rows of validation, in the median."""
WIDE = 0.15
SHARE = 0.90
"""Share of them that is to be within ``WIDE``."""
POINTS = 3.0
"""How far scaling efficiencies may be off."""
_FAR = 0.30


@dataclass(frozen=True)
class Aim:
    """What is wanted, and what is so.

    Parameters
    ----------
    wanted, found : str
        In words.
    reached : bool
        Whether that is enough.
    """

    wanted: str
    found: str
    reached: bool


def aims(results: Sequence[Result]) -> list[Aim]:
    """Return the aims that the rows can tell of: of validation, and read in a source.

    Examples
    --------
    >>> aims([])
    []
    """
    mine = [result for result in results if result.read and not result.calibrated]
    measured = [abs(result.error or 0.0) for result in mine if result.measured]
    told: list[Aim] = []
    if measured:
        median = summarise(mine).median or 0.0
        within = sum(error <= WIDE for error in measured) / len(measured)
        silent = [each for each in mine if each.measured and abs(each.error or 0.0) > _FAR and not each.row.comment]
        told = [
            Aim(f"a median error of at most {MEDIAN:.0%}", f"{median:.1%}", median <= MEDIAN),
            Aim(f"{SHARE:.0%} of the rows within {WIDE:.0%}", f"{within:.1%} of them", within >= SHARE),
            Aim(f"no row beyond {_FAR:.0%} without a reason", f"{len(silent)} without", not silent),
        ]
    off = [abs(pair.points) for pair in scalings(result for result in results if result.read)]
    if off:
        near = sum(points <= POINTS for points in off)
        wanted = f"all scaling efficiencies within {POINTS:g} points"
        told.append(Aim(wanted, f"{near} of {len(off)}", near == len(off)))
    return told
