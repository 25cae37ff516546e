"""What the nodes of a cluster hold after jobs came or went."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel
from dcsim.kernels.placement import bytes_of, cores_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.placement_records import NodeState

__all__ = ["change", "give_back_all"]


@lean_kernel
def _part(state: NodeState, node: int, gpu: int, share: float, sign: int) -> None:
    """Take (sign -1) or give back (1) a part of one GPU."""
    before = state.gpu_free[node, gpu]
    after = math.floor((before + sign * share) * 1e6 + 0.5) / 1e6
    state.gpu_free[node, gpu] = after
    if before >= 1.0:
        state.free[node] -= 1
    if after >= 1.0:
        state.free[node] += 1


@lean_kernel
def _whole(state: NodeState, held: NDArray[np.bool_], node: int, slots: int, sign: int) -> None:
    """Take or give back whole GPUs, lowest numbers first; those held whole are alike, whoever holds them."""
    state.free[node] += sign * slots
    if state.gpu_free.shape[1] == 0:
        return
    for gpu in range(state.size[node]):
        if slots == 0:
            return
        if sign < 0 and state.gpu_free[node, gpu] >= 1.0:
            state.gpu_free[node, gpu] = 0.0
            held[node, gpu] = True
            slots -= 1
        elif sign > 0 and held[node, gpu]:
            state.gpu_free[node, gpu] = 1.0
            held[node, gpu] = False
            slots -= 1


@lean_kernel
def change(
    state: NodeState,
    held: NDArray[np.bool_],
    sign: int,
    nodes: NDArray[np.int64],
    slots: NDArray[np.int64],
    gpu: int,
    share: float,
    cpus: float,
    memory: float,
    in_all: int,
) -> int:
    """Take what a job holds from its nodes, or give it back.

    Parameters
    ----------
    state : NodeState
        The nodes; changed.
    held : bool[N, G]
        GPUs that a job holds as a whole, where GPUs are shared; changed.
    sign : int
        -1 takes, 1 gives back.
    nodes, slots : int64[P]
        Nodes of the job, and how many GPUs of each.
    gpu : int
        The GPU of which a part is meant; -1 for whole ones.
    share, cpus, memory, in_all : float, float, float, int
        What the job asks for: part of a GPU, cores, bytes and slots.

    Returns
    -------
    int
        By how much the number of GPUs that nobody holds any part of has grown.
    """
    grown = 0
    for k in range(len(nodes)):
        node = nodes[k]
        before = state.free[node]
        if gpu >= 0:
            _part(state, node, gpu, share, sign)
        else:
            _whole(state, held, node, slots[k], sign)
        grown += state.free[node] - before
        if cpus > 0.0 and state.cpus_free[node] < math.inf:
            cores = state.cpus_free[node] + sign * cores_of(cpus, slots[k], in_all)
            state.cpus_free[node] = math.floor(cores * 1e6 + 0.5) / 1e6
        if memory > 0.0:
            state.memory_free[node] += sign * bytes_of(memory, slots[k], in_all)
    return grown


@lean_kernel
def give_back_all(
    state: NodeState,
    held: NDArray[np.bool_],
    first: NDArray[np.int64],
    nodes: NDArray[np.int64],
    slots: NDArray[np.int64],
    gpu: NDArray[np.int64],
    numbers: NDArray[np.float64],
    in_all: NDArray[np.int64],
) -> int:
    """Give back what several jobs hold.

    Parameters
    ----------
    state, held : NodeState, bool[N, G]
        As for :func:`change`.
    first : int64[J + 1]
        Job j holds ``slots[first[j]:first[j + 1]]`` of ``nodes[first[j]:first[j + 1]]``.
    nodes, slots : int64[P]
        Nodes of all jobs.
    gpu, numbers, in_all : int64[J], float64[J, 3], int64[J]
        By job: as for :func:`change`; ``numbers`` holds share, cores and bytes.

    Returns
    -------
    int
        As :func:`change`.
    """
    grown = 0
    for job in range(len(gpu)):
        begin, end = first[job], first[job + 1]
        share, cpus, memory = numbers[job]
        grown += change(
            state, held, 1, nodes[begin:end], slots[begin:end], gpu[job], share, cpus, memory, in_all[job]
        )
    return grown
