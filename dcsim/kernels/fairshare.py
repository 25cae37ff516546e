"""Weighted max-min fair rates of flows on links, by progressive filling.

All flows rise together, flow ``f`` at ``weight[f]`` times a common level, until a link is full or a flow reaches its
cap; the flows concerned stop there and the others go on (Bertsekas and Gallager, "Data Networks", section 6.5.2).
The result is the one allocation in which no rate can grow except at the cost of a flow that has no larger ratio of
rate to weight.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.heap import put, remove
from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["crossings", "fair_rates"]

HIGHER = 1.0 + 1e-13  # where a link fills this much above the level it waits at, others have stopped since


@kernel
def crossings(start: NDArray[np.int64], link: NDArray[np.int32], links: int) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
    """Return the flows that cross each link: the transpose of flows and their routes.

    Parameters
    ----------
    start : int64[F + 1]
        Flow ``f`` crosses ``link[start[f]:start[f + 1]]``.
    link : int32[E]
        Links of all flows.
    links : int
        ``L``.

    Returns
    -------
    first : int64[L + 1]
        Link ``l`` is crossed by the flows ``flow[first[l]:first[l + 1]]``.
    flow : int32[E]
        In ascending order on each link.

    Examples
    --------
    >>> first, flow = crossings(np.array([0, 2, 3]), np.array([0, 1, 1], np.int32), 2)
    >>> first.tolist(), flow.tolist()
    ([0, 1, 3], [0, 0, 1])
    """
    first = np.zeros(links + 2, np.int64)
    for e in range(start[-1]):
        first[link[e] + 2] += 1
    for one in range(2, links + 2):
        first[one] += first[one - 1]
    flow = np.empty(start[-1], np.int32)
    for f in range(start.size - 1):
        for e in range(start[f], start[f + 1]):
            flow[first[link[e] + 1]] = f
            first[link[e] + 1] += 1
    return first[:-1], flow


@kernel
def _weigh(
    start: NDArray[np.int64], link: NDArray[np.int32], use: NDArray[np.float64], weight: NDArray[np.float64], links: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the weight that presses on each link, and the number of crossings that make it."""
    pressing = np.zeros(links)
    count = np.zeros(links, np.int64)
    for f in range(weight.size):
        for e in range(start[f], start[f + 1]):
            pressing[link[e]] += use[e] * weight[f]
            if use[e] > 0.0:
                count[link[e]] += 1
    return pressing, count


@kernel
def _exact_level(
    one: int,
    flows: NDArray[np.int32],
    start: NDArray[np.int64],
    link: NDArray[np.int32],
    use: NDArray[np.float64],
    capacity: float,
    weight: NDArray[np.float64],
    rate: NDArray[np.float64],
) -> float:
    """Return the level at which a link fills, summed anew over the flows that cross it."""
    taken, pressing = 0.0, 0.0
    before = -1
    for f in flows:
        if f == before:  # it crosses the link again
            continue
        before = f
        for e in range(start[f], start[f + 1]):
            if link[e] == one:
                if rate[f] >= 0.0:
                    taken += use[e] * rate[f]
                else:
                    pressing += use[e] * weight[f]
    return max(capacity - taken, 0.0) / pressing


@kernel
def fair_rates(
    start: NDArray[np.int64],
    link: NDArray[np.int32],
    use: NDArray[np.float64],
    capacity: NDArray[np.float64],
    weight: NDArray[np.float64],
    cap: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Weighted max-min fair rates.

    Parameters
    ----------
    start : int64[F + 1]
        Flow ``f`` crosses ``link[start[f]:start[f + 1]]``; a flow may cross none, or one twice.
    link : int32[E]
        Links of all flows.
    use : float64[E]
        What one byte of the flow takes of the link, in bytes, >= 0; 1 for a plain flow.
    capacity : float64[L]
        Of each link, bytes/s, >= 0; 0 for one that has failed.
    weight : float64[F]
        Share of each flow relative to others, > 0.
    cap : float64[F]
        Highest rate of each flow, bytes/s, >= 0; infinite where it has none.

    Returns
    -------
    float64[F]
        Rate of each flow, bytes/s; infinite where neither a link nor a cap holds a flow back.

    Notes
    -----
    Time grows as E + L log L, and F log F where caps are given.

    Examples
    --------
    Two flows share link 0; the second also crosses link 1, which is slower.

    >>> start, link = np.array([0, 1, 3]), np.array([0, 0, 1], np.int32)
    >>> fair_rates(start, link, np.ones(3), np.array([10.0, 3.0]), np.ones(2), np.full(2, np.inf)).tolist()
    [7.0, 3.0]
    """
    links, flows = capacity.size, weight.size
    first, flow = crossings(start, link, links)
    pressing, count = _weigh(start, link, use, weight, links)
    taken = np.zeros(links)
    rate = np.full(flows, -1.0)
    key = np.full(links + flows, math.inf)
    items = np.empty(links + flows, np.int32)  # links, then flows that have a cap
    place = np.full(links + flows, -1, np.int32)
    size = 0
    for one in range(links):
        if count[one] > 0 and capacity[one] < math.inf:
            size = put(items, place, key, size, one, capacity[one] / pressing[one])
    for f in range(flows):
        if cap[f] < math.inf:
            size = put(items, place, key, size, links + f, cap[f] / weight[f])
    while size > 0:
        item = items[0]
        if item >= links:
            size = remove(items, place, key, size, item)
            stopped = np.array([item - links], np.int32)
            level = key[item]
        elif count[item] == 0:
            size = remove(items, place, key, size, item)
            continue
        else:
            level = max(capacity[item] - taken[item], 0.0) / pressing[item]
            if level > key[item] * HIGHER:
                size = put(items, place, key, size, item, level)
                continue
            size = remove(items, place, key, size, item)
            stopped = flow[first[item] : first[item + 1]]
            level = _exact_level(item, stopped, start, link, use, capacity[item], weight, rate)
        for f in stopped:
            if rate[f] >= 0.0:
                continue
            rate[f] = min(level * weight[f], cap[f])
            for e in range(start[f], start[f + 1]):
                if use[e] > 0.0:
                    taken[link[e]] += use[e] * rate[f]
                    pressing[link[e]] -= use[e] * weight[f]
                    count[link[e]] -= 1
    for f in range(flows):
        if rate[f] < 0.0:
            rate[f] = cap[f]
    return rate
