"""A pool of nodes: what is free on each, where a job would go, and what if others were gone.

Examples
--------
>>> from dcsim.jobs.inventory import read_nodes
>>> from dcsim.placements.plan import Spots
>>> def last(request, nodes):
...     fit = np.flatnonzero(nodes.free >= request.slots)
...     return Spots(fit[-1:], np.array([request.slots])) if len(fit) else None
>>> pool = NodePool(read_nodes("2x8"), last)
>>> request = pool.request(6)
>>> spots = pool.place(request)
>>> pool.take(spots, request)
>>> pool.free, pool.nodes.free.tolist(), pool.fits(pool.request(8), beside=[request])
(10, [8, 2], False)
"""

from __future__ import annotations

from operator import is_
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.fragments import fragments
from dcsim.kernels.placement import any_takes_all
from dcsim.placements.plan import Request, asked_of, on_one_node, state_of
from dcsim.world.node_table import NodeTable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dcsim.jobs.inventory import Inventory
    from dcsim.placements.plan import Place, Spots

__all__ = ["NodePool"]

_PARTS = 10**6  # of a slot


class NodePool:
    """Nodes and who holds what of them; jobs go where a placement says.

    Parameters
    ----------
    inventory : Inventory
        The nodes.
    place : Place
        The placement.
    random : numpy.random.Generator, optional
        For placements that draw lots.

    Attributes
    ----------
    nodes : NodeTable
        The nodes as placements see them.
    free, slots : int
        Slots that nobody holds any part of, and slots in all.
    """

    def __init__(self, inventory: Inventory, place: Place, random: np.random.Generator | None = None) -> None:
        self.nodes = NodeTable(inventory, random or np.random.default_rng(0))
        self.slots = self.free = inventory.slots
        self._free_parts = inventory.slots * _PARTS
        self._place = place
        self._codes = {name: code for code, name in enumerate(inventory.type_names)}
        self._found: dict[Request, Spots] = {}  # until something changes
        self._nowhere: set[Request] = set()  # until something is given back
        self._possible: dict[Request, bool] = {}
        self._whole_only = True  # whether every job asks for whole slots
        self._probe: _Probe | None = None

    @property
    def free_share(self) -> float:
        """Return how many GPUs are free, free parts of shared ones counted."""
        return self._free_parts / _PARTS

    @property
    def full(self) -> bool:
        """Return whether nothing is free that any job asked for until now might get."""
        return self.free == 0 and self._whole_only

    def type_codes(self, names: str) -> tuple[int, ...]:
        """Return the codes of node types, joined by ``|``; -1 for a type that no node is of."""
        return tuple(sorted({self._codes.get(name.strip(), -1) for name in names.split("|")})) if names else ()

    def request(
        self, slots: int, share: float = 1.0, cpus: float = 0.0, memory: float = 0.0, types: tuple[int, ...] = (),
        *, counts: bool = True,
    ) -> Request:  # fmt: skip
        """Return a request; shares and cores in whole millionths, memory in whole bytes.

        It counts in the mix, unless it is only one of the sizes in which an elastic job may come.
        """
        part = max(round(share, 6), 1e-6) if slots == 1 else 1.0
        request = Request(slots, part, round(cpus, 6), float(round(memory)), types)
        if counts:
            self.nodes.requests.add(request)
        self._whole_only &= slots > 0 and part == 1.0
        if part < 1.0 and not self.nodes.gpu_free.shape[1]:
            self.nodes.share_gpus()
            self._probe = None
        return request

    def place(self, request: Request) -> Spots | None:
        """Return where a job would go now, or None; nothing is taken."""
        if request in self._nowhere:
            return None
        spots = self._found.get(request) or self._place(request, self.nodes)
        if spots is None:
            self._nowhere.add(request)
        else:
            self._found[request] = spots
        return spots

    def take(self, spots: Spots, request: Request) -> None:
        """Give a job the slots that ``place`` found."""
        self.free += self.nodes.change(-1, spots, request)
        self._free_parts -= _parts(request)
        self._found.clear()
        self._stale()

    def give_back(self, spots: Spots, request: Request) -> None:
        """Free the slots of a job."""
        self.free += self.nodes.change(1, spots, request)
        self._free_parts += _parts(request)
        self._found.clear()
        self._nowhere.clear()
        self._stale()

    def possible(self, request: Request) -> bool:
        """Return whether a job would have a place if nobody else were there."""
        known = self._possible.get(request)
        if known is None:
            twin = self.nodes.twin()
            twin.clear()
            known = self._possible[request] = self._place(request, twin) is not None
        return known

    def fits(
        self, request: Request, without: Sequence[tuple[Spots, Request]] = (), beside: Sequence[Request] = ()
    ) -> bool:
        """Return whether a job would have a place if some were gone and others had started first; changes nothing.

        Questions whose ``without`` begins with all of that of the question before are answered from there.

        Parameters
        ----------
        request : Request
            The job.
        without : sequence of (Spots, Request)
            Running jobs to think away.
        beside : sequence of Request
            Jobs to think started now, in this order, before those of ``without`` are gone; where one of them has no
            place, neither has the job.
        """
        if not without and not beside:
            return self.place(request) is not None
        if self._probe is None:
            self._probe = _Probe(self.nodes, self._place, self.place)
        return self._probe.fits(request, without, beside)

    def fragmentation(self) -> float:
        """Return how many of the free GPUs the mix of requests cannot use where they are, in the mean."""
        nodes = self.nodes
        mix, parts = nodes.mix, np.zeros(nodes.size.max(initial=0))
        return float(fragments(state_of(nodes), mix, parts))

    def _stale(self) -> None:
        if self._probe is not None:
            self._probe.stale = True


def _parts(request: Request) -> int:
    """Return what a job takes of the slots, in millionths of one."""
    return request.slots * round(request.share * _PARTS)


class _Probe:
    """The nodes as they would be without some jobs.

    Parameters
    ----------
    nodes : NodeTable
        The nodes as they are.
    place : Place
        The placement.
    place_now : callable
        Where a job would go if it started now.
    """

    def __init__(self, nodes: NodeTable, place: Place, place_now: Callable[[Request], Spots | None]) -> None:
        self.stale = False
        self._nodes, self._place, self._place_now = nodes, place, place_now
        self._twin = nodes.twin()
        self._gone: list[Spots] = []
        self._nowhere: Request | None = None  # asked last, and without a place
        self._answers: dict[tuple[Request, ...], bool] = {}

    def fits(
        self, request: Request, without: Sequence[tuple[Spots, Request]], beside: Sequence[Request]
    ) -> bool:
        """Return whether a job has a place without some and beside others."""
        twin, gone = self._twin, self._gone
        if self.stale or len(gone) > len(without) or not all(map(is_, gone, (spots for spots, _ in without))):
            twin.follow(self._nodes)
            gone.clear()
            self._answers.clear()
            self._nowhere, self.stale = None, False
        more = without[len(gone) :]
        if more:
            twin.give_back(more)
            gone += [spots for spots, _ in more]
            self._answers.clear()
        question = request, *beside
        there = self._answers.get(question)
        if there is None:
            there = self._beside(request, beside) if beside else self._alone(request, more)
            self._answers[question] = there
        return there

    def _alone(self, request: Request, more: Sequence[tuple[Spots, Request]]) -> bool:
        """Return whether a job has a place on the twin, to which ``more`` was given back since the last question."""
        twin = self._twin
        if request == self._nowhere and on_one_node(request, twin):
            touched = np.concatenate([spots.nodes for spots, _ in more]) if more else np.zeros(0, np.int64)
            there = bool(any_takes_all(state_of(twin), asked_of(request), touched))
        else:
            there = self._place(request, twin) is not None
        self._nowhere = None if there else request
        return there

    def _beside(self, request: Request, beside: Sequence[Request]) -> bool:
        """Return whether a job has a place on the twin after others have taken theirs on the nodes as they are."""
        twin, nodes, taken = self._twin, self._nodes, []
        now = nodes if len(beside) == 1 else nodes.twin()
        for other in beside:
            spots = self._place_now(other) if now is nodes else self._place(other, now)
            if spots is None:
                break
            if now is not nodes:
                now.change(-1, spots, other)
            twin.change(-1, spots, other)
            taken.append((spots, other))
        there = len(taken) == len(beside) and self._place(request, twin) is not None
        twin.give_back(taken)
        self._nowhere = None
        self.stale = bool(twin.gpu_free.size)  # whole GPUs may have changed hands
        return there
