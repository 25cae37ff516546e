"""Room for cohorts: what differs least is folded into its mean when places run out.

A mean weighted by the number of gangs keeps every total: steps done, compute at risk, restart and writing to
come. It narrows the spread of finish times, which is why exact folding goes first: only gangs in the same state
share a place while there are places.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from dcsim.kernels.fleet_records import Record, Records

__all__ = ["fold_suspended", "make_room"]


@kernel
def fold_suspended(suspended: Records, p: int, book: Record) -> None:
    """Fold the two neighbouring entries of a pool that differ least into their mean.

    Parameters
    ----------
    suspended : SUSPENDED[P, C]
        At least two entries of the pool in use.
    p : int
        Pool.
    book : BOOK
        Of the pool.
    """
    best, least = 0, math.inf
    for e in range(book.suspended - 1):
        different = abs(suspended[p, e + 1].committed - suspended[p, e].committed)
        if different < least:
            best, least = e, different
    first, second = suspended[p, best], suspended[p, best + 1]
    first.jobs += second.jobs
    first.committed += (second.committed - first.committed) * second.jobs / first.jobs
    for e in range(best + 1, book.suspended - 1):
        suspended[p, e] = suspended[p, e + 1]
    book.suspended -= 1


@kernel
def _phase(cohort: Record, lending: Record) -> int:
    """Return which of five phases a cohort is in; cohorts of one phase may be folded into their mean."""
    if cohort.notice_left < math.inf:
        return 3 if cohort.compute > 0.0 else 4
    if cohort.restart_left > 0.0:
        return 0
    return 2 if cohort.compute >= lending.checkpoint_every else 1


@kernel
def _difference(one: Record, other: Record, lending: Record) -> float:
    """Return how much two cohorts of one phase differ, in shares of a job.

    Times at which hosts return count for more than a job: they are changed last, since load waits for them.
    """
    steps = one.committed + one.uncommitted - other.committed - other.uncommitted
    different = abs(steps) / lending.job_steps
    if one.notice_left != other.notice_left:
        different += 1.0 + abs(one.notice_left - other.notice_left) / lending.notice
    return float(different)


@kernel
def _merge(one: Record, other: Record) -> None:
    """Fold a cohort into another of the same phase."""
    one.gangs += other.gangs
    share = other.gangs / one.gangs
    one.restart_left += (other.restart_left - one.restart_left) * share
    one.compute += (other.compute - one.compute) * share
    one.written += (other.written - one.written) * share
    one.committed += (other.committed - one.committed) * share
    one.uncommitted += (other.uncommitted - one.uncommitted) * share
    if one.notice_left < math.inf:
        one.notice_left += (other.notice_left - one.notice_left) * share


@kernel
def make_room(cohorts: Records, p: int, book: Record, places: int, lending: Record) -> None:
    """Fold cohorts of a pool until some places are free.

    Of the pairs of successive cohorts in one phase, the one that differs least is folded; with more cohorts than
    the five phases there is always such a pair.

    Parameters
    ----------
    cohorts : COHORT[P, C]
        Of the fleet; at least ``places + 6`` places.
    p : int
        Pool.
    book : BOOK
        Of the pool.
    places : int
        How many.
    lending : LENDING
        Of the pool.
    """
    while book.cohorts + places > cohorts.shape[1]:
        first, second, least = 0, 0, math.inf
        for a in range(book.cohorts - 1):
            for b in range(a + 1, book.cohorts):
                if _phase(cohorts[p, a], lending) == _phase(cohorts[p, b], lending):
                    different = _difference(cohorts[p, a], cohorts[p, b], lending)
                    if different < least:
                        first, second, least = a, b, different
                    break
        _merge(cohorts[p, first], cohorts[p, second])
        for c in range(second, book.cohorts - 1):
            cohorts[p, c] = cohorts[p, c + 1]
        book.cohorts -= 1
