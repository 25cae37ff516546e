"""Flows through a topology: each waits for its software and its first byte, then shares the links that it crosses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.errors import RunError
from dcsim.network.rerouting import Changes, Load, Outcome, send

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from dcsim.network.topology import Routes, Topology

__all__ = ["Changes", "Completions", "run_flows"]

_PAIRS = 5
_CLOSED = 1e-6  # of what a link carried, that the books of it may be apart


@dataclass(frozen=True, eq=False)
class Completions:
    """When flows were over, and what the links carried.

    Parameters
    ----------
    finish : ndarray of float64, shape (flows,)
        When the last byte arrived, s; infinite for a flow that never finishes.
    duration : ndarray of float64, shape (flows,)
        From start to finish, s; to the last digit also where times are large.
    alone : ndarray of float64, shape (flows,)
        What it would have been with nothing else on the links and no change of them, s.
    moved : ndarray of float64, shape (links,)
        Bytes that each link carried.
    span : float
        From the first start until nothing moves any more, s.
    rerouted : int
        How often a flow took another path because a link of its own had failed.
    """

    finish: NDArray[np.float64]
    duration: NDArray[np.float64]
    alone: NDArray[np.float64]
    moved: NDArray[np.float64]
    span: float
    rerouted: int

    @property
    def slowdown(self) -> NDArray[np.float64]:
        """Duration over what it would be alone, shape (flows,); 1 for a flow that takes no time."""
        return np.divide(self.duration, self.alone, out=np.ones_like(self.alone), where=self.alone > 0.0)


def run_flows(
    topology: Topology,
    src: ArrayLike,
    dst: ArrayLike,
    nbytes: ArrayLike,
    start: ArrayLike,
    *,
    weight: ArrayLike = 1.0,
    cap: ArrayLike = np.inf,
    overhead_s: float = 0.0,
    changes: Changes | None = None,
    routes: Routes | None = None,
) -> Completions:
    """Send flows through a topology and return when each is over.

    A flow begins to share links at ``start + overhead_s`` plus the latency of its route, and ends when its last byte
    has crossed. Rates are weighted max-min fair at every instant. A flow of no bytes ends when it would begin to
    share; one from a host to itself crosses no link and is held up by its cap alone. For flows
    whose links fail see ``dcsim.network.rerouting.send``.

    Parameters
    ----------
    topology : Topology
        Links and routes.
    src, dst, nbytes, start : arrays, shape (flows,)
        Hosts, bytes, and s.
    weight, cap : array of float, shape (flows,), or float
        Claim of each flow on a link that it shares, and its largest rate, bytes/s.
    overhead_s : float
        What software takes for each message before the first byte leaves, s.
    changes : Changes, optional
        Links that change on the way.
    routes : Routes, optional
        Routes of the flows with all links up, where they are known already.

    Raises
    ------
    ValueError
        For a flow between hosts that no path joins.
    RunError
        If the books do not close: bytes sent, carried by each link and received.

    Examples
    --------
    >>> from dcsim.network.build import build_topology
    >>> from dcsim.spec.catalog import Catalog
    >>> topology = build_topology(Catalog().load("fabrics", "leaf_spine_256"))
    >>> run_flows(topology, src=[0, 1], dst=[2, 2], nbytes=[6.25e9, 12.5e9], start=[0.0, 0.0]).finish.tolist()
    [2.0, 3.0]
    """
    load, origin = _load(src, dst, nbytes, start, weight, cap, overhead_s)
    routes = topology.routes(load.src, load.dst) if routes is None else routes
    _refuse_unreachable(routes, load.src, load.dst)
    events = Changes(np.zeros(0), np.zeros(0, np.int64), np.zeros(0)) if changes is None else changes.earlier(origin)
    outcome = send(topology, load, routes, events)
    end = _end(outcome.finish, events)
    _refuse_open_books(outcome, _room(topology.capacity, events, end))
    duration = outcome.finish - load.start
    alone = _alone(topology, routes, load)
    return Completions(np.asarray(start, np.float64) + duration, duration, alone, outcome.moved, end, outcome.rerouted)


def _load(
    src: ArrayLike,
    dst: ArrayLike,
    nbytes: ArrayLike,
    start: ArrayLike,
    weight: ArrayLike,
    cap: ArrayLike,
    overhead_s: float,
) -> tuple[Load, float]:
    """Return the flows with times that count from the first start, and that start: large times cost digits."""
    ends = np.asarray(src, np.int64), np.asarray(dst, np.int64)
    size, begin, weights, caps = (
        np.ascontiguousarray(np.broadcast_to(np.asarray(each, np.float64), ends[0].shape))
        for each in (nbytes, start, weight, cap)
    )
    origin = float(begin.min()) if len(begin) else 0.0
    return Load(*ends, size, begin - origin, weights, caps, overhead_s), origin


def _refuse_unreachable(routes: Routes, src: NDArray[np.int64], dst: NDArray[np.int64]) -> None:
    """Raise if hosts between which flows are to go are not joined."""
    lost = np.flatnonzero(~routes.reachable)
    if len(lost):
        pairs = dict.fromkeys(zip(src[lost].tolist(), dst[lost].tolist(), strict=True))
        told = ", ".join(f"host {a} to host {b}" for a, b in list(pairs)[:_PAIRS])
        more = f" and {len(pairs) - _PAIRS:,} more pairs" if len(pairs) > _PAIRS else ""
        raise ValueError(f"no path from {told}{more}")


def _end(finish: NDArray[np.float64], changes: Changes) -> float:
    """Return when nothing moves any more: at the last finish, or when what is stuck came to a stand."""
    end = float(finish.max(where=np.isfinite(finish), initial=0.0))
    return max(end, float(changes.time.max(initial=0.0))) if np.isinf(finish).any() else end


def _alone(topology: Topology, routes: Routes, load: Load) -> NDArray[np.float64]:
    """Return how long each flow takes with all links up and to itself."""
    fastest = load.cap.copy()
    narrow = np.concatenate([topology.capacity[routes.link], [np.inf]])
    crosses = routes.start[1:] > routes.start[:-1]
    fastest[crosses] = np.minimum(fastest, np.minimum.reduceat(narrow, routes.start[:-1]))[crosses]
    return load.overhead + routes.latency + load.nbytes / fastest


def _room(capacity: NDArray[np.float64], changes: Changes, end: float) -> NDArray[np.float64]:
    """Return the bytes that each link could have carried from time 0 to the end."""
    now, since, room = capacity.copy(), np.zeros(len(capacity)), np.zeros(len(capacity))
    for time, link, new in zip(changes.time.clip(0.0, end), changes.link, changes.capacity, strict=True):
        room[link] += now[link] * (time - since[link])
        now[link], since[link] = new, time
    return np.asarray(room + now * (end - since))


def _refuse_open_books(outcome: Outcome, room: NDArray[np.float64]) -> None:
    """Refuse results whose books do not close: what flows sent, what links carried, and what they could carry."""
    apart = np.abs(outcome.moved - outcome.sent) > _CLOSED * np.maximum(outcome.sent, 1.0)
    if apart.any() or (outcome.moved > room * (1.0 + _CLOSED)).any():
        raise RunError("the balance of bytes on links does not close; this is a defect of dcsim, please report it")
