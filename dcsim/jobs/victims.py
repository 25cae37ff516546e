"""Which running jobs must go so that another has room: as few as an order allows, and none in vain."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["fewest"]

T = TypeVar("T")


def fewest(candidates: Sequence[T], suffices: Callable[[Sequence[T]], bool]) -> list[T] | None:
    """Return the shortest head of a list that suffices, without those of it that need not go; None if all do not.

    Those at the end of that head, which should rather stay, are spared first.

    Parameters
    ----------
    candidates : sequence
        Who may go, in the order in which they should.
    suffices : callable
        Whether it is enough that some go. More of them never suffice less.

    Examples
    --------
    >>> slots = {"a": 1, "b": 8, "c": 2}
    >>> fewest("abc", lambda gone: sum(slots[each] for each in gone) >= 8)
    ['b']
    >>> fewest("abc", lambda gone: sum(slots[each] for each in gone) >= 12) is None
    True
    """
    if not suffices(candidates):
        return None
    count = bisect_left(range(len(candidates)), 1, key=lambda several: suffices(candidates[:several]))
    gone = list(candidates[:count])
    for place in range(count - 2, -1, -1):
        rest = gone[:place] + gone[place + 1 :]
        if suffices(rest):
            gone = rest
    return gone
