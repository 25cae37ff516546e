"""Experiments of engineers: a rate that follows working hours and weekends, sizes and run times drawn by job."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from dcsim.generators import generator
from dcsim.generators.plan import ArrivalRequest, Arrivals, Generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.spec.experiments import ExperimentLoad

__all__ = ["weekly_mean", "working_hours"]

_STEP_S = 900.0
"""Offsets from UTC are whole quarters of an hour."""
_SATURDAY = 5


def working_hours(request: ArrivalRequest) -> Arrivals:
    """Return arrivals of a Poisson process whose mean over the week is ``rate``, with their GPUs and run times.

    The intensity is constant within a quarter of an hour: 1 in the local working hours of the profile, ``outside`` in
    others, times ``weekend_factor``, scaled to the rate. A process of rate one is mapped through its inverse integral,
    so a longer horizon only adds jobs. It begins at time zero, as replays do.

    Examples
    --------
    >>> from dcsim.spec.experiments import ExperimentLoad
    >>> profile = ExperimentLoad.model_validate({"title": "t", "assumption": "example", "day_begins": 9.0,
    ...     "day_ends": 18.0, "outside": 0.0, "classes": [
    ...         {"gpus": 4, "share": 1.0, "durations": [[0, "1 h"], [1, "1 h"]]}]})
    >>> request = ArrivalRequest(86400.0, 0.0, 1, np.random.default_rng(0), rate=0.01, profile=profile,
    ...     start=datetime(2017, 9, 19, tzinfo=UTC), time_zone="UTC")
    >>> arrivals = working_hours(request)
    >>> bool(arrivals.time_s.min() >= 9 * 3600), bool(arrivals.time_s.max() < 18 * 3600), set(arrivals.gpus.tolist())
    (True, True, {4})
    """
    profile, start = request.profile, request.start
    if profile is None or start is None:
        raise ValueError("generator 'working_hours' needs a profile and a start")
    when, which, length = request.rng.spawn(3)
    edges, intensity = _intensity(profile, start, request.time_zone, request.horizon)
    integral = np.concatenate([[0.0], np.cumsum(np.diff(edges) * intensity)]) * (request.rate or 0.0)
    times = np.interp(_unit_arrivals(when, float(integral[-1])), integral, edges)
    gpus, duration = _jobs(profile, which.random(len(times)), length.random(len(times)))
    return Arrivals(times, np.zeros(len(times), np.int64), gpus, duration * request.scale)


def weekly_mean(profile: ExperimentLoad) -> float:
    """Return the mean rate over a week relative to that within working hours.

    Examples
    --------
    >>> from dcsim.spec.experiments import ExperimentLoad
    >>> load = ExperimentLoad.model_validate({"title": "t", "assumption": "example", "day_begins": 6.0,
    ...     "day_ends": 18.0, "outside": 0.5, "weekend_factor": 0.3, "classes": [
    ...         {"gpus": 1, "share": 1.0, "durations": [[0, "1 h"], [1, "1 h"]]}]})
    >>> round(weekly_mean(load), 9)
    0.6
    """
    within = (profile.day_ends - profile.day_begins) / 24.0
    return (within + (1.0 - within) * profile.outside) * (5.0 + 2.0 * profile.weekend_factor) / 7.0


def _intensity(
    profile: ExperimentLoad, start: datetime, time_zone: str, horizon: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return edges of quarters of an hour (s from the start) and the rate in each, 1 in the mean of a week."""
    zone = ZoneInfo(time_zone)
    into = start.timestamp() % _STEP_S
    count = ceil((horizon + into) / _STEP_S)
    edges = np.clip(np.arange(count + 1) * _STEP_S - into, 0.0, horizon)
    first = datetime.fromtimestamp(start.timestamp() - into, UTC)
    rates = np.empty(count)
    mean = weekly_mean(profile) or 1.0
    for step in range(count):
        local = (first + timedelta(seconds=step * _STEP_S)).astimezone(zone)
        hour = local.hour + local.minute / 60.0
        rate = 1.0 if profile.day_begins <= hour < profile.day_ends else profile.outside
        rates[step] = rate * (profile.weekend_factor if local.weekday() >= _SATURDAY else 1.0) / mean
    return edges, rates


def _unit_arrivals(rng: np.random.Generator, until: float) -> NDArray[np.float64]:
    """Return the arrivals of a Poisson process of rate one."""
    times = np.empty(0)
    while until > 0.0 and (not len(times) or times[-1] < until):
        more = rng.exponential(1.0, int(until) + 64)
        times = np.concatenate([times, (times[-1] if len(times) else 0.0) + np.cumsum(more)])
    return times[times < until]


def _jobs(
    profile: ExperimentLoad, which: NDArray[np.float64], length: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return GPUs and run time (s) of each job, from two uniform numbers."""
    bounds = np.cumsum([each.share for each in profile.classes])
    kind = np.minimum(np.searchsorted(bounds, which, side="right"), len(bounds) - 1)
    duration = np.empty(len(which))
    for index, each in enumerate(profile.classes):
        parts, times = zip(*each.durations, strict=True)
        mine = kind == index
        duration[mine] = np.exp(np.interp(length[mine], parts, np.log(times)))
    return np.array([each.gpus for each in profile.classes], dtype=np.int64)[kind], duration


generator("working_hours")(
    Generator(arrivals=working_hours, arrivals_need=("rate", "profile", "time_zone"), may=("scale",))
)
