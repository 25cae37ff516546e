"""Running jobs by the time at which they end: a binary heap that carries a number beside each time.

``ends[:size]`` holds the times, least first, and ``loads[:size]`` the numbers, the lesser first where times are equal;
the caller keeps the size. Williams, "Algorithm 232: heapsort", Communications of the ACM 7, 1964.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["drop", "push"]


@lean_kernel
def push(ends: NDArray[np.float64], loads: NDArray[np.int64], size: int, end: float, load: int) -> int:
    """Put a time and its number into the heap.

    Parameters
    ----------
    ends : float64[n]
    loads : int64[n]
        The heap.
    size : int
        Times in it, fewer than ``n``.
    end : float
        The time, s; it may be infinite.
    load : int
        The number.

    Returns
    -------
    int
        Times in the heap after it.
    """
    at = size
    while at > 0:
        parent = (at - 1) >> 1
        if ends[parent] < end or (ends[parent] == end and loads[parent] <= load):
            break
        ends[at] = ends[parent]
        loads[at] = loads[parent]
        at = parent
    ends[at] = end
    loads[at] = load
    return size + 1


@lean_kernel
def drop(ends: NDArray[np.float64], loads: NDArray[np.int64], size: int) -> int:
    """Take the least time and its number out of the heap.

    Parameters
    ----------
    ends : float64[n]
    loads : int64[n]
        The heap.
    size : int
        Times in it, at least one.

    Returns
    -------
    int
        Times in the heap after it.
    """
    size -= 1
    end, load = ends[size], loads[size]
    at = 0
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        other = child + 1
        if other < size and (
            ends[other] < ends[child] or (ends[other] == ends[child] and loads[other] < loads[child])
        ):
            child = other
        if end < ends[child] or (end == ends[child] and load <= loads[child]):
            break
        ends[at] = ends[child]
        loads[at] = loads[child]
        at = child
    ends[at] = end
    loads[at] = load
    return size
