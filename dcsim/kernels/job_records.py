"""Arrays that replays of jobs carry from one block of a trace to the next; no numba here."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["COUNTS", "SUMS", "Jobs", "NodeSets", "Parts", "Profile", "Promises", "Running", "new_counts", "new_sums"]

COUNTS = ARRIVED, HEAD, WAITING, FREE, RUNNING, SPARE, PASSES, STALE, NEXT, BLOCKS, DUE = range(11)
"""Places in the counts of a replay.

``ARRIVED``: jobs whose arrival has been handled; ``HEAD``: first job that may still wait; ``WAITING``: jobs that wait;
``FREE``: slots that nobody holds; ``RUNNING``: jobs that run; ``SPARE``: head of the list of unused records;
``PASSES``: passes of the scheduler. Only where all waiting jobs have reservations: ``STALE``: whether these are to be
made anew; ``NEXT``: first job that has none yet; ``BLOCKS`` of the profile in use; ``DUE``: jobs that have one.
"""
SUMS = NOW, BUSY, QUEUED, FRAGMENTED = range(4)
"""Places in the sums: the time reached (s), slot-seconds held, job-seconds waited, fragmented slot-seconds."""


class Jobs(NamedTuple):
    """Jobs in order of arrival; every array has one entry per job.

    Parameters
    ----------
    submit : float64[J]
        When each is submitted, s; it never falls.
    slots : int64[J]
        Slots that it needs at once, at most those of the cluster.
    duration, walltime : float64[J]
        Run time, and run time that its user promised not to exceed, s; they may be infinite.
    start : float64[J]
        When each started, s; NaN before. Written by the kernels.
    """

    submit: NDArray[np.float64]
    slots: NDArray[np.int64]
    duration: NDArray[np.float64]
    walltime: NDArray[np.float64]
    start: NDArray[np.float64]


class Running(NamedTuple):
    """Running jobs: a heap by end, and a record of each job where its slots alone do not tell enough.

    Parameters
    ----------
    ends : float64[R]
        Heap of the times at which they end, s.
    loads : int64[R]
        What each gives back then: slots, or the number of its record.
    """

    ends: NDArray[np.float64]
    loads: NDArray[np.int64]


class NodeSets(NamedTuple):
    """Equal nodes by the slots that are free on them; node ``n`` is bit ``n % 32`` of word ``n // 32``.

    Parameters
    ----------
    free : int64[N]
        Free slots of each node.
    many : int64[slots of a node + 1]
        How many nodes have that many free slots.
    words : int64[slots of a node + 1, W]
        Which nodes those are.
    full : int64[slots of a node + 1, ceil(W / 32)]
        Which of the words are not 0.
    """

    free: NDArray[np.int64]
    many: NDArray[np.int64]
    words: NDArray[np.int64]
    full: NDArray[np.int64]


class Parts(NamedTuple):
    """Slots that jobs hold, a list of parts for each job; each array has one entry per part, used or not.

    Parameters
    ----------
    node : int32[P]
        Where it is.
    slots : int32[P]
        How many slots.
    next : int32[P]
        The next part of the same job, or unused part; -1 after the last.
    """

    node: NDArray[np.int32]
    slots: NDArray[np.int32]
    next: NDArray[np.int32]


class Profile(NamedTuple):
    """Reservations to come, by their edges, in blocks of ``SPAN`` places (``slot_profile``).

    Parameters
    ----------
    times : float64[B * SPAN]
        Edges, s; the first is now.
    reserved : int64[B * SPAN]
        Slots reserved from each edge to the next, less what all of its block have in common.
    base : int64[B * SPAN]
        Slots that would be free at each edge without reservations, less what all of its block have in common.
    order : int64[B]
        The blocks, those in use by time.
    filled : int64[B]
        Edges in each.
    more : int64[B, 2]
        What is to be added to all that is ``reserved`` in each, and to all of its ``base``.
    least, most : int64[B]
        Slots that are free in each at all times, and slots that are never exceeded.
    bounds : float64[1 + classes, SPANS]
        Where to begin to look for a place (``slot_bounds``).
    steps : int64[1]
        Steps left until the kernel hands back.
    """

    times: NDArray[np.float64]
    reserved: NDArray[np.int64]
    base: NDArray[np.int64]
    order: NDArray[np.int64]
    filled: NDArray[np.int64]
    more: NDArray[np.int64]
    least: NDArray[np.int64]
    most: NDArray[np.int64]
    bounds: NDArray[np.float64]
    steps: NDArray[np.int64]


class Promises(NamedTuple):
    """A tree of running jobs by the time by which their users promised them to be over (``slot_promises``).

    Parameters
    ----------
    end : float64[R + 1]
        Promised end of each node, s.
    own : int64[R + 1]
        Slots of its job.
    total : int64[R + 1]
        Slots of it and all below it; node 0 stands for none.
    child : int64[R + 1, 2]
        What hangs below it, earlier and later; the root is the later child of node 0.
    """

    end: NDArray[np.float64]
    own: NDArray[np.int64]
    total: NDArray[np.int64]
    child: NDArray[np.int64]


def new_counts(slots: int) -> NDArray[np.int64]:
    """Return the counts of an empty cluster.

    Examples
    --------
    >>> new_counts(8).tolist()
    [0, 0, 0, 8, 0, -1, 0, 1, 0, 0, 0]
    """
    counts = np.zeros(len(COUNTS), np.int64)
    counts[FREE] = slots
    counts[SPARE], counts[STALE] = -1, 1
    return counts


def new_sums(begin: float) -> NDArray[np.float64]:
    """Return the sums of a replay that begins.

    Examples
    --------
    >>> new_sums(5.0).tolist()
    [5.0, 0.0, 0.0, 0.0]
    """
    return np.array([begin, 0.0, 0.0, 0.0])
