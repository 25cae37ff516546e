"""Replay of jobs on counted slots, or on equal nodes, by compiled kernels: blocks in, blocks of results out.

Times are whole microseconds, and so is every sum of them (``dcsim.jobs.instants``): ties are exact. At one instant all
that ends goes first, then all that arrives, then one pass of the discipline. A job of no duration holds its slots
during that pass, ends at the same instant, and another pass follows. A job that never ends (infinite duration) keeps
its slots; who waits for them for ever is left queued.

Memory holds the rows from the first that still waits to the last that was read, and what runs: a job that has started
is known to the end, so its row can go.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcsim.jobs.block import LEFT_OUT, OUTCOMES, JobBlock, JobResults
from dcsim.jobs.disciplines import Backfill, Conservative, Discipline, Fifo, Packed, ShortestFirst
from dcsim.jobs.instants import snapped
from dcsim.kernels.job_records import BUSY, FRAGMENTED, NOW, PASSES, QUEUED, Jobs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

__all__ = ["DISCIPLINES", "CompiledReplay", "replay"]

_COUNTED: dict[str, Callable[[int], Discipline]] = {
    "fifo": Fifo,
    "first_fit": lambda slots: Backfill(slots, reserve=False),
    "shortest_first": ShortestFirst,
    "conservative_backfill": Conservative,
    "easy_backfill": lambda slots: Backfill(slots, reserve=True),
}
DISCIPLINES = tuple(_COUNTED)
"""Disciplines that are compiled; on nodes only the first."""
_DONE, _QUEUED, _RUNNING, _TOO_LARGE = (OUTCOMES.index(name) for name in ("done", "queued", "running", "too_large"))
_LEAST_ROOM = 1 << 12


def replay(
    blocks: Iterable[JobBlock], discipline: str, *, slots: int = 0, nodes: int = 0, per_node: int = 0
) -> CompiledReplay:
    """Return a replay of a trace, ready to be gone through.

    Parameters
    ----------
    blocks : iterable of JobBlock
        The trace, in order of ``submit``.
    discipline : str
        One of ``DISCIPLINES``.
    slots : int
        Slots of the cluster, where they are counted.
    nodes, per_node : int
        Equal nodes and slots of each, where jobs are placed by ``consolidate``; only for ``fifo``.

    Returns
    -------
    CompiledReplay
        Gives one ``JobResults`` for each block, in order; then its ``figures`` are complete.

    Raises
    ------
    ValueError
        Unknown discipline, no slots, or another discipline than ``fifo`` on nodes.

    Examples
    --------
    >>> block = JobBlock(
    ...     job_id=np.array(["a", "b"], object), submit=np.zeros(2), slots=np.array([2, 1]),
    ...     duration=np.array([3.0, 1.0]), walltime=np.array([3.0, 1.0]), left_out=np.zeros(2, np.int8),
    ... )
    >>> [results.finish.tolist() for results in replay([block], "fifo", slots=2)]
    [[3.0, 4.0]]
    """
    if discipline not in DISCIPLINES:
        raise ValueError(f"no compiled discipline {discipline!r}; there are {', '.join(DISCIPLINES)}")
    if nodes > 0 and per_node > 0:
        if discipline != "fifo":
            raise ValueError(f"{discipline} is not compiled for nodes; only fifo is")
        return CompiledReplay(blocks, Packed(nodes, per_node))
    if slots <= 0:
        raise ValueError("a cluster has at least one slot")
    return CompiledReplay(blocks, _COUNTED[discipline](slots))


class _Pending(NamedTuple):
    """A block whose results are not complete: its jobs that take part, and where the first of them is."""

    block: JobBlock
    rows: NDArray[np.intp]
    first: int


class CompiledReplay:
    """A replay that is gone through once: an iterable of results.

    Parameters
    ----------
    blocks : iterable of JobBlock
        The trace, in order of ``submit``.
    discipline : Discipline
        An empty cluster.
    """

    def __init__(self, blocks: Iterable[JobBlock], discipline: Discipline) -> None:
        self._blocks = iter(blocks)
        self._discipline = discipline
        self._jobs = Jobs(np.empty(0), np.empty(0, np.int64), np.empty(0), np.empty(0), np.empty(0))
        self._count = 0
        self._pending: deque[_Pending] = deque()
        self._begin = 0.0
        self._begun = False

    def __iter__(self) -> Iterator[JobResults]:
        """Yield the results of each block as soon as all its jobs have started."""
        for block in self._blocks:
            self._admit(block)
            if self._count:
                self._advance(float(self._jobs.submit[self._count - 1]))
            yield from self._complete()
        self._advance(np.inf)
        while self._pending:
            yield self._results(self._pending.popleft())

    @property
    def figures(self) -> dict[str, float]:
        """What the rows do not tell, up to the time that the replay has reached.

        Returns
        -------
        dict of str to float
            ``begin_s`` and ``end_s`` (first submission, last event), ``capacity_slot_s``, ``busy_slot_s``,
            ``queue_job_s`` (waiting jobs over time), ``fragmented_slot_s`` (free slots while the head of the queue
            waits though they are enough for it, which only happens on nodes), ``passes`` of the discipline.
        """
        sums, counts = self._discipline.sums, self._discipline.counts
        end = float(sums[NOW])
        return {
            "begin_s": self._begin,
            "end_s": end,
            "capacity_slot_s": self._discipline.slots * (end - self._begin),
            "busy_slot_s": float(sums[BUSY]),
            "queue_job_s": float(sums[QUEUED]),
            "fragmented_slot_s": float(sums[FRAGMENTED]),
            "passes": float(counts[PASSES]),
        }

    def _admit(self, block: JobBlock) -> None:
        """Put the jobs of a block that take part behind those that are there."""
        rows = np.flatnonzero((block.left_out == 0) & (block.slots <= self._discipline.slots))
        if self._count + len(rows) > len(self._jobs.submit):
            self._move(len(rows))
        self._pending.append(_Pending(block, rows, self._count))
        if not len(rows):
            return
        if not self._begun:
            self._begun, self._begin = True, float(block.submit[rows[0]])
            self._discipline.begin(self._begin)
        here = slice(self._count, self._count + len(rows))
        for name in ("submit", "slots", "duration", "walltime"):
            getattr(self._jobs, name)[here] = getattr(block, name)[rows]
        self._jobs.start[here] = np.nan
        self._count += len(rows)

    def _move(self, more: int) -> None:
        """Forget jobs whose results are gone, and make room for as many again as there will be then."""
        gone = self._pending[0].first if self._pending else self._count
        held = self._count - gone
        room = max(_LEAST_ROOM, 2 * (held + more))
        jobs = Jobs._make(np.empty(room, array.dtype) for array in self._jobs)
        for new, old in zip(jobs, self._jobs, strict=True):
            new[:held] = old[gone : self._count]
        self._jobs, self._count = jobs, held
        self._pending = deque(one._replace(first=one.first - gone) for one in self._pending)
        self._discipline.shift(jobs, gone)

    def _advance(self, limit: float) -> None:
        """Carry out the instants before a time."""
        jobs = Jobs._make(array[: self._count] for array in self._jobs)
        self._discipline.make_room(jobs)
        self._discipline.advance(jobs, limit)

    def _complete(self) -> Iterator[JobResults]:
        """Yield the results of the first blocks all of whose jobs have started."""
        while self._pending:
            one = self._pending[0]
            if np.isnan(self._jobs.start[one.first : one.first + len(one.rows)]).any():
                return
            yield self._results(self._pending.popleft())

    def _results(self, one: _Pending) -> JobResults:
        """Return what became of the jobs of a block."""
        block, rows, first = one
        start, finish = np.full((2, len(block)), np.nan)
        start[rows] = self._jobs.start[first : first + len(rows)]
        finish[rows] = snapped(start[rows] + block.duration[rows])
        queued = np.zeros(len(block))
        queued[rows] = snapped(np.fmin(start[rows], self._discipline.sums[NOW]) - block.submit[rows])
        outcome = np.full(len(block), _TOO_LARGE, np.int8)
        outcome[rows] = np.where(np.isnan(start[rows]), _QUEUED, _DONE)
        outcome[np.isposinf(finish)] = _RUNNING
        finish[np.isposinf(finish)] = np.nan
        for code, why in enumerate(LEFT_OUT[1:], start=1):
            outcome[block.left_out == code] = OUTCOMES.index(why)
        return JobResults(
            jobs=block, start=start, finish=finish, outcome=outcome, preemptions=np.zeros(len(block), np.int64),
            lost=np.zeros(len(block)), overhead=np.zeros(len(block)), queued=queued,
        )  # fmt: skip
