"""What a placement sees and what it answers.

A placement is a pure function ``(request, nodes) -> Spots | None``: the nodes that a job gets, all or nothing, or None
where there is no place for it. Whole slots are counted by node; a part of a GPU is taken from one GPU of one node.

A job that the largest node could take runs on one node; only a larger one is spread over several. More free nodes
never cost a job its place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from dcsim.kernels.placement import rooms
from dcsim.kernels.placement_records import Asked, MixTable, NodeState

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Nodes", "Place", "Request", "Spots", "asked_of", "filled", "found", "most_of", "on_one_node", "scales",
    "state_of",
]  # fmt: skip

_ANY = np.zeros(0, np.int64)


class Request(NamedTuple):
    """What a job asks for.

    Parameters
    ----------
    slots : int
        Whole GPUs; 0 for a job that needs none; 1 with a ``share`` below 1 for a part of one GPU.
    share : float
        Part of each GPU, in (0, 1].
    cpus, memory : float
        Cores and bytes in all; spread over its nodes in proportion to the slots.
    types : tuple of int
        Codes of the node types that it may run on; empty for any.
    """

    slots: int
    share: float = 1.0
    cpus: float = 0.0
    memory: float = 0.0
    types: tuple[int, ...] = ()


class Nodes(Protocol):
    """The nodes of a cluster; every array has one entry per node.

    Attributes
    ----------
    size, free : int64[N]
        Slots, and slots that nobody holds any part of.
    gpu_free : float64[N, most slots of a node]
        Free part of every GPU, 0 beyond the node's size. Empty (N, 0) while no job of the trace asks for a part.
    cpus, memory : float64[N]
        Cores and bytes installed; infinite where the cluster does not say.
    cpus_free, memory_free : float64[N]
        Free cores and bytes.
    type, nic, rack, pod : int64[N]
        Numbers of node type (the order of ``type_names``), adapter, rack and pod; nodes of one number share it.
    version : int64[N]
        Another number whenever the node has changed.
    mix : MixTable
        The requests made so far.
    memo : dict
        Where a placement may keep what it has worked out of the nodes and the mix; emptied when the mix changes.
    random : numpy.random.Generator
        A stream of its own, for placements that draw lots.
    """

    size: NDArray[np.int64]
    free: NDArray[np.int64]
    gpu_free: NDArray[np.float64]
    cpus: NDArray[np.float64]
    memory: NDArray[np.float64]
    cpus_free: NDArray[np.float64]
    memory_free: NDArray[np.float64]
    type: NDArray[np.int64]
    nic: NDArray[np.int64]
    rack: NDArray[np.int64]
    pod: NDArray[np.int64]
    version: NDArray[np.int64]
    memo: dict[Any, Any]
    random: np.random.Generator

    @property
    def mix(self) -> MixTable:
        """Return the requests made so far."""


class Spots(NamedTuple):
    """Where a job goes: ``slots[i]`` whole GPUs of ``nodes[i]``, or its share of GPU ``gpu`` of ``nodes[0]``."""

    nodes: NDArray[np.int64]
    slots: NDArray[np.int64]
    gpu: int = -1


Place = Callable[[Request, Nodes], Spots | None]
"""``(request, nodes) -> spots``."""


def asked_of(request: Request) -> Asked:
    """Return a request as the kernels take it."""
    slots, share, cpus, memory, types = request
    return Asked(slots, share, cpus, memory, np.array(types, np.int64) if types else _ANY)


def state_of(nodes: Nodes) -> NodeState:
    """Return the nodes as the kernels take them."""
    state: NodeState | None = nodes.memo.get(NodeState)
    if state is None:
        state = NodeState(nodes.size, nodes.free, nodes.gpu_free, nodes.cpus_free, nodes.memory_free, nodes.type)
        nodes.memo[NodeState] = state
    return state


def on_one_node(request: Request, nodes: Nodes) -> bool:
    """Return whether a job goes to one node: whether the largest node of the types that it may run on could take it."""
    if request.slots <= 1:
        return True
    largest: int | None = nodes.memo.get((on_one_node, request.types))
    if largest is None:
        sizes = nodes.size[np.isin(nodes.type, request.types)] if request.types else nodes.size
        largest = nodes.memo[on_one_node, request.types] = int(sizes.max(initial=0))
    return request.slots <= largest


def most_of(request: Request, nodes: Nodes) -> NDArray[np.int64]:
    """Return how many slots of a job each node would have room for if nobody else were there."""
    most: NDArray[np.int64] | None = nodes.memo.get((most_of, request))
    if most is None:
        empty = NodeState(nodes.size, nodes.size, nodes.gpu_free, nodes.cpus, nodes.memory, nodes.type)
        most = nodes.memo[most_of, request] = rooms(empty, asked_of(request))
    return most


def scales(nodes: Nodes) -> tuple[float, float]:
    """Return what one GPU and one core are of the largest node; 0 for cores where no node says how many it has."""
    known: tuple[float, float] | None = nodes.memo.get(scales)
    if known is None:
        cpus = nodes.cpus[np.isfinite(nodes.cpus)].max(initial=0.0)
        known = nodes.memo[scales] = (1.0 / max(int(nodes.size.max(initial=1)), 1), 1.0 / cpus if cpus > 0.0 else 0.0)
    return known


def found(request: Request, node: int, gpu: int = -1) -> Spots | None:
    """Return the spots of a job on one node; None for node -1."""
    return None if node < 0 else Spots(np.array([node]), np.array([request.slots]), gpu)


def filled(slots: int, room: NDArray[np.int64], order: NDArray[np.int64]) -> Spots | None:
    """Return the spots of a job that fills one node after another; None where they do not suffice.

    Parameters
    ----------
    slots : int
        How many it needs.
    room : int64[N]
        How many of them each node has room for.
    order : int64[K]
        The nodes to fill, first things first.

    Examples
    --------
    >>> filled(5, np.array([2, 0, 4]), np.array([2, 1, 0]))
    Spots(nodes=array([2, 0]), slots=array([4, 1]), gpu=-1)
    """
    order = order[room[order] > 0]
    reached = np.cumsum(room[order])
    last = int(np.searchsorted(reached, slots))
    if last == len(reached):
        return None
    nodes = order[: last + 1]
    taken = room[nodes]
    taken[-1] -= reached[last] - slots
    return Spots(nodes, taken)
