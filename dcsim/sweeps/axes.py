"""What a sweep varies: ``path=values`` to an axis with the values written out, and values to numbers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem
from dcsim.metrics.plan import DIMENSIONS as METRIC_DIMENSIONS
from dcsim.spec.dump import one_line
from dcsim.spec.layered import parse_path, parse_set
from dcsim.spec.tree import path_text, quoted
from dcsim.spec.yaml import parse_yaml
from dcsim.sweeps.ranges import NUMBER, range_of, read_values
from dcsim.units import DIMENSIONS, base_unit, parse_quantity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.spec.tree import Node
    from dcsim.sweeps.ranges import Span

__all__ = ["VARIANT", "Axis", "canonical", "numbers", "parse_axis"]

VARIANT = "variant"
"""Path of an axis whose values are variants of the scenario; further such axes are ``variant_2``, ``variant_3`` ..."""
_DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,9})(?:\.[0-9]{0,3}[1-9])?(?: [A-Za-z/%]+)?\Z")
"""Values that are written as dcsim would."""
_TAKEN = frozenset({"setting", "seed", "replica", "metric", "unit", "value", *METRIC_DIMENSIONS})
"""Columns of the results that are no parameters."""
_QUANTITY = re.compile(rf"\s*({NUMBER})\s*(\D.*?)\s*\Z")


@dataclass(frozen=True)
class Axis:
    """A parameter and its values.

    Parameters
    ----------
    path : str
        What ``--set`` takes; ``variant`` (``variant_2`` ...) where the values are variants.
    values : tuple of str
        As written; none for a span.
    span : Span, optional
        Where a design draws the values.
    text : str
        The range that the values were written as, if they were one.
    """

    path: str
    values: tuple[str, ...] = ()
    span: Span | None = None
    text: str = ""

    @property
    def is_fixed(self) -> bool:
        """Whether there is only one value."""
        return self.span is None and len(self.values) == 1

    @property
    def is_variant(self) -> bool:
        """Whether the values are names of variants (``-`` for none)."""
        return self.path == VARIANT or self.path.startswith(f"{VARIANT}_")

    @property
    def column(self) -> str:
        """Name of its column in the results: the path, marked where a dimension of metrics has that name.

        Examples
        --------
        >>> Axis("fleet.nic.bandwidth").column, Axis("network").column
        ('fleet.nic.bandwidth', 'set network')
        """
        return f"set {self.path}" if self.path in _TAKEN else self.path

    def at(self, share: float) -> str:
        """Return the value at a share in [0, 1): drawn from the span, or one of the values, each as often."""
        if self.span is not None:
            return self.span.at(share)
        return self.values[min(int(share * len(self.values)), len(self.values) - 1)]


def parse_axis(text: str) -> Axis:
    """Read ``path=values``.

    Raises
    ------
    InputError
        With every problem, placed at ``--set``.

    Examples
    --------
    >>> parse_axis("fleet.nic.bandwidth=25 Gbit/s,50 Gbit/s").values
    ('25 Gbit/s', '50 Gbit/s')
    >>> parse_axis("harvest.reserve=0..20:10 %").values
    ('0 %', '10 %', '20 %')
    """
    name, equals, written = text.partition("=")
    parse_set(f"{name}{equals}{written and 'null'}")  # tells what is wrong with the form, or with the path
    path = path_text(parse_path(name.strip()))
    try:
        values, span = read_values(written)
    except ValueError as error:
        raise InputError([Problem("--set", 0, 0, path, str(error))]) from None
    return Axis(path, canonical(path, values), span, range_of(written))


def canonical(path: str, values: Sequence[str]) -> tuple[str, ...]:
    """Return values as dcsim would write them, so that a sweep that was written out reads back as the very same.

    Raises
    ------
    InputError
        For values that are no YAML, and for those that mean the same.

    Examples
    --------
    >>> canonical("name", ['"a, b"', "1.50", "2e3", "50 Gbit/s"])
    ('a, b', '1.5', '2000.0', '50 Gbit/s')
    """
    found: dict[str, None] = {}
    problems: list[Problem] = []
    for value in values:
        if _DECIMAL.match(value):  # as ranges write them, of which there may be a million
            text = value
        else:
            try:
                text = _text(parse_set(f"{path}={value}")[1].at(parse_path(path)))
            except InputError as error:
                problems += error.problems
                continue
        if text in found:
            problems.append(Problem("--set", 0, 0, path, f"has {quoted(value)} twice; keep one"))
        found[text] = None
    if problems:
        raise InputError(problems)
    return tuple(found)


def _text(node: Node | None) -> str:
    """Return a value as YAML on one line, text without quotes where it is read as text all the same."""
    value = node.plain() if node is not None else None
    if isinstance(value, str) and value == value.strip():
        try:
            plain = parse_yaml(value, "").plain() if value else None
        except InputError:
            plain = None
        if plain == value:
            return value
    return one_line(value)


def numbers(values: Sequence[str]) -> tuple[list[float], str] | None:
    """Return values as numbers in SI and their unit; None where not all are numbers or quantities of one dimension.

    Examples
    --------
    >>> numbers(["25 Gbit/s", "1 GB/s"]), numbers(["1", "2.5"]), numbers(["5 %", "0.1"]), numbers(["1 h", "1 W"])
    (([3125000000.0, 1000000000.0], 'B/s'), ([1.0, 2.5], ''), ([0.05, 0.1], 'ratio'), None)
    """
    found, units = [], set()
    for text in values:
        try:
            value = parse_yaml(text, "--set").value
        except InputError:
            return None
        number = _number(value)
        if number is None:
            return None
        found.append(number[0])
        units.add(number[1])
    if units <= {"", "ratio"}:
        return found, "ratio" if "ratio" in units else ""
    return (found, units.pop()) if len(units) == 1 else None


def _number(value: object) -> tuple[float, str] | None:
    """Return a YAML value as a number with its unit in SI, if it is one."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return (float(value), "") if math.isfinite(value) else None
    match = _QUANTITY.match(value) if isinstance(value, str) else None
    if match is None:
        return None
    if match[2] == "%":
        return float(match[1]) / 100.0, "ratio"
    dimension = next((name for name, units in DIMENSIONS.items() if match[2] in units), None)
    return (parse_quantity(value, dimension), base_unit(dimension)) if dimension else None
