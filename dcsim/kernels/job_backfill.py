"""EASY backfill on counted slots: a reservation for the head of the queue, and whoever does not delay it goes first.

Without the reservation it is first fit: whoever fits starts, in order of arrival.

Lifka, "The ANL/IBM SP scheduling system", Job Scheduling Strategies for Parallel Processing, 1995; Mu'alem and
Feitelson, "Utilization, predictability, workloads, and user runtime estimates in scheduling the IBM SP2 with
backfilling", IEEE Transactions on Parallel and Distributed Systems 12(6), 2001.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel, lean_kernel
from dcsim.kernels.job_instants import snap
from dcsim.kernels.job_queue import next_instant, start, start_heads
from dcsim.kernels.job_records import FREE, HEAD, NOW
from dcsim.kernels.slot_promises import first_with, up_to
from dcsim.kernels.slot_queue import first_short, first_small

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.job_records import Jobs, Promises, Running

__all__ = ["backfill"]


@lean_kernel
def _candidate(
    jobs: Jobs, kinds: NDArray[np.int16], table: NDArray[np.float64], job: int, free: int, extra: int, now: float,
    shadow: float,
) -> int:  # fmt: skip
    """Return the first waiting job from one on that fits and does not delay the head; -1 if there is none."""
    slim = first_small(jobs.slots, kinds, table, job, min(free, extra))
    if extra >= free or slim == job:
        return slim
    short = first_short(jobs, kinds, table, job, free, now, shadow)
    return min(slim, short) if slim >= 0 and short >= 0 else max(slim, short)


@kernel
def backfill(
    jobs: Jobs, running: Running, promises: Promises, kinds: NDArray[np.int16], table: NDArray[np.float64],
    counts: NDArray[np.int64], sums: NDArray[np.float64], slots: int, limit: float, reserve: bool,
) -> None:  # fmt: skip
    """Advance a replay up to a time.

    Once per instant, after all that ends and all that arrives: the heads of the queue start while they fit. The next
    head is blocked; its shadow time is the first moment at which enough slots are free for it by the walltimes of the
    running jobs, all that promised that same moment among them, and what it leaves of those are the extra slots. Behind
    it, in order, a job that fits now starts if it ends by its walltime no later than the shadow time, or needs no more
    than the extra slots, which it then uses up. A job of no duration holds its slots during one pass, ends at the same
    instant, and another pass follows.

    Parameters
    ----------
    jobs : Jobs
        Jobs that have not started yet among others, in order of arrival; ``start`` is written.
    running : Running
        Running jobs; ``loads`` are nodes of ``promises``. There is room for every job that has not started.
    promises : Promises
        Running jobs by promised end.
    kinds : int16[J]
    table : float64[1 + classes, 2 * leaves]
        The queue (``slot_queue``).
    counts : int64[11]
    sums : float64[4]
        The rest of the state (``job_records``); all is written.
    slots : int
        Of the cluster.
    limit : float
        Instants before it are carried out, s; infinite for all.
    reserve : bool
        Whether the head has a reservation.
    """
    while next_instant(jobs, running, promises, kinds, table, counts, sums, slots, limit):
        now = sums[NOW]
        if not start_heads(jobs, running, promises, kinds, table, counts, slots, now):
            continue
        job = first_small(jobs.slots, kinds, table, counts[HEAD] + 1, counts[FREE])
        if job < 0:
            continue
        shadow, extra = math.inf, counts[FREE]
        if reserve:
            lacking = jobs.slots[counts[HEAD]] - extra
            shadow = first_with(promises, lacking)
            if shadow < math.inf:
                extra = up_to(promises, shadow) - lacking
        while True:
            job = _candidate(jobs, kinds, table, job, counts[FREE], extra, now, shadow)
            if job < 0:
                break
            if snap(now + jobs.walltime[job]) > shadow:
                extra -= jobs.slots[job]
            start(jobs, running, promises, kinds, table, counts, job, now)
            job += 1
