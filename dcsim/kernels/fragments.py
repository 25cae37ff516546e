"""GPUs that the workload cannot use where they are: fragments, and how many more of them a placement makes.

Weng et al., "Beware of fragmentation: scheduling GPU-sharing workloads with fragmentation gradient descent", USENIX ATC
2023, section 3. For a request m and a node n with free GPU parts R_g, the fragment F_n(m) is all of its free GPUs where
the node cannot take m, or where m wants no GPU; else it is the sum of the parts R_g that are smaller than what m wants
of a GPU. F_n is its mean over the mix of requests. A job goes where F_n grows least.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import lean_kernel
from dcsim.kernels.placement import takes_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.kernels.placement_records import Asked, MixTable, NodeState

__all__ = ["fragments", "least_growth"]


@lean_kernel
def _fragment(mix: MixTable, kind: int, parts: NDArray[np.float64], cpus: float) -> float:
    """Return the mean fragment of a node of a type with these free parts of GPUs and free cores, GPUs."""
    total = 0.0
    for part in parts:
        total += part
    if total <= 0.0:
        return 0.0
    enough = np.searchsorted(mix.cpus, cpus, side="right")
    fragment = total
    for shape in range(len(mix.slots)):
        weight = mix.weight[kind, shape, enough]
        if weight == 0.0:
            continue
        share, fitting, small = mix.share[shape], 0, 0.0
        for part in parts:
            if part >= share:
                fitting += 1
            else:
                small += part
        if fitting >= mix.slots[shape]:
            fragment -= weight * (total - small)
    return fragment


@lean_kernel
def _parts(state: NodeState, node: int, parts: NDArray[np.float64]) -> None:
    """Write the free parts of a node's GPUs into ``parts``."""
    for gpu in range(len(parts)):
        if state.gpu_free.shape[1] > 0:
            parts[gpu] = state.gpu_free[node, gpu]
        else:
            parts[gpu] = 1.0 if gpu < state.free[node] else 0.0


@lean_kernel
def _growth(
    state: NodeState, mix: MixTable, asked: Asked, node: int, parts: NDArray[np.float64]
) -> tuple[float, int]:
    """Return by how much a job lets the fragment of a node grow at least, GPUs, and on which of its GPUs."""
    _parts(state, node, parts)
    kind, cpus = state.type[node], state.cpus_free[node]
    before = _fragment(mix, kind, parts, cpus)
    cpus -= asked.cpus
    if asked.share >= 1.0:
        left = asked.slots
        for gpu in range(len(parts)):
            if left > 0 and parts[gpu] >= 1.0:
                parts[gpu] = 0.0
                left -= 1
        return _fragment(mix, kind, parts, cpus) - before, -1
    best, least = -1, math.inf
    for gpu in range(state.size[node]):
        free = parts[gpu]
        alike = False
        for other in range(gpu):
            alike = alike or parts[other] == free
        if free < asked.share or alike:
            continue
        parts[gpu] = math.floor((free - asked.share) * 1e6 + 0.5) / 1e6
        growth = _fragment(mix, kind, parts, cpus) - before
        parts[gpu] = free
        if growth < least:
            best, least = gpu, growth
    return least, best


@lean_kernel
def least_growth(
    state: NodeState,
    mix: MixTable,
    asked: Asked,
    version: NDArray[np.int64],
    seen: NDArray[np.int64],
    growth: NDArray[np.float64],
    gpus: NDArray[np.int64],
    parts: NDArray[np.float64],
) -> int:
    """Return the node whose fragment grows least by a job, the first of equal ones; -1 if none has room.

    Parameters
    ----------
    state : NodeState
        The nodes.
    mix : MixTable
        The workload.
    asked : Asked
        The job.
    version : int64[N]
        Differs whenever a node does.
    seen, growth, gpus : arrays of N
        What was worked out for this request before, and for which version; renewed.
    parts : float64[G]
        Room to work in, one entry per GPU of the largest node.
    """
    best = -1
    for node in range(len(version)):
        if seen[node] != version[node]:
            seen[node] = version[node]
            growth[node], gpus[node] = math.inf, -1
            if takes_all(state, asked, node):
                growth[node], gpus[node] = _growth(state, mix, asked, node, parts)
        if growth[node] < (growth[best] if best >= 0 else math.inf):
            best = node
    return best


@lean_kernel
def fragments(state: NodeState, mix: MixTable, parts: NDArray[np.float64]) -> float:
    """Return the mean fragment of all nodes together, GPUs.

    Parameters
    ----------
    state : NodeState
        The nodes.
    mix : MixTable
        The workload.
    parts : float64[G]
        Room to work in.
    """
    total = 0.0
    for node in range(len(state.size)):
        _parts(state, node, parts)
        total += _fragment(mix, state.type[node], parts, state.cpus_free[node])
    return total
