"""First in, first out on equal nodes, each job packed on as few of them as it can be."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel
from dcsim.kernels.job_ends import drop, push
from dcsim.kernels.job_instants import snap
from dcsim.kernels.job_records import ARRIVED, BUSY, FRAGMENTED, FREE, HEAD, NOW, PASSES, QUEUED, RUNNING, WAITING
from dcsim.kernels.slot_nodes import consolidate, give_back, has_place

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.job_records import Jobs, NodeSets, Parts, Running

__all__ = ["packed_fifo"]


@kernel
def packed_fifo(
    jobs: Jobs, running: Running, sets: NodeSets, parts: Parts, counts: NDArray[np.int64], sums: NDArray[np.float64],
    slots: int, limit: float,
) -> None:  # fmt: skip
    """Advance a replay up to a time.

    The head of the queue that has no place is not tried again before something is given back. Free slots are
    fragmented while the head waits though they would be enough for it if they were together.

    Parameters
    ----------
    jobs : Jobs
        Jobs that have not started yet, in order of arrival; ``start`` is written.
    running : Running
        Running jobs; ``loads`` are first parts. There is room for every job that has not started.
    sets : NodeSets
        The nodes.
    parts : Parts
        Where running jobs are.
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
        if head < arrived and need[head] <= free:
            sums[FRAGMENTED] += free * (coming - now)
        now = coming
        blocked = head < arrived and (size == 0 or ends[0] > now)
        while size > 0 and ends[0] <= now:
            free += give_back(sets, parts, counts, loads[0])
            size = drop(ends, loads, size)
        while arrived < last and submit[arrived] <= now:
            arrived += 1
        while not blocked and head < arrived and has_place(sets, need[head]):
            part = consolidate(sets, parts, counts, need[head])
            size = push(ends, loads, size, snap(now + duration[head]), part)
            free -= need[head]
            start[head] = now
            head += 1
        counts[PASSES] += 1
    counts[ARRIVED], counts[HEAD], counts[WAITING], counts[FREE], counts[RUNNING] = (
        arrived, head, arrived - head, free, size,
    )  # fmt: skip
    sums[NOW] = now
