"""What the kernels of placements are given, as named tuples of arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Asked", "MixTable", "NodeState"]


class NodeState(NamedTuple):
    """The nodes of a cluster, one entry per node.

    Parameters
    ----------
    size, free : int64[N]
        GPUs, and GPUs that nobody holds any part of.
    gpu_free : float64[N, most GPUs of a node]
        Free part of every GPU; empty (N, 0) where GPUs are not shared.
    cpus_free, memory_free : float64[N]
        Free cores and bytes; infinite where unknown.
    type : int64[N]
        Node types.
    """

    size: NDArray[np.int64]
    free: NDArray[np.int64]
    gpu_free: NDArray[np.float64]
    cpus_free: NDArray[np.float64]
    memory_free: NDArray[np.float64]
    type: NDArray[np.int64]


class Asked(NamedTuple):
    """What a job asks for.

    Parameters
    ----------
    slots : int
        Whole GPUs; 0 for none; 1 with a ``share`` below 1 for a part of one.
    share : float
        Part of each GPU.
    cpus, memory : float
        Cores and bytes in all.
    types : int64[K]
        Node types that it may run on; empty for any.
    """

    slots: int
    share: float
    cpus: float
    memory: float
    types: NDArray[np.int64]


class MixTable(NamedTuple):
    """The mix of requests of a workload, ready to be looked up.

    Parameters
    ----------
    slots, share : int64[C], float64[C]
        The kinds of request that ask for GPUs: how many, and which part of each.
    cpus : float64[K]
        Every number of cores that a request asks for, ascending.
    weight : float64[T, C, K + 1]
        Share of all requests (also those without GPUs) that are of kind c, may run on node type t and ask for less than
        ``cpus[k]`` cores; last: for any number of cores.
    """

    slots: NDArray[np.int64]
    share: NDArray[np.float64]
    cpus: NDArray[np.float64]
    weight: NDArray[np.float64]
