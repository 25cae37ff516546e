"""First fit: whatever fits starts, in order of arrival; big jobs may starve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["first_fit"]


@scheduler("first_fit", discipline="first_fit")
def first_fit(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Go through the queue in order of arrival and start every job that has a place."""
    counted = view.counted
    for job in queue:
        if view.full:
            return
        if not (counted and job.slots > view.free) and view.fits(job):
            yield Start(job)
