"""Shortest job first, by the run time that its user promised: the head of the line blocks."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["shortest_first"]


@scheduler("shortest_first", order=attrgetter("estimate"), discipline="shortest_first")
def shortest_first(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start jobs in order of their estimates, then of arrival, until one does not fit; nobody overtakes it."""
    for job in queue:
        if not view.fits(job):
            return
        yield Start(job)
