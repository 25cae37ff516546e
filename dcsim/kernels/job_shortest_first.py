"""Shortest job first on counted slots: by walltime, then arrival; the shortest blocks all others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel
from dcsim.kernels.job_ends import drop, push
from dcsim.kernels.job_instants import snap
from dcsim.kernels.job_records import ARRIVED, BUSY, FREE, NOW, PASSES, QUEUED, RUNNING, WAITING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.job_records import Jobs, Running

__all__ = ["shortest_first"]


@kernel
def shortest_first(
    jobs: Jobs, running: Running, queue: Running, counts: NDArray[np.int64], sums: NDArray[np.float64], slots: int,
    limit: float,
) -> None:  # fmt: skip
    """Advance a replay up to a time.

    Parameters
    ----------
    jobs : Jobs
        Jobs that have not started yet among others, in order of arrival; ``start`` is written.
    running : Running
        Running jobs; ``loads`` are slots. There is room for every job that has not started.
    queue : Running
        Waiting jobs: a heap of walltimes, with the jobs' numbers beside them. There is room as above.
    counts : int64[11]
    sums : float64[4]
        The rest of the state (``job_records``); all is written.
    slots : int
        Of the cluster.
    limit : float
        Instants before it are carried out, s; infinite for all.
    """
    submit, need, duration, walltime, start = jobs
    ends, loads = running
    last, arrived, free, size, waiting = (
        submit.size, counts[ARRIVED], counts[FREE], counts[RUNNING], counts[WAITING],
    )  # fmt: skip
    now = sums[NOW]
    while True:
        coming = submit[arrived] if arrived < last else math.inf
        if size > 0 and ends[0] < coming:
            coming = ends[0]
        if coming >= limit or coming == math.inf:
            break
        sums[BUSY] += (slots - free) * (coming - now)
        sums[QUEUED] += waiting * (coming - now)
        now = coming
        while size > 0 and ends[0] <= now:
            free += loads[0]
            size = drop(ends, loads, size)
        while arrived < last and submit[arrived] <= now:
            waiting = push(queue.ends, queue.loads, waiting, walltime[arrived], arrived)
            arrived += 1
        while waiting > 0 and need[queue.loads[0]] <= free:
            job = queue.loads[0]
            waiting = drop(queue.ends, queue.loads, waiting)
            free -= need[job]
            start[job] = now
            size = push(ends, loads, size, snap(now + duration[job]), need[job])
        counts[PASSES] += 1
    counts[ARRIVED], counts[WAITING], counts[FREE], counts[RUNNING] = arrived, waiting, free, size
    sums[NOW] = now
