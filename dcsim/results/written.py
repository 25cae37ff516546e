"""Values of resolved scenarios as people write them: quantities in handy units, shares in percent."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from dcsim.spec.resolved import ResolvedScenario
from dcsim.units import DIMENSIONS, base_unit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.spec.tree import Path

__all__ = ["is_share", "percent_text", "quantity_text"]

_STORED = re.compile(r"([+-]?[0-9.]+(?:e[+-]?[0-9]+)?) (\D\S*)\Z")
"""A quantity as ``dcsim.units.format_quantity`` writes it."""
_DIGITS = 12
"""Significant digits at which a value in another unit is still the same."""
_DAYS = 2 * 86400.0
"""From here on times are told in days rather than hours."""
_WRITTEN = {
    "time": ("h", "min", "s", "ms", "us", "ns"),
    "data": ("B", "kB", "MB", "GB", "TB", "PB", "KiB", "MiB", "GiB", "TiB", "PiB"),
    "data rate": ("kbit/s", "Mbit/s", "Gbit/s", "Tbit/s", "B/s", "kB/s", "MB/s", "GB/s", "TB/s"),
    "money": ("USD",), "energy price": ("USD/kWh",), "carbon": ("g/kWh",), "energy": ("J", "kJ", "Wh", "kWh", "MWh"),
}  # fmt: skip
"""Units in which values of a dimension are written, the preferred ones first; all that it has where it is not named."""


def quantity_text(text: str) -> str:
    """Return a stored quantity in the unit in which it takes the fewest digits; any other text as it is.

    Examples
    --------
    >>> [quantity_text(each) for each in ("600.0 s", "12500000000.0 B/s", "85899345920.0 B", "5400.0 s", "0.0 s")]
    ['10 min', '100 Gbit/s', '80 GiB', '90 min', '0 s']
    >>> quantity_text("1.9444444444444445e-08 USD/J"), quantity_text("news_feed"), quantity_text("1.5 h")
    ('0.07 USD/kWh', 'news_feed', '1.5 h')
    """
    match = _STORED.match(text)
    dimension = next((name for name in DIMENSIONS if base_unit(name) == match[2]), None) if match else None
    if match is None or dimension is None:
        return text
    value, units = float(match[1]), DIMENSIONS[dimension]
    if value == 0.0:
        return f"0 {match[2]}"
    names = _WRITTEN.get(dimension, tuple(units))
    if dimension == "time" and abs(value) >= _DAYS:
        names = ("h", "days")
    best = min(names, key=lambda name: _length(value / units[name]))
    return f"{value / units[best]:.{_DIGITS}g} {best}"


def _length(number: float) -> tuple[bool, int]:
    """Return whether a number lies outside 1 to 1000, and its significant digits."""
    digits = f"{number:.{_DIGITS - 1}e}".partition("e")[0].lstrip("-").replace(".", "").rstrip("0")
    return not 1.0 <= abs(number) < 1000.0, len(digits)


def percent_text(share: float) -> str:
    """Return a share in percent.

    Examples
    --------
    >>> percent_text(0.0), percent_text(0.2), percent_text(0.07)
    ('0 %', '20 %', '7 %')
    """
    return f"{100.0 * share:.{_DIGITS}g} %"


def is_share(path: Path) -> bool:
    """Whether the value at a path of a resolved scenario may be written in percent.

    Examples
    --------
    >>> is_share(("harvest", "reserve")), is_share(("fleet", "capacity_unit")), is_share(("no", "such", 1))
    (True, False, False)
    """
    schema = _schema()
    found = [schema]
    for step in path:
        found = [inner for each in found for inner in _inside(each, step)]
    return any("%" in part.get("pattern", "") for each in found for part in _parts(each))


@cache
def _schema() -> dict[str, Any]:
    return ResolvedScenario.model_json_schema()


def _parts(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a schema, or each of those that it allows, references resolved."""
    if "$ref" in schema:
        yield from _parts(_schema()["$defs"][schema["$ref"].rpartition("/")[2]])
    elif "anyOf" in schema:
        for part in schema["anyOf"]:
            yield from _parts(part)
    else:
        yield schema


def _inside(schema: dict[str, Any], step: str | int) -> Iterator[dict[str, Any]]:
    """Yield the schemas of what stands one step inside another."""
    for part in _parts(schema):
        named = part.get("properties", {}).get(step)
        others = [part.get("additionalProperties"), *part.get("patternProperties", {}).values()]
        inner = [named] if named else [part.get("items")] if isinstance(step, int) else others
        yield from (each for each in inner if isinstance(each, dict))
