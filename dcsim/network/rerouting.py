"""Flows on links that fail and come back: who takes which path, from one change of the failed links to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.kernels.fluid import complete
from dcsim.network.topology import Routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dcsim.network.topology import Topology

__all__ = ["Changes", "Load", "Outcome", "crossed", "send"]

_NOTHING = 1e-12  # of a flow, that counts as rounding where a link fails at the instant at which the flow ends


@dataclass(frozen=True, eq=False)
class Changes:
    """Links that change while flows cross them.

    Parameters
    ----------
    time : ndarray of float64, shape (changes,)
        When, ascending, s.
    link : ndarray of int64, shape (changes,)
        Which.
    capacity : ndarray of float64, shape (changes,)
        What it carries from then on, bytes/s; 0 for a link that has failed.
    """

    time: NDArray[np.float64]
    link: NDArray[np.int64]
    capacity: NDArray[np.float64]

    def earlier(self, by: float) -> Changes:
        """Return them with times that count from a later instant."""
        return Changes(self.time - by, self.link, self.capacity)

    def between(self, first: float, last: float) -> Changes:
        """Return those after one time and before another."""
        inside = (self.time > first) & (self.time < last)
        return Changes(self.time[inside], self.link[inside], self.capacity[inside])


class Load(NamedTuple):
    """Flows to send; arrays of shape (flows,).

    Parameters
    ----------
    src, dst : ndarray of int64
        Hosts.
    nbytes : ndarray of float64
        Bytes.
    start : ndarray of float64
        When the message is handed over, s; not before 0.
    weight, cap : ndarray of float64
        Claim on shared links, and largest rate, bytes/s.
    overhead : float
        From the start until the first byte leaves, s.
    """

    src: NDArray[np.int64]
    dst: NDArray[np.int64]
    nbytes: NDArray[np.float64]
    start: NDArray[np.float64]
    weight: NDArray[np.float64]
    cap: NDArray[np.float64]
    overhead: float


class Outcome(NamedTuple):
    """What became of flows.

    Parameters
    ----------
    finish : ndarray of float64, shape (flows,)
        s; infinite for those that never finish.
    moved : ndarray of float64, shape (links,)
        Bytes that each link carried, as the links count.
    sent : ndarray of float64, shape (links,)
        The same as the flows count: what each sent while its route crossed the link.
    rerouted : int
        How often a flow left its path for another.
    """

    finish: NDArray[np.float64]
    moved: NDArray[np.float64]
    sent: NDArray[np.float64]
    rerouted: int


class _Spell(NamedTuple):
    """A time during which the same links are down."""

    begin: float
    end: float
    capacity: NDArray[np.float64]


def send(topology: Topology, load: Load, routes: Routes, changes: Changes) -> Outcome:
    """Send flows while links change, fail and come back.

    Parameters
    ----------
    topology : Topology
        Links and routes.
    load : Load
        Flows.
    routes : Routes
        Of the flows with all links up.
    changes : Changes
        Times as in ``load``; those up to 0 hold from the beginning.
    """
    spells = list(_spells(topology.capacity, changes))
    if len(spells) == 1 and spells[0].capacity.all():
        ready = load.start + load.overhead + routes.latency
        finish, moved = _complete(spells[0], routes, load.nbytes, ready, load, changes)
        return Outcome(finish, moved, _crossing(routes, load.nbytes, topology.links), 0)
    return _Journey(topology, load, routes).travel(spells, changes)


def crossed(routes: Routes, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which flows cross any of the marked links, shape (flows,).

    Examples
    --------
    >>> routes = Routes(np.array([0, 2, 2, 3]), np.array([0, 1, 2], np.int32), np.zeros(3), np.ones(3, bool))
    >>> crossed(routes, np.array([False, True, False])).tolist()
    [True, False, False]
    """
    hits = np.zeros(len(routes.link) + 1, np.int64)
    np.cumsum(marked[routes.link], out=hits[1:])
    return np.asarray(hits[routes.start[1:]] > hits[routes.start[:-1]])


def _spells(capacity: NDArray[np.float64], changes: Changes) -> Iterator[_Spell]:
    """Yield the spells between changes of the set of failed links, the last of them without end."""
    now, begin, at = capacity.copy(), 0.0, capacity.copy()
    for time in np.unique(changes.time):
        here = changes.time == time
        now[changes.link[here]] = changes.capacity[here]
        if time <= 0.0:
            at = now.copy()
        elif ((now == 0.0) != (at == 0.0)).any():
            yield _Spell(begin, float(time), at)
            begin, at = float(time), now.copy()
    yield _Spell(begin, np.inf, at)


def _complete(
    spell: _Spell,
    routes: Routes,
    nbytes: NDArray[np.float64],
    ready: NDArray[np.float64],
    load: Load,
    changes: Changes,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Let flows share the links from the begin of a spell on, with the changes within it."""
    inside = changes.between(spell.begin, spell.end)
    return complete(
        routes.start, routes.link, spell.capacity, nbytes, ready, load.weight, load.cap,
        inside.time, inside.link, inside.capacity,
    )  # fmt: skip


def _crossing(routes: Routes, nbytes: NDArray[np.float64], links: int) -> NDArray[np.float64]:
    """Return the bytes that flows bring to each link."""
    brought = np.repeat(nbytes, np.diff(routes.start))
    return np.bincount(routes.link, weights=brought, minlength=links).astype(np.float64)


class _Journey:
    """Flows on their way from spell to spell.

    Within a spell every flow is given a link of its own that never binds, which counts what it sends. At the end of the
    spell all links stand still, and the flows go on with what is left of them.
    """

    def __init__(self, topology: Topology, load: Load, routes: Routes) -> None:
        self.topology, self.load, self.routes = topology, load, routes
        self.left = load.nbytes.copy()
        self.ready = load.start + load.overhead + routes.latency
        stays = routes.start[1:] == routes.start[:-1]
        self.finish = np.where(stays, self.ready + load.nbytes / load.cap, np.inf)
        self.moved, self.sent = np.zeros(topology.links), np.zeros(topology.links)
        self.rerouted = 0

    def travel(self, spells: list[_Spell], changes: Changes) -> Outcome:
        """Send the flows through one spell after the other."""
        for spell in spells:
            self._choose(spell)
            self._share(spell, changes)
        return Outcome(self.finish, self.moved, self.sent, self.rerouted)

    def _choose(self, spell: _Spell) -> None:
        """Find another path for whoever is on a failed link at the begin of a spell or starts within it."""
        start, failed = self.load.start, spell.capacity == 0.0
        lost = np.flatnonzero(crossed(self.routes, failed) & np.isinf(self.finish) & (start < spell.end))
        if not len(lost):
            return
        other = self.topology.routes(self.load.src[lost], self.load.dst[lost], failed)
        under_way = start[lost] < spell.begin
        self.rerouted += int((under_way & ~crossed(other, failed)).sum())
        self.routes = _replaced(self.routes, lost, other)
        joining = lost[~under_way]
        self.ready[joining] = start[joining] + self.load.overhead + self.routes.latency[joining]

    def _share(self, spell: _Spell, changes: Changes) -> None:
        """Let flows share the links until the end of a spell."""
        here = np.flatnonzero(np.isinf(self.finish) & (self.ready < spell.end))
        links, flows = self.topology.links, len(here)
        routes = _chosen(self.routes, here)
        inside = changes.between(spell.begin, spell.end)
        never = 2.0 * max(spell.capacity.max(initial=1.0), inside.capacity.max(initial=1.0))
        stop = np.arange(links) if np.isfinite(spell.end) else np.zeros(0, np.int64)
        finish, moved = complete(
            routes.start + np.arange(flows + 1),
            np.insert(routes.link, routes.start[1:], links + np.arange(flows, dtype=np.int32)).astype(np.int32),
            np.concatenate([spell.capacity, np.full(flows, never)]),
            self.left[here],
            np.maximum(self.ready[here], spell.begin),
            self.load.weight[here],
            self.load.cap[here],
            np.concatenate([inside.time, np.full(len(stop), spell.end)]),
            np.concatenate([inside.link, stop]),
            np.concatenate([inside.capacity, np.zeros(len(stop))]),
        )
        gone = np.where(np.isfinite(finish), self.left[here], np.minimum(moved[links:], self.left[here]))
        arrived = np.isinf(finish) & (self.left[here] - gone <= _NOTHING * self.load.nbytes[here])
        self.finish[here] = np.where(arrived, spell.end, finish)
        self.left[here] -= gone
        self.moved += moved[:links]
        self.sent += _crossing(routes, gone, links)


def _chosen(routes: Routes, flows: NDArray[np.int64]) -> Routes:
    """Return the routes of some flows, in ascending order."""
    counts = np.diff(routes.start)
    mine = np.zeros(len(counts), np.bool_)
    mine[flows] = True
    start = np.concatenate([[0], np.cumsum(counts[flows])])
    return Routes(start, routes.link[np.repeat(mine, counts)], routes.latency[flows], routes.reachable[flows])


def _replaced(routes: Routes, flows: NDArray[np.int64], other: Routes) -> Routes:
    """Return routes with those of some flows, in ascending order, taken from others."""
    counts, latency = np.diff(routes.start), routes.latency.copy()
    theirs = np.zeros(len(counts), np.bool_)
    theirs[flows] = True
    kept = routes.link[np.repeat(~theirs, counts)]
    counts[flows], latency[flows] = np.diff(other.start), other.latency
    start = np.concatenate([[0], np.cumsum(counts)])
    link, new = np.empty(start[-1], np.int32), np.repeat(theirs, counts)
    link[new], link[~new] = other.link, kept
    return Routes(start, link, latency, routes.reachable)
