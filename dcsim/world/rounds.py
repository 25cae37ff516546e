"""Rounds of a collective on the links of a topology: equal messages that start together, over when the last ends."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.even import crossings, even_round
from dcsim.kernels.fluid import complete
from dcsim.world.congestion import Toll, crowds, toll

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dcsim.collectives.plan import Phase, Plan
    from dcsim.network.topology import Routes, Topology
    from dcsim.spec.network import Fidelity
    from dcsim.spec.transport import Transport

__all__ = ["Course", "Round", "distinct_rounds", "message_ends"]

ADAPTERS = ("host", "nic")
"""Levels of links between a host and its switch."""
OWN = (*ADAPTERS, "nvlink", "pcie", "adapter")
"""Levels of links that are a rank's own, or shared with its neighbours on one adapter."""
_NEVER, _NOWHERE = np.zeros(0, np.float64), np.zeros(0, np.int64)


@dataclass(frozen=True, eq=False)
class Round:
    """What came of one round.

    Parameters
    ----------
    time_s : float
        From its start to the end of its last message; of a chained phase, from its start to that of the next.
    closed_form_s : float
        The same if messages met one another on their ranks' own links only.
    waiting_s : float
        Part of the time in which the last message does not move yet: software overhead and the latency of its route.
    moved : ndarray of float64, shape (links,)
        Bytes that each link carries.
    decider : int
        The busiest link of the message that ends last; -1 where it crosses none.
    lost_bytes, timeouts : float
        Bytes that are dropped and sent again, and time-outs, of all messages together.
    """

    time_s: float
    closed_form_s: float
    waiting_s: float
    moved: NDArray[np.float64]
    decider: int
    lost_bytes: float
    timeouts: float


def distinct_rounds(plan: Plan) -> Iterator[tuple[Phase, int]]:
    """Yield each different phase of a plan, once, with how often it is acted out.

    Phases are equal when they have the same messages, in whatever order, of the same size. They take equally long,
    because a round begins when the one before has ended and knows nothing else of it.

    Examples
    --------
    >>> from dcsim.collectives.plan import Plan, phase
    >>> steps = phase([0, 1], [1, 0], 8.0), phase([0, 1], [1, 0], 4.0), phase([1, 0], [0, 1], 8.0, repeat=3)
    >>> [(step.nbytes, times) for step, times in distinct_rounds(Plan(2, steps))]
    [(8.0, 4), (4.0, 1)]
    """
    keys = [_signature(step, plan.ranks) for step in plan.phases]
    times = dict.fromkeys(keys, 0)
    for key, step in zip(keys, plan.phases, strict=True):
        times[key] += step.repeat
    for key, step in zip(keys, plan.phases, strict=True):
        if key in times:
            yield step, times.pop(key)


def _signature(step: Phase, ranks: int) -> tuple[float, bool, bytes]:
    """Return what phases of the same messages, and no others, share; short, because a plan may have thousands."""
    receiver = np.full(ranks, -1)
    receiver[step.src] = step.dst
    if np.count_nonzero(receiver >= 0) < step.src.size:  # somebody sends twice
        receiver = np.sort(step.src * ranks + step.dst)
    return step.nbytes, step.chained, hashlib.blake2b(receiver.tobytes(), digest_size=16).digest()


@dataclass(frozen=True, eq=False)
class Course:
    """What a collective runs on.

    Parameters
    ----------
    topology : Topology
        Links and routes.
    hosts : ndarray of int64, shape (ranks,)
        Where each rank is.
    fidelity : {"closed_form", "flow", "packet"}
        How closely the network is looked at.
    overhead_s : float
        Software cost of a message that leaves its box (s).
    transport : Transport, optional
        How hosts answer to losses; without it there are none.
    """

    topology: Topology
    hosts: NDArray[np.int64]
    fidelity: Fidelity
    overhead_s: float
    transport: Transport | None

    def act(self, step: Phase) -> Round:
        """Act one round out.

        Raises
        ------
        ValueError
            Where no way leads from one host to another.
        """
        routes, capacity = self._routes(step), self.topology.capacity
        count, pace, leaves = crossings(routes.start, routes.link, capacity, self._own, self._outside)
        ready = routes.latency + self.overhead_s * leaves
        expected = ready + step.nbytes * pace
        finish, paid = expected, list[Toll]()
        if self.fidelity != "closed_form":
            finish, capacity, paid = self._shared(routes, count, step.nbytes, ready)
        last = int(finish.argmax())
        links = routes.of(last)
        moved = count.astype(np.float64) * step.nbytes
        return Round(
            time_s=_turn(finish, ready, chained=step.chained),
            closed_form_s=_turn(expected, ready, chained=step.chained),
            waiting_s=float(ready.mean() if step.chained else ready[last]),
            moved=moved,
            decider=int(links[(moved[links] / capacity[links]).argmax()]) if links.size else -1,
            lost_bytes=math.fsum(each.lost_bytes for each in paid),
            timeouts=math.fsum(each.timeouts for each in paid),
        )

    def _shared(
        self, routes: Routes, count: NDArray[np.int64], nbytes: float, ready: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], list[Toll]]:
        """Return when messages end that share all links, what collisions leave of the capacities, and their tolls."""
        capacity = self.topology.capacity
        met = crowds(routes, self.topology, self.transport)
        if not met:
            return message_ends(routes, capacity, count, nbytes, ready), capacity, []
        paid = [toll(crowd, nbytes) for crowd in met]
        ports = np.array([crowd.link for crowd in met])
        left = capacity.copy()
        left[ports] *= [each.goodput_ratio for each in paid]
        if self.fidelity == "flow":
            return message_ends(routes, left, count, nbytes, ready), left, paid
        played = np.zeros(self.topology.links)
        played[ports] = [each.time_s for each in paid]
        message = np.repeat(np.arange(ready.size), np.diff(routes.start))
        finish = message_ends(routes, capacity, count, nbytes, ready)
        np.maximum.at(finish, message, ready[message] + played[routes.link])
        return finish, left, paid

    def _routes(self, step: Phase) -> Routes:
        """Return the routes of all messages."""
        src, dst = self.hosts[step.src], self.hosts[step.dst]
        routes = self.topology.routes(src, dst)
        if not routes.reachable.all():
            lost = int(routes.reachable.argmin())
            raise ValueError(f"no way leads from host {src[lost]} to host {dst[lost]}")
        return routes

    @cached_property
    def _own(self) -> NDArray[np.bool_]:
        return _levels(self.topology, OWN)

    @cached_property
    def _outside(self) -> NDArray[np.bool_]:
        return _levels(self.topology, ADAPTERS)


def _turn(finish: NDArray[np.float64], ready: NDArray[np.float64], *, chained: bool) -> float:
    """Return how long a round takes: to its last message, or, around rings, the slowest message and a mean latency."""
    return float((finish - ready).max() + ready.mean() if chained else finish.max())


def _levels(topology: Topology, names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which links are of certain levels."""
    return np.isin(topology.level, [topology.levels.index(name) for name in names if name in topology.levels])


def message_ends(
    routes: Routes,
    capacity: NDArray[np.float64],
    count: NDArray[np.int64],
    nbytes: float,
    ready: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return when each of equal messages ends that share links max-min fairly, shape (messages,).

    Parameters
    ----------
    routes : Routes
        Links of each message.
    capacity : ndarray of float64, shape (links,)
        Bytes/s; a message across a link without any never ends.
    count : ndarray of int64, shape (links,)
        Messages that cross each link.
    nbytes : float
        Size of every message.
    ready : ndarray of float64, shape (messages,)
        When each joins the sharing, s.
    """
    certain, finish = even_round(routes.start, routes.link, capacity, count, nbytes, ready)
    if not certain:
        every = np.ones(ready.size)
        size, cap = every * nbytes, every * np.inf
        finish, _ = complete(
            routes.start, routes.link, capacity, size, ready, every, cap, _NEVER, _NOWHERE, _NEVER
        )
    return finish
