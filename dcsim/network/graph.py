"""Networks of any shape: nodes, the links between them, and paths of the fewest links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.network.ecmp import draw
from dcsim.network.topology import Block, Routes, Topology, lay, packed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.spec.fabric import GraphFabric, Routing

__all__ = ["FAR", "GraphTopology", "Wiring", "distances", "graph", "walk"]

FAR = np.int16(32_000)
"""Distance between nodes that no path joins, links."""
_MOST = 1 << 24  # distances or candidates that are looked at together; bounds memory


class Wiring(NamedTuple):
    """Nodes and links.

    Parameters
    ----------
    a, b : ndarray of int64, shape (links,)
        Node that each link leaves and enters.
    forwards : ndarray of bool, shape (nodes,)
        Which nodes pass on what is not for them.
    """

    a: NDArray[np.int64]
    b: NDArray[np.int64]
    forwards: NDArray[np.bool_]


def distances(
    wiring: Wiring, targets: NDArray[np.int64], usable: NDArray[np.bool_] | None = None
) -> NDArray[np.int16]:
    """Return the fewest links from every node to some targets, shape (nodes, targets); ``FAR`` where there is no path.

    Breadth first from all targets at once. Only nodes that forward stand between the ends of a path.

    Parameters
    ----------
    wiring : Wiring
        Nodes and links.
    targets : ndarray of int64, shape (targets,)
        Nodes.
    usable : ndarray of bool, shape (links,), optional
        Links to count with; by default all.
    """
    links = np.argsort(wiring.a, kind="stable")
    if usable is not None:
        links = links[usable[links]]
    dist = np.full((len(wiring.forwards), len(targets)), FAR, np.int16)
    columns = np.arange(len(targets))
    dist[targets, columns] = 0
    if not len(links):
        return dist
    nodes, first = np.unique(wiring.a[links], return_index=True)
    stops = ~wiring.forwards
    while True:
        through = np.where(stops[:, None] & (dist > 0), FAR, dist)
        nearer = np.minimum(dist[nodes], np.minimum.reduceat(through[wiring.b[links]], first, axis=0) + 1)
        if np.array_equal(nearer, dist[nodes]):
            return dist
        dist[nodes] = np.minimum(nearer, FAR)


def walk(
    wiring: Wiring,
    routing: Routing,
    src: NDArray[np.int64],
    dst: NDArray[np.int64],
    failed: NDArray[np.bool_] | None = None,
) -> tuple[list[NDArray[np.int64]], NDArray[np.bool_]]:
    """Return the link that each flow takes at each step, -1 for none, and which flows have a path.

    At each node a flow chooses among the links, in order of their numbers, that begin a shortest path; the stage of
    the choice (see ``dcsim.network.ecmp``) is the number of links behind it.

    Parameters
    ----------
    wiring : Wiring
        Nodes and links.
    routing : {"hash", "sum_modulo", "single"}
        How to choose.
    src, dst : ndarray of int64, shape (flows,)
        Nodes.
    failed : ndarray of bool, shape (links,), optional
        Links to avoid where a path of the same length avoids them.
    """
    steps: list[NDArray[np.int64]] = [np.full(len(src), -1)]
    reachable = np.zeros(len(src), np.bool_)
    ends = np.unique(dst)
    many = max(1, _MOST // max(len(wiring.a), len(wiring.forwards), 1))
    for begin in range(0, len(ends), many):
        targets = ends[begin : begin + many]
        flows = np.flatnonzero((dst >= targets[0]) & (dst <= targets[-1]))
        column = np.searchsorted(targets, dst[flows])
        dist = distances(wiring, targets)
        reachable[flows] = dist[src[flows], column] < FAR
        if failed is not None:
            left = distances(wiring, targets, ~failed)
            avoids = left[src[flows], column] == dist[src[flows], column]
            _step(wiring, routing, (src, dst), flows[avoids], column[avoids], left, ~failed, steps)
            flows, column = flows[~avoids], column[~avoids]
        _step(wiring, routing, (src, dst), flows, column, dist, None, steps)
    return steps, reachable


def _step(
    wiring: Wiring,
    routing: Routing,
    ends: tuple[NDArray[np.int64], NDArray[np.int64]],
    flows: NDArray[np.int64],
    column: NDArray[np.int64],
    dist: NDArray[np.int16],
    usable: NDArray[np.bool_] | None,
    steps: list[NDArray[np.int64]],
) -> None:
    """Take some flows to their ends, step by step; ``column`` is that of each flow's end in ``dist``."""
    src, dst = ends[0][flows], ends[1][flows]
    order = np.argsort(wiring.a, kind="stable")
    degree = np.bincount(wiring.a, minlength=len(wiring.forwards))
    first = np.cumsum(degree) - degree
    here = src.copy()
    moving = np.flatnonzero((src != dst) & (dist[src, column] < FAR))
    stage = 0
    while len(moving):
        if len(steps) == stage:
            steps.append(np.full(len(ends[0]), -1))
        at_once = max(1, _MOST // max(int(degree.max()), 1))
        for some in (moving[begin : begin + at_once] for begin in range(0, len(moving), at_once)):
            count = degree[here[some]]
            flow = np.repeat(np.arange(len(some)), count)
            begins = np.cumsum(count) - count
            link = order[np.arange(len(flow)) - begins[flow] + first[here[some]][flow]]
            target, end = wiring.b[link], some[flow]
            good = dist[target, column[end]] == dist[here[end], column[end]] - 1
            good &= wiring.forwards[target] | (target == dst[end])
            if usable is not None:
                good &= usable[link]
            flow, link = flow[good], link[good]
            fit = np.bincount(flow, minlength=len(some))
            number = draw(routing, src[some], dst[some], stage)
            nth = (number % fit.astype(np.uint64)).astype(np.int64)
            taken = link[np.cumsum(fit) - fit + nth]
            steps[stage][flows[some]] = taken
            here[some] = wiring.b[taken]
        moving = moving[here[moving] != dst[moving]]
        stage += 1


@dataclass(frozen=True, eq=False)
class GraphTopology(Topology):
    """Links of a graph, cable by cable: from a to b, then back unless the cable is one-way.

    Parameters
    ----------
    names : tuple of str
        What each link is called, no two alike.
    wiring : Wiring
        Ends of the links.
    routing : {"hash", "sum_modulo", "single"}
        How flows choose.
    """

    names: tuple[str, ...]
    wiring: Wiring
    routing: Routing

    def name(self, link: int) -> str:
        """Return what a link is called."""
        return self.names[link]

    def _routes(
        self, src: NDArray[np.int64], dst: NDArray[np.int64], failed: NDArray[np.bool_] | None
    ) -> Routes:
        steps, reachable = walk(self.wiring, self.routing, src, dst, failed)
        return packed(steps, self.latency, reachable)


def graph(fabric: GraphFabric) -> GraphTopology:
    """Return the topology of a graph.

    Raises
    ------
    ValueError
        For a graph whose cables have not been read from their file.
    """
    if not fabric.links:
        raise ValueError(f"the links of '{fabric.file}' have not been read; load the fabric with its file")
    number = {name: index for index, name in enumerate(fabric.hosts)}
    hosts = len(number)
    a, b, blocks = [], [], []
    for cable in fabric.links:
        for name in (cable.a, cable.b):
            number.setdefault(name, len(number))
        ends = (number[cable.a], number[cable.b])
        level = "host" if min(ends) < hosts else "switch"
        for one, other in (ends,) if cable.one_way else (ends, ends[::-1]):
            a.append(one)
            b.append(other)
            memory = None if one < hosts else fabric.buffer
            blocks.append(Block(level, 1, cable.bandwidth, cable.latency, memory))
    forwards = (np.arange(len(number)) >= hosts) | fabric.forwarding_hosts
    wiring = Wiring(np.array(a, np.int64), np.array(b, np.int64), forwards)
    nodes = list(number)
    names = _numbered([f"{nodes[one]} > {nodes[other]}" for one, other in zip(a, b, strict=True)])
    return GraphTopology(hosts, *lay(blocks), names, wiring, fabric.routing)


def _numbered(names: list[str]) -> tuple[str, ...]:
    """Return names with a number behind those that have come before: the links of parallel cables.

    Examples
    --------
    >>> _numbered(["s > b", "s > a", "s > b", "s > b"])
    ('s > b', 's > a', 's > b #2', 's > b #3')
    """
    taken, last, told = set(names), dict.fromkeys(names, 0), []
    for name in names:
        last[name] += 1
        new = name
        if last[name] > 1:
            while (new := f"{name} #{last[name]}") in taken:  # a node may be called so
                last[name] += 1
        taken.add(new)
        told.append(new)
    return tuple(told)
