"""Times as whole numbers of microseconds: sums and ties of these are exact."""

from __future__ import annotations

import math
from fractions import Fraction

PER_SECOND = 1_000_000


def ticks(time: float) -> float:
    """Return the nearest whole number of microseconds, an int; infinite time stays infinite."""
    return round(Fraction(time) * PER_SECOND) if math.isfinite(time) else time


def seconds(count: float) -> float:
    """Return the float nearest to so many microseconds."""
    return count / PER_SECOND
