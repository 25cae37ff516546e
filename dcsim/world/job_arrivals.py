"""Jobs of a trace as they arrive: blocks are read when their time comes."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.world.job_run import JobRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dcsim.jobs.block import JobBlock
    from dcsim.world.job_ledger import Ledger
    from dcsim.world.job_rows import ResultRows

__all__ = ["JobArrivals"]

_COLUMNS = (
    "priority", "tenant", "opportunistic", "deadline", "model", "gpu_type", "share", "cpus", "memory", "least", "most",
)  # fmt: skip


class JobArrivals:
    """A cursor over the jobs of a trace that can be replayed.

    Parameters
    ----------
    blocks : iterable of JobBlock
        The trace, sorted by time of submission.
    rows : ResultRows
        Takes every block that is read.
    ledger : Ledger
        What the jobs share.
    behind : sequence of float, optional
        Length of the chain behind each job of the trace, s.

    Attributes
    ----------
    next : float
        When the next job arrives, s; infinite after the last one.
    """

    def __init__(
        self, blocks: Iterable[JobBlock], rows: ResultRows, ledger: Ledger, behind: Sequence[float] | None = None
    ) -> None:
        self.next = inf
        self._blocks = iter(blocks)
        self._rows = rows
        self._ledger = ledger
        self._behind = behind
        self._read = 0  # jobs in the blocks that were read
        self._jobs: Iterator[JobRun] = iter(())
        self._job: JobRun | None = None
        self._advance()

    def arrived(self) -> list[JobRun]:
        """Return the jobs that have arrived by now and were not returned before."""
        now, come = self._ledger.now, []
        while self._job is not None and self.next <= now:
            come.append(self._job)
            job = next(self._jobs, None)
            if job is None:
                self._advance()
            else:
                self._job, self.next = job, job.submitted
        return come

    def _advance(self) -> None:
        """Go on with the next block that has a job to replay."""
        self._job, self.next = None, inf
        for block in self._blocks:
            self._jobs = self._made(block)
            self._read += len(block)
            job = next(self._jobs, None)
            if job is not None:
                self._job, self.next = job, job.submitted
                return

    def _made(self, block: JobBlock) -> Iterator[JobRun]:
        """Return the jobs of a block, made one by one."""
        rows, ledger, first = self._rows.add(block), self._ledger, self._read
        kept = np.flatnonzero(block.left_out == 0)
        names = [name for name in _COLUMNS if name in block.more]
        columns = [_column(block, name)[kept].tolist() for name in names]
        if self._behind is not None:
            names.append("behind")
            columns.append([self._behind[first + row] for row in kept.tolist()])
        plain = zip(
            kept.tolist(), block.slots[kept].tolist(), block.submit[kept].tolist(), block.duration[kept].tolist(),
            block.walltime[kept].tolist(), strict=True,
        )  # fmt: skip
        if not columns:
            return (
                JobRun(ledger, rows, row, first + row, slots, submit, duration, walltime)
                for row, slots, submit, duration, walltime in plain
            )
        return (
            _with(JobRun(ledger, rows, row, first + row, slots, submit, duration, walltime), names, more)
            for (row, slots, submit, duration, walltime), more in zip(plain, zip(*columns, strict=True), strict=True)
        )


def _with(job: JobRun, names: list[str], values: tuple[Any, ...]) -> JobRun:
    """Give a job what else the trace says of it."""
    for name, value in zip(names, values, strict=True):
        setattr(job, name, value)
    return job


def _column(block: JobBlock, name: str) -> Any:
    """Return a further column; what is missing in it means what a trace without the column means."""
    values = block.more[name]
    if name == "deadline":
        return np.where(np.isnan(values), inf, values)
    if name in ("least", "most"):
        return np.where(values > 0, values, block.slots)
    return values
