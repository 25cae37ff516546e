"""A day's load in local time: harmonics, weekends and event peaks, and the curve they give."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Annotated, TypeAlias

from pydantic import Field, model_validator

from dcsim.spec.base import PositiveInt, Seconds, Sourced, Spec

__all__ = ["DiurnalProfile", "EventPeak", "Harmonic", "curve", "daily_maximum", "event_factor"]

Waves: TypeAlias = tuple[tuple[float, float, int], ...]

_DAY_H = 24.0
_GRID = 1440


class Harmonic(Spec):
    """One cosine of the daily curve.

    Parameters
    ----------
    amplitude : float
        Relative to the mean of the day.
    peak_hour : float
        Local hour of (one of) its maxima.
    per_day : int
        Maxima a day.
    """

    amplitude: Annotated[float, Field(ge=0)]
    peak_hour: Annotated[float, Field(ge=0, le=24)]
    per_day: PositiveInt


class EventPeak(Spec):
    """A yearly peak around one local time.

    Parameters
    ----------
    name : str
        Name for people.
    month, day : int
        Local date of its middle.
    local_hour : float
        Local hour of its middle; 24 is the midnight that ends the day.
    width : Seconds
        Full width at half of its height.
    factor : float
        Load in the middle over the load of an ordinary day.
    """

    name: str
    month: Annotated[int, Field(ge=1, le=12)]
    day: Annotated[int, Field(ge=1, le=31)]
    local_hour: Annotated[float, Field(ge=0, le=24)]
    width: Seconds
    factor: Annotated[float, Field(gt=0)]

    @model_validator(mode="after")
    def _is_a_date(self) -> EventPeak:
        longest = 29 if self.month == 2 else 30 if self.month in {4, 6, 9, 11} else 31
        if self.day > longest:
            raise ValueError(f"month {self.month} has at most {longest} days")
        return self


class DiurnalProfile(Sourced):
    """Load over the local day, as a share of the daily maximum.

    Parameters
    ----------
    harmonics : tuple of Harmonic
        The daily curve is ``1 + sum a_k cos(2 pi n_k (h - p_k) / 24)``, divided by its maximum.
    weekend_factor : float
        Multiplies Saturdays and Sundays; 1 means none.
    events : tuple of EventPeak
        Multiply the curve around their local times.
    """

    harmonics: tuple[Harmonic, ...]
    weekend_factor: Annotated[float, Field(gt=0)] = 1.0
    events: tuple[EventPeak, ...] = ()

    @model_validator(mode="after")
    def _never_negative(self) -> DiurnalProfile:
        if _lowest(_waves(self)) < 0:
            raise ValueError("harmonics give a negative load at some hour; lower their amplitudes")
        return self


def curve(profile: DiurnalProfile, hour: float) -> float:
    """Return the load at a local hour of an ordinary weekday as a share of the daily maximum.

    Parameters
    ----------
    profile : DiurnalProfile
        Its harmonics; weekends and events are the caller's to apply.
    hour : float
        Local hour; any real number, the curve has a period of 24.

    Returns
    -------
    float
        Between 0 and 1.

    Examples
    --------
    >>> swing = DiurnalProfile(title="t", assumption="example", harmonics=(
    ...     {"amplitude": 0.5, "peak_hour": 20.0, "per_day": 1},))
    >>> round(curve(swing, 20.0), 9), round(curve(swing, 8.0), 9)
    (1.0, 0.333333333)
    """
    return min(1.0, _raw(_waves(profile), hour) / daily_maximum(profile))


def daily_maximum(profile: DiurnalProfile) -> float:
    """Return the largest value of ``1 + sum a_k cos(2 pi n_k (h - p_k) / 24)``, which ``curve`` divides by.

    Examples
    --------
    >>> wave = {"amplitude": 0.25, "peak_hour": 3.0, "per_day": 2}
    >>> daily_maximum(DiurnalProfile(title="t", assumption="example", harmonics=(wave,)))
    1.25
    """
    return _maximum(_waves(profile))


def event_factor(event: EventPeak, offset: float) -> float:
    """Return by how much an event multiplies the load, so many seconds from its middle.

    A raised cosine: ``1 + (factor - 1) (1 + cos(pi t / width)) / 2`` for ``|t| < width``, 1 beyond.

    Parameters
    ----------
    event : EventPeak
        The event.
    offset : float
        Local time less the middle of the event (s).

    Examples
    --------
    >>> eve = EventPeak(name="e", month=12, day=31, local_hour=24.0, width="1 h", factor=2.0)
    >>> [round(event_factor(eve, t), 6) for t in (0.0, 1800.0, 3600.0, 7200.0)]
    [2.0, 1.5, 1.0, 1.0]
    """
    if abs(offset) >= event.width:
        return 1.0
    return 1.0 + (event.factor - 1.0) * 0.5 * (1.0 + math.cos(math.pi * offset / event.width))


def _raw(waves: Waves, hour: float) -> float:
    """Return the curve before it is normalised."""
    return 1.0 + sum(a * math.cos(2.0 * math.pi * n * (hour - peak) / _DAY_H) for a, peak, n in waves)


def _waves(profile: DiurnalProfile) -> Waves:
    return tuple((wave.amplitude, wave.peak_hour, wave.per_day) for wave in profile.harmonics)


@lru_cache(maxsize=256)
def _lowest(waves: Waves) -> float:
    """Return the smallest value of the day's grid; a sweep asks for the same curve at each of its settings."""
    return min(_raw(waves, _DAY_H * i / _GRID) for i in range(_GRID))


@lru_cache(maxsize=256)
def _maximum(waves: Waves) -> float:
    """Return the maximum of the day: the best minute, then a ternary search between its neighbours."""
    step = _DAY_H / _GRID
    best = step * max(range(_GRID), key=lambda i: _raw(waves, step * i))
    low, high = best - step, best + step
    for _ in range(60):
        third = (high - low) / 3.0
        if _raw(waves, low + third) < _raw(waves, high - third):
            low += third
        else:
            high -= third
    return max(_raw(waves, best), _raw(waves, 0.5 * (low + high)))
