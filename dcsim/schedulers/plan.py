"""What a scheduler sees and what it answers.

A scheduler is a pure function ``(queue, view) -> Placement | None``: the next gang to place and the pool to place it
in. The world carries the placement out and asks again until the answer is None. Gangs that need different server
kinds never compete, so each call sees the queue and the pools of one kind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol

__all__ = ["Gang", "Placement", "PoolView", "Scheduler"]


class Gang(Protocol):
    """A job's request for hosts, all or nothing.

    Attributes
    ----------
    slots : int
        GPUs, or hosts of a CPU pool, that it needs at once.
    priority : int
        Higher goes first.
    order : int
        Position in order of arrival.
    """

    slots: int
    priority: int
    order: int


class PoolView(Protocol):
    """What a scheduler may know of a pool.

    Attributes
    ----------
    free_slots : int
        Slots that no gang holds; zero in a region that is drained or lost.
    """

    free_slots: int
    def fits(self, slots: int) -> bool:
        """Return whether a gang of that many slots could start now."""

    def fits_without(self, slots: int, gone: Sequence[Gang]) -> bool:
        """Return whether it could start if those running gangs were gone."""

    def running(self) -> Sequence[Gang]:
        """Return the running gangs, last started first."""


class Placement(NamedTuple):
    """Start ``queue[place]`` in ``pools[pool]`` after evicting the running gangs ``evict`` of that pool."""

    place: int
    pool: int
    evict: tuple[Gang, ...] = ()


Scheduler = Callable[[Sequence[Gang], Sequence[PoolView]], Placement | None]
"""``(queue, view) -> placement``; the queue is sorted by priority, then by order of arrival."""
