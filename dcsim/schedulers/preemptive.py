"""Gang scheduling by priority, in which a gang may evict running gangs of lower priority."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Gang, Placement, PoolView

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["preemptive"]


@scheduler("preemptive")
def preemptive(queue: Sequence[Gang], view: Sequence[PoolView]) -> Placement | None:
    """Place the head of the queue; if it fits nowhere, where the fewest lower-priority gangs must go.

    Within a pool the last started goes first: it has the least to lose.
    """
    if not queue:
        return None
    head = queue[0]
    best, free = -1, 0
    for index, pool in enumerate(view):
        if pool.free_slots > free and pool.fits(head.slots):
            best, free = index, pool.free_slots
    if best >= 0:
        return Placement(0, best)
    choices = [(len(gone), index, gone) for index, pool in enumerate(view) if (gone := _victims(head, pool))]
    if not choices:
        return None
    _, index, gone = min(choices, key=lambda choice: choice[:2])
    return Placement(0, index, gone)


def _victims(head: Gang, pool: PoolView) -> tuple[Gang, ...]:
    """Return the fewest last-started lower-priority gangs whose going lets the head start; empty if none do."""
    gone: list[Gang] = []
    for gang in pool.running():
        if gang.priority < head.priority:
            gone.append(gang)
            if pool.fits_without(head.slots, gone):
                return tuple(gone)
    return ()
