"""Flows on links that fail and come back: who takes which path, from one change of the failed links to the next."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.kernels.fluid import add, advance, complete, moved, new_state, set_capacity, withdraw

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dcsim.network.topology import Routes, Topology

__all__ = ["Changes", "Load", "Outcome", "send"]

_NOTHING = 1e-12  # of a flow, that counts as rounding where a link fails at the instant at which the flow ends


class Changes(NamedTuple):
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

    A flow that starts, or whose path is hit by a failure, takes the path of now: that of ``Topology.routes`` with the
    links that are down at that instant. Where that is not whole either, a flow on its way stays on the path that it is
    on and waits, until that is mended or another one is whole.

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
    """Flows on their way from spell to spell, in one fluid network."""

    def __init__(self, topology: Topology, load: Load, routes: Routes) -> None:
        self.topology, self.load, self.routes = topology, load, routes
        self.left = load.nbytes.copy()
        self.finish = np.full(len(load.src), np.inf)
        self.ready = np.full(len(load.src), np.inf)
        self.sent = np.zeros(topology.links)
        self.rerouted = 0
        self._names = np.full(len(load.src), -1, np.int64)
        self._flows = np.zeros(0, np.int64)

    def travel(self, spells: list[_Spell], changes: Changes) -> Outcome:
        """Send the flows through one spell after the other."""
        capacity = spells[0].capacity
        self.state = new_state(capacity)
        for spell in spells:
            set_capacity(self.state, np.arange(len(capacity)), spell.capacity)
            self._move_on(spell)
            self._join(spell)
            for time, link, new in zip(*changes.between(spell.begin, spell.end), strict=True):
                self._go(time)
                set_capacity(self.state, np.array([link]), np.array([new]))
            self._go(spell.end)
        carried = moved(self.state)
        self._leave(np.flatnonzero(np.isinf(self.finish)))
        return Outcome(self.finish, carried, self.sent, self.rerouted)

    def _move_on(self, spell: _Spell) -> None:
        """Give whoever is on a failed link at the begin of a spell the path of now; without a whole one, it stays."""
        failed = spell.capacity == 0.0
        lost = np.flatnonzero((self._names >= 0) & self.routes.crossing(failed))
        if not len(lost):
            return
        self._leave(lost)
        nbytes = self.load.nbytes[lost]
        arrived = (self.left[lost] < nbytes) & (self.left[lost] <= _NOTHING * nbytes)
        self.finish[lost[arrived]] = spell.begin
        lost = lost[~arrived]
        other = self.topology.routes(self.load.src[lost], self.load.dst[lost], failed)
        whole = np.flatnonzero(~other.crossing(failed))
        self.rerouted += len(whole)
        self.routes = self.routes.replaced(lost[whole], other.some(whole))
        self._enter(lost)

    def _join(self, spell: _Spell) -> None:
        """Let in those who start within a spell, on the paths of now."""
        start, failed = self.load.start, spell.capacity == 0.0
        new = np.flatnonzero((start >= spell.begin) & (start < spell.end))
        lost = new[self.routes.some(new).crossing(failed)]
        other = self.topology.routes(self.load.src[lost], self.load.dst[lost], failed)
        self.routes = self.routes.replaced(lost, other)
        self.ready[new] = start[new] + self.load.overhead + self.routes.latency[new]
        self._enter(new)

    def _enter(self, flows: NDArray[np.int64]) -> None:
        """Put flows into the network, with what is left of them; who is ready shares at once."""
        routes = self.routes.some(flows)
        self.state, names = add(
            self.state, routes.start, routes.link, self.left[flows], self.ready[flows],
            self.load.weight[flows], self.load.cap[flows],
        )  # fmt: skip
        most = int(names.max(initial=-1)) + 1
        if most > len(self._flows):
            self._flows = np.concatenate([self._flows, np.zeros(2 * most - len(self._flows), np.int64)])
        self._names[flows], self._flows[names] = names, flows

    def _go(self, until: float) -> None:
        """Let time pass."""
        names, finish = advance(self.state, until)
        done = self._flows[names]
        self.finish[done], self._names[done] = finish, -1
        self._count(np.sort(done), np.zeros(len(done)))

    def _leave(self, flows: NDArray[np.int64]) -> None:
        """Take flows out of the network."""
        left = withdraw(self.state, self._names[flows])
        self._names[flows] = -1
        self._count(flows, left)

    def _count(self, flows: NDArray[np.int64], left: NDArray[np.float64]) -> None:
        """Book what flows have sent on the links that they crossed meanwhile."""
        self.sent += _crossing(self.routes.some(flows), self.left[flows] - left, self.topology.links)
        self.left[flows] = left
