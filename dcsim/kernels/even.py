"""Rounds of equal messages in which max-min rates never change: a certificate, and the ends of all flows from it.

Every flow f has the rate ``r_f``, the least of ``C_l / n_l`` over its links, where ``n_l`` flows cross link l. If every
flow has a link l with ``C_l / n_l = r_f`` that only flows of that same rate and of the same start cross, these rates
are the max-min fair ones, and stay so until the flow ends:

- no link is overfull, because every flow of link l has at most ``C_l / n_l``;
- whenever f moves, so do all flows of its link l, since they start together, are equally fast and equally long; then
  the link is full, and f is among the fastest on it, which is the condition of max-min fairness (Bertsekas and
  Gallager, "Data Networks", section 6.5.2), whichever other flows have not started yet or have ended.

A few passes over the routes then replace an event for each start and each end.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["crossings", "even_round"]


@kernel
def crossings(
    start: NDArray[np.int64],
    link: NDArray[np.int32],
    capacity: NDArray[np.float64],
    own: NDArray[np.bool_],
    outside: NDArray[np.bool_],
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_]]:
    """Return what the routes of a round tell before anything moves.

    Parameters
    ----------
    start : int64[F + 1]
        Flow f crosses ``link[start[f]:start[f + 1]]``, each link once.
    link : int32[E]
        Links of all flows.
    capacity : float64[L]
        Of each link, bytes/s.
    own : bool[L]
        Links of which flows have an even share.
    outside : bool[L]
        Links that lead out of a box.

    Returns
    -------
    count : int64[L]
        Flows that cross each link.
    pace : float64[F]
        Time that a byte of each flow takes, with an even share of its own links and all of the others, s.
    leaves : bool[F]
        Whether the flow crosses a link that leads out of a box.

    Examples
    --------
    Two flows share the first link; the second crosses a narrow one after it.

    >>> start, link = np.array([0, 1, 3]), np.array([0, 0, 1], np.int32)
    >>> first = np.array([True, False])
    >>> count, pace, leaves = crossings(start, link, np.array([4.0, 1.0]), first, ~first)
    >>> count.tolist(), pace.tolist(), leaves.tolist()
    ([2, 1], [0.5, 1.0], [False, True])
    """
    count = np.zeros(capacity.size, np.int64)
    for e in range(start[0], start[-1]):
        count[link[e]] += 1
    each = np.where(own, count, 1) / capacity
    pace = np.zeros(start.size - 1)
    leaves = np.zeros(start.size - 1, np.bool_)
    for f in range(pace.size):
        for e in range(start[f], start[f + 1]):
            pace[f] = max(pace[f], each[link[e]])
            leaves[f] |= outside[link[e]]
    return count, pace, leaves


@kernel
def _least_shares(start: NDArray[np.int64], link: NDArray[np.int32], share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the least share of each flow; infinite where it crosses nothing."""
    rate = np.full(start.size - 1, math.inf)
    for f in range(rate.size):
        for e in range(start[f], start[f + 1]):
            rate[f] = min(rate[f], share[link[e]])
    return rate


@kernel
def _sound(
    start: NDArray[np.int64],
    link: NDArray[np.int32],
    share: NDArray[np.float64],
    rate: NDArray[np.float64],
    ready: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return whether the flows of each link start together and take even shares of it."""
    since = np.full(share.size, -1.0)
    sound = np.ones(share.size, np.bool_)
    for f in range(rate.size):
        for e in range(start[f], start[f + 1]):
            at = link[e]
            if since[at] < 0.0:
                since[at] = ready[f]
            if since[at] != ready[f] or rate[f] < share[at]:
                sound[at] = False
    return sound


@kernel
def even_round(
    start: NDArray[np.int64],
    link: NDArray[np.int32],
    capacity: NDArray[np.float64],
    count: NDArray[np.int64],
    nbytes: float,
    ready: NDArray[np.float64],
) -> tuple[bool, NDArray[np.float64]]:
    """Return the end of each flow of a round of equal messages, where it is certain that no rate ever changes.

    Parameters
    ----------
    start : int64[F + 1]
        Flow f crosses ``link[start[f]:start[f + 1]]``, each link once.
    link : int32[E]
        Links of all flows.
    capacity : float64[L]
        Of each link, bytes/s.
    count : int64[L]
        Flows that cross each link.
    nbytes : float
        Size of every message.
    ready : float64[F]
        When each flow joins the sharing, s, from 0 up.

    Returns
    -------
    certain : bool
        Whether it is; the ends mean nothing otherwise.
    finish : float64[F]
        End of each flow, s; infinite across a link without capacity.

    Examples
    --------
    Two flows share the first link, and one of them crosses a wide second one.

    >>> start, link = np.array([0, 1, 3]), np.array([0, 0, 1], np.int32)
    >>> count = np.array([2, 1])
    >>> certain, finish = even_round(start, link, np.array([4.0, 9.0]), count, 8.0, np.ones(2))
    >>> certain, finish.tolist()
    (True, [5.0, 5.0])

    A narrow second link leaves the other flow more than its half, until it ends.

    >>> even_round(start, link, np.array([4.0, 1.0]), count, 8.0, np.ones(2))[0]
    False
    """
    share = capacity / np.maximum(count, 1)
    rate = _least_shares(start, link, share)
    sound = _sound(start, link, share, rate, ready)
    finish = ready.copy()
    for f in range(ready.size):
        certain = start[f] == start[f + 1]
        for e in range(start[f], start[f + 1]):
            certain |= sound[link[e]] and share[link[e]] == rate[f]
        if not certain:
            return False, finish
        if nbytes > 0.0:
            finish[f] += nbytes / rate[f] if rate[f] > 0.0 else math.inf
    return True, finish
