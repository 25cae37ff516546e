"""Classes of flows: found by their routes, laid out in memory, forgotten when nobody uses them.

Record types and the meaning of arguments as in :class:`dcsim.kernels.fluid_records.FluidState`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import kernel, lean_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_records import Records
    from dcsim.kernels.fluid_records import FluidState

__all__ = ["crosses_twice", "keep_used", "lay_out", "register"]

WORD = (1 << 32) - 1
PRIME = 16777619  # of Fowler, Noll and Vo's hash of 32 bits
MOST = 1e300  # bytes/s of a link that does not limit


@kernel
def _cap_hash(cap: float) -> int:
    """Return a hash of a cap, in bytes/s per unit of weight."""
    if math.isinf(cap):
        return 1
    mantissa, exponent = math.frexp(cap)
    return int(mantissa * WORD) ^ (exponent & WORD)


@kernel
def _place_in_table(
    table: NDArray[np.int32],
    classes: Records,
    crossings: Records,
    route: NDArray[np.int32],
    cap: float,
) -> int:
    """Return the place of the class of a route and a cap, or where it belongs."""
    code = _cap_hash(cap)
    for one in route:
        code = ((code ^ int(one)) * PRIME) & WORD
        code ^= code >> 15
    at = code & (table.size - 1)
    while table[at] >= 0:
        cls = classes[table[at]]
        same = cls.stop - cls.start == route.size and cls.cap == cap
        for i in range(route.size):
            if not same:
                break
            same = crossings[cls.start + i].link == route[i]
        if same:
            break
        at = (at + 1) & (table.size - 1)
    return int(at)


@lean_kernel
def crosses_twice(start: NDArray[np.int64], link: NDArray[np.int32], f: int) -> bool:
    """Return whether a flow crosses a link more than once.

    Parameters
    ----------
    start : int64[F + 1]
        Flow ``f`` crosses ``link[start[f]:start[f + 1]]``.
    link : int32[E]
    f : int
        Flow.

    Returns
    -------
    bool
        True also where it crosses it more often.
    """
    for e in range(start[f] + 1, start[f + 1]):
        for before in range(start[f], e):
            if link[before] == link[e]:
                return True
    return False


@kernel
def register(
    state: FluidState, start: NDArray[np.int64], link: NDArray[np.int32], level_cap: NDArray[np.float64]
) -> NDArray[np.int32]:
    """Return the class of each new flow, making those that there are not; count the flows as users.

    Parameters
    ----------
    state : FluidState
        With places for as many classes and crossings as the flows may need.
    start : int64[F + 1]
        Flow ``f`` crosses ``link[start[f]:start[f + 1]]``.
    link : int32[E]
    level_cap : float64[F]
        Cap of each flow over its weight.

    Returns
    -------
    int32[F]
        Class of each flow.

    Raises
    ------
    ValueError
        If a flow crosses a link twice.
    """
    links, classes, crossings, table = state.links, state.classes, state.crossings, state.table
    network = state.network[0]
    owner = np.empty(level_cap.size, np.int32)
    for f in range(level_cap.size):
        route = link[start[f] : start[f + 1]]
        at = _place_in_table(table, classes, crossings, route, level_cap[f])
        if table[at] < 0:
            c = network.classes
            network.classes += 1
            table[at] = c
            cls = classes[c]
            cls.cap = level_cap[f]
            cls.start = network.crossings
            cls.stop = cls.start + route.size
            state.tallies[c].root = -1
            if crosses_twice(start, link, f):
                raise ValueError("a flow crosses a link twice")
            for i in range(route.size):
                e = cls.start + i
                crossings[e].link = route[i]
                crossings[e].owner = c
                one = links[route[i]]
                one.classes += 1
                behind = links[route[i] + 1].first if route[i] + 1 < links.size else state.members.size
                if one.first + one.classes > behind:
                    network.crowded = 1
            network.crossings = cls.stop
        owner[f] = table[at]
        state.tallies[owner[f]].users += 1
    return owner


@kernel
def lay_out(state: FluidState, members: NDArray[np.int32], spare: int) -> None:
    """Move the lists of the links to where each has places for all classes that cross it.

    Parameters
    ----------
    state : FluidState
        Its lists are read, and the places of crossings changed.
    members : int32[...]
        The new lists, of ``(1 + spare)`` places for each class on each link and ``spare`` more for each link.
    spare : int
        Places for further classes, for each class there is.
    """
    at = 0
    for one in range(state.links.size):
        link = state.links[one]
        for i in range(link.length):
            e = state.members[link.first + i]
            members[at + i] = e
            state.crossings[e].place = at + i
        link.first = at
        at += link.classes * (1 + spare) + spare
    state.network[0].crowded = 0


@kernel
def keep_used(old: FluidState, new: FluidState) -> None:
    """Copy the classes that have users, and what refers to them; what others carried is added up by link.

    Parameters
    ----------
    old : FluidState
        Not to be used any more.
    new : FluidState
        Links, lists, flows and totals are those of the old, changed in place, and due times a copy of them; classes,
        crossings, table and places in heaps are empty.
    """
    network = new.network[0]
    used, crossed = network.classes, 0
    network.classes = 0
    name = np.full(used, -1, np.int32)
    new.links["classes"][:] = 0
    for c in range(used):
        cls, tally = old.classes[c], old.tallies[c]
        if tally.users == 0:
            for e in range(cls.start, cls.stop):
                new.moved[old.crossings[e].link] += tally.carried
            continue
        k = network.classes
        name[c] = k
        network.classes += 1
        new.classes[k] = cls
        new.tallies[k] = tally
        new.classes[k].start = crossed
        for e in range(cls.start, cls.stop):
            new.crossings[crossed] = old.crossings[e]
            new.crossings[crossed].owner = k
            new.links[old.crossings[e].link].classes += 1
            if tally.flows > 0:
                new.members[old.crossings[e].place] = crossed
            crossed += 1
        new.classes[k].stop = crossed
        route = np.empty(crossed - new.classes[k].start, np.int32)
        for i in range(route.size):
            route[i] = new.crossings[new.classes[k].start + i].link
        new.table[_place_in_table(new.table, new.classes, new.crossings, route, cls.cap)] = k
    network.crossings = crossed
    for f in range(network.flows):
        if new.flows[f].owner >= 0:
            new.flows[f].owner = name[new.flows[f].owner]
    for i in range(network.due):
        new.due_items[i] = name[old.due_items[i]]
        new.due_place[new.due_items[i]] = i
