"""One training pool: which slots are free, and which gangs hold the rest."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.schedulers import plan
    from dcsim.world.units import Run, Units

__all__ = ["Gang", "TrainingPool"]


class Gang:
    """A request for slots of one server kind, all or nothing.

    Parameters
    ----------
    kind : str
        Server kind.
    slots : int
        GPUs, or hosts of CPU pools.
    priority, order : int
        Higher priority first, then lower order.

    Attributes
    ----------
    pool : TrainingPool, optional
        Where it runs.
    whole : int
        Units that it holds entirely.
    part, part_slots : int
        Unit that it holds in part (-1 for none), and how much of it.
    runs : tuple of Run
        Numbers of the units that it holds entirely, where the pool numbers them.
    """

    pool: TrainingPool | None = None
    whole = 0
    part = -1
    part_slots = 0
    runs: tuple[Run, ...] = ()

    def __init__(self, kind: str, slots: int, priority: int, order: int) -> None:
        self.kind = kind
        self.slots = slots
        self.priority = priority
        self.order = order

    @property
    def rank(self) -> tuple[int, int]:
        """Place in the queue: lower goes first."""
        return (-self.priority, self.order)

    def granted(self) -> None:
        """Take note that the gang holds its slots."""

    def evicted(self) -> None:
        """Take note that a gang of higher priority took the slots."""


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
    numbers : Units, optional
        Says which units a gang holds; where not given, only how many are free is known.
    """

    def __init__(
        self, index: int, region: int, kind: str, units: int, slots_per_unit: int, numbers: Units | None = None
    ) -> None:
        self.index = index
        self.region = region
        self.kind = kind
        self.slots_per_unit = slots_per_unit
        self.free_slots = units * slots_per_unit  # none while the region is drained or lost
        self._up = True
        self._free = self.free_slots
        self._empty = units  # units that nobody uses
        self._shared = 0  # units that were ever shared; the number of the next one
        self._part_free: dict[int, int] = {}  # free slots of the units that gangs share
        self._with_free: list[dict[int, None]] = [{} for _ in range(slots_per_unit)]
        self._running: dict[Gang, None] = {}
        self._numbers = numbers
        self._part_runs: dict[int, tuple[Run, ...]] = {}  # numbers of the units that gangs share

    def close(self) -> None:
        """Take no gangs any more."""
        self._up, self.free_slots = False, 0

    def open(self) -> None:
        """Take gangs again."""
        self._up, self.free_slots = True, self._free

    def fits(self, slots: int) -> bool:
        """Return whether a gang of that many slots could start now."""
        if slots > self.free_slots:
            return False
        whole, rest = divmod(slots, self.slots_per_unit)
        empty = self._empty
        return empty > whole or (empty == whole and (not rest or self._part_unit(rest) is not None))

    def fits_without(self, slots: int, gone: Sequence[plan.Gang]) -> bool:
        """Return whether a gang could start if those running gangs were gone."""
        if not self._up:
            return False
        empty, part_free = self._empty, dict(self._part_free)
        leaving = set(map(id, gone))
        for gang in self._running:
            if id(gang) not in leaving:
                continue
            empty += gang.whole
            if gang.part >= 0:
                part_free[gang.part] += gang.part_slots
        whole, rest = divmod(slots, self.slots_per_unit)
        empty += sum(1 for free in part_free.values() if free == self.slots_per_unit)
        partly = any(rest <= free < self.slots_per_unit for free in part_free.values())
        return empty > whole or (empty == whole and (not rest or partly))

    def running(self) -> list[Gang]:
        """Return the running gangs, last started first."""
        return list(reversed(self._running))

    def take(self, gang: Gang) -> None:
        """Give a gang its slots; ``fits`` must hold."""
        whole, rest = divmod(gang.slots, self.slots_per_unit)
        gang.whole = whole
        self._empty -= whole
        if self._numbers is not None:
            gang.runs = self._numbers.take(whole)
        if rest:
            part = self._part_unit(rest)
            if part is None:
                part, self._shared = self._shared, self._shared + 1
                self._empty -= 1
                self._part_free[part] = self.slots_per_unit
                if self._numbers is not None:
                    self._part_runs[part] = self._numbers.take(1)
            else:
                del self._with_free[self._part_free[part]][part]
            self._part_free[part] -= rest
            self._with_free[self._part_free[part]][part] = None
            gang.part, gang.part_slots = part, rest
        self._free -= gang.slots
        self.free_slots -= gang.slots
        gang.pool = self
        self._running[gang] = None

    def give_back(self, gang: Gang) -> None:
        """Free the slots of a running gang."""
        self._empty += gang.whole
        if self._numbers is not None:
            self._numbers.give_back(gang.runs)
        if gang.part >= 0:
            part = gang.part
            del self._with_free[self._part_free[part]][part]
            self._part_free[part] += gang.part_slots
            if self._part_free[part] == self.slots_per_unit:
                del self._part_free[part]
                self._empty += 1
                if self._numbers is not None:
                    self._numbers.give_back(self._part_runs.pop(part))
            else:
                self._with_free[self._part_free[part]][part] = None
        self._free += gang.slots
        if self._up:
            self.free_slots = self._free
        del self._running[gang]
        gang.pool, gang.whole, gang.part, gang.part_slots, gang.runs = None, 0, -1, 0, ()

    def unit_of_part(self, gang: Gang) -> int:
        """Return the number of the unit that a gang holds in part; -1 if it holds none."""
        return self._part_runs[gang.part][0][0] if gang.part >= 0 else -1

    def _part_unit(self, slots: int) -> int | None:
        """Return the shared unit with the fewest free slots that suffice."""
        for free in range(slots, self.slots_per_unit):
            if self._with_free[free]:
                return next(reversed(self._with_free[free]))
        return None
