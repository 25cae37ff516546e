"""One training pool: which slots are free, and which gangs hold the rest."""

from __future__ import annotations

from math import inf, nan
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.world.member import Member
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
    pool : int
        Index of its pool among those of its kind; -1 while it waits.
    held : TrainingPool, optional
        That pool.
    whole : int
        Units that it holds entirely.
    part, part_slots : int
        Unit that it holds in part (-1 for none), and how much of it.
    runs : tuple of Run
        Numbers of the units that it holds entirely, where the pool numbers them.

    The other attributes are those of ``dcsim.schedulers.plan.Job``.
    """

    held: TrainingPool | None = None
    whole = 0
    part = -1
    part_slots = 0
    runs: tuple[Run, ...] = ()
    pool = -1
    rank: Any = None
    in_queue = False
    submitted = 0.0
    estimate = inf
    begun = ends = nan
    tenant = ""
    opportunistic = False
    deadline = inf
    behind = 0.0
    cpus = memory = 0.0
    checkpoint_every = inf
    unsaved = 0.0

    def __init__(self, kind: str, slots: int, priority: int, order: int) -> None:
        self.kind = kind
        self.slots = self.least = self.most = slots
        self.priority = priority
        self.order = order

    @property
    def attained(self) -> float:
        """Return the service received until now, slot-seconds."""
        return 0.0

    def speed_in(self, _place: int) -> float:
        """Return how fast it runs in a pool of the fleet, relative to the first that it could have."""
        return 1.0

    def lasts(self, _slots: int, speed: float) -> float:
        """Return the length of a run that would begin now, by the estimate, s."""
        return self.estimate / speed

    def granted(self, pace: float) -> None:
        """Take note that the gang holds its slots."""

    def evicted(self, why: str) -> None:
        """Take note that a gang of higher priority took the slots."""

    def resized(self, slots: int) -> None:
        """Refuse: nobody may resize a gang."""
        raise ValueError(f"a gang of {self.slots} slots cannot go on with {slots}")

    def goes_on(self, pace: float) -> None:
        """Never reached: nobody may resize a gang."""


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
    price : float
        Cost of one slot for one second, USD; 0 where not known.
    """

    counted = False
    cpus = memory = inf

    def __init__(
        self,
        index: int,
        region: int,
        kind: str,
        units: int,
        slots_per_unit: int,
        numbers: Units | None = None,
        price: float = 0.0,
    ) -> None:
        self.price = price
        self.index = index
        self.region = region
        self.kind = kind
        self.slots_per_unit = slots_per_unit
        self.free = self.slots = units * slots_per_unit  # none while the region is drained or lost
        self._up = True
        self._size = self._free = self.free
        self._empty = units  # units that nobody uses
        self._shared = 0  # units that were ever shared; the number of the next one
        self._part_free: dict[int, int] = {}  # free slots of the units that gangs share
        self._with_free: list[dict[int, None]] = [{} for _ in range(slots_per_unit)]
        self._running: dict[Gang, None] = {}
        self._numbers = numbers
        self._part_runs: dict[int, tuple[Run, ...]] = {}  # numbers of the units that gangs share

    @property
    def full(self) -> bool:
        """Return whether nothing is free that any gang could be given."""
        return self.free <= 0

    def close(self) -> None:
        """Take no gangs any more."""
        self._up, self.free, self.slots = False, 0, 0

    def open(self) -> None:
        """Take gangs again."""
        self._up, self.free, self.slots = True, self._free, self._size

    def speed(self, job: Gang) -> float:
        """Return how fast a gang runs here, relative to the first pool that it could have."""
        return job.speed_in(self.index)

    def pace(self, job: Gang) -> float:
        """Return the same: what the network costs a gang is known to its workflow."""
        return self.speed(job)

    def least_pace(self, job: Gang, _slots: int) -> float:
        """Return the same."""
        return self.speed(job)

    def possible(self, job: Member) -> bool:
        """Return whether a gang could ever start, were it alone."""
        return job.slots <= self._size

    def fits(
        self, _job: Member, slots: int, without: Sequence[Member] = (), beside: Sequence[Member] = ()
    ) -> bool:
        """Return whether a gang of that many slots could start now, those gone and those beside it first."""
        if without or beside:
            return self._up and self._fits_if(slots, without, beside)
        if slots > self.free:
            return False
        whole, rest = divmod(slots, self.slots_per_unit)
        empty = self._empty
        return empty > whole or (empty == whole and (not rest or self._part_unit(rest) is not None))

    def _fits_if(self, slots: int, without: Sequence[Member], beside: Sequence[Member]) -> bool:
        """Return whether a gang would fit, if those beside it started now and the others went only then."""
        empty, part_free, per_unit = self._empty, dict(self._part_free), self.slots_per_unit
        with_free = [list(parts) for parts in self._with_free] if beside else []
        for other in beside:
            whole, rest = divmod(other.slots, per_unit)
            empty -= whole
            if rest:
                free = next((free for free in range(rest, per_unit) if with_free[free]), per_unit)
                part = with_free[free].pop() if free < per_unit else self._shared + len(part_free)
                empty -= free == per_unit
                part_free[part] = free - rest
                with_free[free - rest].append(part)
            if empty < 0:
                return False
        leaving = set(map(id, without))
        for gang in self._running:
            if id(gang) in leaving:
                empty += gang.whole
                if gang.part >= 0:
                    part_free[gang.part] += gang.part_slots
        whole, rest = divmod(slots, per_unit)
        empty += sum(1 for free in part_free.values() if free == per_unit)
        partly = any(rest <= free < per_unit for free in part_free.values())
        return empty > whole or (empty == whole and (not rest or partly))

    def running(self) -> list[Gang]:
        """Return the running gangs, last started first."""
        return list(reversed(self._running))

    def take(self, gang: Gang, slots: int) -> None:
        """Give a gang its slots; it must fit."""
        whole, rest = divmod(slots, self.slots_per_unit)
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
        self._free -= slots
        self.free -= slots
        gang.held = self
        self._running[gang] = None

    def keep(self, gang: Gang, slots: int) -> None:
        """Give a gang fewer slots of those that it has just given back."""
        self.take(gang, slots)

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
            self.free = self._free
        del self._running[gang]
        gang.held, gang.whole, gang.part, gang.part_slots, gang.runs = None, 0, -1, 0, ()

    def unit_of_part(self, gang: Gang) -> int:
        """Return the number of the unit that a gang holds in part; -1 if it holds none."""
        return self._part_runs[gang.part][0][0] if gang.part >= 0 else -1

    def _part_unit(self, slots: int) -> int | None:
        """Return the shared unit with the fewest free slots that suffice."""
        for free in range(slots, self.slots_per_unit):
            if self._with_free[free]:
                return next(reversed(self._with_free[free]))
        return None
