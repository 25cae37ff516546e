"""Arrivals by integrating the rate up to every time and searching for the time by halving."""

from __future__ import annotations


def expected_up_to(edges, rates, time):
    return sum(
        rate * max(0.0, min(right, time) - left)
        for left, right, rate in zip(edges[:-1], edges[1:], rates, strict=True)
        if time > left
    )


def time_of(edges, rates, expected):
    """Earliest time by which ``expected`` arrivals are expected; None when that is never."""
    low, high = edges[0], edges[-1]
    if expected_up_to(edges, rates, high) < expected:
        return None
    if expected <= 0.0:
        return low
    for _ in range(200):
        middle = 0.5 * (low + high)
        if expected_up_to(edges, rates, middle) < expected:
            low = middle
        else:
            high = middle
    return high


def arrival_times(edges, rates, gaps):
    times = []
    reached = 0.0
    for gap in gaps:
        reached += gap
        time = time_of(edges, rates, reached)
        if time is None:
            return times, True
        times.append(time)
    return times, False


def count(times, left, right):
    return sum(left <= time < right for time in times)
