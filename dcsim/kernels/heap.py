"""A binary heap of small integers in order of a key that stands elsewhere, each item findable by its place.

``items[:size]`` holds the heap, least key first; ``place[item]`` is where an item stands in it, -1 where it does not;
``key[item]`` is its key. The caller keeps the size. Which of several items of equal key comes first depends on
nothing but the calls before. Williams, "Algorithm 232: heapsort", Communications of the ACM 7, 1964.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["put", "remove", "rise", "sink"]


@kernel
def rise(items: NDArray[np.int32], place: NDArray[np.int32], key: NDArray[np.float64], at: int) -> None:
    """Move an item towards the front of the heap until no later key stands before it.

    Parameters
    ----------
    items, place : int32[n]
        The heap.
    key : float64[n]
        By item.
    at : int
        Where the item stands.
    """
    item = items[at]
    least = key[item]
    while at > 0:
        parent = (at - 1) >> 1
        other = items[parent]
        if key[other] <= least:
            break
        items[at] = other
        place[other] = at
        at = parent
    items[at] = item
    place[item] = at


@kernel
def sink(items: NDArray[np.int32], place: NDArray[np.int32], key: NDArray[np.float64], size: int, at: int) -> None:
    """Move an item away from the front of the heap until no earlier key stands behind it.

    Parameters
    ----------
    items, place : int32[n]
        The heap.
    key : float64[n]
        By item.
    size : int
        Items in the heap.
    at : int
        Where the item stands.
    """
    item = items[at]
    own = key[item]
    while True:
        child = 2 * at + 1
        if child >= size:
            break
        if child + 1 < size and key[items[child + 1]] < key[items[child]]:
            child += 1
        other = items[child]
        if key[other] >= own:
            break
        items[at] = other
        place[other] = at
        at = child
    items[at] = item
    place[item] = at


@kernel
def put(
    items: NDArray[np.int32], place: NDArray[np.int32], key: NDArray[np.float64], size: int, item: int, value: float
) -> int:
    """Give an item a key, and a place in the heap if it has none.

    Parameters
    ----------
    items, place : int32[n]
        The heap.
    key : float64[n]
        By item.
    size : int
        Items in the heap.
    item : int
        Which.
    value : float
        Its key from now on.

    Returns
    -------
    int
        Items in the heap after it.
    """
    at = place[item]
    if at < 0:
        key[item] = value
        items[size] = item
        rise(items, place, key, size)
        return size + 1
    before = key[item]
    key[item] = value
    if value < before:
        rise(items, place, key, at)
    elif value > before:
        sink(items, place, key, size, at)
    return size


@kernel
def remove(items: NDArray[np.int32], place: NDArray[np.int32], key: NDArray[np.float64], size: int, item: int) -> int:
    """Take an item out of the heap, wherever in it the item stands.

    Parameters
    ----------
    items, place : int32[n]
        The heap.
    key : float64[n]
        By item.
    size : int
        Items in the heap.
    item : int
        Which; it has a place.

    Returns
    -------
    int
        Items in the heap after it.
    """
    at = place[item]
    place[item] = -1
    size -= 1
    if at < size:
        last = items[size]
        items[at] = last
        place[last] = at
        if at > 0 and key[items[(at - 1) >> 1]] > key[last]:
            rise(items, place, key, at)
        else:
            sink(items, place, key, size, at)
    return size
