"""Quantities as people write them (``'50 Gbit/s'``) to and from SI floats.

A closed table and one regular expression: a general units library reads ``50 Gb/s`` as gilberts. Bytes and bits are
spelt out (``GB`` is 1e9 bytes, ``GiB`` is 2**30 bytes, ``Gbit`` is 1e9 bits), and case matters.
"""

from __future__ import annotations

import difflib
import re

__all__ = ["DIMENSIONS", "base_unit", "dimension_example", "format_quantity", "parse_quantity"]

_METRIC = {"": 1.0, "k": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}
_BINARY = {"Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50}
_TIME = {
    "ns": 1e-9, "us": 1e-6, "ms": 1e-3, "s": 1.0, "min": 60.0, "h": 3600.0, "day": 86400.0, "days": 86400.0,
    "week": 604800.0, "weeks": 604800.0, "year": 31536000.0, "years": 31536000.0,
}  # fmt: skip
_BYTES = (
    {f"{prefix}B": factor for prefix, factor in {**_METRIC, **_BINARY}.items()}
    | {f"{prefix}bit": factor / 8 for prefix, factor in _METRIC.items()}
)  # fmt: skip
_RATES = {"s": 1.0, "min": 60.0, "h": 3600.0, "day": 86400.0}
_JOULES = {"J": 1.0, "kJ": 1e3, "MJ": 1e6, "GJ": 1e9, "Wh": 3.6e3, "kWh": 3.6e6, "MWh": 3.6e9, "GWh": 3.6e12}
_MONEY = {"USD": 1.0, "kUSD": 1e3, "MUSD": 1e6}

DIMENSIONS: dict[str, dict[str, float]] = {
    "time": _TIME,
    "data": _BYTES,
    "data rate": {f"{unit}/s": factor for unit, factor in _BYTES.items()},
    "rate": {f"/{unit}": 1 / seconds for unit, seconds in _RATES.items()},
    "frequency": {f"{prefix}Hz": factor for prefix, factor in _METRIC.items()},
    "power": {"mW": 1e-3, "W": 1.0, "kW": 1e3, "MW": 1e6, "GW": 1e9},
    "energy": _JOULES,
    "money": _MONEY,
    "energy price": {f"{money}/{unit}": a / b for money, a in _MONEY.items() for unit, b in _JOULES.items()},
    "compute": {f"{prefix}FLOP": factor for prefix, factor in _METRIC.items()},
    "compute rate": {f"{prefix}FLOP/s": factor for prefix, factor in _METRIC.items()},
    "angle": {"deg": 1.0},
    "carbon": {"kg/J": 1.0, "g/kWh": 1e-3 / 3.6e6, "kg/MWh": 1e-3 / 3.6e9},
    "temperature": {"degC": 1.0},
    "thermal resistance": {"K/W": 1.0},
    "heat capacity": {"J/K": 1.0},
}
"""Unit factors to SI by dimension (data in bytes, angles in degrees, carbon in kg/J, temperatures above freezing)."""

_EXAMPLE = {
    "time": "250 ms", "data": "80 GiB", "data rate": "50 Gbit/s", "rate": "20 /s", "frequency": "2.5 GHz",
    "power": "12 kW", "energy": "3 kWh", "money": "7000 USD", "energy price": "0.07 USD/kWh",
    "compute": "4 GFLOP", "compute rate": "15.7 TFLOP/s", "angle": "65.6 deg", "carbon": "400 g/kWh",
    "temperature": "25 degC", "thermal resistance": "8 K/W", "heat capacity": "60 J/K",
}  # fmt: skip
_BASE = {
    "time": "s", "data": "B", "data rate": "B/s", "rate": "/s", "frequency": "Hz", "power": "W", "energy": "J",
    "money": "USD", "energy price": "USD/J", "compute": "FLOP", "compute rate": "FLOP/s", "angle": "deg",
    "carbon": "kg/J", "temperature": "degC", "thermal resistance": "K/W", "heat capacity": "J/K",
}  # fmt: skip
_SPELLED = {
    "second": "s", "seconds": "s", "sec": "s", "secs": "s", "minute": "min", "minutes": "min", "mins": "min",
    "m": "min", "hour": "h", "hours": "h", "hr": "h", "hrs": "h", "d": "days", "w": "weeks", "y": "years",
    "kbps": "kbit/s", "mbps": "Mbit/s", "gbps": "Gbit/s", "tbps": "Tbit/s", "gb/s": "Gbit/s", "mb/s": "MB/s",
    "watt": "W", "watts": "W", "$": "USD", "usd": "USD", "dollars": "USD", "$/kwh": "USD/kWh", "degrees": "deg",
}  # fmt: skip
"""Ways of writing units that people use, in lower case, and what is meant."""
_MOST = 1e30
"""Largest amount in SI units, and the smallest one upside down: products and ratios of some stay finite numbers."""
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\D.*?)\s*\Z")


def dimension_example(dimension: str) -> str:
    """Return a well-formed quantity of a dimension, for messages.

    Examples
    --------
    >>> dimension_example("data rate")
    '50 Gbit/s'
    """
    return _EXAMPLE[dimension]


def base_unit(dimension: str) -> str:
    """Return the unit in which values of a dimension are kept.

    Examples
    --------
    >>> base_unit("data rate"), base_unit("money")
    ('B/s', 'USD')
    """
    return _BASE[dimension]


def parse_quantity(text: object, dimension: str) -> float:
    """Read a number with a unit.

    Parameters
    ----------
    text : object
        What the user wrote; only a string with a number and a unit of the right dimension passes.
    dimension : str
        A key of ``DIMENSIONS``.

    Returns
    -------
    float
        The value in SI units (bytes for data, bytes per second for data rates).

    Raises
    ------
    ValueError
        With the reason and the fix: no unit, unknown unit, unit of another dimension, beyond 1e30 or below 1e-30.

    Examples
    --------
    >>> parse_quantity("50 Gbit/s", "data rate")
    6250000000.0
    >>> parse_quantity("0.07 USD/kWh", "energy price") * 3.6e6
    0.07
    """
    example = _EXAMPLE[dimension]
    match = _QUANTITY.match(text) if isinstance(text, str) else None
    if match is None:
        raise ValueError(f"needs a number and a unit, such as '{example}'")
    number, unit = match.groups()
    factor = DIMENSIONS[dimension].get(unit)
    if factor is None:
        raise ValueError(_unknown_unit(unit, dimension))
    value = float(number) * factor
    if abs(value) > _MOST:
        raise ValueError(f"is too large; write a finite number, such as '{example}'")
    if 0.0 < abs(value) < 1.0 / _MOST:
        raise ValueError(f"is too small to reckon with; write 0, or a number such as '{example}'")
    return value


def _unknown_unit(unit: str, dimension: str) -> str:
    """Say why a unit does not fit a dimension and what would."""
    example = _EXAMPLE[dimension]
    for other, units in DIMENSIONS.items():
        if unit in units:
            return f"'{unit}' is a unit of {other}, not of {dimension}; write it as '{example}'"
    spelled = _SPELLED.get(unit.lower())
    near = [spelled] if spelled in DIMENSIONS[dimension] else []
    near = near or difflib.get_close_matches(unit, DIMENSIONS[dimension], n=1, cutoff=0.5)
    hint = f"did you mean '{near[0]}'?" if near else f"write it as '{example}'"
    return f"unknown unit '{unit}'; {hint}"


def format_quantity(value: float, dimension: str) -> str:
    """Write an SI value so that ``parse_quantity`` reads the very same float back.

    Examples
    --------
    >>> format_quantity(6.25e9, "data rate")
    '6250000000.0 B/s'
    """
    return f"{float(value)!r} {_BASE[dimension]}"
