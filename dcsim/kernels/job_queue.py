"""What backfilling disciplines share: jobs arrive, wait in a searchable queue, run on a promise, and leave."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import lean_kernel
from dcsim.kernels.job_ends import drop, push
from dcsim.kernels.job_instants import snap
from dcsim.kernels.job_records import ARRIVED, BUSY, FREE, HEAD, NOW, PASSES, QUEUED, RUNNING, SPARE, STALE, WAITING
from dcsim.kernels.slot_promises import join, part
from dcsim.kernels.slot_queue import enter, first_small, leave

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.job_records import Jobs, Promises, Running

__all__ = ["next_instant", "start", "start_heads"]


@lean_kernel
def _run(
    jobs: Jobs, running: Running, promises: Promises, counts: NDArray[np.int64], job: int, now: float
) -> None:  # fmt: skip
    """Let a job run."""
    node = counts[SPARE]
    if node > 0:
        counts[SPARE] = promises.child[node, 0]
    else:
        node = counts[RUNNING] + 1
    slots = jobs.slots[job]
    jobs.start[job] = now
    counts[FREE] -= slots
    join(promises, node, snap(now + jobs.walltime[job]), slots)
    end = snap(now + jobs.duration[job])
    counts[RUNNING] = push(running.ends, running.loads, counts[RUNNING], end, node)


@lean_kernel
def start(
    jobs: Jobs, running: Running, promises: Promises, kinds: NDArray[np.int16], table: NDArray[np.float64],
    counts: NDArray[np.int64], job: int, now: float,
) -> None:  # fmt: skip
    """Let a waiting job run.

    Parameters
    ----------
    jobs : Jobs
    running : Running
    promises : Promises
    kinds : int16[J]
    table : float64[1 + classes, 2 * leaves]
    counts : int64[11]
        The state (``job_records``, ``slot_queue``); all is written.
    job : int
        Which.
    now : float
        The time, s.
    """
    leave(jobs, kinds, table, job)
    counts[WAITING] -= 1
    _run(jobs, running, promises, counts, job, now)


@lean_kernel
def _finish(running: Running, promises: Promises, counts: NDArray[np.int64]) -> None:
    """Let the running job that ends first leave."""
    node = running.loads[0]
    if running.ends[0] < promises.end[node]:
        counts[STALE] = 1
    counts[FREE] += promises.own[node]
    counts[RUNNING] = drop(running.ends, running.loads, counts[RUNNING])
    part(promises, node)
    promises.child[node, 0] = counts[SPARE]
    counts[SPARE] = node


@lean_kernel
def next_instant(
    jobs: Jobs, running: Running, promises: Promises, kinds: NDArray[np.int16], table: NDArray[np.float64],
    counts: NDArray[np.int64], sums: NDArray[np.float64], slots: int, limit: float,
) -> bool:  # fmt: skip
    """Go on to the next instant: all that ends then leaves, and all that is submitted then arrives.

    A job that finds nobody waiting and fits starts on arrival, as it would in the pass that follows.

    Parameters
    ----------
    jobs : Jobs
    running : Running
    promises : Promises
    kinds : int16[J]
    table : float64[1 + classes, 2 * leaves]
    counts : int64[11]
    sums : float64[4]
        The state (``job_records``, ``slot_queue``); all is written.
    slots : int
        Of the cluster.
    limit : float
        Only instants before it count, s.

    Returns
    -------
    bool
        Whether there is such an instant.
    """
    submit = jobs.submit
    now = submit[counts[ARRIVED]] if counts[ARRIVED] < submit.size else math.inf
    if counts[RUNNING] > 0 and running.ends[0] < now:
        now = running.ends[0]
    if now >= limit or now == math.inf:
        return False
    sums[BUSY] += (slots - counts[FREE]) * (now - sums[NOW])
    sums[QUEUED] += counts[WAITING] * (now - sums[NOW])
    sums[NOW] = now
    counts[PASSES] += 1
    while counts[RUNNING] > 0 and running.ends[0] <= now:
        _finish(running, promises, counts)
    while counts[ARRIVED] < submit.size and submit[counts[ARRIVED]] <= now:
        job = counts[ARRIVED]
        counts[ARRIVED] += 1
        if counts[WAITING] == 0:
            counts[HEAD], counts[STALE] = job, 1
            if jobs.slots[job] <= counts[FREE]:
                _run(jobs, running, promises, counts, job, now)
                continue
        enter(jobs, kinds, table, job)
        counts[WAITING] += 1
    return True


@lean_kernel
def start_heads(
    jobs: Jobs, running: Running, promises: Promises, kinds: NDArray[np.int16], table: NDArray[np.float64],
    counts: NDArray[np.int64], slots: int, now: float,
) -> bool:  # fmt: skip
    """Start the head of the queue while it fits.

    Parameters
    ----------
    jobs : Jobs
    running : Running
    promises : Promises
    kinds : int16[J]
    table : float64[1 + classes, 2 * leaves]
    counts : int64[11]
        The state (``job_records``, ``slot_queue``); all is written.
    slots : int
        Of the cluster.
    now : float
        The time, s.

    Returns
    -------
    bool
        Whether others wait behind a head that does not fit.
    """
    while counts[WAITING] > 0:
        head = counts[HEAD]
        if kinds[head] < 0:
            head = first_small(jobs.slots, kinds, table, head + 1, slots)
            counts[HEAD] = head
        if jobs.slots[head] > counts[FREE]:
            return bool(counts[WAITING] > 1)
        start(jobs, running, promises, kinds, table, counts, head, now)
    return False
