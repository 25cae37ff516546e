"""The unit that fits the numbers of an axis, and numbers short enough to be sent."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Scale", "largest", "scale_of", "shortened"]

_DECIMAL = ((1e15, "P"), (1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"))
_PREFIXED = frozenset({"B", "B/s", "FLOP", "FLOP/s", "Hz", "J", "W", "Wh", "bit", "bit/s"})
_STEPS = {
    "s": ((345_600.0, 86_400.0, "days"), (5400.0, 3600.0, "h"), (90.0, 60.0, "min"), (0.5, 1.0, "s"),
          (5e-4, 1e-3, "ms"), (0.0, 1e-6, "µs")),
    "kWh": ((1e6, 1e6, "GWh"), (1e3, 1e3, "MWh")),
    "kg": ((1e6, 1e6, "kt"), (1e3, 1e3, "t")),
    "bytes": ((1e15, 1e15, "PB"), (1e12, 1e12, "TB"), (1e9, 1e9, "GB"), (1e6, 1e6, "MB"), (1e3, 1e3, "kB")),
    "bytes/s": ((1e12, 1e12, "TB/s"), (1e9, 1e9, "GB/s"), (1e6, 1e6, "MB/s"), (1e3, 1e3, "kB/s")),
    "USD": ((1e9, 1e9, "billion USD"), (1e6, 1e6, "million USD"), (1e4, 1e3, "thousand USD")),
}  # fmt: skip
"""By unit: from which value on, divided by what, and what it is called then."""
_DIGITS = 5


class Scale(NamedTuple):
    """What values are divided by, and the unit that they have then."""

    divisor: float
    unit: str


def scale_of(most: float, unit: str) -> Scale:
    """Return how values up to ``most`` are shown.

    Examples
    --------
    >>> [scale_of(value, unit).unit for value, unit in ((2.5e10, "bit/s"), (0.37, "ratio"), (7200.0, "s"))]
    ['Gbit/s', '%', 'h']
    >>> scale_of(1e6, "hosts")
    Scale(divisor=1.0, unit='hosts')
    """
    if unit == "ratio":
        return Scale(0.01, "%")
    if unit in _PREFIXED:
        return next((Scale(size, prefix + unit) for size, prefix in _DECIMAL if most >= size), Scale(1.0, unit))
    if most > 0.0:
        for least, divisor, name in _STEPS.get(unit, ()):
            if most >= least:
                return Scale(divisor, name)
    return Scale(1.0, unit)


def largest(rows: Sequence[Sequence[float | None] | NDArray[np.float64]]) -> float:
    """Return the largest magnitude in several rows, 0 where there is none."""
    arrays = [np.abs(np.asarray(row, dtype=float)) for row in rows if len(row)]
    return max((float(np.nanmax(array)) for array in arrays if not np.isnan(array).all()), default=0.0)


def shortened(values: Sequence[float | None] | NDArray[np.float64], divisor: float = 1.0) -> list[float | int | None]:
    """Return values as JSON can hold them: divided, with five digits that count, gaps as ``None``.

    Examples
    --------
    >>> shortened([1234567.0, None, float("nan"), 0.1 + 0.2, 2.0])
    [1234600, None, None, 0.3, 2]

    Raises
    ------
    ValueError
        If a value is infinite.
    """
    array = np.asarray(values, dtype=float) / divisor
    if np.isinf(array).any():
        raise ValueError("a chart cannot show an infinite value")
    return [None if math.isnan(value) else _short(value) for value in array.tolist()]


def _short(value: float) -> float | int:
    short = float(f"{value:.{_DIGITS}g}")
    return int(short) if short.is_integer() and abs(short) < 1e15 else short
