"""Devices at the edge: what the processors of a phone reach, draw and vary by, and how its case sheds their heat."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from dcsim.spec.base import (
    FlopPerSecond,
    HeatCapacity,
    Name,
    Ratio,
    Seconds,
    Sourced,
    Spec,
    Temperature,
    ThermalResistance,
    Watts,
)

__all__ = ["Case", "Phone", "PhoneProcessor"]


class PhoneProcessor(Spec):
    """One of the processors of a phone: its cores, its GPU, its DSP.

    Parameters
    ----------
    peak : FlopPerSecond, optional
        Arithmetic peak, FLOP/s (or operations of 8 bits); where it is known.
    rate : FlopPerSecond
        What inference reaches at the full clock, FLOP/s, counting matrix products alone.
    power : Watts
        Of the whole phone while it infers at the full clock, W.
    fixed_share : Ratio
        Part of the power that does not fall with the clock (memory, leakage); the rest falls with its third power, as
        the voltage falls with it.
    spread : float
        Standard deviation of the logarithm of the time of one inference in the hands of users.
    """

    peak: FlopPerSecond | None = None
    rate: FlopPerSecond
    power: Watts
    fixed_share: Ratio
    spread: Annotated[float, Field(ge=0)]

    @model_validator(mode="after")
    def _reachable(self) -> PhoneProcessor:
        if self.peak is not None and self.rate > self.peak:
            raise ValueError("rate is above peak")
        return self


class Case(Spec):
    """What carries the heat away, and what is done where that is not enough.

    Parameters
    ----------
    resistance : ThermalResistance
        Between the sensor and the surroundings, K/W.
    capacity : HeatCapacity
        What takes part in warming up, J/K.
    trip : Temperature
        Above it the clock goes down by one step at each look, degC.
    clear : Temperature
        Below it the clock goes up again by one step, degC.
    period : Seconds
        From one look at the sensor to the next, s.
    clocks : tuple of float
        Steps of the clock as shares of the full one, falling, from 1.
    """

    resistance: ThermalResistance
    capacity: HeatCapacity
    trip: Temperature
    clear: Temperature
    period: Seconds
    clocks: Annotated[tuple[Annotated[float, Field(gt=0, le=1)], ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _orderly(self) -> Case:
        if self.clear > self.trip:
            raise ValueError("clear is above trip")
        if self.clocks[0] != 1.0 or any(a <= b for a, b in zip(self.clocks, self.clocks[1:], strict=False)):
            raise ValueError("clocks must fall from 1")
        return self


class Phone(Sourced):
    """One generation of phones.

    Parameters
    ----------
    year : int
        Of its chip.
    market_share : Ratio
        Of the phones that this entry stands for, among the entries of the catalogue.
    processors : dict of name to PhoneProcessor
        Its processors, such as ``cpu``, ``gpu``, ``dsp``; always a ``cpu``.
    case : Case
        How it sheds heat.
    """

    year: Annotated[int, Field(ge=2007, le=2100)]
    market_share: Ratio
    processors: dict[Name, PhoneProcessor]
    case: Case

    @model_validator(mode="after")
    def _computes(self) -> Phone:
        if "cpu" not in self.processors:
            raise ValueError("processors need a 'cpu'")
        return self
