"""The life of gangs on lent hosts: restart, compute, checkpoint, finish, notice, return.

A gang spends ``restart`` seconds until its first step, then cycles of ``checkpoint_every`` seconds of
compute and the writing of a checkpoint, at whose end the compute of the cycle is committed. When the steps
of its job are done they are committed at that instant, and the gang takes the next job on offer at once. A
gang given notice writes what it has not committed if that fits into the notice, loses it otherwise, and
returns its hosts when the notice is over; its job waits, suspended, with the committed steps. Gangs in the
same state are one cohort.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.folding import copy_place, fold_suspended
from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.fleet_arrays import Cohorts, Suspended
    from dcsim.kernels.folding import Terms

__all__ = [
    "CHECKPOINT", "COMPUTE", "EVICTED", "FINISHED", "LOST", "NOTICE", "RESTART", "STARTED", "STEPS",
    "TALLIES", "USEFUL", "WRITTEN", "advance", "mark", "start",
]  # fmt: skip

COMPUTE, USEFUL, LOST, CHECKPOINT, RESTART, NOTICE, WRITTEN, STEPS, STARTED, EVICTED, FINISHED = range(11)
"""Entries of a tally: seconds times gangs; checkpoints; steps; gangs; jobs."""
TALLIES = 11
MOMENT = 1e-6
"""Rest of a notice that is rounding, s."""


@kernel
def _commit(cohorts: Cohorts, p: int, c: int, tally: NDArray[np.float64]) -> None:
    """Keep the compute since the last commit."""
    gangs = cohorts.gangs[p, c]
    tally[USEFUL] += gangs * cohorts.compute[p, c]
    tally[STEPS] += gangs * cohorts.uncommitted[p, c]
    cohorts.committed[p, c] += cohorts.uncommitted[p, c]
    cohorts.compute[p, c] = 0.0
    cohorts.uncommitted[p, c] = 0.0
    cohorts.written[p, c] = 0.0


@kernel
def _lose(cohorts: Cohorts, p: int, c: int, tally: NDArray[np.float64]) -> None:
    """Throw the compute since the last commit away."""
    tally[LOST] += cohorts.gangs[p, c] * cohorts.compute[p, c]
    cohorts.compute[p, c] = 0.0
    cohorts.uncommitted[p, c] = 0.0
    cohorts.written[p, c] = 0.0


@kernel
def _write(
    cohorts: Cohorts, p: int, c: int, seconds: float, terms: Terms, tally: NDArray[np.float64]
) -> float:
    """Write the checkpoint for at most some seconds, commit at its end; return the seconds spent."""
    needed = (1.0 - cohorts.written[p, c]) * terms.checkpoint_time
    gangs = cohorts.gangs[p, c]
    if needed <= seconds:
        tally[WRITTEN] += gangs * (1.0 - cohorts.written[p, c])
        _commit(cohorts, p, c, tally)
    else:
        needed = seconds
        share = seconds / terms.checkpoint_time
        tally[WRITTEN] += gangs * share
        cohorts.written[p, c] += share
    tally[CHECKPOINT] += gangs * needed
    return float(needed)


@kernel
def _compute(
    cohorts: Cohorts,
    p: int,
    c: int,
    seconds: float,
    terms: Terms,
    jobs_left: NDArray[np.float64],
    tally: NDArray[np.float64],
) -> float:
    """Train up to the end of the cycle or of the job; return the seconds spent."""
    steps = terms.job_steps - cohorts.committed[p, c] - cohorts.uncommitted[p, c]
    to_finish = max(0.0, steps * terms.step_time)
    to_checkpoint = terms.checkpoint_every - cohorts.compute[p, c]
    spent = min(seconds, to_finish, to_checkpoint)
    tally[COMPUTE] += cohorts.gangs[p, c] * spent
    if spent == to_finish:
        cohorts.compute[p, c] += spent
        cohorts.uncommitted[p, c] = terms.job_steps - cohorts.committed[p, c]
        _commit(cohorts, p, c, tally)
        tally[FINISHED] += cohorts.gangs[p, c]
        gangs = int(min(float(cohorts.gangs[p, c]), jobs_left[p]))
        jobs_left[p] -= gangs
        cohorts.gangs[p, c] = gangs
        cohorts.committed[p, c] = 0.0
        cohorts.restart_left[p, c] = terms.restart
    else:
        cohorts.compute[p, c] += spent
        if spent == to_checkpoint:
            cohorts.compute[p, c] = terms.checkpoint_every
        cohorts.uncommitted[p, c] += spent / terms.step_time
    return float(spent)


@kernel
def _train(
    cohorts: Cohorts,
    p: int,
    c: int,
    seconds: float,
    terms: Terms,
    jobs_left: NDArray[np.float64],
    tally: NDArray[np.float64],
) -> None:
    """Let a cohort without notice live for some seconds, or until it has no job."""
    while seconds > 0.0 and cohorts.gangs[p, c] > 0:
        if cohorts.restart_left[p, c] > 0.0:
            spent = min(seconds, cohorts.restart_left[p, c])
            cohorts.restart_left[p, c] -= spent
            tally[RESTART] += cohorts.gangs[p, c] * spent
        elif cohorts.compute[p, c] >= terms.checkpoint_every:
            spent = _write(cohorts, p, c, seconds, terms, tally)
        else:
            spent = _compute(cohorts, p, c, seconds, terms, jobs_left, tally)
        seconds -= spent


@kernel
def _tell(cohorts: Cohorts, p: int, c: int, terms: Terms, tally: NDArray[np.float64]) -> None:
    """Give a cohort notice."""
    writing = (1.0 - cohorts.written[p, c]) * terms.checkpoint_time
    if not terms.saves_on_notice or writing > terms.notice:
        _lose(cohorts, p, c, tally)
    cohorts.restart_left[p, c] = 0.0
    cohorts.notice_left[p, c] = terms.notice
    tally[EVICTED] += cohorts.gangs[p, c]


@kernel
def _suspend(cohorts: Cohorts, p: int, c: int, suspended: Suspended, tally: NDArray[np.float64]) -> None:
    """Take the hosts of a cohort away; what it had not committed is lost."""
    _lose(cohorts, p, c, tally)
    gangs, committed = cohorts.gangs[p, c], cohorts.committed[p, c]
    cohorts.gangs[p, c] = 0
    last = suspended.used[p] - 1
    if last >= 0 and suspended.committed[p, last] == committed:
        suspended.jobs[p, last] += gangs
        return
    if last + 1 == suspended.jobs.shape[1]:
        fold_suspended(suspended, p)
        last -= 1
    suspended.jobs[p, last + 1] = gangs
    suspended.committed[p, last + 1] = committed
    suspended.used[p] = last + 2


@kernel
def _leave(
    cohorts: Cohorts,
    p: int,
    c: int,
    seconds: float,
    terms: Terms,
    suspended: Suspended,
    tally: NDArray[np.float64],
) -> None:
    """Let a cohort under notice live for some seconds, or until its hosts return."""
    spent = min(seconds, cohorts.notice_left[p, c])
    cohorts.notice_left[p, c] -= spent
    if cohorts.compute[p, c] > 0.0:
        spent -= _write(cohorts, p, c, spent, terms, tally)
    tally[NOTICE] += cohorts.gangs[p, c] * spent
    if cohorts.notice_left[p, c] <= MOMENT:
        _suspend(cohorts, p, c, suspended, tally)


@kernel
def _add(cohorts: Cohorts, p: int, gangs: int, committed: float, restart: float, begun: int) -> None:
    """Start gangs on jobs with some steps behind them; ``begun`` is the first place of this step's starts."""
    last = cohorts.used[p] - 1
    full = last + 1 == cohorts.gangs.shape[1]
    if last >= begun and (full or cohorts.committed[p, last] == committed):
        cohorts.gangs[p, last] += gangs
        cohorts.committed[p, last] += (
            (committed - cohorts.committed[p, last]) * gangs / cohorts.gangs[p, last]
        )
        return
    c = last + 1
    cohorts.gangs[p, c] = gangs
    cohorts.restart_left[p, c] = restart
    cohorts.compute[p, c] = 0.0
    cohorts.written[p, c] = 0.0
    cohorts.committed[p, c] = committed
    cohorts.uncommitted[p, c] = 0.0
    cohorts.notice_left[p, c] = math.inf
    cohorts.used[p] = c + 1


@kernel
def start(
    cohorts: Cohorts,
    suspended: Suspended,
    jobs_left: NDArray[np.float64],
    p: int,
    gangs: int,
    restart: float,
    tally: NDArray[np.float64],
) -> None:
    """Start gangs: on suspended jobs, the oldest first, then on new ones while there are any.

    At least one place must be free; where there are too few, gangs started together are folded into their
    mean.

    Parameters
    ----------
    cohorts, suspended, jobs_left
        See :class:`dcsim.kernels.fleet_arrays.FleetState`.
    p : int
        Pool.
    gangs : int
        How many.
    restart : float
        Until their first step, s.
    tally : float64[TALLIES]
        ``STARTED`` is counted.
    """
    begun = cohorts.used[p]
    gone = 0
    while gangs > 0 and gone < suspended.used[p]:
        taken = min(gangs, suspended.jobs[p, gone])
        _add(cohorts, p, taken, suspended.committed[p, gone], restart, begun)
        gangs -= taken
        tally[STARTED] += taken
        suspended.jobs[p, gone] -= taken
        if suspended.jobs[p, gone] == 0:
            gone += 1
    for e in range(gone, suspended.used[p]):
        suspended.jobs[p, e - gone] = suspended.jobs[p, e]
        suspended.committed[p, e - gone] = suspended.committed[p, e]
    suspended.used[p] -= gone
    taken = int(min(float(gangs), jobs_left[p]))
    if taken > 0:
        jobs_left[p] -= taken
        tally[STARTED] += taken
        _add(cohorts, p, taken, 0.0, restart, begun)


@kernel
def mark(cohorts: Cohorts, p: int, gangs: int, offset: float, told_at: NDArray[np.float64]) -> None:
    """Choose gangs to be told to leave, the last started first.

    One cohort may be divided for it, so a place must be free.

    Parameters
    ----------
    cohorts : Cohorts
        See there.
    p : int
        Pool.
    gangs : int
        How many.
    offset : float
        When in the step they are told, s.
    told_at : float64[C]
        Set to ``offset`` for the chosen; infinite for those that may be chosen.
    """
    for c in range(cohorts.used[p] - 1, -1, -1):
        if gangs <= 0:
            return
        if told_at[c] < math.inf or cohorts.notice_left[p, c] < math.inf:
            continue
        if cohorts.gangs[p, c] > gangs:
            for other in range(cohorts.used[p], c, -1):
                copy_place(cohorts, p, other - 1, other)
                told_at[other] = told_at[other - 1]
            cohorts.used[p] += 1
            cohorts.gangs[p, c] -= gangs
            cohorts.gangs[p, c + 1] = gangs
            told_at[c + 1] = offset
            return
        told_at[c] = offset
        gangs -= cohorts.gangs[p, c]


@kernel
def advance(
    cohorts: Cohorts,
    suspended: Suspended,
    jobs_left: NDArray[np.float64],
    p: int,
    seconds: float,
    killed: bool,
    told_at: NDArray[np.float64],
    terms: Terms,
    tally: NDArray[np.float64],
) -> None:
    """Let the gangs of a pool live for one step.

    Parameters
    ----------
    cohorts, suspended, jobs_left
        See :class:`dcsim.kernels.fleet_arrays.FleetState`.
    p : int
        Pool.
    seconds : float
        Length of the step, or until power fails.
    killed : bool
        Whether power fails then.
    told_at : float64[C]
        When gangs are given notice, s from the start of the step; infinite for those that are not.
    terms : Terms
        Of the pool.
    tally : float64[TALLIES]
        Added to.
    """
    kept = 0
    for c in range(cohorts.used[p]):
        if cohorts.notice_left[p, c] < math.inf:
            _leave(cohorts, p, c, seconds, terms, suspended, tally)
        elif told_at[c] < math.inf:
            _train(cohorts, p, c, told_at[c], terms, jobs_left, tally)
            if cohorts.gangs[p, c] > 0:
                _tell(cohorts, p, c, terms, tally)
                _leave(cohorts, p, c, seconds - told_at[c], terms, suspended, tally)
        else:
            _train(cohorts, p, c, seconds, terms, jobs_left, tally)
        if killed and cohorts.gangs[p, c] > 0:
            if cohorts.notice_left[p, c] == math.inf:
                tally[EVICTED] += cohorts.gangs[p, c]
            _suspend(cohorts, p, c, suspended, tally)
        if cohorts.gangs[p, c] > 0:
            copy_place(cohorts, p, c, kept)
            kept += 1
    cohorts.used[p] = kept
