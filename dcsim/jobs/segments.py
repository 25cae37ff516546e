"""When jobs held slots, and what for: one CSV row for each uninterrupted run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from dcsim.jobs.block import OUTCOMES
from dcsim.jobs.instants import snapped
from dcsim.jobs.writing import numbers, quoted, write_columns

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import TextIO

    from dcsim.jobs.block import JobResults

__all__ = ["SEGMENT_COLUMNS", "Run", "Runs", "SegmentRows"]

SEGMENT_COLUMNS = (
    "job_id", "tenant", "pool", "nodes", "slots", "begin", "finish", "useful_s", "lost_s", "overhead_s", "end", "share",
)  # fmt: skip
"""Names of the columns; ``nodes`` holds ``node:slots|node:slots``, nothing where slots are only counted;
``share`` is the part held of each."""
_BATCH = 8192


class Run(Protocol):
    """One uninterrupted run of a job, as ``dcsim.world.job_run.Segment`` has it."""

    @property
    def job_id(self) -> str:
        """Which job."""

    @property
    def tenant(self) -> str:
        """Whose."""

    @property
    def pool(self) -> int:
        """Where."""

    @property
    def nodes(self) -> Sequence[tuple[int, int]]:
        """Nodes, and how many slots of each."""

    @property
    def slots(self) -> int:
        """How many in all."""

    @property
    def begin(self) -> float:
        """From when, s."""

    @property
    def end(self) -> float:
        """Until when, s."""

    @property
    def useful(self) -> float:
        """Time that brought the job on, s."""

    @property
    def lost(self) -> float:
        """Time thrown away, s."""

    @property
    def overhead(self) -> float:
        """Time spent on restarts and resizes, s."""

    @property
    def why(self) -> str:
        """What ended it."""

    @property
    def share(self) -> float:
        """Part of each slot."""


class Runs:
    """Takes runs one by one and hands them on many at a time.

    Parameters
    ----------
    sinks : sequence of callable
        Each takes a list of runs.
    """

    def __init__(self, sinks: Sequence[Callable[[list[Run]], None]]) -> None:
        self._sinks = sinks
        self._runs: list[Run] = []

    def add(self, run: Run) -> None:
        """Take one more."""
        self._runs.append(run)
        if len(self._runs) >= _BATCH:
            self.flush()

    def flush(self) -> None:
        """Hand on what has been taken."""
        runs, self._runs = self._runs, []
        for sink in self._sinks if runs else ():
            sink(runs)


class SegmentRows:
    """A CSV file of runs.

    Parameters
    ----------
    file : text file
        Where to.

    Examples
    --------
    >>> import io
    >>> from types import SimpleNamespace
    >>> run = SimpleNamespace(job_id="a", tenant="ads", pool=0, nodes=((3, 8), (4, 2)), slots=10, begin=0.0, end=9.5)
    >>> run.useful, run.lost, run.overhead, run.why, run.share = 8.0, 1.5, 0.0, "preempted", 1.0
    >>> SegmentRows(text := io.StringIO()).add([run])
    >>> text.getvalue().splitlines()[1]
    'a,ads,0,3:8|4:2,10,0,9.5,8,1.5,0,preempted,1'
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        file.write(",".join(SEGMENT_COLUMNS) + "\n")

    def add(self, runs: list[Run]) -> None:
        """Write runs."""
        times = (run.begin for run in runs), (run.end for run in runs), (run.useful for run in runs)
        costs = (run.lost for run in runs), (run.overhead for run in runs)
        columns = (
            quoted([run.job_id for run in runs]), quoted([run.tenant for run in runs]), [str(run.pool) for run in runs],
            ["|".join(f"{node}:{slots}" for node, slots in run.nodes) for run in runs],
            [str(run.slots) for run in runs],
            *(numbers(np.fromiter(column, np.float64, len(runs))) for column in (*times, *costs)),
            [run.why for run in runs], numbers(np.fromiter((run.share for run in runs), np.float64, len(runs))),
        )  # fmt: skip
        write_columns(self._file, columns)

    def add_whole(self, results: JobResults) -> None:
        """Write jobs that ran from start to finish in one piece, on slots that are only counted."""
        ran = ~np.isnan(results.start)
        count = int(ran.sum())
        jobs, none = results.jobs, ["0"] * count
        tenants = jobs.more["tenant"][ran].tolist() if "tenant" in jobs.more else [""] * count
        start, finish = results.start[ran], results.finish[ran]
        shares = jobs.more["share"][ran] if "share" in jobs.more else np.ones(count)
        columns = (
            quoted(jobs.job_id[ran].tolist()), quoted(tenants), none, [""] * count,
            list(map(str, jobs.slots[ran].tolist())), numbers(start), numbers(finish), numbers(snapped(finish - start)),
            none, none, [OUTCOMES[code] for code in results.outcome[ran].tolist()], numbers(shares),
        )  # fmt: skip
        write_columns(self._file, columns)
