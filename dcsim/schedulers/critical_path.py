"""Graphs of jobs: who heads the longest chain goes first."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.schedulers.plan import Action, Job, View

__all__ = ["chain", "critical_path"]


def chain(job: Job) -> float:
    """Return the length of the longest chain that begins with a job, s; 0 where nothing waits for it.

    The job's own part is left out where its length is unknown.
    """
    return job.behind + (job.estimate if isfinite(job.estimate) else 0.0) if job.behind > 0.0 else 0.0


@scheduler("critical_path", order=lambda job: (-chain(job), job.order))
def critical_path(queue: Sequence[Job], view: View) -> Iterator[Action]:
    """Start jobs in order of the longest chain that begins with each, then of arrival; the head blocks.

    The upward rank of Topcuoglu et al., "Performance-effective and low-complexity task scheduling for heterogeneous
    computing", IEEE TPDS 13(3), 2002, ``rank = own length + max rank of those that wait for it``, but 0 for jobs that
    nobody waits for: alone, jobs would else run longest first.
    """
    for job in queue:
        if not view.fits(job):
            return
        yield Start(job)
