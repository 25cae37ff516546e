"""Which units of a training pool are free: runs of numbers, the lowest of which go first."""

from __future__ import annotations

from bisect import bisect_left

__all__ = ["Run", "Units"]

Run = tuple[int, int]
"""Consecutive units: the first, and the one behind the last."""


class Units:
    """Numbered units, taken in whole and given back.

    The lowest free numbers go first, so that gangs stand side by side while the pool is not full, and fill what
    others left behind once it is.

    Parameters
    ----------
    count : int
        Units of the pool.

    Examples
    --------
    >>> units = Units(10)
    >>> first, second = units.take(3), units.take(2)
    >>> units.give_back(first)
    >>> units.take(4)
    ((0, 3), (5, 6))
    """

    def __init__(self, count: int) -> None:
        self._free: list[Run] = [(0, count)] if count else []

    def take(self, count: int) -> tuple[Run, ...]:
        """Return the lowest free units; there must be so many."""
        taken: list[Run] = []
        used = 0
        for first, behind in self._free:
            if not count:
                break
            last = min(behind, first + count)
            taken.append((first, last))
            count -= last - first
            used += last == behind
        if taken and taken[-1][1] != self._free[len(taken) - 1][1]:
            self._free[len(taken) - 1] = (taken[-1][1], self._free[len(taken) - 1][1])
        del self._free[:used]
        return tuple(taken)

    def give_back(self, runs: tuple[Run, ...]) -> None:
        """Free units again."""
        free = self._free
        for first, behind in runs:
            start, stop = first, behind
            place = bisect_left(free, (start, stop))
            if place < len(free) and free[place][0] == stop:
                stop = free.pop(place)[1]
            if place and free[place - 1][1] == start:
                place -= 1
                start = free.pop(place)[0]
            free.insert(place, (start, stop))
