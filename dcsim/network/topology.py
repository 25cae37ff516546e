"""What every network is to a flow: links, and the route between two of its hosts."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Block", "Links", "Routes", "Topology", "lay", "packed", "unpacked"]


@dataclass(frozen=True, eq=False)
class Routes:
    """The links that flows cross, in order, flow by flow.

    Parameters
    ----------
    start : ndarray of int64, shape (flows + 1,)
        Flow f crosses ``link[start[f]:start[f + 1]]``.
    link : ndarray of int32, shape (crossings,)
        Links.
    latency : ndarray of float64, shape (flows,)
        Sum of the latencies along the route, s.
    reachable : ndarray of bool, shape (flows,)
        Whether there is a route at all; one that is missing is empty. A flow to its own host has an empty route and is
        reachable.
    """

    start: NDArray[np.int64]
    link: NDArray[np.int32]
    latency: NDArray[np.float64]
    reachable: NDArray[np.bool_]

    def of(self, flow: int) -> NDArray[np.int32]:
        """Return the links of one flow, in order."""
        return self.link[self.start[flow] : self.start[flow + 1]]

    def crossing(self, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which flows cross any of the marked links, shape (flows,).

        Examples
        --------
        >>> routes = Routes(np.array([0, 2, 2, 3]), np.array([0, 1, 2], np.int32), np.zeros(3), np.ones(3, bool))
        >>> routes.crossing(np.array([False, True, False])).tolist()
        [True, False, False]
        """
        hits = np.zeros(len(self.link) + 1, np.int64)
        np.cumsum(marked[self.link], out=hits[1:])
        return np.asarray(hits[self.start[1:]] > hits[self.start[:-1]])

    def some(self, flows: NDArray[np.int64]) -> Routes:
        """Return the routes of some flows, in ascending order."""
        counts = np.diff(self.start)
        mine = np.zeros(len(counts), np.bool_)
        mine[flows] = True
        start = np.concatenate([[0], np.cumsum(counts[flows])])
        return Routes(start, self.link[np.repeat(mine, counts)], self.latency[flows], self.reachable[flows])

    def replaced(self, flows: NDArray[np.int64], other: Routes) -> Routes:
        """Return routes with those of some flows, in ascending order, taken from others."""
        counts, latency = np.diff(self.start), self.latency.copy()
        theirs = np.zeros(len(counts), np.bool_)
        theirs[flows] = True
        kept = self.link[np.repeat(~theirs, counts)]
        counts[flows], latency[flows] = np.diff(other.start), other.latency
        start = np.concatenate([[0], np.cumsum(counts)])
        link, new = np.empty(start[-1], np.int32), np.repeat(theirs, counts)
        link[new], link[~new] = other.link, kept
        return Routes(start, link, latency, self.reachable)


@dataclass(frozen=True, eq=False)
class Topology(ABC):
    """Hosts and the links between them; one direction of one cable is one link.

    Parameters
    ----------
    hosts : int
        Ends of flows, numbered from zero.
    capacity : ndarray of float64, shape (links,)
        Goodput, bytes/s.
    latency : ndarray of float64, shape (links,)
        One way, with the switch at the end, s.
    buffer : ndarray of float64, shape (links,)
        Packet memory in front of the link, bytes; infinite where nothing is dropped or nothing is known.
    levels : tuple of str
        What kinds of link there are, such as ``nic`` and ``rack``.
    level : ndarray of int8, shape (links,)
        Kind of each link, an index into ``levels``.
    """

    hosts: int
    capacity: NDArray[np.float64]
    latency: NDArray[np.float64]
    buffer: NDArray[np.float64]
    levels: tuple[str, ...]
    level: NDArray[np.int8]

    @property
    def links(self) -> int:
        """Number of links."""
        return len(self.capacity)

    @abstractmethod
    def name(self, link: int) -> str:
        """Return what a link is called: the node that it leaves, ``>``, and the node that it enters; no two alike."""

    @abstractmethod
    def _routes(
        self, src: NDArray[np.int64], dst: NDArray[np.int64], failed: NDArray[np.bool_] | None
    ) -> Routes:
        """Return the routes of flows between existing hosts; ``failed`` comes with flows whose own path has failed."""

    def routes(
        self, src: NDArray[np.int64], dst: NDArray[np.int64], failed: NDArray[np.bool_] | None = None
    ) -> Routes:
        """Return the route of every flow.

        Parameters
        ----------
        src, dst : ndarray of int64, shape (flows,)
            Ends; a flow to its own host crosses nothing.
        failed : ndarray of bool, shape (links,), optional
            Links that are down. A flow keeps the path that it would have without failures where that is whole. Else it
            takes another of its equally short paths, chosen by the same rule among those that are whole; where none
            is, it keeps its path all the same.

        Raises
        ------
        ValueError
            For a host that does not exist.
        """
        src, dst = np.asarray(src, np.int64), np.asarray(dst, np.int64)
        for end in (src, dst):
            if len(end) and (end.min() < 0 or end.max() >= self.hosts):
                wrong = int(end.max() if end.min() >= 0 else end.min())
                raise ValueError(f"there is no host {wrong}; hosts are numbered 0 to {self.hosts - 1}")
        usual = self._routes(src, dst, None)
        hit = np.zeros(0, np.int64) if failed is None else np.flatnonzero(usual.crossing(failed))
        return usual.replaced(hit, self._routes(src[hit], dst[hit], failed)) if len(hit) else usual


class Block(NamedTuple):
    """Equal links, one after the other.

    Parameters
    ----------
    level : str
        Kind of link.
    number : int
        How many.
    capacity, latency : float
        Of each, bytes/s and s.
    buffer : float or None
        Packet memory in front of each, bytes; None or infinite where nothing is dropped or nothing is known.
    """

    level: str
    number: int
    capacity: float
    latency: float
    buffer: float | None = None


class Links(NamedTuple):
    """The arrays of several blocks, as a ``Topology`` holds them."""

    capacity: NDArray[np.float64]
    latency: NDArray[np.float64]
    buffer: NDArray[np.float64]
    levels: tuple[str, ...]
    level: NDArray[np.int8]


def lay(blocks: Sequence[Block]) -> Links:
    """Return blocks of links as arrays, in their order.

    Examples
    --------
    >>> links = lay([Block("nic", 2, 6e9, 0.0), Block("rack", 1, 25e9, 1e-6, 4e6)])
    >>> links.capacity.tolist(), links.levels, links.level.tolist(), links.buffer.tolist()
    ([6000000000.0, 6000000000.0, 25000000000.0], ('nic', 'rack'), [0, 0, 1], [inf, inf, 4000000.0])
    """
    numbers = [block.number for block in blocks]
    levels = tuple(dict.fromkeys(block.level for block in blocks if block.number))

    def each(values: list[float]) -> NDArray[np.float64]:
        return np.repeat(np.array(values, np.float64), numbers)

    return Links(
        each([block.capacity for block in blocks]),
        each([block.latency for block in blocks]),
        each([math.inf if block.buffer is None else block.buffer for block in blocks]),
        levels,
        np.repeat(np.array([levels.index(b.level) if b.number else 0 for b in blocks], np.int8), numbers),
    )


def packed(
    steps: Sequence[NDArray[np.int64]], latency: NDArray[np.float64], reachable: NDArray[np.bool_] | None = None
) -> Routes:
    """Return routes from the link that each flow crosses at each step, -1 for none.

    Parameters
    ----------
    steps : sequence of ndarray of int64, shape (flows,)
        Links, from the first step to the last.
    latency : ndarray of float64, shape (links,)
        Of each link, s.
    reachable : ndarray of bool, shape (flows,), optional
        By default, all are.
    """
    table = np.stack(steps, axis=1)
    real = table >= 0
    start = np.zeros(len(table) + 1, np.int64)
    np.cumsum(real.sum(axis=1), out=start[1:])
    total = np.where(real, latency[table], 0.0).sum(axis=1)
    found = np.ones(len(table), np.bool_) if reachable is None else reachable
    return Routes(start, table[real].astype(np.int32), total, found)


def unpacked(routes: Routes) -> NDArray[np.int64]:
    """Return the links of routes as a table with -1 behind the last of each, shape (flows, longest route).

    Examples
    --------
    >>> routes = packed([np.array([3, -1]), np.array([5, 4])], np.zeros(6))
    >>> unpacked(routes).tolist()
    [[3, 5], [4, -1]]
    """
    lengths = np.diff(routes.start)
    table = np.full((len(lengths), int(lengths.max(initial=0))), -1)
    table[np.arange(table.shape[1]) < lengths[:, None]] = routes.link
    return table
