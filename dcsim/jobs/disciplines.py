"""What each compiled discipline keeps between two blocks of a trace."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np

from dcsim.kernels.job_backfill import backfill
from dcsim.kernels.job_conservative import BETWEEN, DONE, WITHIN, conservative_backfill
from dcsim.kernels.job_fifo import fifo
from dcsim.kernels.job_packed import packed_fifo
from dcsim.kernels.job_records import (
    ARRIVED,
    BLOCKS,
    HEAD,
    NOW,
    RUNNING,
    SPARE,
    STALE,
    WAITING,
    Jobs,
    NodeSets,
    Parts,
    Profile,
    Promises,
    Running,
    new_counts,
    new_sums,
)  # fmt: skip
from dcsim.kernels.job_shortest_first import shortest_first
from dcsim.kernels.slot_bounds import SPANS
from dcsim.kernels.slot_profile import SPAN
from dcsim.kernels.slot_queue import LEAF, line_up, size_class

__all__ = ["Backfill", "Conservative", "Discipline", "Fifo", "Packed", "ShortestFirst"]


def _longer(array: np.ndarray, length: int) -> np.ndarray:
    """Return a longer copy of an array, zeros after what it holds."""
    longer = np.zeros((length, *array.shape[1:]), array.dtype)
    longer[: len(array)] = array
    return longer


class Discipline(ABC):
    """Running jobs and sums, which every discipline has.

    Parameters
    ----------
    slots : int
        Of the cluster.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self.counts = new_counts(slots)
        self.sums = new_sums(0.0)
        self.running = Running(np.empty(0), np.empty(0, np.int64))

    def begin(self, now: float) -> None:
        """Set the time of an empty cluster, s."""
        self.sums[NOW] = now

    def shift(self, jobs: Jobs, by: int) -> None:  # noqa: ARG002  others look at the jobs
        """Follow the jobs to an array that lacks the first ``by`` of them, all started."""
        self.counts[ARRIVED] -= by
        self.counts[HEAD] = max(0, self.counts[HEAD] - by)

    def make_room(self, jobs: Jobs) -> None:
        """Make room for every job to run that has not started."""
        most = int(self.counts[RUNNING] + self.counts[WAITING] + len(jobs.submit) - self.counts[ARRIVED])
        if most > len(self.running.ends):
            self._grow(2 * most)

    @abstractmethod
    def advance(self, jobs: Jobs, limit: float) -> None:
        """Carry out the instants before a time, s; all where it is infinite."""

    def _grow(self, most: int) -> None:
        """Make room for so many running jobs."""
        self.running = Running(*(_longer(array, most) for array in self.running))


class Fifo(Discipline):
    """First in, first out on counted slots."""

    def advance(self, jobs: Jobs, limit: float) -> None:
        """Carry out the instants before a time, s."""
        fifo(jobs, self.running, self.counts, self.sums, self.slots, limit)


class Packed(Discipline):
    """First in, first out on equal nodes.

    Parameters
    ----------
    nodes, per_node : int
        How many, and slots of each.
    """

    def __init__(self, nodes: int, per_node: int) -> None:
        super().__init__(nodes * per_node)
        count = np.zeros(per_node + 1, np.int64)
        words = np.zeros((per_node + 1, -(-nodes // 32)), np.int64)
        full = np.zeros((per_node + 1, -(-words.shape[1] // 32)), np.int64)
        count[per_node] = nodes
        np.bitwise_or.at(words[per_node], np.arange(nodes) // 32, 1 << np.arange(nodes) % 32)
        of_words = np.arange(words.shape[1])
        np.bitwise_or.at(full[per_node], of_words // 32, 1 << of_words % 32)
        self.sets = NodeSets(np.full(nodes, per_node), count, words, full)
        following = np.arange(1, self.slots + 1, dtype=np.int32)
        following[-1] = -1
        self.parts = Parts(np.zeros(self.slots, np.int32), np.zeros(self.slots, np.int32), following)
        self.counts[SPARE] = 0

    def advance(self, jobs: Jobs, limit: float) -> None:
        """Carry out the instants before a time, s."""
        packed_fifo(jobs, self.running, self.sets, self.parts, self.counts, self.sums, self.slots, limit)


class ShortestFirst(Discipline):
    """Shortest job first on counted slots."""

    def __init__(self, slots: int) -> None:
        super().__init__(slots)
        self.queue = Running(np.empty(0), np.empty(0, np.int64))

    def advance(self, jobs: Jobs, limit: float) -> None:
        """Carry out the instants before a time, s."""
        shortest_first(jobs, self.running, self.queue, self.counts, self.sums, self.slots, limit)

    def shift(self, jobs: Jobs, by: int) -> None:
        """Follow the jobs to an array that lacks the first ``by`` of them, all started."""
        super().shift(jobs, by)
        self.queue.loads[: self.counts[WAITING]] -= by

    def _grow(self, most: int) -> None:
        """Make room for so many running jobs, and as many waiting ones."""
        super()._grow(most)
        self.queue = Running(*(_longer(array, most) for array in self.queue))


class Backfill(Discipline):
    """EASY backfill on counted slots, or first fit.

    Parameters
    ----------
    slots : int
        Of the cluster.
    reserve : bool
        Whether the head of the queue has a reservation.
    """

    def __init__(self, slots: int, *, reserve: bool) -> None:
        super().__init__(slots)
        self.reserve = reserve
        self.kinds = np.empty(0, np.int16)
        self.table = np.empty((0, 0))
        none = np.zeros(1, np.int64)
        self.promises = Promises(np.zeros(1), none, none.copy(), np.zeros((1, 2), np.int64))

    def advance(self, jobs: Jobs, limit: float) -> None:
        """Carry out the instants before a time, s."""
        kinds, counts, sums = self.kinds[: len(jobs.submit)], self.counts, self.sums
        backfill(jobs, self.running, self.promises, kinds, self.table, counts, sums, self.slots, limit, self.reserve)

    def shift(self, jobs: Jobs, by: int) -> None:
        """Follow the jobs to an array that lacks the first ``by`` of them, all started."""
        super().shift(jobs, by)
        held, room = self.kinds[by:], len(jobs.submit)
        self.kinds = np.full(room, -1, np.int16)
        self.kinds[: min(len(held), room)] = held[:room]
        leaves = 1 << max(0, -(-room // LEAF) - 1).bit_length()
        self.table = np.full((2 + size_class(self.slots), 2 * leaves), np.inf)
        if self.counts[WAITING] > 0:
            line_up(jobs, self.kinds, self.table)

    def _grow(self, most: int) -> None:
        """Make room for so many running jobs."""
        super()._grow(most)
        self.promises = Promises(*(_longer(array, most + 1) for array in self.promises))


class Conservative(Backfill):
    """Conservative backfill on counted slots.

    Parameters
    ----------
    slots : int
        Of the cluster.
    steps : int
        After about so many, each some nanoseconds, the kernel hands back, so that signals are heard.
    """

    def __init__(self, slots: int, *, steps: int = 10_000_000) -> None:
        super().__init__(slots, reserve=True)
        self.steps = steps
        none, bounds = np.empty(0, np.int64), np.empty((2 + size_class(slots), SPANS))
        self.profile = Profile(
            np.empty(0), none, none, none, none, np.empty((0, 2), np.int64), none, none, bounds, np.zeros(1, np.int64)
        )
        self._grow_profile(4)
        self.due = Running(np.empty(0), np.empty(0, np.int64))

    def advance(self, jobs: Jobs, limit: float) -> None:
        """Carry out the instants before a time, s."""
        kinds, reached = self.kinds[: len(jobs.submit)], BETWEEN
        while reached != DONE:
            held = (self.promises, self.profile, self.due)
            reached = conservative_backfill(
                jobs, self.running, *held, kinds, self.table, self.counts, self.sums, self.slots, limit, self.steps,
                reached == WITHIN,
            )  # fmt: skip
            if self.counts[BLOCKS] + 2 > len(self.profile.order):
                self._grow_profile(2 * len(self.profile.order))

    def shift(self, jobs: Jobs, by: int) -> None:
        """Follow the jobs to an array that lacks the first ``by`` of them, all started."""
        super().shift(jobs, by)
        self.counts[STALE] = 1

    def _grow(self, most: int) -> None:
        """Make room for so many running jobs, and as many reservations."""
        super()._grow(most)
        self.due = Running(*(_longer(array, most) for array in self.due))

    def _grow_profile(self, blocks: int) -> None:
        """Make room for so many blocks of reservations."""
        held = self.profile
        edges = [_longer(array, blocks * SPAN) for array in held[:3]]
        order = np.arange(blocks)
        order[: len(held.order)] = held.order
        per_block = [_longer(array, blocks) for array in held[4:8]]
        self.profile = Profile._make([*edges, order, *per_block, held.bounds, held.steps])
