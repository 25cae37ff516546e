"""A daily load curve in local time, with weekends and event peaks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from dcsim.generators import generator
from dcsim.generators.plan import Generator, LoadRequest
from dcsim.spec.diurnal import DiurnalProfile, daily_maximum, event_factor

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["diurnal", "utc_offsets"]

_DAY_S = 86400.0
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


def diurnal(request: LoadRequest) -> NDArray[np.float64]:
    """Return the load of every step as a share of the daily maximum.

    The harmonics are integrated over the step, ``sin(x)/x`` of half a step's angle, so that the mean load does not
    depend on the resolution; weekends and events are taken at the middle of the step.
    """
    profile = request.profile
    if profile is None:
        raise ValueError("generator 'diurnal' needs a profile")
    middle: NDArray[np.float64] = (np.arange(request.steps, dtype=np.float64) + 0.5) * request.resolution
    start = (request.start - _UNIX).total_seconds()
    local = start + middle + utc_offsets(request.start, request.time_zone, middle)
    hour = (local % _DAY_S) / 3600.0
    load = np.ones(request.steps)
    for wave in profile.harmonics:
        damping = np.sinc(wave.per_day * request.resolution / _DAY_S)
        load += wave.amplitude * damping * np.cos(2.0 * np.pi * wave.per_day * (hour - wave.peak_hour) / 24.0)
    load /= daily_maximum(profile)
    weekday = (np.floor(local / _DAY_S) + 3) % 7  # 1970-01-01 was a Thursday; Monday is 0
    load[weekday >= 5] *= profile.weekend_factor
    return np.maximum(load * _events(profile, local), 0.0)


def utc_offsets(start: datetime, time_zone: str, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the offset of local time from UTC (s) at times given in seconds after ``start``, sorted.

    Offsets are looked up once a day, and step by step only on the days on which clocks change.
    """
    zone = ZoneInfo(time_zone)

    def offset(second: float) -> float:
        found = (start + timedelta(seconds=second)).astimezone(zone).utcoffset()
        return found.total_seconds() if found is not None else 0.0

    offsets = np.empty(len(seconds))
    edges = np.searchsorted(seconds, np.arange(0.0, float(seconds[-1]) + _DAY_S, _DAY_S))
    for first, last in zip(edges, [*edges[1:], len(seconds)], strict=True):
        if first < last:
            begin, end = offset(float(seconds[first])), offset(float(seconds[last - 1]))
            offsets[first:last] = begin if begin == end else [offset(float(s)) for s in seconds[first:last]]
    return offsets


def _events(profile: DiurnalProfile, local: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the product of all event factors at local times (s since 1970 on the local clock)."""
    factor = np.ones(len(local))
    first = datetime.fromtimestamp(float(local[0]), UTC).year
    last = datetime.fromtimestamp(float(local[-1]), UTC).year
    for event in profile.events:
        for year in range(first - 1, last + 2):
            if (event.month, event.day) == (2, 29) and not _is_leap(year):
                continue
            middle = (datetime(year, event.month, event.day, tzinfo=UTC) - _UNIX).total_seconds()
            middle += event.local_hour * 3600.0
            near = np.flatnonzero(np.abs(local - middle) < event.width)
            factor[near] *= [event_factor(event, float(offset)) for offset in local[near] - middle]
    return factor


def _is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


generator("diurnal")(Generator(load=diurnal, load_needs=("profile",)))
