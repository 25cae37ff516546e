"""Results of a replay, handed out block by block in the order of the trace as soon as a block is complete."""

from __future__ import annotations

from collections import deque
from math import nan
from typing import TYPE_CHECKING

import numpy as np

from dcsim.jobs.block import LEFT_OUT, OUTCOMES, JobBlock, JobResults

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ResultRows", "Rows"]

_DONE, _QUEUED, _RUNNING, _TOO_LARGE, _UNREACHABLE = (
    OUTCOMES.index(name) for name in ("done", "queued", "running", "too_large", "unreachable")
)
_LEFT_OUT = np.array([_DONE, *(OUTCOMES.index(name) for name in LEFT_OUT[1:])], np.int8)


class Rows:
    """What is known of the jobs of one block.

    Parameters
    ----------
    block : JobBlock
        The jobs.
    """

    def __init__(self, block: JobBlock) -> None:
        count = len(block)
        self.block = block
        self.start = [nan] * count
        self.finish = [nan] * count
        self.preemptions = [0] * count
        self.lost = [0.0] * count
        self.overhead = [0.0] * count
        self.queued = [0.0] * count
        self.too_large: list[int] = []
        self.stopped: list[int] = []  # started once, and waiting again at the end of the replay
        self.held_back: list[int] = []  # waiting for others at the end of the replay
        self.open = int((block.left_out == 0).sum())  # jobs whose end is not known

    def refuse(self, row: int) -> None:
        """Note that a job is larger than the cluster."""
        self.too_large.append(row)
        self.open -= 1

    def results(self) -> JobResults:
        """Return what became of the jobs; those without an end run or wait."""
        start, finish = np.array(self.start, np.float64), np.array(self.finish, np.float64)
        outcome = _LEFT_OUT[self.block.left_out]
        replayed = self.block.left_out == 0
        outcome[replayed & np.isnan(finish)] = _RUNNING
        outcome[replayed & np.isnan(start)] = _QUEUED
        outcome[self.stopped] = _QUEUED
        outcome[self.too_large] = _TOO_LARGE
        outcome[self.held_back] = _UNREACHABLE
        return JobResults(
            self.block, start, finish, outcome, np.array(self.preemptions, np.int64),
            np.array(self.lost, np.float64), np.array(self.overhead, np.float64), np.array(self.queued, np.float64),
        )  # fmt: skip


class ResultRows:
    """Blocks that have been read and not yet been handed out."""

    def __init__(self) -> None:
        self._blocks: deque[Rows] = deque()

    def add(self, block: JobBlock) -> Rows:
        """Take a block in."""
        rows = Rows(block)
        self._blocks.append(rows)
        return rows

    @property
    def ready(self) -> bool:
        """Whether the first block is complete."""
        return bool(self._blocks) and not self._blocks[0].open

    def complete(self) -> Iterator[JobResults]:
        """Hand out the first blocks, as far as they are complete."""
        while self.ready:
            yield self._blocks.popleft().results()

    def rest(self) -> Iterator[JobResults]:
        """Hand out all that is left, complete or not."""
        while self._blocks:
            yield self._blocks.popleft().results()
