"""First in, first out on counted slots: the head of the queue blocks all behind it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel
from dcsim.kernels.job_ends import drop, push
from dcsim.kernels.job_instants import snap
from dcsim.kernels.job_records import ARRIVED, BUSY, FREE, HEAD, NOW, PASSES, QUEUED, RUNNING, WAITING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.job_records import Jobs, Running

__all__ = ["fifo"]


@kernel
def fifo(
    jobs: Jobs, running: Running, counts: NDArray[np.int64], sums: NDArray[np.float64], slots: int, limit: float
) -> None:
    """Advance a replay up to a time.

    The queue is always the jobs from the head to the last arrival, so nothing but their numbers is kept: each job costs
    one way into the heap of running jobs and one out of it.

    Parameters
    ----------
    jobs : Jobs
        Jobs that have not started yet, in order of arrival; ``start`` is written.
    running : Running
        Running jobs; ``loads`` are slots. There is room for every job that has not started.
    counts : int64[11]
    sums : float64[4]
        The rest of the state (``job_records``); all is written.
    slots : int
        Of the cluster.
    limit : float
        Instants before it are carried out, s; infinite for all.
    """
    submit, need, duration, _, start = jobs
    ends, loads = running
    last, arrived, head, free, size = submit.size, counts[ARRIVED], counts[HEAD], counts[FREE], counts[RUNNING]
    now = sums[NOW]
    while True:
        coming = submit[arrived] if arrived < last else math.inf
        if size > 0 and ends[0] < coming:
            coming = ends[0]
        if coming >= limit or coming == math.inf:
            break
        sums[BUSY] += (slots - free) * (coming - now)
        sums[QUEUED] += (arrived - head) * (coming - now)
        now = coming
        while size > 0 and ends[0] <= now:
            free += loads[0]
            size = drop(ends, loads, size)
        while arrived < last and submit[arrived] <= now:
            arrived += 1
        while head < arrived and need[head] <= free:
            free -= need[head]
            start[head] = now
            size = push(ends, loads, size, snap(now + duration[head]), need[head])
            head += 1
        counts[PASSES] += 1
    counts[ARRIVED], counts[HEAD], counts[WAITING], counts[FREE], counts[RUNNING] = (
        arrived, head, arrived - head, free, size,
    )  # fmt: skip
    sums[NOW] = now
