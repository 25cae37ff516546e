"""What every spec shares: frozen fields, quantities with units, and where each number comes from."""

from __future__ import annotations

import math
import re
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, WithJsonSchema, model_validator

from dcsim.spec import naming
from dcsim.units import dimension_example, format_quantity, parse_quantity

__all__ = [
    "Angle", "Bytes", "BytesPerSecond", "Carbon", "Count", "EnergyPrice", "Flop", "FlopPerSecond", "HeatCapacity",
    "Hertz", "Name", "NonNegativeBytes", "NonNegativeSeconds", "NonNegativeWatts", "PerSecond", "PositiveInt",
    "Quantity", "Ratio", "Seconds", "Sourced", "Spec", "Temperature", "ThermalResistance", "Usd", "Watts",
]  # fmt: skip


def _tuples(value: Any) -> Any:
    """Turn YAML's lists into the tuples that frozen specs hold."""
    if isinstance(value, list | tuple):
        return tuple(_tuples(item) for item in value)
    if isinstance(value, dict):
        return {key: _tuples(item) for key, item in value.items()}
    return value


class Spec(BaseModel):
    """Base of everything a user may write: frozen, closed, no number turned silently into another."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False, defer_build=True)

    @model_validator(mode="before")
    @classmethod
    def _freeze(cls, value: Any) -> Any:
        return _tuples(value)


class Quantity:
    """Metadata of a field with a unit: its dimension.

    Parameters
    ----------
    dimension : str
        A key of ``dcsim.units.DIMENSIONS``.
    """

    def __init__(self, dimension: str) -> None:
        self.dimension = dimension


def _quantity(dimension: str, low: float = -math.inf, *, open_low: bool = False) -> Any:
    """Build the annotated float of a dimension with a lower bound."""

    def read(value: object) -> float:
        number = parse_quantity(value, dimension)
        if number < low or (open_low and number <= low):
            bound = "above zero" if open_low else "zero or more"
            raise ValueError(f"must be {bound}, such as '{dimension_example(dimension)}'")
        return number

    return Annotated[
        float,
        BeforeValidator(read),
        PlainSerializer(lambda value: format_quantity(value, dimension), return_type=str),
        WithJsonSchema(
            {
                "type": "string",
                "pattern": r"^\s*[+-]?[0-9.]+([eE][+-]?[0-9]+)?\s*[A-Za-z/].*$",
                "examples": [dimension_example(dimension)],
                "description": f"A {dimension}: number and unit.",
            }
        ),
        Quantity(dimension),
    ]


Seconds = _quantity("time", 0.0, open_low=True)
NonNegativeSeconds = _quantity("time", 0.0)
Bytes = _quantity("data", 0.0, open_low=True)
NonNegativeBytes = _quantity("data", 0.0)
BytesPerSecond = _quantity("data rate", 0.0, open_low=True)
PerSecond = _quantity("rate", 0.0)
Hertz = _quantity("frequency", 0.0, open_low=True)
Watts = _quantity("power", 0.0, open_low=True)
NonNegativeWatts = _quantity("power", 0.0)
Usd = _quantity("money", 0.0)
EnergyPrice = _quantity("energy price", 0.0)
Flop = _quantity("compute", 0.0)
FlopPerSecond = _quantity("compute rate", 0.0, open_low=True)
Angle = _quantity("angle")
Carbon = _quantity("carbon", 0.0)
Temperature = _quantity("temperature")
ThermalResistance = _quantity("thermal resistance", 0.0, open_low=True)
HeatCapacity = _quantity("heat capacity", 0.0, open_low=True)

_PERCENT = re.compile(r"\s*([0-9.]+)\s*%\s*\Z")


def _ratio(value: object) -> object:
    """Read ``'85 %'`` or ``0.85``; leave the rest to the schema."""
    if isinstance(value, str):
        match = _PERCENT.match(value)
        if match is None:
            raise ValueError("needs a share, such as 0.85 or '85 %'")
        return float(match[1]) / 100
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    return value


Ratio = Annotated[
    float,
    Field(ge=0, le=1),
    BeforeValidator(_ratio),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": 0, "maximum": 1},
                {"type": "string", "pattern": r"^\s*[0-9.]+\s*%\s*$"},
            ],
            "description": "A share between 0 and 1, or a percentage.",
        }
    ),
]
"""A share between 0 and 1, or a percentage such as ``'85 %'``."""
Count = Annotated[int, Field(ge=0)]
PositiveInt = Annotated[int, Field(ge=1)]
Name = Annotated[str, Field(pattern=naming.PATTERN, max_length=naming.LONGEST)]
"""Lower-case letters, digits and underscores; the stem of a file or a key."""


class Sourced(Spec):
    """An entry whose every number says where it is from.

    ``source`` (or ``assumption``) covers all fields that ``sources`` and ``assumptions`` do not name.

    Parameters
    ----------
    title : str
        Name for people.
    source, assumption : str, optional
        Where the entry's numbers were published, or why they are assumed; at least one.
    sources, assumptions : dict
        The same for single fields, by field name (dotted for nested ones).
    conflicts : tuple of str
        Where published sources disagree, and which one is used here.
    """

    title: str
    source: str | None = None
    assumption: str | None = None
    sources: dict[str, str] = {}
    assumptions: dict[str, str] = {}
    conflicts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _said(self) -> Sourced:
        if not (self.source or self.assumption):
            raise ValueError("needs a 'source:' (where its numbers were published) or an 'assumption:' (why)")
        fields = type(self).model_fields
        for name in (*self.sources, *self.assumptions):
            if name.split(".")[0] not in fields:
                raise ValueError(f"sources/assumptions name '{name}', which is not a field here")
        return self

    def origin_of(self, field: str) -> str:
        """Return the source or assumption that covers a field (dotted names fall back to their parents)."""
        name = field
        while name:
            if name in self.sources:
                return f"source: {self.sources[name]}"
            if name in self.assumptions:
                return f"assumption: {self.assumptions[name]}"
            name = name.rpartition(".")[0]
        return f"source: {self.source}" if self.source else f"assumption: {self.assumption}"
