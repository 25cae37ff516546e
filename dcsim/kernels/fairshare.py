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

from dcsim.kernels.heap import insert, move, remove
from dcsim.kernels.jit import kernel, lean_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Links = NDArray[np.int32]

__all__ = ["fair_rates"]

FEW_DIGITS = 1e-4  # of a sum that is left when others are taken off it: too little to be exact
LATER = 1.0 + 1e-13  # a link that is full this much above where it waits waits for others that have stopped


@lean_kernel
def _transpose(start: Ints, link: Links, use: Floats, first: Ints, flow: Links, entry: Links) -> None:
    """List the flows that use link ``l`` in ``flow[first[l]:first[l + 1]]``, and where in ``link`` they do.

    All of ``first`` is 0 before, and it has an entry more than that.
    """
    for e in range(start[-1]):
        if use[e] > 0.0:
            first[link[e] + 2] += 1
    for one in range(2, first.size):
        first[one] += first[one - 1]
    for f in range(start.size - 1):
        for e in range(start[f], start[f + 1]):
            if use[e] > 0.0:
                at = first[link[e] + 1]
                flow[at] = f
                entry[at] = e
                first[link[e] + 1] = at + 1


@lean_kernel
def _sum_up(
    one: int,
    first: Ints,
    flow: Links,
    entry: Links,
    use: Floats,
    weight: Floats,
    rate: Floats,
    pressing: Floats,
    whole: Floats,
    taken: Floats,
) -> None:
    """Sum anew what presses on a link and what is taken of it."""
    taken[one] = pressing[one] = 0.0
    for at in range(first[one], first[one + 1]):
        f, e = flow[at], entry[at]
        if rate[f] >= 0.0:
            taken[one] += use[e] * rate[f]
        else:
            pressing[one] += use[e] * weight[f]
    whole[one] = pressing[one]


@lean_kernel
def _full_at(
    one: int,
    level: float,
    first: Ints,
    flow: Links,
    entry: Links,
    use: Floats,
    capacity: Floats,
    weight: Floats,
    rate: Floats,
    pressing: Floats,
    whole: Floats,
    taken: Floats,
) -> float:
    """Return the level at which a link is full: summed anew if it is the level that the link waits at."""
    if pressing[one] < FEW_DIGITS * whole[one]:
        _sum_up(one, first, flow, entry, use, weight, rate, pressing, whole, taken)
    full = max(capacity[one] - taken[one], 0.0) / pressing[one]
    if full <= level * LATER:
        _sum_up(one, first, flow, entry, use, weight, rate, pressing, whole, taken)
        full = max(capacity[one] - taken[one], 0.0) / pressing[one]
    return float(full)


@lean_kernel
def _line_up(
    capacity: Floats,
    pressing: Floats,
    weight: Floats,
    cap: Floats,
    keys: Floats,
    items: Links,
    place: Links,
) -> int:
    """Put links, and after them flows that have a cap, into a heap by level; return its size."""
    size = 0
    for one in range(capacity.size):
        if pressing[one] > 0.0 and capacity[one] < math.inf:
            size = insert(keys, items, place, size, one, capacity[one] / pressing[one])
    for f in range(weight.size):
        if cap[f] < math.inf:
            size = insert(keys, items, place, size, capacity.size + f, cap[f] / weight[f])
    return size


@lean_kernel
def _book(
    f: int,
    start: Ints,
    link: Links,
    use: Floats,
    weight: float,
    rate: float,
    pressing: Floats,
    taken: Floats,
    count: Ints,
) -> None:
    """Note on the links of a flow that it has stopped at a rate."""
    for e in range(start[f], start[f + 1]):
        if use[e] > 0.0:
            taken[link[e]] += use[e] * rate
            pressing[link[e]] -= use[e] * weight
            count[link[e]] -= 1


@lean_kernel
def _fill_up(
    start: Ints, link: Links, use: Floats, capacity: Floats, weight: Floats, cap: Floats,
    first: Ints, flow: Links, entry: Links,
    pressing: Floats, whole: Floats, taken: Floats, count: Ints, rate: Floats,
    keys: Floats, items: Links, place: Links,
) -> None:  # fmt: skip
    """Let all flows rise until each has stopped, or cannot be stopped."""
    links, rising = capacity.size, weight.size
    for f in range(weight.size):
        rate[f] = -1.0
    for one in range(links):
        count[one] = first[one + 1] - first[one]
        _sum_up(one, first, flow, entry, use, weight, rate, pressing, whole, taken)
    size = _line_up(capacity, pressing, weight, cap, keys, items, place)
    while size > 0 and rising > 0:
        item, level = items[0], keys[0]
        begin, end = 0, 1
        if item < links:
            begin, end = first[item], first[item + 1]
            if count[item] > 0:
                full = _full_at(item, level, first, flow, entry, use, capacity, weight, rate, pressing, whole, taken)
                if full > level * LATER:
                    move(keys, items, place, size, item, full)
                    continue
                level = full
        size = remove(keys, items, place, size, item)
        for at in range(begin, end):
            f = flow[at] if item < links else item - links
            if rate[f] < 0.0:
                rising -= 1
                rate[f] = min(level * weight[f], cap[f])
                _book(f, start, link, use, weight[f], rate[f], pressing, taken, count)
    for f in range(weight.size):
        rate[f] = cap[f] if rate[f] < 0.0 else rate[f]


@kernel
def fair_rates(start: Ints, link: Links, use: Floats, capacity: Floats, weight: Floats, cap: Floats) -> Floats:
    """Weighted max-min fair rates.

    Parameters
    ----------
    start : int64[F + 1]
        Flow ``f`` crosses ``link[start[f]:start[f + 1]]``; a flow may cross none, or one twice.
    link : int32[E]
        Links of all flows.
    use : float64[E]
        Bytes of the link that one byte of the flow takes, >= 0; 1 for a plain flow.
    capacity : float64[L]
        Of each link, bytes/s, >= 0; 0 for one that has failed, infinite for one that limits nobody.
    weight : float64[F]
        Share of each flow relative to others, > 0.
    cap : float64[F]
        Highest rate of each flow, bytes/s, >= 0; infinite where it has none.

    Returns
    -------
    float64[F]
        Rate of each flow, bytes/s; infinite where neither a link nor a cap holds a flow.

    Notes
    -----
    Time grows as E + L log L, and F log F where caps are given.

    Examples
    --------
    Two flows share link 0, and the second also crosses link 1, which is slower.

    >>> start, link = np.array([0, 1, 3]), np.array([0, 0, 1], np.int32)
    >>> fair_rates(start, link, np.ones(3), np.array([10.0, 3.0]), np.ones(2), np.full(2, np.inf)).tolist()
    [7.0, 3.0]
    """
    links, flows = capacity.size, weight.size
    first, flow, entry = np.zeros(links + 2, np.int64), np.empty(link.size, np.int32), np.empty(link.size, np.int32)
    _transpose(start, link, use, first, flow, entry)
    pressing, whole, taken, count = np.empty(links), np.empty(links), np.empty(links), np.empty(links, np.int64)
    rate = np.empty(flows)
    keys, items, place = np.empty(links + flows), np.empty(links + flows, np.int32), np.empty(links + flows, np.int32)
    _fill_up(
        start, link, use, capacity, weight, cap, first, flow, entry, pressing, whole, taken, count, rate,
        keys, items, place,
    )  # fmt: skip
    return rate
