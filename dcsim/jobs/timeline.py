"""Queue and use over time in bounded memory: exact means over intervals that grow with the length of the replay."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.jobs.block import OUTCOMES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.jobs.block import JobResults

__all__ = ["Timeline"]

_TOO_LARGE = OUTCOMES.index("too_large")
_USED, _WAITING = range(2)
_FINEST = 2.0**-10  # s


class Timeline:
    """Slots in use and jobs that wait, as means over equal intervals.

    A change of a level by ``d`` at time ``t`` counts ``d`` in all later intervals and, in its own, ``d`` times what is
    left of it. Whenever a replay outgrows the intervals, each two become one; both sums stay exact.

    Parameters
    ----------
    intervals : int
        Most intervals; once a replay has outgrown them, more than half as many are in use.
    segments : bool
        Whether ``add_segments`` tells when jobs held slots, as it must where jobs are stopped or resized; otherwise
        each holds its slots from start to finish.

    Examples
    --------
    >>> line = Timeline(intervals=4, segments=True)
    >>> line.add_segments(np.array([0.0, 1.0]), np.array([4.0, 3.0]), np.array([2.0, 1.0]))
    >>> line.edges.tolist(), line.used.tolist()
    ([0.0, 2.0, 4.0], [2.5, 2.5])
    """

    def __init__(self, intervals: int = 1024, *, segments: bool = False) -> None:
        self._segments = segments
        self._intervals = intervals
        self._width = _FINEST
        self._offset = 0  # of the first interval from time 0, in intervals
        self._first, self._last = math.inf, -math.inf
        self._changes = np.zeros((2, intervals))  # of each level, in each interval
        self._areas = np.zeros((2, intervals))  # of those changes, up to the end of their interval

    def add(self, results: JobResults) -> None:
        """Count what became of more jobs; each row is to be given once, in any order."""
        here = results.outcome < _TOO_LARGE
        submit, start, finish = results.jobs.submit[here], results.start[here], results.finish[here]
        started, ended = ~np.isnan(start), ~np.isnan(finish)
        self._change(_WAITING, submit, np.ones(len(submit)))
        if self._segments:  # who waits is here and does not run: segments take away who runs
            self._change(_WAITING, finish[ended], -np.ones(int(ended.sum())))
            return
        slots = results.jobs.slots[here].astype(np.float64)
        if "share" in results.jobs.more:
            slots *= results.jobs.more["share"][here]
        self._change(_WAITING, start[started], -np.ones(int(started.sum())))
        self._change(_USED, start[started], slots[started])
        self._change(_USED, finish[ended], -slots[ended])

    def add_segments(
        self, begin: NDArray[np.float64], end: NDArray[np.float64], slots: NDArray[np.float64]
    ) -> None:
        """Count times during which a job held slots, each in one piece.

        Parameters
        ----------
        begin, end : ndarray of float64
            Of each, s; the end is NaN where the replay ended first.
        slots : ndarray of float64
            Held by the job.
        """
        ended = ~np.isnan(end)
        for sign, times, held in ((1.0, begin, slots), (-1.0, end[ended], slots[ended])):
            self._change(_USED, times, sign * held)
            self._change(_WAITING, times, np.full(len(times), -sign))

    @property
    def edges(self) -> NDArray[np.float64]:
        """Return the ends of the intervals, s: one more than there are intervals, from the first to the last event."""
        if self._first > self._last:
            return np.zeros(1)
        first, last = self._places(np.array([self._first, self._last]))
        edges = (self._offset + np.arange(first, last + 2)) * self._width
        edges[0], edges[-1] = self._first, self._last
        return edges if self._last > edges[-2] else edges[:-1]

    @property
    def used(self) -> NDArray[np.float64]:
        """Return the mean number of slots in use in each interval."""
        return self._means(_USED)

    @property
    def waiting(self) -> NDArray[np.float64]:
        """Return the mean number of jobs that wait in each interval."""
        return self._means(_WAITING)

    def _means(self, level: int) -> NDArray[np.float64]:
        edges = self.edges
        begin = self._places(edges[:1])[0] if len(edges) > 1 else 0
        here = slice(begin, begin + len(edges) - 1)
        levels = np.cumsum(self._changes[level])[here]
        over = (self._offset + np.arange(begin, begin + len(levels)) + 1) * self._width  # full ends of the intervals
        held = (levels - self._changes[level][here]) * (over - edges[:-1]) + self._areas[level][here]
        means: NDArray[np.float64] = (held - levels * (over - edges[1:])) / np.diff(edges)
        return means

    def _change(self, level: int, times: NDArray[np.float64], by: NDArray[np.float64]) -> None:
        """Change a level at times."""
        if not len(times):
            return
        self._reach(float(times.min()), float(times.max()))
        places = self._places(times)
        left = (self._offset + places + 1) * self._width - times
        self._changes[level] += np.bincount(places, by, self._intervals)
        self._areas[level] += np.bincount(places, by * left, self._intervals)

    def _places(self, times: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.floor(times / self._width).astype(np.int64) - self._offset

    def _reach(self, first: float, last: float) -> None:
        """Let the intervals cover these times too."""
        empty = self._first > self._last
        self._first, self._last = min(self._first, first), max(self._last, last)
        if empty:
            self._offset = math.floor(self._first / self._width)
        while math.floor(self._last / self._width) - math.floor(self._first / self._width) >= self._intervals:
            self._join()
        begin = math.floor(self._first / self._width)
        for sums in (self._changes, self._areas):
            sums[:] = np.roll(sums, self._offset - begin, axis=1)
        self._offset = begin

    def _join(self) -> None:
        """Make one interval of each two."""
        places = (self._offset + np.arange(self._intervals)) // 2 - self._offset // 2
        early = (self._offset + np.arange(self._intervals)) % 2 == 0
        areas = self._areas + np.where(early, self._changes * self._width, 0.0)
        for sums, old in ((self._changes, self._changes.copy()), (self._areas, areas)):
            for level in range(len(sums)):
                sums[level] = np.bincount(places, old[level], self._intervals)
        self._offset //= 2
        self._width *= 2.0
