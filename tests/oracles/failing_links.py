"""Slow and obvious: flows on links that change and fail, one event after the other, with plain lists."""

from __future__ import annotations

import math

import numpy as np


def fair_rates(routes, weight, cap, capacity):
    """Raise all rates together; whoever meets a full link or its own cap stops there."""
    rate = [0.0] * len(routes)
    rising = set(range(len(routes)))
    left = list(capacity)
    while rising:
        load = {link: sum(weight[f] for f in rising if link in routes[f]) for f in rising for link in routes[f]}
        steps = [(left[link] / total, "link", link) for link, total in load.items()]
        steps += [((cap[f] - rate[f]) / weight[f], "cap", f) for f in rising]
        step, kind, which = min(steps)
        for f in rising:
            rate[f] += step * weight[f]
        for link, total in load.items():
            left[link] = max(left[link] - step * total, 0.0)
        if kind == "cap":
            rising.remove(which)
        else:
            left[which] = 0.0
            rising -= {f for f in rising if which in routes[f]}
    return rate


def finish_times(topology, src, dst, nbytes, start, weight, cap, overhead, changes):
    """Return when each flow ends; the rules are those of ``dcsim.network.flows.run_flows``."""
    flows = range(len(src))
    capacity = topology.capacity.tolist()

    def broken(links):
        return any(capacity[link] == 0.0 for link in links)

    def path(f):
        ends = np.array([src[f]]), np.array([dst[f]])
        routes = topology.routes(*ends)
        if broken(routes.link):
            routes = topology.routes(*ends, np.array([each == 0.0 for each in capacity]))
        return routes.link.tolist(), float(routes.latency[0])

    route, ready, left, finish = {}, {}, list(nbytes), [math.inf] * len(src)
    todo = sorted((time, place) for place, (time, _, _) in enumerate(changes))
    waiting = sorted(flows, key=lambda f: start[f])
    now = 0.0
    while True:
        sharing = [f for f in route if finish[f] == math.inf and ready[f] <= now]
        for f in list(sharing):
            if left[f] <= 1e-12 * nbytes[f] or (not route[f] and cap[f] == math.inf):
                finish[f] = now
                sharing.remove(f)
        rate = fair_rates(*([each[f] for f in sharing] for each in (route, weight, cap)), capacity)
        ends = [now + left[f] / r if r > 0.0 else math.inf for f, r in zip(sharing, rate, strict=True)]
        coming = [ready[f] for f in route if ready[f] > now]
        coming += [time for time, _ in todo[:1]] + [start[f] for f in waiting[:1]]
        then = min([*ends, *coming], default=math.inf)
        if then == math.inf:
            return finish
        for f, r, end in zip(sharing, rate, ends, strict=True):
            left[f] = 0.0 if end <= then else left[f] - r * (then - now)
            if end <= then:
                finish[f] = then
        now = then
        while todo and todo[0][0] <= now:
            _, link, new = changes[todo.pop(0)[1]]
            capacity[link] = new
        for f in route:
            if finish[f] == math.inf and broken(route[f]) and not broken(path(f)[0]):
                route[f] = path(f)[0]
        while waiting and start[waiting[0]] <= now:
            f = waiting.pop(0)
            route[f], latency = path(f)
            ready[f] = start[f] + overhead + latency
