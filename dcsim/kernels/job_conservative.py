"""Conservative backfill on counted slots: every waiting job has a reservation, and nobody delays one before it.

Mu'alem and Feitelson, "Utilization, predictability, workloads, and user runtime estimates in scheduling the IBM SP2
with backfilling", IEEE Transactions on Parallel and Distributed Systems 12(6), 2001.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel, lean_kernel
from dcsim.kernels.job_queue import next_instant, start, start_heads
from dcsim.kernels.job_records import FREE, HEAD, NOW
from dcsim.kernels.slot_profile import hold, least_until, place, take_now
from dcsim.kernels.slot_promises import up_to
from dcsim.kernels.slot_queue import first_short, first_small

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.job_records import Jobs, Profile, Promises, Running

__all__ = ["conservative_backfill"]


@lean_kernel
def _candidate(
    jobs: Jobs, kinds: NDArray[np.int16], table: NDArray[np.float64], job: int, profile: Profile, size: int, free: int,
) -> int:  # fmt: skip
    """Return the first waiting job from one on for which there is a place now; -1 if there is none."""
    times, reserved, base = profile
    best = -1
    level = min(free, base[0] - reserved[0])
    for i in range(1, size):
        lower = min(level, base[i] - reserved[i])
        if lower < level:
            short = first_short(jobs, kinds, table, job, level, times[0], times[i])
            if short >= 0 and (best < 0 or short < best):
                best = short
            level = lower
    slim = first_small(jobs.slots, kinds, table, job, level)
    return slim if slim >= 0 and (best < 0 or slim < best) else best


@lean_kernel
def _reserve(
    jobs: Jobs, kinds: NDArray[np.int16], table: NDArray[np.float64], promises: Promises, profile: Profile, size: int,
    free: int, job: int, candidate: int, slots: int,
) -> tuple[int, int]:  # fmt: skip
    """Reserve for the waiting jobs from one up to a candidate, until one of them needs its place.

    Returns the first job without a reservation and the edges of the profile.
    """
    now = profile.times[0]
    end = now + jobs.walltime[candidate]
    while job != candidate:
        need, walltime = jobs.slots[job], jobs.walltime[job]
        moment = place(profile, size, promises, free, need, walltime)
        size = hold(profile, size, promises, free, moment, need, walltime)
        job = first_small(jobs.slots, kinds, table, job + 1, slots)
        if (moment < end or moment == now) and least_until(profile, size, free, end) < jobs.slots[candidate]:
            break
    return job, size


@kernel
def conservative_backfill(
    jobs: Jobs, running: Running, promises: Promises, profile: Profile, kinds: NDArray[np.int16],
    table: NDArray[np.float64], counts: NDArray[np.int64], sums: NDArray[np.float64], slots: int, limit: float,
) -> None:  # fmt: skip
    """Advance a replay up to a time.

    Once per instant, after all that ends and all that arrives, the waiting jobs get reservations anew, in order of
    arrival: each the first moment from which on there are slots enough for its walltime, by the walltimes of the running
    jobs and beside the reservations before it. Who has it now starts. As long as jobs end when they promised, this gives
    everyone the reservation that it had; a job that ends earlier may bring others forward.

    Reservations are made only as far down the queue as the last job that still could start now, so a pass in which
    nobody can start costs a search; otherwise it costs about the square of the number of reservations made.

    Parameters
    ----------
    jobs : Jobs
        Jobs that have not started yet among others, in order of arrival; ``start`` is written.
    running : Running
        Running jobs; ``loads`` are nodes of ``promises``. There is room for every job that has not started.
    promises : Promises
        Running jobs by promised end.
    profile : Profile
        Room for two edges of every job that has not started, and one more; its contents do not matter.
    kinds : int16[J]
    table : float64[1 + classes, 2 * leaves]
        The queue (``slot_queue``).
    counts : int64[7]
    sums : float64[4]
        The rest of the state (``job_records``); all is written.
    slots : int
        Of the cluster.
    limit : float
        Instants before it are carried out, s; infinite for all.
    """
    while next_instant(jobs, running, promises, kinds, table, counts, sums, slots, limit):
        now = sums[NOW]
        if not start_heads(jobs, running, promises, kinds, table, counts, slots, now):
            continue
        if first_small(jobs.slots, kinds, table, counts[HEAD] + 1, counts[FREE]) < 0:
            continue
        profile.times[0], profile.reserved[0], profile.base[0] = now, 0, counts[FREE] + up_to(promises, now)
        size = 1
        job = counts[HEAD]
        while job >= 0:
            candidate = _candidate(jobs, kinds, table, job, profile, size, counts[FREE])
            if candidate < 0:
                break
            job, size = _reserve(
                jobs, kinds, table, promises, profile, size, counts[FREE], job, candidate, slots
            )
            if job == candidate and least_until(profile, size, counts[FREE], now + jobs.walltime[job]) >= jobs.slots[job]:
                start(jobs, running, promises, kinds, table, counts, job, now)
                take_now(profile, size, jobs.slots[job], now + jobs.walltime[job])
                job = first_small(jobs.slots, kinds, table, job + 1, slots)
