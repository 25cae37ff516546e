"""The life of gangs on lent hosts: restart, compute, checkpoint, finish, notice, return.

A gang spends ``restart`` seconds until its first step, then cycles of ``checkpoint_every`` seconds of compute
and the writing of a checkpoint, at whose end the compute of the cycle is committed. When the steps of its job
are done they are committed at that instant, and the gang takes the next job on offer at once. A gang given
notice writes what it has not committed if that fits into the notice, loses it otherwise, and returns its hosts
when the notice is over; its job waits, suspended, with the committed steps. Gangs in the same state are one
cohort.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.folding import fold_suspended
from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from dcsim.kernels.fleet_records import Record, Records

__all__ = ["advance", "mark", "start"]

MOMENT = 1e-6
"""Rest of a notice or of a checkpoint that is rounding, s."""


@kernel
def _commit(cohort: Record, tally: Record) -> None:
    """Keep the compute since the last commit."""
    tally.useful += cohort.gangs * cohort.compute
    tally.steps += cohort.gangs * cohort.uncommitted
    cohort.committed += cohort.uncommitted
    cohort.compute = 0.0
    cohort.uncommitted = 0.0
    cohort.written = 0.0


@kernel
def _lose(cohort: Record, tally: Record) -> None:
    """Throw the compute since the last commit away."""
    tally.lost += cohort.gangs * cohort.compute
    cohort.compute = 0.0
    cohort.uncommitted = 0.0
    cohort.written = 0.0


@kernel
def _write(cohort: Record, seconds: float, lending: Record, tally: Record) -> float:
    """Write the checkpoint for at most some seconds, commit at its end; return the seconds spent."""
    needed = (1.0 - cohort.written) * lending.checkpoint_time
    if needed <= seconds + MOMENT:
        needed = min(needed, seconds)
        tally.checkpoint += cohort.gangs * needed
        tally.written += cohort.gangs * (1.0 - cohort.written)
        _commit(cohort, tally)
        return float(needed)
    share = seconds / lending.checkpoint_time
    tally.checkpoint += cohort.gangs * seconds
    tally.written += cohort.gangs * share
    cohort.written += share
    return seconds


@kernel
def _compute(cohort: Record, seconds: float, lending: Record, book: Record, tally: Record) -> float:
    """Train up to the end of the cycle or of the job; return the seconds spent."""
    steps = lending.job_steps - cohort.committed - cohort.uncommitted
    to_finish = max(0.0, steps * lending.step_time)
    to_checkpoint = lending.checkpoint_every - cohort.compute
    spent = min(seconds, to_finish, to_checkpoint)
    tally.compute += cohort.gangs * spent
    cohort.compute += spent
    if spent == to_finish:
        cohort.uncommitted = lending.job_steps - cohort.committed
        _commit(cohort, tally)
        tally.finished += cohort.gangs
        cohort.gangs = int(min(float(cohort.gangs), book.jobs_left))
        book.jobs_left -= cohort.gangs
        cohort.committed = 0.0
        cohort.restart_left = lending.restart
    else:
        if spent == to_checkpoint:
            cohort.compute = lending.checkpoint_every
        cohort.uncommitted += spent / lending.step_time
    return float(spent)


@kernel
def _train(cohort: Record, seconds: float, lending: Record, book: Record, tally: Record) -> None:
    """Let a cohort without notice live for some seconds, or until it has no job."""
    while seconds > 0.0 and cohort.gangs > 0:
        if cohort.restart_left > 0.0:
            spent = min(seconds, cohort.restart_left)
            cohort.restart_left -= spent
            tally.restart += cohort.gangs * spent
        elif cohort.compute >= lending.checkpoint_every:
            spent = _write(cohort, seconds, lending, tally)
        else:
            spent = _compute(cohort, seconds, lending, book, tally)
        seconds -= spent


@kernel
def _tell(cohort: Record, lending: Record, tally: Record) -> None:
    """Give a cohort notice."""
    needed = (1.0 - cohort.written) * lending.checkpoint_time
    if not lending.saves_on_notice or needed > lending.notice + MOMENT:
        _lose(cohort, tally)
    cohort.restart_left = 0.0
    cohort.notice_left = lending.notice
    tally.evicted += cohort.gangs


@kernel
def _suspend(cohort: Record, suspended: Records, p: int, book: Record, tally: Record) -> None:
    """Take the hosts of a cohort away; what it had not committed is lost."""
    _lose(cohort, tally)
    used = book.suspended
    if used > 0 and suspended[p, used - 1].committed == cohort.committed:
        suspended[p, used - 1].jobs += cohort.gangs
    else:
        if used == suspended.shape[1]:
            fold_suspended(suspended, p, book)
            used -= 1
        suspended[p, used].jobs = cohort.gangs
        suspended[p, used].committed = cohort.committed
        book.suspended = used + 1
    cohort.gangs = 0


@kernel
def _leave(
    cohort: Record, seconds: float, lending: Record, suspended: Records, p: int, book: Record, tally: Record
) -> None:
    """Let a cohort under notice live for some seconds, or until its hosts return."""
    spent = min(seconds, cohort.notice_left)
    cohort.notice_left -= spent
    if cohort.compute > 0.0:
        spent -= _write(cohort, spent, lending, tally)
    tally.notice += cohort.gangs * spent
    if cohort.notice_left <= MOMENT:
        _suspend(cohort, suspended, p, book, tally)


@kernel
def _add(cohorts: Records, p: int, book: Record, gangs: int, committed: float, restart: float, begun: int) -> None:
    """Start gangs on jobs with some steps behind them; ``begun`` is the first place of this step's starts."""
    used = book.cohorts
    if used > begun and (used == cohorts.shape[1] or cohorts[p, used - 1].committed == committed):
        cohort = cohorts[p, used - 1]
        cohort.gangs += gangs
        cohort.committed += (committed - cohort.committed) * gangs / cohort.gangs
        return
    cohort = cohorts[p, used]
    cohort.gangs = gangs
    cohort.restart_left = restart
    cohort.compute = 0.0
    cohort.written = 0.0
    cohort.committed = committed
    cohort.uncommitted = 0.0
    cohort.notice_left = math.inf
    cohort.told_in = math.inf
    book.cohorts = used + 1


@kernel
def start(
    cohorts: Records, suspended: Records, p: int, book: Record, gangs: int, restart: float, tally: Record
) -> None:
    """Start gangs: on suspended jobs, the oldest first, then on new ones while there are any.

    At least one place must be free; where there are too few, gangs started together are folded into their mean.

    Parameters
    ----------
    cohorts, suspended : COHORT[P, C], SUSPENDED[P, C]
        Of the fleet.
    p : int
        Pool.
    book : BOOK
        Of the pool.
    gangs : int
        How many.
    restart : float
        Until their first step, s.
    tally : TALLY
        ``started`` is counted.
    """
    begun = book.cohorts
    gone = 0
    while gangs > 0 and gone < book.suspended:
        entry = suspended[p, gone]
        taken = min(gangs, entry.jobs)
        _add(cohorts, p, book, taken, entry.committed, restart, begun)
        tally.started += taken
        gangs -= taken
        entry.jobs -= taken
        if entry.jobs == 0:
            gone += 1
    if gone > 0:
        for e in range(gone, book.suspended):
            suspended[p, e - gone] = suspended[p, e]
        book.suspended -= gone
    new = int(min(float(gangs), book.jobs_left))
    if new > 0:
        book.jobs_left -= new
        tally.started += new
        _add(cohorts, p, book, new, 0.0, restart, begun)


@kernel
def mark(cohorts: Records, p: int, book: Record, gangs: int, offset: float) -> None:
    """Choose gangs to be told to leave, the last started first.

    One cohort may be divided for it, so a place must be free.

    Parameters
    ----------
    cohorts : COHORT[P, C]
        Of the fleet; ``told_in`` is set.
    p : int
        Pool.
    book : BOOK
        Of the pool.
    gangs : int
        How many.
    offset : float
        When in the step they are told, s.
    """
    for c in range(book.cohorts - 1, -1, -1):
        if gangs <= 0:
            return
        cohort = cohorts[p, c]
        if cohort.told_in < math.inf or cohort.notice_left < math.inf:
            continue
        if cohort.gangs > gangs:
            for other in range(book.cohorts, c, -1):
                cohorts[p, other] = cohorts[p, other - 1]
            book.cohorts += 1
            cohort.gangs -= gangs
            cohort = cohorts[p, c + 1]
            cohort.gangs = gangs
        cohort.told_in = offset
        gangs -= cohort.gangs


@kernel
def advance(
    cohorts: Records,
    suspended: Records,
    p: int,
    book: Record,
    seconds: float,
    killed: bool,
    lending: Record,
    tally: Record,
) -> None:
    """Let the gangs of a pool live for one step.

    Parameters
    ----------
    cohorts, suspended : COHORT[P, C], SUSPENDED[P, C]
        Of the fleet.
    p : int
        Pool.
    book : BOOK
        Of the pool.
    seconds : float
        Length of the step, or until power fails.
    killed : bool
        Whether power fails then.
    lending : LENDING
        Of the pool.
    tally : TALLY
        Added to.
    """
    kept = 0
    for c in range(book.cohorts):
        cohort = cohorts[p, c]
        if cohort.notice_left < math.inf:
            _leave(cohort, seconds, lending, suspended, p, book, tally)
        elif cohort.told_in < math.inf:
            _train(cohort, cohort.told_in, lending, book, tally)
            if cohort.gangs > 0:
                _tell(cohort, lending, tally)
                _leave(cohort, seconds - cohort.told_in, lending, suspended, p, book, tally)
        else:
            _train(cohort, seconds, lending, book, tally)
        if killed and cohort.gangs > 0:
            if cohort.notice_left == math.inf:
                tally.evicted += cohort.gangs
            _suspend(cohort, suspended, p, book, tally)
        if cohort.gangs > 0:
            if kept < c:
                cohorts[p, kept] = cohort
            kept += 1
    book.cohorts = kept
