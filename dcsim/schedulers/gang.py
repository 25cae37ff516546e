"""Gang scheduling, first come first served within a priority: the head of the line blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["gang"]


@scheduler("gang", order=lambda job: -job.priority)
def gang(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start the head of the queue in the pool with the most free slots that holds it whole.

    A later, smaller gang never overtakes: big gangs are not starved, at the price of idle slots while they wait.
    """
    for job in queue:
        if not view.fits(job):
            return
        yield Start(job)
