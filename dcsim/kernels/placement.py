"""Which node has a place for a job, and what a node holds after one came or went.

Parts of GPUs and cores are kept as whole millionths, memory as whole bytes, so that what is taken and given back again
leaves exactly what was there.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import kernel, lean_kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.kernels.placement_records import Asked, NodeState

__all__ = [
    "FIRST", "LEAST_LEFT", "MOST_LEFT", "any_takes_all", "bytes_of", "cores_of", "drawn_node", "most_whole", "one_node",
    "rooms", "takes_all",
]  # fmt: skip

FIRST, LEAST_LEFT, MOST_LEFT = 0, 1, 2
"""Rules of :func:`one_node`: the first node that has room, or that which has least or most left over."""


@lean_kernel
def cores_of(cpus: float, part: int, slots: int) -> float:
    """Return the cores that a node gives to a job of which it holds ``part`` of ``slots``, in whole millionths."""
    return cpus if part >= slots else math.floor(cpus * part / slots * 1e6 + 0.5) / 1e6


@lean_kernel
def bytes_of(memory: float, part: int, slots: int) -> float:
    """Return the bytes that a node gives to a job of which it holds ``part`` of ``slots``."""
    return memory if part >= slots else math.floor(memory * part / slots + 0.5)


@lean_kernel
def _allowed(state: NodeState, asked: Asked, node: int) -> bool:
    """Return whether a job may run on a node of that type."""
    for code in asked.types:
        if code == state.type[node]:
            return True
    return len(asked.types) == 0


@lean_kernel
def _gpu(state: NodeState, share: float, node: int, rule: int) -> int:
    """Return the GPU of a node with a free part of that size, by a rule of :func:`one_node`; -1 if none has one."""
    best = -1
    for gpu in range(state.size[node]):
        free = state.gpu_free[node, gpu]
        if free < share:
            continue
        if best < 0 or (
            (rule == LEAST_LEFT and free < state.gpu_free[node, best])
            or (rule == MOST_LEFT and free > state.gpu_free[node, best])
        ):
            best = gpu
    return best


@lean_kernel
def _drawn_gpu(state: NodeState, share: float, node: int, draw: float) -> int:
    """Return a GPU of a node with a free part of that size, each being as likely; ``draw`` is in [0, 1)."""
    count = 0
    for gpu in range(state.size[node]):
        count += state.gpu_free[node, gpu] >= share
    left = int(draw * count)
    for gpu in range(state.size[node]):
        if state.gpu_free[node, gpu] >= share:
            if left == 0:
                return gpu
            left -= 1
    return -1


@lean_kernel
def takes_all(state: NodeState, asked: Asked, node: int) -> bool:
    """Return whether one node has room for a whole job."""
    if state.cpus_free[node] < asked.cpus or state.memory_free[node] < asked.memory:
        return False
    if not _allowed(state, asked, node):
        return False
    if asked.share < 1.0:
        return _gpu(state, asked.share, node, FIRST) >= 0
    return bool(state.free[node] >= asked.slots)


@lean_kernel
def any_takes_all(state: NodeState, asked: Asked, nodes: NDArray[np.int64]) -> bool:
    """Return whether any of some nodes has room for a whole job."""
    for node in nodes:  # noqa: SIM110  any() of a generator is not compiled
        if takes_all(state, asked, node):
            return True
    return False


@lean_kernel
def _left(state: NodeState, asked: Asked, node: int, per_slot: float, per_core: float) -> float:
    """Return what a node has left over after a job, weighted."""
    gpus = 0.0
    if state.gpu_free.shape[1] == 0:
        gpus = float(state.free[node])
    else:
        for gpu in range(state.size[node]):
            gpus += state.gpu_free[node, gpu]
    left = (gpus - asked.slots * asked.share) * per_slot
    if per_core > 0.0 and state.cpus_free[node] < math.inf:
        left += (state.cpus_free[node] - asked.cpus) * per_core
    return left


@lean_kernel
def one_node(state: NodeState, asked: Asked, rule: int, per_slot: float, per_core: float) -> tuple[int, int]:
    """Return a node that has room for a whole job, and the GPU where it asks for a part of one; node -1 if none has.

    Parameters
    ----------
    state : NodeState
        The nodes.
    asked : Asked
        The job.
    rule : int
        FIRST, LEAST_LEFT or MOST_LEFT; of equal nodes, and of equal GPUs of a node, the first.
    per_slot, per_core : float
        Weights of a GPU and a core that is left over.

    Returns
    -------
    node, gpu : int
        The node, and the GPU for a job with ``share`` below 1 (else -1).
    """
    best, value = -1, 0.0
    for node in range(len(state.size)):
        if not takes_all(state, asked, node):
            continue
        if rule == FIRST:
            best = node
            break
        left = _left(state, asked, node, per_slot, per_core)
        if best < 0 or (rule == LEAST_LEFT and left < value) or (rule == MOST_LEFT and left > value):
            best, value = node, left
    if best < 0 or asked.share >= 1.0:
        return best, -1
    return best, _gpu(state, asked.share, best, rule)


@lean_kernel
def drawn_node(state: NodeState, asked: Asked, draw: float, draw_gpu: float) -> tuple[int, int]:
    """Return one of the nodes that have room for a whole job, each being as likely; for the rest as :func:`one_node`.

    Parameters
    ----------
    state : NodeState
        The nodes.
    asked : Asked
        The job.
    draw, draw_gpu : float
        In [0, 1): which node, and which of its GPUs.
    """
    count = 0
    for node in range(len(state.size)):
        count += takes_all(state, asked, node)
    left = int(draw * count)
    for node in range(len(state.size)):
        if takes_all(state, asked, node):
            if left == 0:
                return node, _drawn_gpu(state, asked.share, node, draw_gpu) if asked.share < 1.0 else -1
            left -= 1
    return -1, -1


@lean_kernel
def most_whole(state: NodeState, asked: Asked) -> int:
    """Return how many slots all empty nodes have together with the fullest room of another: no job on them has more."""
    empty = other = 0
    for node in range(len(state.size)):
        if not _allowed(state, asked, node):
            continue
        if state.free[node] == state.size[node]:
            empty += state.free[node]
        else:
            other = max(other, state.free[node])
    return empty + other


@kernel
def rooms(state: NodeState, asked: Asked) -> NDArray[np.int64]:
    """Return how many slots of a job that runs on several nodes each node has room for.

    Parameters
    ----------
    state : NodeState
        The nodes.
    asked : Asked
        The job, of whole GPUs.

    Returns
    -------
    int64[N]
        Slots; cores and memory go with the slots in proportion.
    """
    room = np.zeros(len(state.size), np.int64)
    for node in range(len(state.size)):
        if not _allowed(state, asked, node):
            continue
        slots = min(state.free[node], asked.slots)
        while slots > 0 and (
            cores_of(asked.cpus, slots, asked.slots) > state.cpus_free[node]
            or bytes_of(asked.memory, slots, asked.slots) > state.memory_free[node]
        ):
            slots -= 1
        room[node] = slots
    return room
