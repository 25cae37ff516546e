"""Units that published figures stand in, as factors to what predictions come in (SI)."""

from __future__ import annotations

from typing import Literal, get_args

__all__ = ["FACTORS", "POINT_UNITS", "Unit"]

Unit = Literal[
    "s", "ms", "us", "min", "h", "days",
    "B", "kB", "MB", "GB", "TB", "GB/s", "MB/s", "Gbit/s",
    "images/s", "sequences/s", "tokens/s", "samples/s", "models/day", "/s",
    "MAC", "GMAC", "TFLOP/s", "EFLOP", "FLOP/B", "W",
    "count", "steps", "x", "fraction", "%",
]  # fmt: skip
"""What a row may say; a multiply-add counts two FLOP."""

_TIME = {"s": 1.0, "ms": 1e-3, "us": 1e-6, "min": 60.0, "h": 3600.0, "days": 86400.0}
_DATA = {"B": 1.0, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12, "GB/s": 1e9, "MB/s": 1e6, "Gbit/s": 1.25e8}
_WORK = {"MAC": 2.0, "GMAC": 2e9, "TFLOP/s": 1e12, "EFLOP": 1e18}
FACTORS: dict[str, float] = dict.fromkeys(get_args(Unit), 1.0) | _TIME | _DATA | _WORK | {
    "%": 0.01, "models/day": 1.0 / 86400.0,
}  # fmt: skip
"""By how much a figure in a unit is multiplied to be in SI."""
POINT_UNITS = frozenset({"x", "fraction", "%"})
"""Units without a dimension, in which a difference may be told in points (hundredths of one)."""
