"""Joins and ends of flows, in order of time; between them progress is a matter of arithmetic.

What a class has moved is brought up to date only when its level changes or its flows do. A class waits in a heap under
a time before which none of its flows ends; where its level falls, the time stays as it is, and is looked up when it
comes first. Record types and the meaning of arguments as in :class:`dcsim.kernels.fluid_records.FluidState`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.fluid_records import ENDED, JOINED
from dcsim.kernels.heap import insert, move, remove
from dcsim.kernels.jit import lean_kernel
from dcsim.kernels.levels import settle
from dcsim.kernels.link_lists import FEW_DIGITS, enter, leave, note, reweigh
from dcsim.kernels.pairing import add_end, drop_end, following

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_records import Record, Records
    from dcsim.kernels.fluid_records import FluidState

__all__ = ["next_end", "quit_sharing", "run", "settle_now"]

INSTANT = 4.5e-16  # of the time: as near as two times can be told apart
TOGETHER = 1e-13  # of the life of a flow: ends this near are one event
AT_ONCE = 256  # instants of one call: milliseconds, or seconds where 100,000 classes change at each


@lean_kernel
def _due(cls: Record) -> float:
    """Return when the first flow of a class ends at its present level."""
    if cls.level <= 0.0:
        return math.inf
    return float(cls.since + max(cls.end - cls.progress, 0.0) / cls.level)


@lean_kernel
def _bring_up(cls: Record, level: float, now: float) -> None:
    """Bring the progress of a class up to date, at the level it had."""
    cls.progress += level * (now - cls.since)
    cls.since = now


@lean_kernel
def next_end(
    classes: Records,
    due_keys: NDArray[np.float64],
    due_items: NDArray[np.int32],
    due_place: NDArray[np.int32],
    network: Record,
) -> float:
    """Return when the next flow ends at present levels; its class is then the first of the heap.

    Parameters
    ----------
    classes, due_keys, due_items, due_place
        See :class:`~dcsim.kernels.fluid_records.FluidState`.
    network : NETWORK
        Of the state.

    Returns
    -------
    float
        s; infinite where no flow ends.
    """
    while network.due > 0:
        c = due_items[0]
        due = _due(classes[c])
        if due <= due_keys[0]:
            return float(due_keys[0])
        move(due_keys, due_items, due_place, network.due, c, due)
    return math.inf


@lean_kernel
def settle_now(state: FluidState) -> None:
    """Make levels max-min fair at the present time, and bring up to date what changes.

    Parameters
    ----------
    state : FluidState
        Changed in place.
    """
    classes, changed, network = state.classes, state.changed, state.network[0]
    settle(
        state.links, classes, state.crossings, state.members, changed,
        state.fill_keys, state.fill_items, state.fill_place, network,
    )  # fmt: skip
    keys, items, place = state.due_keys, state.due_items, state.due_place
    for i in range(network.changed):
        c = changed[i].owner
        cls = classes[c]
        if cls.weight > 0.0:
            if cls.level != changed[i].before:
                _bring_up(cls, changed[i].before, network.now)
            due = _due(cls)
            if place[c] < 0:
                network.due = insert(keys, items, place, network.due, c, due)
            elif due < keys[place[c]]:
                move(keys, items, place, network.due, c, due)
    network.changed = 0
    network.sweep += 1


@lean_kernel
def _join(state: FluidState, f: int) -> None:
    """Let a flow join the sharing, or end where there is nothing to move or nothing to hold it."""
    classes, network, flow = state.classes, state.network[0], state.flows[f]
    c = flow.owner
    cls, tally = classes[c], state.tallies[c]
    if flow.amount <= 0.0 or (cls.start == cls.stop and cls.cap == math.inf):
        flow.finish, flow.state = flow.ready, ENDED
        tally.carried += flow.amount
        tally.users -= 1
        state.ended[network.ended] = f
        network.ended += 1
        return
    if tally.flows == 0:
        cls.progress, cls.since, cls.level, cls.weight = 0.0, network.now, 0.0, flow.weight
        tally.peak = 0.0
        enter(state.links, classes, state.crossings, state.members, network, c)
        if cls.cap < math.inf:
            keys, items, place = state.fill_keys, state.fill_items, state.fill_place
            network.filling = insert(keys, items, place, network.filling, state.links.size + c, cls.cap)
    else:
        _bring_up(cls, cls.level, network.now)
        reweigh(state.links, classes, state.crossings, network, c, cls.weight + flow.weight)
    note(classes, state.changed, network, c)
    tally.flows += 1
    tally.peak = max(tally.peak, cls.weight)
    flow.state = JOINED
    flow.began = cls.progress
    flow.end = cls.progress + flow.amount / flow.weight
    tally.root = add_end(state.flows, tally.root, f)
    cls.end = state.flows[tally.root].end


@lean_kernel
def _sum_weights(flows: Records, root: int) -> float:
    """Return the sum of the weights of the flows of a class."""
    total = 0.0
    f = root
    while f >= 0:
        total += flows[f].weight
        f = following(flows, f)
    return total


@lean_kernel
def quit_sharing(state: FluidState, c: int, weight: float) -> None:
    """Take the weight of flows that are gone off a class.

    Parameters
    ----------
    state : FluidState
        Changed in place.
    c : int
        Class, its progress up to date.
    weight : float
        Of flows that are no longer counted nor in order of end.
    """
    classes, network, tally = state.classes, state.network[0], state.tallies[c]
    cls = classes[c]
    if tally.flows == 0:
        leave(state.links, classes, state.crossings, state.members, network, c)
        cls.weight = 0.0
        network.due = remove(state.due_keys, state.due_items, state.due_place, network.due, c)
    else:
        cls.end = state.flows[tally.root].end
        left = cls.weight - weight
        if left < FEW_DIGITS * tally.peak:
            left = tally.peak = _sum_weights(state.flows, tally.root)
        reweigh(state.links, classes, state.crossings, network, c, left)


@lean_kernel
def _end(state: FluidState, c: int, until: float) -> None:
    """End the flows of a class that are due up to a time."""
    flows, network = state.flows, state.network[0]
    cls, tally = state.classes[c], state.tallies[c]
    weight = 0.0
    while tally.root >= 0:
        f = tally.root
        flow = flows[f]
        due = cls.since + max(flow.end - cls.progress, 0.0) / cls.level
        if due > until:
            break
        flow.finish, flow.state = max(due, flow.ready), ENDED
        weight += flow.weight
        tally.root = drop_end(flows, f, f)
        tally.carried += flow.amount
        tally.flows -= 1
        tally.users -= 1
        state.ended[network.ended] = f
        network.ended += 1
    _bring_up(cls, cls.level, network.now)
    quit_sharing(state, c, weight)


@lean_kernel
def _still(state: FluidState, time: float) -> float:
    """Return up to when the first flow of the heap ends together with what happens at a time."""
    if state.network[0].due == 0:
        return time
    first = state.flows[state.tallies[state.due_items[0]].root]
    return float(time + INSTANT * abs(time) + TOGETHER * max(time - first.ready, 0.0))


@lean_kernel
def run(state: FluidState, until: float, first: bool) -> bool:
    """Let flows join, share and end up to a time; return whether to call again.

    One call does a bounded number of instants, so that whoever calls can be interrupted in between.

    Parameters
    ----------
    state : FluidState
        Changed in place.
    until : float
        What happens at this time is still done, s; infinite to go on until nothing more happens.
    first : bool
        Whether to stop at the first time at which flows end.

    Returns
    -------
    bool
        Whether there is more to do.
    """
    classes, flows, queue, network = state.classes, state.flows, state.queue, state.network[0]
    keys, items, place = state.due_keys, state.due_items, state.due_place
    settle_now(state)
    for _ in range(AT_ONCE):
        if first and network.ended > 0:
            return False
        due = next_end(classes, keys, items, place, network)
        then, still = due, _still(state, until)
        if network.head < network.tail and flows[queue[network.head]].ready < due:
            then = flows[queue[network.head]].ready
            still = until + INSTANT * abs(until)
        if then > still or math.isinf(then):
            if not math.isinf(until):
                network.now = max(network.now, until)
            return False
        network.now = max(network.now, min(then, until))
        still = _still(state, network.now)
        while due <= still:
            _end(state, items[0], still)
            due = next_end(classes, keys, items, place, network)
        instant = network.now + INSTANT * abs(network.now)
        while network.head < network.tail and flows[queue[network.head]].ready <= instant:
            network.head += 1
            _join(state, queue[network.head - 1])
        settle_now(state)
    return True
