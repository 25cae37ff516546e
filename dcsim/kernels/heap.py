"""A binary heap of small integers, each findable by its place.

``items[:size]`` holds the heap and ``keys[:size]`` the keys beside it, least first; ``place[item]`` is where an item
stands, -1 where it does not. The caller keeps the size. Which of several items of equal key comes first depends on
nothing but the calls before. Williams, "Algorithm 232: heapsort", Communications of the ACM 7, 1964.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["insert", "move", "remove"]


@lean_kernel
def _rise(
    keys: NDArray[np.float64], items: NDArray[np.int32], place: NDArray[np.int32], at: int, item: int, key: float
) -> None:
    """Write an item where it belongs between the front of the heap and a free place."""
    while at > 0:
        parent = (at - 1) >> 1
        if keys[parent] <= key:
            break
        keys[at] = keys[parent]
        items[at] = items[parent]
        place[items[at]] = at
        at = parent
    keys[at] = key
    items[at] = item
    place[item] = at


@lean_kernel
def _sink(
    keys: NDArray[np.float64],
    items: NDArray[np.int32],
    place: NDArray[np.int32],
    size: int,
    at: int,
    item: int,
    key: float,
) -> None:
    """Write an item where it belongs between a free place and the end of the heap."""
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and keys[child + 1] < keys[child]:
            child += 1
        if keys[child] >= key:
            break
        keys[at] = keys[child]
        items[at] = items[child]
        place[items[at]] = at
        at = child
    keys[at] = key
    items[at] = item
    place[item] = at


@lean_kernel
def insert(
    keys: NDArray[np.float64], items: NDArray[np.int32], place: NDArray[np.int32], size: int, item: int, key: float
) -> int:
    """Put an item into the heap.

    Parameters
    ----------
    keys : float64[n]
    items, place : int32[n]
        The heap.
    size : int
        Items in it, fewer than ``n``.
    item : int
        Which; it is not in the heap.
    key : float
        Its key.

    Returns
    -------
    int
        Items in the heap after it.
    """
    _rise(keys, items, place, size, item, key)
    return size + 1


@lean_kernel
def move(
    keys: NDArray[np.float64], items: NDArray[np.int32], place: NDArray[np.int32], size: int, item: int, key: float
) -> None:
    """Give an item that is in the heap another key.

    Parameters
    ----------
    keys : float64[n]
    items, place : int32[n]
        The heap.
    size : int
        Items in it.
    item : int
        Which.
    key : float
        Its key from now on.
    """
    at = int(place[item])
    if key < keys[at]:
        _rise(keys, items, place, at, item, key)
    else:
        _sink(keys, items, place, size, at, item, key)


@lean_kernel
def remove(keys: NDArray[np.float64], items: NDArray[np.int32], place: NDArray[np.int32], size: int, item: int) -> int:
    """Take an item out of the heap, wherever in it the item stands.

    Parameters
    ----------
    keys : float64[n]
    items, place : int32[n]
        The heap.
    size : int
        Items in it.
    item : int
        Which; it is in the heap.

    Returns
    -------
    int
        Items in the heap after it.
    """
    at = int(place[item])
    place[item] = -1
    size -= 1
    if at < size:
        last, key = items[size], keys[size]
        if at > 0 and keys[(at - 1) >> 1] > key:
            _rise(keys, items, place, at, last, key)
        else:
            _sink(keys, items, place, size, at, last, key)
    return size
