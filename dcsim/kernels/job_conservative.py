"""Conservative backfill on counted slots: every waiting job has a reservation, and nobody delays one before it.

Mu'alem and Feitelson, "Utilization, predictability, workloads, and user runtime estimates in scheduling the IBM SP2
with backfilling", IEEE Transactions on Parallel and Distributed Systems 12(6), 2001.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel, lean_kernel
from dcsim.kernels.job_ends import drop, push
from dcsim.kernels.job_instants import snap
from dcsim.kernels.job_queue import next_instant, start, start_heads
from dcsim.kernels.job_records import ARRIVED, BLOCKS, DUE, FREE, HEAD, NEXT, NOW, STALE
from dcsim.kernels.slot_bounds import bound, found
from dcsim.kernels.slot_profile import SPAN, begin_anew, go_on, hold, least_until, place, take_now
from dcsim.kernels.slot_promises import up_to
from dcsim.kernels.slot_queue import first_short, first_small

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.job_records import Jobs, Profile, Promises, Running

__all__ = ["BETWEEN", "DONE", "WITHIN", "conservative_backfill"]

DONE, BETWEEN, WITHIN = range(3)
"""Where the kernel handed back."""
_STEPS_OF_AN_INSTANT = 50


@lean_kernel
def _candidate(
    jobs: Jobs, kinds: NDArray[np.int16], table: NDArray[np.float64], job: int, profile: Profile, blocks: int,
    free: int,
) -> int:  # fmt: skip
    """Return the first waiting job from one on for which there is a place now; -1 if there is none."""
    times, order = profile.times, profile.order
    now = times[order[0] * SPAN]
    best = -1
    level = free
    for at in range(blocks):
        block = order[at]
        profile.steps[0] -= 1
        if profile.least[block] >= level:
            continue
        added = profile.more[block, 1] - profile.more[block, 0]
        for i in range(block * SPAN, block * SPAN + profile.filled[block]):
            lower = min(level, profile.base[i] - profile.reserved[i] + added)
            if lower < level:
                short = first_short(jobs, kinds, table, job, level, now, times[i]) if times[i] > now else -1
                if short == job:
                    return job
                if short >= 0 and (best < 0 or short < best):
                    best = short
                level = lower
        if level < table[0, 1]:
            return best
    slim = first_small(jobs.slots, kinds, table, job, level)
    return slim if slim >= 0 and (best < 0 or slim < best) else best


@lean_kernel
def _to_hand_back(profile: Profile, counts: NDArray[np.int64]) -> bool:
    """Whether the steps are used up, or there is no room for another reservation."""
    return bool(profile.steps[0] <= 0 or counts[BLOCKS] + 2 > profile.order.size)


@lean_kernel
def _reserve(
    jobs: Jobs, kinds: NDArray[np.int16], table: NDArray[np.float64], promises: Promises, profile: Profile,
    due: Running, counts: NDArray[np.int64], candidate: int, slots: int,
) -> None:  # fmt: skip
    """Reserve for the waiting jobs up to a candidate, until one of them needs its place, or steps or blocks run out."""
    now = profile.times[profile.order[0] * SPAN]
    end = snap(now + jobs.walltime[candidate])
    free = counts[FREE]
    while counts[NEXT] != candidate:
        job = counts[NEXT]
        need, walltime = jobs.slots[job], jobs.walltime[job]
        known = bound(profile.bounds, need, walltime) if counts[BLOCKS] > 1 else now
        moment = place(profile, counts[BLOCKS], promises, free, need, walltime, known)
        counts[BLOCKS] = hold(profile, counts[BLOCKS], promises, free, moment, need, walltime)
        if counts[BLOCKS] > 1:
            found(profile.bounds, need, walltime, moment)
        counts[DUE] = push(due.ends, due.loads, counts[DUE], moment, job)
        if moment < math.inf and snap(moment + walltime) == moment:
            counts[STALE] = 1  # nothing is kept free for a moment, so later reservations may take its place
        counts[NEXT] = first_small(jobs.slots, kinds, table, job + 1, slots)
        taken = moment < end or moment == now
        if taken and least_until(profile, counts[BLOCKS], free, end) < jobs.slots[candidate]:
            return
        if _to_hand_back(profile, counts):
            return


@lean_kernel
def _refresh(promises: Promises, profile: Profile, counts: NDArray[np.int64], now: float) -> None:
    """Keep the reservations if they still hold; drop them otherwise."""
    if counts[STALE] == 0:
        counts[BLOCKS] = go_on(profile, counts[BLOCKS], promises, counts[FREE], now)
        return
    counts[BLOCKS] = begin_anew(profile, counts[FREE] + up_to(promises, now), now)
    counts[DUE], counts[NEXT], counts[STALE] = 0, counts[HEAD], 0


@lean_kernel
def _start_due(
    jobs: Jobs, running: Running, promises: Promises, profile: Profile, due: Running, kinds: NDArray[np.int16],
    table: NDArray[np.float64], counts: NDArray[np.int64], now: float,
) -> None:  # fmt: skip
    """Start the jobs whose reservations have come."""
    while counts[DUE] > 0 and due.ends[0] <= now and jobs.slots[due.loads[0]] <= counts[FREE]:
        job = due.loads[0]
        counts[DUE] = drop(due.ends, due.loads, counts[DUE])
        start(jobs, running, promises, kinds, table, counts, job, now)
        take_now(profile, counts[BLOCKS], jobs.slots[job], snap(now + jobs.walltime[job]), jobs.slots[job])


@lean_kernel
def _start_others(
    jobs: Jobs, running: Running, promises: Promises, profile: Profile, due: Running, kinds: NDArray[np.int16],
    table: NDArray[np.float64], counts: NDArray[np.int64], slots: int, now: float,
) -> bool:  # fmt: skip
    """Start the jobs without a reservation that have a place now, beside the reservations of all before them.

    Return whether that was not carried to its end.
    """
    if counts[NEXT] < counts[ARRIVED]:
        counts[NEXT] = first_small(jobs.slots, kinds, table, counts[NEXT], slots)
        if counts[NEXT] < 0:
            counts[NEXT] = counts[ARRIVED]
    while counts[NEXT] < counts[ARRIVED]:
        candidate = _candidate(jobs, kinds, table, counts[NEXT], profile, counts[BLOCKS], counts[FREE])
        if candidate < 0:
            return False
        _reserve(jobs, kinds, table, promises, profile, due, counts, candidate, slots)
        end, need = snap(now + jobs.walltime[candidate]), jobs.slots[candidate]
        if counts[NEXT] == candidate and least_until(profile, counts[BLOCKS], counts[FREE], end) >= need:
            start(jobs, running, promises, kinds, table, counts, candidate, now)
            take_now(profile, counts[BLOCKS], need, end, 0)
            following = first_small(jobs.slots, kinds, table, candidate + 1, slots)
            counts[NEXT] = following if following >= 0 else counts[ARRIVED]
        if _to_hand_back(profile, counts):
            return True
    return False


@kernel
def conservative_backfill(
    jobs: Jobs, running: Running, promises: Promises, profile: Profile, due: Running, kinds: NDArray[np.int16],
    table: NDArray[np.float64], counts: NDArray[np.int64], sums: NDArray[np.float64], slots: int, limit: float,
    steps: int, within: bool,
) -> int:  # fmt: skip
    """Advance a replay up to a time, or for some steps.

    Once per instant, after all that ends and all that arrives, the waiting jobs get reservations, in order of arrival:
    each the first moment from which on there are slots enough for its walltime, by the walltimes of the running jobs
    and beside the reservations before it. Who has it now starts. As long as jobs end when they promised, to make all
    reservations anew would give everyone the one that it has; they are made anew once a job has ended earlier.

    Reservations reach down to the last job that could start now, so a pass in which nobody can costs a search. Each
    costs some microseconds. An early end costs up to as many as jobs wait: the square of the jobs that come at once.

    Parameters
    ----------
    jobs : Jobs
        Jobs that have not started yet among others, in order of arrival; ``start`` is written.
    running : Running
        Running jobs; ``loads`` are nodes of ``promises``. There is room for every job that has not started.
    promises : Promises
        Running jobs by promised end.
    profile, due : Profile, Running
        Reservations, with room for two blocks more than are in use at least; jobs by the begin of their reservations.
    kinds, table : int16[J], float64[1 + classes, 2 * leaves]
        The queue (``slot_queue``).
    counts, sums : int64[11], float64[4]
        The rest of the state (``job_records``); all is written.
    slots, limit : int, float
        Of the cluster; instants before the limit are carried out, s, infinite for all.
    steps, within : int, bool
        After about so many steps the kernel hands back, so that others have their turn; whether it did so within an
        instant, with which it is to go on.

    Returns
    -------
    int
        ``DONE``; or where it handed back before that, ``BETWEEN`` two instants or ``WITHIN`` one: call it again, after
        making room in the profile if there is none.
    """
    profile.steps[0] = steps
    while within or next_instant(jobs, running, promises, kinds, table, counts, sums, slots, limit):
        now = sums[NOW]
        profile.steps[0] -= _STEPS_OF_AN_INSTANT
        if not within:
            if counts[STALE] > 0 and not start_heads(jobs, running, promises, kinds, table, counts, slots, now):
                continue
            if first_small(jobs.slots, kinds, table, counts[HEAD], counts[FREE]) < 0:
                continue
            _refresh(promises, profile, counts, now)
            _start_due(jobs, running, promises, profile, due, kinds, table, counts, now)
        within = _start_others(jobs, running, promises, profile, due, kinds, table, counts, slots, now)
        if within:
            return WITHIN
        if counts[DUE] > 0 and due.ends[0] <= now:
            counts[STALE] = 1  # a job of no walltime has the slots in this pass; all is looked at again in the next
        if profile.steps[0] <= 0:
            return BETWEEN
    return DONE
