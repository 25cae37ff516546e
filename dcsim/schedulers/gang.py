"""Gang scheduling, first come first served within a priority: the head of the line blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Gang, Placement, PoolView

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["gang"]


@scheduler("gang")
def gang(queue: Sequence[Gang], view: Sequence[PoolView]) -> Placement | None:
    """Place the head of the queue in the pool with the most free slots that holds it whole.

    A later, smaller gang never overtakes: big gangs are not starved, at the price of idle slots while they wait.
    """
    if not queue:
        return None
    slots = queue[0].slots
    best, free = -1, 0
    for index, pool in enumerate(view):
        if pool.free_slots > free:
            best, free = index, pool.free_slots
    if best < 0 or free < slots:
        return None
    if view[best].fits(slots):
        return Placement(0, best)
    fitting = [index for index, pool in enumerate(view) if pool.fits(slots)]  # free slots may lie scattered
    return Placement(0, max(fitting, key=lambda index: view[index].free_slots)) if fitting else None
