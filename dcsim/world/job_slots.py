"""A pool of slots that are only counted: every free one is as good as another."""

from __future__ import annotations

from math import inf
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


__all__ = ["CountedSlots"]

_SLOTS = attrgetter("slots")


class CountedSlots:
    """Slots without topology.

    Parameters
    ----------
    slots : int
        How many.
    price : float
        Cost of one for one second, USD; 0 where not known.

    Examples
    --------
    >>> CountedSlots(8).free
    8
    """

    kind = ""
    counted = True
    cpus = memory = inf

    def __init__(self, slots: int, price: float = 0.0) -> None:
        self.slots = slots
        self.free = slots
        self.largest = slots  # now or at any later time
        self.price = price
        self._all_ask = True  # whether every job until now asked for a slot at least

    @property
    def full(self) -> bool:
        """Return whether nothing is free that any job could be given."""
        return self.free <= 0 and self._all_ask

    @property
    def free_share(self) -> float:
        """Return how many are free."""
        return max(0.0, float(self.free))

    def speed(self, _job: Any) -> float:
        """Return the speed of the recorded cluster."""
        return 1.0

    def pace(self, job: Any) -> float:
        """Return the same: all places are alike."""
        return self.speed(job)

    def least_pace(self, job: Any, _slots: int) -> float:
        """Return the same."""
        return self.speed(job)

    def possible(self, job: Any) -> bool:
        """Return whether a job could ever start, were it alone."""
        self._all_ask &= job.slots > 0
        return int(job.slots) <= self.largest

    def fits(
        self, _job: Any, slots: int, without: Sequence[Any] = (), beside: Sequence[Any] = ()
    ) -> bool:
        """Return whether so many are free, with some jobs gone and others there first."""
        if without or beside:
            return bool(slots <= self.free + sum(map(_SLOTS, without)) - sum(map(_SLOTS, beside)))
        return slots <= self.free

    def take(self, _job: Any, slots: int) -> None:
        """Give a job its slots."""
        self.free -= slots

    def keep(self, _job: Any, slots: int) -> None:
        """Give a job fewer slots of those that it has just given back."""
        self.free -= slots

    def give_back(self, job: Any) -> None:
        """Take a job's slots back."""
        self.free += job.slots

    def resize(self, slots: int) -> None:
        """Put another number of slots into service; fewer than none may be free then."""
        self.free += slots - self.slots
        self.slots = slots
