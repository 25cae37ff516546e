"""What the cluster asks of a job, and of a pool of slots, beyond what schedulers see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from dcsim.schedulers import plan

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Member", "MemberPool"]


class Member(plan.Job, Protocol):
    """A job as the cluster handles it; it is told of what becomes of it.

    Attributes
    ----------
    kind : str
        Kind of server that it needs; jobs of different kinds never meet.
    rank : Any
        Place in its queue: lower goes first.
    in_queue : bool
        Whether its queue has it.
    """

    kind: str
    rank: Any
    in_queue: bool

    def lasts(self, slots: int, speed: float) -> float:
        """Return the length of a run that would begin now, by the estimate, with so many slots at a speed, s."""

    def granted(self, pace: float) -> None:
        """Take note that it holds its slots, and how fast it runs."""

    def evicted(self, why: str) -> None:
        """Take note that it lost its slots, which are given back already."""

    def resized(self, slots: int) -> None:
        """Take note that its run ends, to go on with another number of slots."""

    def goes_on(self, pace: float) -> None:
        """Take note that it holds them, and how fast it runs."""


class MemberPool(plan.Pool, Protocol):
    """A pool as the cluster handles it; each kind of pool knows jobs of its own kind.

    Attributes
    ----------
    cpus, memory : float
        Cores and bytes in all; infinite where not known.
    counted : bool
        Whether a job has a place exactly if enough slots are free.
    """

    counted: bool
    cpus: float
    memory: float

    def pace(self, job: Any) -> float:
        """Return how fast a job runs where it is; its speed, less what its places cost it."""

    def least_pace(self, job: Any, slots: int) -> float:
        """Return how fast a job would run with so many slots in the worst of places; 0 if it may not run here."""

    @property
    def full(self) -> bool:
        """Return whether nothing is free that any job could be given."""

    def speed(self, job: Any) -> float:
        """Return how fast a job runs here; 0 if it may not."""

    @property
    def kind(self) -> str:
        """Return the kind of its servers; empty where there is only one."""

    def possible(self, job: Any) -> bool:
        """Return whether a job could ever start, were it alone."""

    def fits(
        self, job: Any, slots: int, without: Sequence[Any] = (), beside: Sequence[Any] = ()
    ) -> bool:
        """Return whether a job has a place if some started now beside it, and then others were gone."""

    def take(self, job: Any, slots: int) -> None:
        """Give a job its slots; it must fit."""

    def keep(self, job: Any, slots: int) -> None:
        """Give a job fewer slots of those that it has just given back."""

    def give_back(self, job: Any) -> None:
        """Take a job's slots back."""
