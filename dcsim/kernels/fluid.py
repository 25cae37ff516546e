"""Flows that share links max-min fairly, from start to end.

A flow joins the sharing when it is ready, gets its weighted max-min fair rate at every moment
(:mod:`dcsim.kernels.levels`), and ends when its last byte has moved. :func:`complete` does all of it at once. The
resumable form is a :class:`~dcsim.kernels.fluid_records.FluidState`: :func:`new_state`, :func:`add`, :func:`advance`,
and in between :func:`withdraw` and :func:`set_capacity`; wherever a run is split, it ends the same to rounding.

A flow of no bytes ends when it is ready; so does one that crosses no link and has no cap. A link of capacity 0 has
failed: flows across it wait, hold back nobody, and go on when it is repaired. A flow that never gets ready, or waits
for ever, never ends. Flows that are ready at one instant join together; ends within 1e-13 of a flow's life are one
event. A link of infinite capacity limits nobody.

Examples
--------
Two flows share a link of 10 bytes/s; the second comes when the first has moved half of its bytes.

>>> one, no = np.ones(2), np.empty(0)
>>> nbytes, ready = np.array([20.0, 20.0]), np.array([0.0, 1.0])
>>> finish, carried = complete(
...     np.array([0, 1, 2]), np.zeros(2, np.int32), np.array([10.0]), nbytes, ready, one, np.inf * one,
...     no, np.empty(0, np.int64), no)
>>> finish.tolist(), carried.tolist()
([3.0, 4.0], [40.0])
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.fluid_events import next_end, run, settle_now
from dcsim.kernels.fluid_flows import admit, count_bytes, forget, in_one_go, put_capacity, take_out
from dcsim.kernels.fluid_records import JOINED, PENDING, FluidState
from dcsim.kernels.fluid_routes import register
from dcsim.kernels.fluid_state import lay_out_exactly, new_state, with_lists, with_places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Links = NDArray[np.int32]

__all__ = [
    "FluidState", "add", "advance", "complete", "loads", "moved", "new_state", "next_event", "rates", "set_capacity",
    "withdraw",
]  # fmt: skip


def _enqueue(state: FluidState, f: Ints) -> None:
    """Put new flows among those that have not started."""
    network = state.network[0]
    waiting = state.queue[network.head : network.tail]
    waiting = np.concatenate([waiting, f[np.isfinite(state.flows["ready"][f])]])
    order = np.argsort(state.flows["ready"][waiting], kind="stable")
    network.head, network.tail = 0, len(waiting)
    state.queue[: len(waiting)] = waiting[order]


def add(
    state: FluidState, start: Ints, link: Links, nbytes: Floats, ready: Floats, weight: Floats, cap: Floats
) -> tuple[FluidState, Ints]:
    """Add flows to a network.

    Parameters
    ----------
    state : FluidState
        Not to be used any more.
    start : int64[F + 1]
        Flow ``f`` crosses ``link[start[f]:start[f + 1]]``.
    link : int32[E]
        Links of all flows; a flow crosses none twice.
    nbytes : float64[F]
        To be moved, bytes, >= 0; infinite for a flow that does not end by itself.
    ready : float64[F]
        When each joins the sharing, s: at once where that is past.
    weight : float64[F]
        Share of each relative to others, > 0.
    cap : float64[F]
        Highest rate of each, bytes/s, >= 0; infinite where it has none.

    Returns
    -------
    state : FluidState
        The network with the flows.
    flows : int64[F]
        Name of each flow, until its end was told or it was withdrawn.

    Raises
    ------
    ValueError
        If a flow crosses a link twice.
    """
    state = with_places(state, len(nbytes), len(link))
    owner = register(state, start, link, cap / weight)
    state = with_lists(state)
    flows = np.empty(len(nbytes), np.int64)
    admit(state, flows, owner, nbytes, ready, weight)
    _enqueue(state, flows)
    return state, flows


def withdraw(state: FluidState, flows: Ints) -> Floats:
    """Take flows out of a network that have not ended; to send one another way, withdraw it and add what is left.

    Parameters
    ----------
    state : FluidState
        Changed in place.
    flows : int64[F]
        Which; their names are free from now on.

    Returns
    -------
    float64[F]
        What each had left to move, bytes.
    """
    left = np.empty(len(flows))
    settle_now(state)
    take_out(state, flows, left)
    network = state.network[0]
    waiting = state.queue[network.head : network.tail]
    waiting = waiting[state.flows["state"][waiting] == PENDING]
    network.head, network.tail = 0, len(waiting)
    state.queue[: len(waiting)] = waiting
    forget(state, flows)
    return left


def set_capacity(state: FluidState, link: Ints, capacity: Floats) -> None:
    """Change the capacity of links from now on.

    Parameters
    ----------
    state : FluidState
        Changed in place.
    link : int64[n]
        Which.
    capacity : float64[n]
        Of each, bytes/s, >= 0; 0 where it fails.
    """
    put_capacity(state, link, capacity)


def _pass(state: FluidState, until: float, *, first: bool = False) -> None:
    """Let time pass in pieces, between which an interrupt can be heeded."""
    while run(state, until, first):
        pass


def advance(state: FluidState, until: float, *, first: bool = False) -> tuple[Ints, Floats]:
    """Let time pass, up to and with a time.

    Parameters
    ----------
    state : FluidState
        Changed in place.
    until : float
        s; infinite to go on until no flow ends any more.
    first : bool
        Whether to stop already at the first time at which flows end.

    Returns
    -------
    flows : int64[n]
        Flows that ended, in order of end; their names are free from now on.
    finish : float64[n]
        When each did, s.
    """
    _pass(state, until, first=first)
    network = state.network[0]
    flows = state.ended[: network.ended].astype(np.int64)
    finish = state.flows["finish"][flows]
    network.ended = 0
    forget(state, flows)
    return flows, finish


def next_event(state: FluidState) -> float:
    """Time at which the next flow joins or ends if nothing else changes.

    Parameters
    ----------
    state : FluidState
        Network; levels are settled.

    Returns
    -------
    float
        s; infinite where nothing happens any more.
    """
    settle_now(state)
    network = state.network[0]
    ends = next_end(state.classes, state.due_keys, state.due_items, state.due_place, network)
    if network.head == network.tail:
        return float(ends)
    return float(min(ends, state.flows[state.queue[network.head]].ready))


def rates(state: FluidState, flows: Ints) -> Floats:
    """Present rates of flows.

    Parameters
    ----------
    state : FluidState
        Network; levels are settled.
    flows : int64[F]
        Which.

    Returns
    -------
    float64[F]
        bytes/s; 0 for a flow that has not joined yet.
    """
    settle_now(state)
    chosen = state.flows[flows]
    levels = state.classes["level"][chosen["owner"]]
    return np.where(chosen["state"] == JOINED, levels * chosen["weight"], 0.0)


def loads(state: FluidState) -> Floats:
    """Bytes/s that each link carries at present.

    Parameters
    ----------
    state : FluidState
        Network; levels are settled.

    Returns
    -------
    float64[L]
        At most the capacity of each link, to rounding.
    """
    settle_now(state)
    links = state.links
    return np.asarray(links["given"] + np.where(links["front"] > 0, links["rising"] * links["level"], 0.0))


def moved(state: FluidState) -> Floats:
    """Bytes that each link has carried up to now.

    Parameters
    ----------
    state : FluidState
        Network; levels are settled.

    Returns
    -------
    float64[L]
        Of all flows that ever were in the network.
    """
    settle_now(state)
    return np.asarray(count_bytes(state))


def _holding(
    capacity: Floats, start: Ints, link: Links, nbytes: Floats, ready: Floats, weight: Floats, cap: Floats, now: float
) -> FluidState:
    """Return a network, before any of its flows starts, that has places for these flows and no others."""
    flows = len(nbytes)
    state = new_state(capacity, np.min(ready, initial=now), flows=flows, classes=flows, crossings=len(link))
    owner = register(state, start, link, cap / weight)
    state = lay_out_exactly(state)
    names = np.empty(flows, np.int64)
    admit(state, names, owner, nbytes, ready, weight)
    _enqueue(state, names)
    return state


def complete(
    start: Ints,
    link: Links,
    capacity: Floats,
    nbytes: Floats,
    ready: Floats,
    weight: Floats,
    cap: Floats,
    change_time: Floats,
    change_link: Ints,
    change_capacity: Floats,
) -> tuple[Floats, Floats]:
    """When flows that share links end, and what the links carry.

    Parameters
    ----------
    start : int64[F + 1]
        Flow ``f`` crosses ``link[start[f]:start[f + 1]]``.
    link : int32[E]
        Links of all flows; a flow crosses none twice.
    capacity : float64[L]
        Of each link at first, bytes/s, >= 0; 0 for one that has failed, infinite for one that limits nobody.
    nbytes : float64[F]
        To be moved, bytes, finite and >= 0.
    ready : float64[F]
        When each flow joins the sharing, s; infinite where it never does.
    weight : float64[F]
        Share of each flow relative to others, > 0.
    cap : float64[F]
        Highest rate of each flow, bytes/s, >= 0; infinite where it has none.
    change_time : float64[C]
        Times at which capacities change, s, in ascending order.
    change_link : int64[C]
        Which link changes.
    change_capacity : float64[C]
        Its capacity from then on, bytes/s, >= 0.

    Returns
    -------
    finish : float64[F]
        When the last byte of each flow has moved, s; infinite where that never happens.
    carried : float64[L]
        Bytes that each link carried.

    Raises
    ------
    ValueError
        If a flow crosses a link twice.
    """
    if len(change_time) == 0:
        done, finish, carried = in_one_go(start, link, capacity, nbytes, ready, weight, cap)
        if done:
            return finish, carried
    state = _holding(capacity, start, link, nbytes, ready, weight, cap, np.min(change_time, initial=math.inf))
    for i, time in enumerate(change_time):
        _pass(state, time)
        put_capacity(state, change_link[i : i + 1], change_capacity[i : i + 1])
    _pass(state, math.inf)
    return state.flows["finish"].copy(), np.asarray(count_bytes(state))
