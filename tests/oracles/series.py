"""Step series with whole-number edges, written out second by second."""

from __future__ import annotations

import itertools
import math


def by_second(edges, values):
    """Value of each whole second, as a dict."""
    return {
        second: value
        for left, right, value in zip(edges[:-1], edges[1:], values, strict=True)
        for second in range(left, right)
    }


def mean(seconds):
    return math.fsum(seconds.values()) / len(seconds)


def binned(seconds, bins):
    means = []
    for left, right in itertools.pairwise(bins):
        covered = [seconds[second] for second in range(left, right) if second in seconds]
        means.append(math.fsum(covered) / len(covered) if covered else math.nan)
    return means


def percentile(values, weights, share):
    """Repeat each value as often as its whole-number weight says, sort, and count off."""
    spread = sorted(value for value, weight in zip(values, weights, strict=True) for _ in range(weight))
    if not spread:
        return math.nan
    return spread[max(math.ceil(share * len(spread)) - 1, 0)]
