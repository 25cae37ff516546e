"""What is free on every node, and the mix of requests that were made: the nodes as placements see them."""

from __future__ import annotations

import copy
import itertools
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.jobs.mix import mix_of
from dcsim.kernels.placement_changes import change, give_back_all
from dcsim.placements.plan import state_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.jobs.inventory import Inventory
    from dcsim.kernels.placement_records import MixTable
    from dcsim.placements.plan import Request, Spots

__all__ = ["NodeTable", "RequestCounts"]

_FEW = 8  # jobs up to which giving them back one by one is quicker


class RequestCounts:
    """The requests made so far, and the mix that they are.

    Parameters
    ----------
    types : int
        Number of node types.
    largest : int
        Slots of the largest node.
    """

    def __init__(self, types: int, largest: int) -> None:
        self._types, self._largest = types, largest
        self._counts: Counter[tuple[int, float, float, tuple[int, ...]]] = Counter()
        self._made = self._mixed = 0
        self._mix: MixTable | None = None

    def add(self, request: Request) -> None:
        """Count a request."""
        slots, share, cpus, _, types = request
        self._counts[slots, share, cpus, types] += 1
        self._made += 1

    @property
    def mix(self) -> MixTable:
        """Return the mix, worked out anew whenever twice as many requests have been made."""
        if self._mix is None or self._made >= 2 * self._mixed:
            self._mix = mix_of(self._counts, self._types, self._largest)
            self._mixed = self._made
        return self._mix


class NodeTable:
    """The nodes as placements see them; for the attributes see :class:`dcsim.placements.plan.Nodes`.

    Parameters
    ----------
    inventory : Inventory
        The nodes.
    random : numpy.random.Generator
        For placements that draw lots.
    """

    def __init__(self, inventory: Inventory, random: np.random.Generator) -> None:
        count = len(inventory.size)
        self.size = inventory.size
        self.free = inventory.size.copy()
        self.gpu_free, self.held = np.zeros((count, 0)), np.zeros((count, 0), bool)
        self.cpus, self.memory = inventory.cpus, inventory.memory
        self.cpus_free, self.memory_free = inventory.cpus.copy(), inventory.memory.copy()
        self.type, self.nic, self.rack, self.pod = inventory.type, inventory.nic, inventory.rack, inventory.pod
        self.version = np.zeros(count, np.int64)
        self.memo: dict[Any, Any] = {}
        self.random = random
        self.requests = RequestCounts(len(inventory.type_names), int(inventory.size.max(initial=0)))
        self._mix: MixTable | None = None
        self._changes = itertools.count(1)  # the same for all twins, so that no two states bear one number

    @property
    def mix(self) -> MixTable:
        """Return the mix of the requests made."""
        mix = self.requests.mix
        if mix is not self._mix:
            self._mix = mix
            self.memo.clear()
        return mix

    def share_gpus(self) -> None:
        """Tell the GPUs of a node apart from now on; which of them jobs hold so far makes no difference."""
        gpu = np.arange(int(self.size.max(initial=0)))
        self.held = gpu < (self.size - self.free)[:, np.newaxis]
        self.gpu_free = ((gpu < self.size[:, np.newaxis]) & ~self.held).astype(np.float64)
        self.memo.clear()

    def twin(self) -> NodeTable:
        """Return a table of the same nodes that changes on its own."""
        twin = copy.copy(self)
        twin.memo = {}
        for name in _CHANGING:
            setattr(twin, name, getattr(self, name).copy())
        return twin

    def follow(self, other: NodeTable) -> None:
        """Become as a twin is."""
        for name in _CHANGING:
            getattr(self, name)[...] = getattr(other, name)

    def clear(self) -> None:
        """Free everything."""
        self.free[:], self.cpus_free[:], self.memory_free[:] = self.size, self.cpus, self.memory
        self.held[:] = False
        self.gpu_free[:] = np.arange(self.gpu_free.shape[1]) < self.size[:, np.newaxis]
        self.version[:] = next(self._changes)

    def change(self, sign: int, spots: Spots, request: Request) -> int:
        """Take what a job holds (sign -1) or give it back (1); return by how many the free slots have grown."""
        nodes, slots, gpu = spots
        self.version[nodes] = next(self._changes)
        _, share, cpus, memory, _ = request
        if gpu < 0 and cpus == 0.0 and memory == 0.0 and not self.gpu_free.shape[1]:
            self.free[nodes] += sign * slots
            return sign * request.slots
        grown: int = change(state_of(self), self.held, sign, nodes, slots, gpu, share, cpus, memory, request.slots)
        return grown

    def give_back(self, jobs: Sequence[tuple[Spots, Request]]) -> None:
        """Give back what several jobs hold."""
        if len(jobs) <= _FEW:
            for spots, request in jobs:
                self.change(1, spots, request)
            return
        nodes = np.concatenate([spots.nodes for spots, _ in jobs])
        slots = np.concatenate([spots.slots for spots, _ in jobs])
        first = np.cumsum([0, *(len(spots.nodes) for spots, _ in jobs)])
        gpu = np.array([spots.gpu for spots, _ in jobs])
        numbers = np.array([request[1:4] for _, request in jobs])
        in_all = np.array([request.slots for _, request in jobs])
        self.version[nodes] = next(self._changes)
        give_back_all(state_of(self), self.held, first, nodes, slots, gpu, numbers, in_all)


_CHANGING = ("free", "gpu_free", "held", "cpus_free", "memory_free", "version")
