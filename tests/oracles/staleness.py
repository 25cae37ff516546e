"""Staleness looked at in the middle of every step of a fine clock.

With whole-number times and a step of one second the middle of a step is exact for every integral of a
straight line.
"""

from __future__ import annotations

import math


def served_data(versions, time):
    """Newest data among the ``versions`` (data, published) out by ``time``; None before the first."""
    return max((data for data, published in versions if published <= time), default=None)


def samples(versions, begin, end, parts=1):
    """Staleness in the middle of each of ``parts`` steps per second."""
    ticks = range((end - begin) * parts)
    times = [begin + (tick + 0.5) / parts for tick in ticks]
    served = [(time, served_data(versions, time)) for time in times]
    return [time - data for time, data in served if data is not None]


def last(versions, end):
    data = served_data(versions, end)
    return math.nan if data is None else end - data


def highest(versions, begin, end):
    found = samples(versions, begin, end)
    return max(found) + 0.5 if found else math.nan


def above(versions, begin, end, target):
    """Exact for a whole-number ``target``: every second lies wholly above or below it."""
    return sum(staleness > target for staleness in samples(versions, begin, end))


def loss(versions, begin, end, kind, per, lost, parts=50):
    total = 0.0
    for staleness in samples(versions, begin, end, parts):
        total += lost * (staleness / per if kind == "linear" else math.log2(1.0 + staleness / per))
    return total / parts


def percentile(sequences, weights, begin, end, share, parts=20):
    """Staleness at a share of the weighted time, to within a step of the clock where time is dense."""
    weighed = sorted(
        (staleness, weight)
        for versions, weight in zip(sequences, weights, strict=True)
        for staleness in samples(versions, begin, end, parts)
        if weight > 0.0
    )
    total = math.fsum(weight for _, weight in weighed)
    below = 0.0
    for staleness, weight in weighed:
        below += weight
        if below >= share * total:
            return staleness
    return math.nan
