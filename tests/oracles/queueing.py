"""M/M/c by Erlang's sums in exact fractions, by quadrature for fractional servers, and by simulation."""

from __future__ import annotations

import heapq
import math
from fractions import Fraction

import numpy as np


def erlang_c(servers: int, load: Fraction) -> Fraction:
    """Erlang's second formula, term by term, without rounding."""
    term = Fraction(1)
    below = Fraction(0)
    for k in range(servers):
        below += term
        term = term * load / (k + 1)
    waiting = term * servers / (servers - load)
    return waiting / (below + waiting)


def erlang_c_any(servers: float, utilisation: float) -> float:
    """Erlang C for any number of servers, with 1/B = a * integral of exp(-a t) (1 + t)^c over t > 0."""
    load = servers * utilisation
    s = np.linspace(-4.5, 6.5, 4001)
    stretched = np.exp(s - np.exp(-s))
    width = 1.0 / max(load - servers, math.sqrt(load))
    exponent = -load * stretched * width + servers * np.log1p(stretched * width)
    slope = stretched * (1.0 + np.exp(-s))
    top = exponent.max()
    if top > 600.0:
        return 0.0
    integral = float(np.sum(np.exp(exponent - top) * slope)) * (s[1] - s[0])
    inverse = load * width * math.exp(top) * integral
    return 1.0 / (inverse * (1.0 - utilisation) + utilisation)


def tail(servers: int, utilisation: float, service_time: float, budget: float) -> float:
    load = Fraction(utilisation) * servers
    return float(erlang_c(servers, load)) * math.exp(-(servers - float(load)) * budget / service_time)


def simulated_waits(servers: int, utilisation: float, service_time: float, customers: int, seed: int):
    """Waits of customers served in order of arrival: each takes the server that is free first."""
    rng = np.random.default_rng(seed)
    arrivals = np.cumsum(rng.exponential(service_time / (servers * utilisation), customers))
    services = rng.exponential(service_time, customers)
    free_at = [0.0] * servers
    waits = np.empty(customers)
    for i, (arrival, service) in enumerate(zip(arrivals.tolist(), services.tolist(), strict=True)):
        begin = max(arrival, heapq.heappop(free_at))
        waits[i] = begin - arrival
        heapq.heappush(free_at, begin + service)
    return waits
