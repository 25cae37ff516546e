"""Flows on links in exact fractions, slow and obvious: whatever happens, all is worked out anew.

A capacity, weight, size or time is a whole number or a fraction; ``None`` stands for no cap and for no end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np


@dataclass(frozen=True)
class System:
    """Links and the flows on them; changes are (time, link, capacity), in order of time."""

    capacity: list
    routes: list
    nbytes: list
    ready: list
    weight: list
    cap: list
    changes: list = field(default_factory=list)

    def arrays(self):
        """Return the arguments of ``dcsim.kernels.fluid.complete``."""
        time, link, capacity = zip(*self.changes, strict=True) if self.changes else ((), (), ())
        start = np.cumsum([0, *map(len, self.routes)]).astype(np.int64)
        links = np.array([one for route in self.routes for one in route], np.int32)
        flows = [floats(column) for column in (self.nbytes, self.ready, self.weight, self.cap)]
        changes = floats(time), np.array(link, np.int64), floats(capacity)
        return start, links, floats(self.capacity), *flows, *changes


def floats(column):
    """Return numbers as an array, ``None`` as infinite."""
    return np.array([math.inf if number is None else float(number) for number in column], float)


def rates(routes, capacity, weight, cap):
    """Raise all flows by the smallest step at which a link fills or a flow reaches its cap, until none rises."""
    level = [Fraction(0)] * len(routes)
    left = [Fraction(each) for each in capacity]
    rising = set(range(len(routes)))
    while rising:
        load = dict.fromkeys((link for f in rising for link in routes[f]), Fraction(0))
        for f in rising:
            for link in routes[f]:
                load[link] += weight[f]
        steps = [left[link] / total for link, total in load.items()]
        steps += [Fraction(cap[f]) / weight[f] - level[f] for f in rising if cap[f] is not None]
        if not steps:
            break
        for f in rising:
            level[f] += min(steps)
        for link, total in load.items():
            left[link] -= min(steps) * total
        full = {link for link in load if left[link] == 0}
        at_cap = {f for f in rising if cap[f] is not None and level[f] * weight[f] >= cap[f]}
        rising -= at_cap | {f for f in rising if full & set(routes[f])}
    return [None if f in rising else level[f] * weight[f] for f in range(len(routes))]


def complete(system):
    """Return when each flow ends, and what it has left where it never does."""
    capacity, changes = list(system.capacity), list(system.changes)
    left = [Fraction(each) for each in system.nbytes]
    finish = [None] * len(left)
    waiting = sorted(range(len(left)), key=lambda f: system.ready[f])
    active = []
    now = min([*system.ready, *(change[0] for change in changes)], default=0)
    while True:
        active += [f for f in waiting if system.ready[f] <= now]
        waiting = [f for f in waiting if system.ready[f] > now]
        while changes and changes[0][0] <= now:
            _, link, capacity_now = changes.pop(0)
            capacity[link] = capacity_now
        for f in active:
            if left[f] == 0 or (not system.routes[f] and system.cap[f] is None):
                finish[f], left[f] = now, 0
        active = [f for f in active if finish[f] is None]
        chosen = ([column[f] for f in active] for column in (system.routes, system.weight, system.cap))
        routes, weight, cap = chosen
        rate = rates(routes, capacity, weight, cap)
        times = [now + left[f] / each for f, each in zip(active, rate, strict=True) if each]
        times += [system.ready[f] for f in waiting[:1]] + [change[0] for change in changes[:1]]
        if not times:
            return finish, left
        for f, each in zip(active, rate, strict=True):
            left[f] -= each * (min(times) - now)
        now = min(times)
