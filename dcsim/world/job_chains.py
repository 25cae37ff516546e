"""Which jobs of a trace wait for which others to finish, and how long a chain hangs on each."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.jobs.block import JobBlock

__all__ = ["ChainError", "Chains"]


class ChainError(ValueError):
    """A job waits for one that is not there, or for itself.

    Parameters
    ----------
    row : int
        Row of the job in the trace.
    message : str
        What is wrong, and the fix.
    """

    def __init__(self, row: int, message: str) -> None:
        super().__init__(message)
        self.row = row
        self.message = message


class Chains:
    """The ``after`` column of a whole trace; a job may name several others, joined by ``|``.

    Parameters
    ----------
    blocks : sequence of JobBlock
        The trace.

    Attributes
    ----------
    open : list of int
        For how many others each job still waits.
    behind : list of float
        Length of the longest chain of jobs that cannot start before each is done, by their estimates, s.

    Raises
    ------
    ChainError
        For a name that no job has, and for jobs that wait for one another in a circle.
    """

    def __init__(self, blocks: Sequence[JobBlock]) -> None:
        names = [str(name) for block in blocks for name in block.job_id]
        after = [
            str(cell) for block in blocks for cell in block.more.get("after", np.full(len(block), "", object))
        ]
        walltime = [float(length) for block in blocks for length in block.walltime]
        rows = {name: row for row, name in enumerate(names)}
        self._followers: dict[int, list[int]] = {}
        self.open = [0] * len(names)
        for row, cell in enumerate(after):
            for name in dict.fromkeys(filter(None, map(str.strip, cell.split("|")))):
                if name not in rows:
                    raise ChainError(row, f"no job is called '{name}'; leave the cell empty or name a job of the trace")
                self._followers.setdefault(rows[name], []).append(row)
                self.open[row] += 1
        self.behind = self._lengths(names, walltime)

    def finished(self, row: int) -> list[int]:
        """Return the jobs that waited for this one last."""
        free = []
        for follower in self._followers.pop(row, ()):
            self.open[follower] -= 1
            if not self.open[follower]:
                free.append(follower)
        return free

    def _lengths(self, names: list[str], walltime: list[float]) -> list[float]:
        """Return the longest chain behind each job, from the ends of the chains backwards."""
        left, order = list(self.open), deque(row for row, count in enumerate(self.open) if not count)
        done: list[int] = []
        while order:
            row = order.popleft()
            done.append(row)
            for follower in self._followers.get(row, ()):
                left[follower] -= 1
                if not left[follower]:
                    order.append(follower)
        if len(done) < len(names):
            row = next(row for row, count in enumerate(left) if count)
            raise ChainError(row, f"job '{names[row]}' waits for jobs that wait for it; break the circle")
        behind = [0.0] * len(names)
        for row in reversed(done):
            for follower in self._followers.get(row, ()):
                behind[row] = max(behind[row], walltime[follower] + behind[follower])
        return behind
