"""First come, first served: the head of the line blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["fifo"]


@scheduler("fifo", discipline="fifo")
def fifo(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start jobs in order of arrival until one does not fit; nobody overtakes it."""
    for job in queue:
        if not view.fits(job):
            return
        yield Start(job)
