"""What is done to flows and links from outside: flows let in, taken out and forgotten, capacities set, bytes counted.

Record types and the meaning of arguments as in :class:`dcsim.kernels.fluid_records.FluidState`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.fairshare import fair_rates
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

ALIKE = 1.0 + 1e-13  # lives of flows that end together


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


@kernel
def in_one_go(
    start: Ints, link: Links, capacity: Floats, nbytes: Floats, ready: Floats, weight: Floats, cap: Floats
) -> tuple[bool, Floats, Floats]:
    """Return the ends of flows, and what links carried, if all flows join at one time and end at another."""
    finish, carried = np.zeros(nbytes.size), np.zeros(capacity.size)
    use = np.empty(link.size)
    for e in range(link.size):
        use[e] = 1.0
    for f in range(nbytes.size):
        if ready[f] != ready[0] or nbytes[f] <= 0.0 or math.isinf(ready[f]) or crosses_twice(start, link, f):
            return False, finish, carried
    rate = fair_rates(start, link, use, capacity, weight, cap)
    shortest, longest = math.inf, 0.0
    for f in range(nbytes.size):
        life = nbytes[f] / rate[f] if rate[f] > 0.0 else math.inf
        shortest, longest = min(shortest, life), max(longest, life)
        finish[f] = ready[f] + life
        for e in range(start[f], start[f + 1]):
            carried[link[e]] += nbytes[f]
    return longest <= shortest * ALIKE and longest < math.inf, finish, carried
