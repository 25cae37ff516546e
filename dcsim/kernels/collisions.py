"""Trainings that exchange now and then over shared links: how much longer a step takes because exchanges collide.

A training computes, then exchanges, then computes again. While it exchanges it sends bursts across the links between
its hosts; nobody arranges the bursts of different trainings, so each finds the others at an unrelated point of their
steps. A link is shared max-min fairly by whoever is on it at a moment. The share that a burst can expect is the mean
over which others are on, each on for the fraction of time that its slowed exchange takes of its slowed step: a fixed
point. Streams that never pause (readers, checkpoints) are always on and take what they need, up to their fair share.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["EXACT", "GANG", "colliding_steps", "expected_shares"]

GANG = ("base", "rest", "cross", "overlap", "backward", "every")
"""Columns that describe a training: its step without the exchange (s), the parts of the exchange that cross no link
and that do (s), the share of an exchange that may hide, what it hides behind (s), and the steps from one exchange to
the next. A step takes ``base + max((1 - overlap) x, x - backward) / every``, an exchange ``x = rest + cross``.
"""
EXACT = 8
"""Sources that come and go on one link up to which every combination of them is counted."""
LEVELS = 64  # of the normal approximation beyond
ROUNDS = 200
SETTLED = 1e-7  # largest relative change of a step in one round


@kernel
def _common_level(
    order: NDArray[np.int64], cap: Floats, weight: Floats, here: NDArray[np.bool_], left: float
) -> float:
    """Return the level to which the sources that are here rise together; infinite where all reach their caps."""
    pressing = 0.0
    for k in order:
        if here[k]:
            pressing += weight[k]
    for k in order:
        if here[k]:
            if cap[k] * pressing > left * weight[k]:
                return left / pressing
            left = max(left - cap[k], 0.0)
            pressing -= weight[k]
    return math.inf


@kernel
def _count_all(
    order: NDArray[np.int64], cap: Floats, weight: Floats, on: Floats, capacity: float, some: NDArray[np.int64]
) -> Floats:
    """Return the expected shares as the sum over all combinations of the sources that come and go."""
    share = np.zeros(cap.size)
    here = on >= 1.0
    for combination in range(1 << some.size):
        chance = 1.0
        for bit, k in enumerate(some):
            here[k] = (combination >> bit) & 1 == 1
            chance *= on[k] if here[k] else 1.0 - on[k]
        level = _common_level(order, cap, weight, here, capacity)
        for k in order:
            if here[k]:
                share[k] += chance * min(cap[k], weight[k] * level)
    return share / on


@kernel
def _fits(spare: float, variance: float, capacity: float) -> float:
    """Return the probability that a demand with such a mean below the capacity, and such a variance, fits."""
    spread = math.sqrt(max(variance, 0.0))
    if spread > 1e-9 * capacity:
        return 0.5 * math.erfc(-spare / (spread * math.sqrt(2.0)))
    return 1.0 if spare >= -1e-12 * capacity else 0.0


@kernel
def _approximate(cap: Floats, weight: Floats, on: Floats, capacity: float) -> Floats:
    """Return the expected shares where the demand of many others at each level is taken as normally distributed.

    ``E[share_k] = integral over levels up to cap_k / weight_k of weight_k P(demand at the level <= capacity)``.
    """
    share = np.zeros(cap.size)
    step = np.max(cap / weight) / LEVELS
    for q in range(LEVELS):
        level = (q + 0.5) * step
        mean, variance = 0.0, 0.0
        for k in range(cap.size):
            taken = min(cap[k], weight[k] * level)
            mean += on[k] * taken
            variance += on[k] * (1.0 - on[k]) * taken * taken
        always = _fits(capacity - mean, variance, capacity)  # seen by those that are always on
        for k in range(cap.size):
            width = min(max(cap[k] / weight[k] - q * step, 0.0), step)
            if width > 0.0:
                fits = always
                if on[k] < 1.0:
                    taken, off = min(cap[k], weight[k] * level), 1.0 - on[k]
                    fits = _fits(capacity - mean - off * taken, variance - on[k] * off * taken * taken, capacity)
                share[k] += weight[k] * width * fits
    return share


@kernel
def expected_shares(cap: Floats, weight: Floats, on: Floats, capacity: float) -> Floats:
    """Mean max-min share of each source of one link while it is on, when the others come and go independently.

    Parameters
    ----------
    cap : float64[n]
        What each wants while it is on, bytes/s, > 0.
    weight : float64[n]
        Its flows: at a full link, shares below the cap are in proportion to them, > 0.
    on : float64[n]
        Fraction of time that it is on, in (0, 1].
    capacity : float
        Of the link, bytes/s.

    Returns
    -------
    float64[n]
        Bytes/s. Exact for up to ``EXACT`` sources that come and go.

    Examples
    --------
    Two sources that could each fill the link; the other one is on for 40 % of the time and then takes half.

    >>> expected_shares(np.ones(2), np.ones(2), np.array([0.4, 0.4]), 1.0).round(12).tolist()
    [0.8, 0.8]
    """
    some = np.flatnonzero(on < 1.0)
    if some.size > EXACT:
        return _approximate(cap, weight, on, capacity)
    return _count_all(np.argsort(cap / weight, kind="mergesort"), cap, weight, on, capacity, some)


@kernel
def _step(exchange_s: float, gang: Floats) -> float:
    """Return the step of a training whose exchange takes so long."""
    overlap, backward, every = gang[3], gang[4], gang[5]
    return float(gang[0] + max((1.0 - overlap) * exchange_s, exchange_s - backward) / every)


@kernel
def _link_shares(
    entries: NDArray[np.int64],
    owner: NDArray[np.int64],
    burst: Floats,
    steady: Floats,
    flows: Floats,
    capacity: float,
    gangs: Floats,
    step: Floats,
    share: Floats,
) -> None:
    """Set the share of its burst that each entry of a link can expect, as a ratio."""
    count = entries.size
    cap, weight, on = np.empty(2 * count), np.empty(2 * count), np.ones(2 * count)
    source = np.empty(2 * count, np.int64)
    n = 0
    for e in entries:
        gang = gangs[owner[e]]
        if burst[e] > 0.0:
            cap[n], weight[n], source[n] = burst[e], flows[0, e], e
            on[n] = min(gang[2] / share[e] / gang[5] / step[owner[e]], 1.0)
            n += 1
        if steady[e] > 0.0:
            cap[n] = steady[e] * _step(gang[1] + gang[2], gang) / step[owner[e]]
            weight[n], source[n] = flows[1, e], -1
            n += 1
    if np.max(source[:n]) < 0 or np.sum(cap[:n]) <= capacity:  # no burst, or room for all at once
        share[entries] = 1.0
        return
    found = expected_shares(cap[:n], weight[:n], on[:n], capacity)
    for k in range(n):
        if source[k] >= 0:
            share[source[k]] = min(found[k] / cap[k], 1.0)


@kernel
def _follow(start: NDArray[np.int64], share: Floats, gangs: Floats, least: Floats, step: Floats) -> float:
    """Set the steps to what the shares make of them and return the largest relative change."""
    moved = 0.0
    for i in range(step.size):
        slowest = 1.0
        for e in range(start[i], start[i + 1]):
            slowest = min(slowest, share[e])
        new = max(_step(gangs[i, 1] + gangs[i, 2] / slowest, gangs[i]), least[i])
        moved = max(moved, abs(new - step[i]) / new)
        step[i] = new
    return moved


@kernel
def colliding_steps(
    start: NDArray[np.int64],
    link: NDArray[np.int32],
    burst: Floats,
    steady: Floats,
    flows: Floats,
    capacity: Floats,
    gangs: Floats,
    least: Floats,
) -> tuple[Floats, Floats]:
    """Length of the steps of trainings whose exchanges collide on shared links.

    A training waits for the slowest of its links. On each link it counts as on for as long as that link alone would
    keep it, so that every link carries its bytes once.

    Parameters
    ----------
    start, link : int64[n + 1], int32[E]
        Training ``i`` crosses ``link[start[i]:start[i + 1]]``, each once.
    burst : float64[E]
        What the exchange sends over the link while it crosses any, alone, bytes/s; 0 for none.
    steady : float64[E]
        What readers and checkpoints send in the mean, alone, bytes/s.
    flows : float64[2, E]
        Flows of the burst and of the steady stream.
    capacity : float64[L]
        Of each link, bytes/s, > 0.
    gangs : float64[n, 6]
        Of each training: the columns ``GANG``.
    least : float64[n]
        Step that each takes at least, s: alone, or as long as its readers hold it up.

    Returns
    -------
    step, share : float64[n], float64[E]
        Mean step (s), and the expected share of each burst while it is on; 1 where it is never slowed.

    Examples
    --------
    Two trainings compute for 0.6 s and exchange for 0.4 s, each able to fill the link.

    >>> gang = np.array([[0.6, 0.0, 0.4, 0.0, 0.0, 1.0]] * 2)
    >>> link, one = np.zeros(2, np.int32), np.ones(2)
    >>> colliding_steps(np.arange(3), link, one, 0 * one, np.ones((2, 2)), one[:1], gang, one)[0].round(3).tolist()
    [1.121, 1.121]
    """
    n = start.size - 1
    owner = np.repeat(np.arange(n), np.diff(start))
    step = least.copy()
    order, share = np.argsort(link, kind="mergesort"), np.ones(link.size)
    for _ in range(ROUNDS):
        first = 0
        for e in range(1, link.size + 1):
            if e == link.size or link[order[e]] != link[order[first]]:
                mine = order[first:e]
                _link_shares(mine, owner, burst, steady, flows, capacity[link[mine[0]]], gangs, step, share)
                first = e
        if _follow(start, share, gangs, least, step) < SETTLED:
            break
    return step, share
