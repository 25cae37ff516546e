"""Flows that share links, from their starts to their ends."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.fairshare import fair_rates
from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["complete"]


@kernel
def _rates(start, link, capacity, weight, cap, active):
    """Return the rates of the active flows."""
    sub_start = np.zeros(active.size + 1, np.int64)
    for i, f in enumerate(active):
        sub_start[i + 1] = sub_start[i] + start[f + 1] - start[f]
    sub_link = np.empty(sub_start[-1], np.int32)
    for i, f in enumerate(active):
        sub_link[sub_start[i] : sub_start[i + 1]] = link[start[f] : start[f + 1]]
    return fair_rates(sub_start, sub_link, np.ones(sub_link.size), capacity, weight[active], cap[active])


@kernel
def complete(start, link, capacity, nbytes, ready, weight, cap, change_time, change_link, change_capacity):
    """Times at which flows end, and the bytes that each link carried."""
    flows, links = nbytes.size, capacity.size
    capacity = capacity.copy()
    left = nbytes.copy()
    finish = np.full(flows, math.inf)
    order = np.argsort(ready, kind="mergesort")
    active = np.empty(flows, np.int64)
    count, nxt, change = 0, 0, 0
    now = 0.0
    while True:
        rate = _rates(start, link, capacity, weight, cap, active[:count])
        then = math.inf
        for i in range(count):
            if rate[i] > 0.0:
                then = min(then, now + left[active[i]] / rate[i])
        if nxt < flows:
            then = min(then, ready[order[nxt]])
        if change < change_time.size:
            then = min(then, change_time[change])
        if then == math.inf:
            break
        kept = 0
        for i in range(count):
            f = active[i]
            if rate[i] > 0.0 and now + left[f] / rate[i] <= then * (1.0 + 1e-15):
                finish[f] = then
                left[f] = 0.0
            else:
                left[f] -= rate[i] * (then - now)
                active[kept] = f
                kept += 1
        count = kept
        now = then
        while nxt < flows and ready[order[nxt]] <= now:
            f = order[nxt]
            nxt += 1
            if left[f] <= 0.0 or (start[f] == start[f + 1] and cap[f] == math.inf):
                finish[f] = ready[f]
                left[f] = 0.0
            else:
                active[count] = f
                count += 1
        while change < change_time.size and change_time[change] <= now:
            capacity[change_link[change]] = change_capacity[change]
            change += 1
    moved = np.zeros(links)
    for f in range(flows):
        for e in range(start[f], start[f + 1]):
            moved[link[e]] += nbytes[f] - left[f]
    return finish, moved
