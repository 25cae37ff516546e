"""Room for cohorts: what differs least is folded into its mean when places run out.

A mean weighted by the number of gangs keeps every total: steps done, compute at risk, restart and writing
to come. It narrows the spread of finish times, which is why exact folding goes first: only gangs in the
same state share a place while there are places.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from dcsim.kernels.fleet_arrays import Cohorts, Suspended

__all__ = ["Terms", "copy_place", "fold_suspended", "make_room"]


class Terms(NamedTuple):
    """Under which gangs of one pool run in one step; see :class:`dcsim.kernels.fleet_arrays.Lending`."""

    step_time: float
    checkpoint_time: float
    checkpoint_every: float
    job_steps: float
    restart: float
    notice: float
    saves_on_notice: bool


@kernel
def fold_suspended(suspended: Suspended, p: int) -> None:
    """Fold the two neighbouring entries of a pool that differ least into their mean.

    Parameters
    ----------
    suspended : Suspended
        At least two entries in use.
    p : int
        Pool.
    """
    jobs, committed = suspended.jobs, suspended.committed
    used = suspended.used[p]
    best = 0
    for e in range(1, used - 1):
        if abs(committed[p, e + 1] - committed[p, e]) < abs(committed[p, best + 1] - committed[p, best]):
            best = e
    both = jobs[p, best] + jobs[p, best + 1]
    committed[p, best] += (committed[p, best + 1] - committed[p, best]) * jobs[p, best + 1] / both
    jobs[p, best] = both
    for e in range(best + 1, used - 1):
        jobs[p, e] = jobs[p, e + 1]
        committed[p, e] = committed[p, e + 1]
    suspended.used[p] = used - 1


@kernel
def _phase(cohorts: Cohorts, p: int, c: int, terms: Terms) -> int:
    """Return which of five phases a cohort is in; cohorts of one phase may be folded into their mean."""
    if cohorts.notice_left[p, c] < math.inf:
        return 3 if cohorts.compute[p, c] > 0.0 else 4
    if cohorts.restart_left[p, c] > 0.0:
        return 0
    return 2 if cohorts.compute[p, c] >= terms.checkpoint_every else 1


@kernel
def _difference(cohorts: Cohorts, p: int, a: int, b: int, terms: Terms) -> float:
    """Return how much two cohorts of one phase differ, in shares of a job and of a notice."""
    steps = (
        cohorts.committed[p, a]
        + cohorts.uncommitted[p, a]
        - cohorts.committed[p, b]
        - cohorts.uncommitted[p, b]
    )
    different = abs(steps) / terms.job_steps
    if cohorts.notice_left[p, a] < math.inf and terms.notice > 0.0:
        different += abs(cohorts.notice_left[p, a] - cohorts.notice_left[p, b]) / terms.notice
    return float(different)


@kernel
def _fold(cohorts: Cohorts, p: int, terms: Terms) -> None:
    """Fold the two successive cohorts of one phase that differ least into their mean.

    With more cohorts than the five phases there is always such a pair.
    """
    first, second, least = -1, -1, math.inf
    for a in range(cohorts.used[p] - 1):
        for b in range(a + 1, cohorts.used[p]):
            if _phase(cohorts, p, a, terms) == _phase(cohorts, p, b, terms):
                different = _difference(cohorts, p, a, b, terms)
                if different < least:
                    first, second, least = a, b, different
                break
    share = cohorts.gangs[p, second] / (cohorts.gangs[p, first] + cohorts.gangs[p, second])
    cohorts.gangs[p, first] += cohorts.gangs[p, second]
    if cohorts.notice_left[p, first] < math.inf:
        cohorts.notice_left[p, first] += (
            cohorts.notice_left[p, second] - cohorts.notice_left[p, first]
        ) * share
    for values in (
        cohorts.restart_left,
        cohorts.compute,
        cohorts.written,
        cohorts.committed,
        cohorts.uncommitted,
    ):
        values[p, first] += (values[p, second] - values[p, first]) * share
    for c in range(second, cohorts.used[p] - 1):
        copy_place(cohorts, p, c + 1, c)
    cohorts.used[p] -= 1


@kernel
def copy_place(cohorts: Cohorts, p: int, source: int, target: int) -> None:
    """Copy one place of a pool onto another.

    Parameters
    ----------
    cohorts : Cohorts
        See there.
    p : int
        Pool.
    source, target : int
        Places.
    """
    cohorts.gangs[p, target] = cohorts.gangs[p, source]
    cohorts.restart_left[p, target] = cohorts.restart_left[p, source]
    cohorts.compute[p, target] = cohorts.compute[p, source]
    cohorts.written[p, target] = cohorts.written[p, source]
    cohorts.committed[p, target] = cohorts.committed[p, source]
    cohorts.uncommitted[p, target] = cohorts.uncommitted[p, source]
    cohorts.notice_left[p, target] = cohorts.notice_left[p, source]


@kernel
def make_room(cohorts: Cohorts, p: int, places: int, terms: Terms) -> None:
    """Fold cohorts of a pool until some places are free.

    Parameters
    ----------
    cohorts : Cohorts
        At least ``places + 6`` places.
    p : int
        Pool.
    places : int
        How many.
    terms : Terms
        Of the pool.
    """
    while cohorts.used[p] + places > cohorts.gangs.shape[1]:
        _fold(cohorts, p, terms)
