"""Waiting jobs in order of arrival, searched for the first that is small, or short, enough.

Jobs are taken in leaves of 32. Row 0 of the table is a binary tree over the leaves with the least slots of a waiting
job below each node; row ``1 + size`` is one with the least walltime of the waiting jobs of one class of sizes, four
classes to the doubling. A search looks at leaves that hold what it looks for, so a million waiting jobs cost little
more than a hundred.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.kernels.jit import kernel, lean_kernel
from dcsim.kernels.job_instants import snap

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dcsim.kernels.job_records import Jobs

__all__ = ["LEAF", "enter", "first_short", "first_small", "leave", "line_up", "size_class"]

LEAF = 32


@lean_kernel
def size_class(slots: int) -> int:
    """Return the class of a number of slots; classes rise with it.

    Examples
    --------
    >>> [size_class(slots) for slots in (0, 1, 7, 8, 9, 10, 15, 16, 19, 20, 1 << 40)]
    [0, 1, 7, 8, 8, 9, 11, 12, 12, 13, 156]
    """
    doublings = 0
    while slots >= 8:
        slots >>= 1
        doublings += 1
    return slots + 4 * doublings


@lean_kernel
def _next_leaf(row: NDArray[np.float64], leaf: int, base: float, limit: float) -> int:
    """Return the first leaf from one on whose least value, a time after ``base``, is within a limit; -1 if none is."""
    leaves = row.size >> 1
    node = leaves + leaf
    while snap(base + row[node]) > limit:
        while node & 1:
            node >>= 1
        if node == 0:
            return -1
        node += 1
    while node < leaves:
        node *= 2
        if snap(base + row[node]) > limit:
            node += 1
    return node - leaves


@lean_kernel
def first_small(
    need: NDArray[np.int64], kinds: NDArray[np.int16], table: NDArray[np.float64], job: int, slots: int
) -> int:
    """Return the first waiting job from one on that needs no more than some slots.

    Parameters
    ----------
    need : int64[J]
        Slots of each job.
    kinds : int16[J]
        Class of size of each waiting job, -1 of others.
    table : float64[1 + classes, 2 * leaves]
        The trees.
    job : int
        Where to begin.
    slots : int
        The most that it may need.

    Returns
    -------
    int
        The job; -1 if there is none.
    """
    leaf = job // LEAF
    while leaf < (table.shape[1] >> 1):
        leaf = _next_leaf(table[0], leaf, 0.0, float(slots))
        if leaf < 0:
            break
        for j in range(max(job, leaf * LEAF), min((leaf + 1) * LEAF, need.size)):
            if kinds[j] >= 0 and need[j] <= slots:
                return j
        leaf += 1
    return -1


@lean_kernel
def first_short(
    jobs: Jobs, kinds: NDArray[np.int16], table: NDArray[np.float64], job: int, slots: int, now: float, end: float
) -> int:
    """Return the first waiting job from one on that fits into some slots, and ends in time.

    Parameters
    ----------
    jobs : Jobs
        All jobs.
    kinds : int16[J]
    table : float64[1 + classes, 2 * leaves]
        As of :func:`first_small`.
    job : int
        Where to begin.
    slots : int
        The most that it may need.
    now, end : float
        It must be over by ``end``, a finite time, if it starts ``now``, by its walltime, s.

    Returns
    -------
    int
        The job; -1 if there is none.
    """
    need, walltime = jobs.slots, jobs.walltime
    best = need.size
    for kind in range(size_class(slots) + 1):
        row = table[1 + kind]
        leaf = job // LEAF if snap(now + row[1]) <= end else best
        while leaf * LEAF < best:
            leaf = _next_leaf(row, leaf, now, end)
            if leaf < 0:
                break
            for j in range(max(job, leaf * LEAF), min((leaf + 1) * LEAF, best)):
                if kinds[j] == kind and need[j] <= slots and snap(now + walltime[j]) <= end:
                    best = j
                    break
            leaf += 1
    return best if best < need.size else -1


@lean_kernel
def _lower(row: NDArray[np.float64], leaf: int, value: float) -> None:
    """Let a value into a leaf of a tree of least values."""
    node = (row.size >> 1) + leaf
    while node > 0 and value < row[node]:
        row[node] = value
        node >>= 1


@lean_kernel
def _set(row: NDArray[np.float64], leaf: int, value: float) -> None:
    """Write the least value of a leaf, and what changes above it."""
    node = (row.size >> 1) + leaf
    while node > 0 and row[node] != value:
        row[node] = value
        value = min(value, row[node ^ 1]) if node > 1 else value
        node >>= 1


@lean_kernel
def enter(jobs: Jobs, kinds: NDArray[np.int16], table: NDArray[np.float64], job: int) -> None:
    """Let a job wait.

    Parameters
    ----------
    jobs : Jobs
        All jobs.
    kinds : int16[J]
    table : float64[1 + classes, 2 * leaves]
        As of :func:`first_small`; both are written.
    job : int
        Which.
    """
    kind = size_class(jobs.slots[job])
    kinds[job] = kind
    _lower(table[0], job // LEAF, float(jobs.slots[job]))
    _lower(table[1 + kind], job // LEAF, jobs.walltime[job])


@lean_kernel
def leave(jobs: Jobs, kinds: NDArray[np.int16], table: NDArray[np.float64], job: int) -> None:
    """Let a job wait no longer.

    Parameters
    ----------
    jobs : Jobs
        All jobs.
    kinds : int16[J]
    table : float64[1 + classes, 2 * leaves]
        As of :func:`first_small`; both are written.
    job : int
        Which; it waits.
    """
    kind = kinds[job]
    kinds[job] = -1
    leaf = job // LEAF
    least, shortest = math.inf, math.inf
    for j in range(leaf * LEAF, min((leaf + 1) * LEAF, kinds.size)):
        if kinds[j] >= 0:
            least = min(least, float(jobs.slots[j]))
            if kinds[j] == kind:
                shortest = min(shortest, jobs.walltime[j])
    _set(table[0], leaf, least)
    _set(table[1 + kind], leaf, shortest)


@kernel
def line_up(jobs: Jobs, kinds: NDArray[np.int16], table: NDArray[np.float64]) -> None:
    """Make the trees of the jobs that wait.

    Parameters
    ----------
    jobs : Jobs
        All jobs.
    kinds : int16[J]
    table : float64[1 + classes, 2 * leaves]
        As of :func:`first_small`; the table is infinite throughout, and is written.
    """
    for job in range(kinds.size):
        if kinds[job] >= 0:
            enter(jobs, kinds, table, job)
