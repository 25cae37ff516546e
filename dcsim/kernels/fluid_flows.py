"""What is done to flows and links from outside: flows let in, taken out and forgotten, capacities set, bytes counted.

Record types and the meaning of arguments as in :class:`dcsim.kernels.fluid_records.FluidState`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.fluid_events import quit_sharing
from dcsim.kernels.fluid_records import ENDED, JOINED, PENDING
from dcsim.kernels.fluid_routes import MOST, crosses_twice
from dcsim.kernels.jit import kernel, lean_kernel
from dcsim.kernels.link_lists import STALE, touch
from dcsim.kernels.pairing import drop_end

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.kernels.fluid_records import FluidState

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Links = NDArray[np.int32]

__all__ = ["admit", "count_bytes", "forget", "in_one_go", "put_capacity", "take_out"]

ALIKE = 1.0 + 1e-13  # levels at which flows stop together, lives that end together


@lean_kernel
def admit(state: FluidState, f: Ints, owner: Links, nbytes: Floats, ready: Floats, weight: Floats) -> None:
    """Fill in the records of new flows, taking free ones."""
    network = state.network[0]
    for i in range(owner.size):
        if network.free >= 0:
            f[i] = network.free
            network.free = state.flows[f[i]].next
            network.idle -= 1
        else:
            f[i] = network.flows
            network.flows += 1
        flow = state.flows[f[i]]
        flow.amount, flow.weight, flow.owner, flow.state = nbytes[i], weight[i], owner[i], PENDING
        flow.ready = max(ready[i], network.now)
        flow.finish = math.inf


@lean_kernel
def forget(state: FluidState, f: Ints) -> None:
    """Make the records of flows free again."""
    network = state.network[0]
    for i in range(f.size):
        flow = state.flows[f[i]]
        flow.owner, flow.next = -1, network.free
        network.free = f[i]
    network.idle += f.size


@lean_kernel
def take_out(state: FluidState, f: Ints, left: Floats) -> None:
    """Take flows off their classes, and write down what they had left to move."""
    network = state.network[0]
    for i in range(f.size):
        flow = state.flows[f[i]]
        cls, tally = state.classes[flow.owner], state.tallies[flow.owner]
        tally.users -= 1
        left[i] = flow.amount
        if flow.state == JOINED:
            cls.progress += cls.level * (network.now - cls.since)
            cls.since = network.now
            left[i] = max(flow.end - cls.progress, 0.0) * flow.weight
            tally.carried += min((cls.progress - flow.began) * flow.weight, flow.amount)
            tally.root = drop_end(state.flows, tally.root, f[i])
            tally.flows -= 1
            quit_sharing(state, flow.owner, flow.weight)
        flow.state = ENDED


@lean_kernel
def put_capacity(state: FluidState, link: Ints, capacity: Floats) -> None:
    """Change capacities, and note where levels have to be settled."""
    for i in range(link.size):
        state.links[link[i]].capacity = min(capacity[i], MOST)
        state.links[link[i]].edits = STALE  # sums are exact to the digits of what was carried until now
        touch(state.links, state.network[0], link[i])


@kernel
def count_bytes(state: FluidState) -> Floats:
    """Return what each link has carried, by flows that are gone and by those that still share."""
    network = state.network[0]
    by_class = np.zeros(network.classes)
    for f in range(network.flows):
        flow = state.flows[f]
        if flow.owner >= 0 and flow.state == JOINED:
            cls = state.classes[flow.owner]
            progress = cls.progress + cls.level * (network.now - cls.since)
            by_class[flow.owner] += min((progress - flow.began) * flow.weight, flow.amount)
    total = state.moved.copy()
    for c in range(network.classes):
        cls = state.classes[c]
        for e in range(cls.start, cls.stop):
            total[state.crossings[e].link] += by_class[c] + state.tallies[c].carried
    return total


@lean_kernel
def _one_level(start: Ints, link: Links, capacity: Floats, weight: Floats, cap: Floats, load: Floats) -> float:
    """Return the level at which all flows stop at once; 0 where they do not. All of ``load`` is 0 before."""
    for f in range(weight.size):
        for e in range(start[f], start[f + 1]):
            load[link[e]] += weight[f]
    level = math.inf
    for one in range(capacity.size):
        if load[one] > 0.0 and capacity[one] < level * load[one]:
            level = capacity[one] / load[one]
    for f in range(weight.size):
        stops = False
        for e in range(start[f], start[f + 1]):
            stops = stops or capacity[link[e]] <= level * ALIKE * load[link[e]]
        if not stops or cap[f] < weight[f] * level:
            return 0.0
    return level


@kernel
def in_one_go(
    start: Ints, link: Links, capacity: Floats, nbytes: Floats, ready: Floats, weight: Floats, cap: Floats
) -> tuple[bool, Floats, Floats]:
    """Return ends of flows and bytes on links if all flows join at one time, have one level, and end at one time.

    Otherwise the first value is False, and the arrays are of no use.
    """
    finish, carried = np.zeros(nbytes.size), np.zeros(capacity.size)
    for f in range(nbytes.size):
        if ready[f] != ready[0] or nbytes[f] <= 0.0 or math.isinf(ready[f]) or crosses_twice(start, link, f):
            return False, finish, carried
    level = _one_level(start, link, capacity, weight, cap, carried)
    if level <= 0.0:
        return False, finish, carried
    shortest, longest = math.inf, 0.0
    carried[:] = 0.0
    for f in range(nbytes.size):
        life = nbytes[f] / (weight[f] * level)
        shortest, longest = min(shortest, life), max(longest, life)
        finish[f] = ready[f] + life
        for e in range(start[f], start[f + 1]):
            carried[link[e]] += nbytes[f]
    return longest <= shortest * ALIKE, finish, carried
