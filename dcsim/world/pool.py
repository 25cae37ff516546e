"""One training pool: which slots are free, and which gangs hold the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["Allocation", "Gang", "TrainingPool"]


@dataclass
class Allocation:
    """Slots that a gang holds: whole units, and a part of one more.

    Parameters
    ----------
    whole : list of int
        Units held entirely.
    part : int
        Unit held in part; -1 for none.
    part_slots : int
        Slots held of it.
    """

    whole: list[int]
    part: int = -1
    part_slots: int = 0


@dataclass(eq=False, slots=True)
class Gang:
    """A request for slots of one server kind, all or nothing, and what became of it.

    Parameters
    ----------
    kind : str
        Server kind.
    slots : int
        GPUs, or hosts of CPU pools.
    priority, order : int
        Higher priority first, then lower order.
    owner : object
        Told through ``granted`` and ``evicted`` of the world's own protocol.
    """

    kind: str
    slots: int
    priority: int
    order: int
    owner: Any
    pool: TrainingPool | None = None
    allocation: Allocation | None = None

    @property
    def rank(self) -> tuple[int, int]:
        """Place in the queue: lower goes first."""
        return (-self.priority, self.order)


class TrainingPool:
    """Units of equal slots in one region.

    A unit is what shares a NIC: one GPU server, or the hosts of a sled. Small gangs share units, packed by best fit;
    big gangs take whole units, so that no other gang is on their NICs.

    Parameters
    ----------
    index : int
        Index among the fleet's pools.
    region : int
        Index of the region.
    kind : str
        Server kind.
    units, slots_per_unit : int
        Size.
    """

    def __init__(self, index: int, region: int, kind: str, units: int, slots_per_unit: int) -> None:
        self.index = index
        self.region = region
        self.kind = kind
        self.slots_per_unit = slots_per_unit
        self.capacity = units * slots_per_unit
        self.up = True
        self._free = self.capacity
        self._free_of = [slots_per_unit] * units
        self._with_free: list[dict[int, None]] = [{} for _ in range(slots_per_unit + 1)]
        self._with_free[slots_per_unit] = dict.fromkeys(range(units))
        self._running: dict[Gang, None] = {}

    @property
    def free_slots(self) -> int:
        """Slots that no gang holds; zero in a region that is draining or lost."""
        return self._free if self.up else 0

    def fits(self, slots: int) -> bool:
        """Return whether a gang of that many slots could start now."""
        if not self.up or slots > self._free:
            return False
        whole, rest = divmod(slots, self.slots_per_unit)
        empty = len(self._with_free[self.slots_per_unit])
        return empty > whole or (empty == whole and (not rest or self._part_unit(rest) is not None))

    def fits_without(self, slots: int, gone: Sequence[Gang]) -> bool:
        """Return whether a gang could start if those running gangs were gone."""
        if not self.up:
            return False
        free = list(self._free_of)
        for gang in gone:
            for unit, held in self._held(gang.allocation):
                free[unit] += held
        whole, rest = divmod(slots, self.slots_per_unit)
        empty = sum(1 for slots_free in free if slots_free == self.slots_per_unit)
        partly = any(rest <= slots_free < self.slots_per_unit for slots_free in free)
        return empty > whole or (empty == whole and (not rest or partly))

    def running(self) -> list[Gang]:
        """Return the running gangs, last started first."""
        return list(reversed(self._running))

    def take(self, gang: Gang) -> None:
        """Give a gang its slots; ``fits`` must hold."""
        whole, rest = divmod(gang.slots, self.slots_per_unit)
        full = self._with_free[self.slots_per_unit]
        allocation = Allocation([full.popitem()[0] for _ in range(whole)])
        for unit in allocation.whole:
            self._free_of[unit] = 0
            self._with_free[0][unit] = None
        if rest:
            part = self._part_unit(rest)
            if part is None:
                part = next(reversed(full))
            self._move(part, -rest)
            allocation.part, allocation.part_slots = part, rest
        self._free -= gang.slots
        gang.pool, gang.allocation = self, allocation
        self._running[gang] = None

    def give_back(self, gang: Gang) -> None:
        """Free the slots of a running gang."""
        for unit, held in self._held(gang.allocation):
            self._move(unit, held)
        self._free += gang.slots
        del self._running[gang]
        gang.pool = gang.allocation = None

    def _held(self, allocation: Allocation | None) -> Iterable[tuple[int, int]]:
        if allocation is None:
            return
        for unit in allocation.whole:
            yield unit, self.slots_per_unit
        if allocation.part >= 0:
            yield allocation.part, allocation.part_slots

    def _part_unit(self, slots: int) -> int | None:
        """Return the partly used unit with the fewest free slots that suffice."""
        for free in range(slots, self.slots_per_unit):
            if self._with_free[free]:
                return next(reversed(self._with_free[free]))
        return None

    def _move(self, unit: int, change: int) -> None:
        free = self._free_of[unit]
        del self._with_free[free][unit]
        self._free_of[unit] = free + change
        self._with_free[free + change][unit] = None
