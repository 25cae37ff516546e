"""Rings of GPUs: as many inside a server as its direct links allow, and threaded through several servers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.network.box import BoxTopology

__all__ = ["Ring", "disjoint_rings", "rings_inside", "rings_through"]

Ring = tuple[int, ...]
"""Ranks in the order in which each sends to the next, and the last to the first."""
PATIENCE = 100_000
"""Steps of the search for rings; it finds all of them in a few hundred where eight GPUs are joined."""
MOST_THREADS = 16
"""Rings through several servers for which each GPU takes a turn; beyond, only each adapter does."""


def rings_inside(box: BoxTopology, gpus: int | None = None) -> tuple[Ring, ...]:
    """Return rings over the first GPUs of a server, no two of which share a direct link.

    NVIDIA's NCCL searches its rings likewise: a hybrid cube mesh of eight P100 has four, one of V100 six. Where the
    GPUs have no ring over direct links between them, because they meet on a crossbar or on PCIe, there is one, in
    which each GPU is followed by the nearest that is left.

    Parameters
    ----------
    box : BoxTopology
        Links of the server.
    gpus : int, optional
        How many take part; by default all.

    Returns
    -------
    tuple of Ring
        At least one; empty for a single GPU.
    """
    number = box.hosts if gpus is None else gpus
    if number < 2:
        return ()
    counts = _direct(box, number)
    return disjoint_rings(counts) or (_nearest_first(box, number),)


def rings_through(box: BoxTopology, gpus: int, hosts: int) -> tuple[Ring, ...]:
    """Return rings through the GPUs of several servers, numbered ``host * gpus + gpu``.

    Each is a ring inside the server that is opened at one GPU, so that all servers follow one another; these GPUs take
    turns, so that all adapters of a server are used, and where PCIe is left to them, each GPU's own way there.

    Parameters
    ----------
    box : BoxTopology
        Links of each server.
    gpus : int
        First GPUs of each that take part.
    hosts : int
        How many servers.
    """
    inside = rings_inside(box, gpus) or ((0,),)
    if hosts < 2:
        return inside if gpus > 1 else ()
    places = np.unique(box.places[:gpus])
    threads = math.lcm(len(inside), len(places))
    on_each = -(-gpus // len(places))
    if box.direct.any() and threads * on_each <= MOST_THREADS:
        threads *= on_each
    found = []
    for thread in range(threads):
        order, place = inside[thread % len(inside)], places[thread % len(places)]
        ends = [at for at, gpu in enumerate(order) if box.places[gpu] == place]
        last = ends[thread // len(places) % len(ends)]
        opened = order[last + 1 :] + order[: last + 1]
        found.append(tuple(host * gpus + gpu for host in range(hosts) for gpu in opened))
    return tuple(found)


def _direct(box: BoxTopology, gpus: int) -> tuple[tuple[int, ...], ...]:
    """Return how many direct links lead from each of the first GPUs to each other one."""
    a, b = box.wiring.a, box.wiring.b
    mine = box.direct & (a < gpus) & (b < gpus)
    counts = np.zeros((gpus, gpus), np.int64)
    if mine.any():
        unit = box.capacity[mine].min()
        np.add.at(counts, (a[mine], b[mine]), np.rint(box.capacity[mine] / unit).astype(np.int64))
    return tuple(tuple(row) for row in counts.tolist())


def _nearest_first(box: BoxTopology, gpus: int) -> Ring:
    """Return the GPUs, each followed by the nearest that is left; direct links count half."""
    width = np.where(box.direct, 0.5, 1.0)
    links = box.ways[0].reshape(box.hosts, box.hosts, -1)[:gpus, :gpus]
    far = np.where(links >= 0, width[links], 0.0).sum(axis=2)
    order, left = [0], set(range(1, gpus))
    while left:
        here = order[-1]
        order.append(min(left, key=lambda gpu: (far[here, gpu], gpu)))
        left.remove(order[-1])
    return tuple(order)


@lru_cache(maxsize=64)
def disjoint_rings(counts: tuple[tuple[int, ...], ...]) -> tuple[Ring, ...]:
    """Return as many rings through all nodes as a search finds, using each link at most once in each direction.

    Parameters
    ----------
    counts : tuple of tuple of int
        Links from each node to each other one.

    Examples
    --------
    >>> disjoint_rings(((0, 1, 1), (1, 0, 1), (1, 1, 0)))
    ((0, 1, 2), (0, 2, 1))
    >>> disjoint_rings(((0, 1, 0), (1, 0, 1), (0, 1, 0)))
    ()
    """
    search = _Search([list(row) for row in counts])
    search.pack([])
    return tuple(search.best)


@dataclass
class _Search:
    """Backtracking over rings, and over rings of what links they leave.

    Parameters
    ----------
    left : list of list of int
        Links that no ring uses yet.
    best : list of Ring
        Most rings found so far.
    patience : int
        Steps left.
    """

    left: list[list[int]]
    best: list[Ring] = field(default_factory=list)
    patience: int = PATIENCE

    def pack(self, found: list[Ring]) -> bool:
        """Add rings to those found; return whether there is no point in looking on."""
        if len(found) > len(self.best):
            self.best = list(found)
        most = len(found) + min(sum(row) for row in self.left)
        if self.patience < 0 or most <= len(self.best):
            return self.patience < 0 or most == len(found)
        for ring in self._rings([0]):
            self._take(ring, 1)
            done = self.pack([*found, ring])
            self._take(ring, -1)
            if done:
                return True
        return False

    def _take(self, ring: Ring, number: int) -> None:
        for here, there in zip(ring, ring[1:] + ring[:1], strict=True):
            self.left[here][there] -= number

    def _rings(self, path: list[int]) -> Iterator[Ring]:
        """Yield the rings that begin with a path, over the most plentiful links first."""
        self.patience -= 1
        row = self.left[path[-1]]
        if self.patience < 0:
            return
        if len(path) == len(self.left):
            if row[0] > 0:
                yield tuple(path)
            return
        for there in self._choices(row, path):
            yield from self._rings([*path, there])

    def _choices(self, row: Sequence[int], path: Sequence[int]) -> list[int]:
        free = [node for node, number in enumerate(row) if number > 0 and node not in path]
        return sorted(free, key=lambda node: (-row[node], sum(self.left[node]), node))
