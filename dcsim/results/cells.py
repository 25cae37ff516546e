"""Numbers as people read them: the text of a cell of a table, in a terminal or a notebook."""

from __future__ import annotations

import math

__all__ = ["format_cell", "interval_cell"]

_MANY = 1e8  # counts from here on are told in millions
_DURATIONS = ((90.0, 1.0, "s"), (5400.0, 60.0, "min"), (172800.0, 3600.0, "h"), (float("inf"), 86400.0, "d"))


def format_cell(value: str | float | None, unit: str) -> str:
    """Return the text of a cell.

    Examples
    --------
    >>> [format_cell(value, "ratio") for value in (0.4567, 0.9996, 1.0, 1e-6, None)]
    ['45.7%', '99.96%', '100%', '<0.01%', '-']
    >>> [format_cell(value, "s") for value in (12.3, 5000.0, 9000.0, 1e6)]
    ['12 s', '83 min', '2.5 h', '11.6 d']
    >>> [format_cell(value, "s") for value in (1.26, 0.0381)]
    ['1.26 s', '38.1 ms']
    >>> format_cell(1234567.8, "count"), format_cell(0.25, "count"), format_cell(3.25e9, "count")
    ('1,234,568', '0.25', '3,250 M')
    """
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if unit == "ratio":
        return _percent(value)
    if unit in ("s", "h"):
        return _duration(value * (3600.0 if unit == "h" else 1.0))
    if abs(value) >= _MANY:
        return f"{value / 1e6:,.0f} M"
    return f"{value:,.0f}" if value == 0 or abs(value) >= 10 else f"{value:.3g}"


def _percent(share: float) -> str:
    """Give shares close to one the digits that tell them from it."""
    if share in (0.0, 1.0):
        return f"{share:.0%}"
    if 0.0 < share < 5e-5:
        return "<0.01%"
    return f"{share:.2%}" if share >= 0.99 or share < 0.01 else f"{share:.1%}"


def _duration(seconds: float) -> str:
    if seconds == 0:
        return "0"
    if abs(seconds) < 10.0:
        return f"{seconds:.3g} s" if abs(seconds) >= 1.0 else f"{seconds * 1e3:.3g} ms"
    unit, name = next((unit, name) for limit, unit, name in _DURATIONS if abs(seconds) < limit)
    return f"{seconds / unit:.0f} {name}" if unit < 3600 else f"{seconds / unit:.1f} {name}"


def interval_cell(mean: float, half_width: float, unit: str) -> str:
    """Return the text of a mean with its confidence interval, both with the digits that the interval leaves certain.

    Parameters
    ----------
    mean, half_width : float
        A half width of NaN (a single replica) or 0 is not told.
    unit : str
        As for ``format_cell``.

    Examples
    --------
    >>> interval_cell(0.4567, 0.0123, "ratio"), interval_cell(5000.0, 180.0, "s"), interval_cell(789.5, 46.0, "kWh")
    ('45.7% ± 1.2%', '83 ± 3 min', '790 ± 46')
    >>> interval_cell(0.4567, 0.0, "ratio"), interval_cell(5000.0, math.nan, "s")
    ('45.7%', '83 min')
    """
    if math.isnan(half_width) or half_width == 0.0:
        return format_cell(mean, unit)
    size, name = _scale(mean, half_width, unit)
    decimals = min(max(0, (1 if half_width / size >= 3 * 10 ** math.floor(math.log10(half_width / size)) else 2)
                       - 1 - math.floor(math.log10(half_width / size))), 9)  # fmt: skip
    told = [f"{value / size:,.{decimals}f}" for value in (mean, half_width)]
    return f"{told[0]}% ± {told[1]}%" if name == "%" else f"{told[0]} ± {told[1]} {name}".rstrip()


def _scale(mean: float, half_width: float, unit: str) -> tuple[float, str]:
    """Return what to divide a value by, and the unit it then has."""
    if unit == "ratio":
        return 0.01, "%"
    if unit in ("s", "h"):
        hour = 3600.0 if unit == "h" else 1.0
        seconds = max(abs(mean), abs(half_width)) * hour
        if seconds < 1.0:
            return 1e-3 / hour, "ms"
        size, name = next((size, name) for limit, size, name in _DURATIONS if seconds < limit)
        return size / hour, name
    return (1e6, "M") if max(abs(mean), abs(half_width)) >= _MANY else (1.0, "")
