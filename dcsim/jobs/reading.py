"""A job trace that can be replayed again and again: looked through once, then read block by block."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dcsim.errors import Problem
from dcsim.jobs.block import LEFT_OUT
from dcsim.jobs.rows import joined, taken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from dcsim.jobs.block import JobBlock

__all__ = ["JobTrace", "Part"]

_KEPT = 200_000
"""Jobs up to which a trace is kept in memory instead of being read twice; they take some 20 MB."""
_BLOCK = 65536  # jobs of a block of a trace that had to be sorted
_REASONS = {"no_duration": "no run time", "no_slots": "no slots", "no_submit": "no time of submission"}

_NOTES = {
    "parts": "{count} of status 2, 3 or 4 left out: parts of jobs that stand above whole; the first is of '{first}'",
    "renamed": "{count} with the number of a job above, taken as another job; the first is now '{first}'",
}


@dataclass(frozen=True)
class Part:
    """Which part of a trace is replayed, and how densely.

    Parameters
    ----------
    begin, end : float
        Jobs submitted from ``begin`` on, before ``end``, on the clock of the trace, s.
    load : float
        Times between submissions are divided by it, from the first job on.
    """

    begin: float = -math.inf
    end: float = math.inf
    load: float = 1.0

    @property
    def whole(self) -> bool:
        """Whether no job is outside."""
        return self.begin == -math.inf and self.end == math.inf


class JobTrace:
    """Jobs in order of submission, as often as wanted.

    Building one looks through the whole trace, so that everything wrong with it is told before anything is simulated.

    Parameters
    ----------
    name : str
        For messages.
    read : callable
        Yields the blocks of the file from its beginning.
    part : Part
        What is replayed of it.
    again : bool
        Whether ``read`` may be called again; otherwise the trace is kept in memory.

    Attributes
    ----------
    jobs : int
        Rows that ``blocks`` yields, those that cannot be replayed among them.
    outside : int
        Rows outside the part.
    left_out : Counter
        Rows that cannot be replayed, by reason.
    noted : dict of str to (int, str)
        What its reader did to lines, as ``JobBlock.noted`` has it, of all blocks.
    fallen, raised : int
        Rows that come before the one above them, and walltimes raised to the run time.
    largest : int
        Most slots that a job asks for.
    first, last : float
        First and last time of submission, s; NaN without any.
    columns : tuple of str
        Further columns that the trace has.
    tenants : set of str
        Tenants of its jobs.

    Raises
    ------
    InputError
        With every problem of the file.
    """

    def __init__(
        self, name: str, read: Callable[[], Iterator[JobBlock]], part: Part | None = None, *, again: bool = True
    ) -> None:
        self.name = name
        self.part = part or Part()
        self._read = read
        self.jobs = self.outside = self.fallen = self.raised = self.largest = 0
        self.left_out: Counter[str] = Counter()
        self._first_left_out = ""
        self.noted: dict[str, tuple[int, str]] = {}
        self.first = self.last = math.nan
        self.columns: tuple[str, ...] = ()
        self.tenants: set[str] = set()
        self._kept: list[JobBlock] | None = self._survey(again=again)

    def blocks(self) -> Iterator[JobBlock]:
        """Yield the jobs in order of submission; times are those of the trace, at the load asked for."""
        for block in self._read() if self._kept is None else self._kept:
            ready = self._ready(block)
            if len(ready):
                yield ready

    @property
    def warnings(self) -> tuple[Problem, ...]:
        """What became of rows that are not as they should be."""
        told = []
        if not self.jobs:
            told.append("holds no jobs between --begin and --end" if self.outside else "holds no jobs")
        if self.left_out:
            reasons = [f"{self.left_out[each]:,} with {what}" for each, what in _REASONS.items() if self.left_out[each]]
            count = _jobs(self.left_out.total())
            first = f"the first is '{self._first_left_out}'; their rows stay, without a start"
            told.append(f"{count} cannot be replayed ({', '.join(reasons)}); {first}")
        for name, (number, first) in self.noted.items():
            told.append(_NOTES[name].format(count=f"{number:,} line{'' if number == 1 else 's'}", first=first))
        if self.fallen:
            count = _jobs(self.fallen)
            told.append(f"{count} submitted earlier than the one above; all were sorted by submission, in memory")
        if self.raised:
            told.append(f"{_jobs(self.raised)} ran longer than promised; such walltimes are raised to the run time")
        return tuple(Problem(self.name, 0, 0, "", text) for text in told)

    def _survey(self, *, again: bool) -> list[JobBlock] | None:
        """Count what there is, and return it where it is to be kept."""
        kept: list[JobBlock] = []
        rows, latest = 0, -math.inf
        for block in self._read():
            rows += len(block)
            latest, fallen = _order(block, latest)
            self.fallen += fallen
            self.columns = tuple(block.more)
            for name, (count, first) in block.noted.items():
                before, earlier = self.noted.get(name, (0, first))
                self.noted[name] = (before + count, earlier)
            self._count(block)
            if not again or rows <= _KEPT:
                kept.append(block)
        if self.fallen:
            kept = _sorted(kept if not again or rows <= _KEPT else list(self._read()))
        return kept if self.fallen or not again or rows <= _KEPT else None

    def _count(self, block: JobBlock) -> None:
        inside = self._inside(block)
        self.outside += len(block) - int(inside.sum())
        self.jobs += int(inside.sum())
        good = inside & (block.left_out == 0)
        if "tenant" in block.more:
            self.tenants.update(block.more["tenant"][good].tolist())
        bad = inside & (block.left_out > 0)
        if bad.any():
            self.left_out.update(LEFT_OUT[code] for code in block.left_out[bad].tolist())
            self._first_left_out = self._first_left_out or str(block.job_id[bad][0])
        self.raised += int((block.walltime < block.duration)[good].sum())
        if good.any():
            submit = block.submit[good]
            self.first = float(np.fmin(self.first, submit.min()))
            self.last = float(np.fmax(self.last, submit.max()))
            self.largest = max(self.largest, int(block.slots[good].max()))

    def _inside(self, block: JobBlock) -> NDArray[np.bool_]:
        if self.part.whole:
            return np.ones(len(block), bool)
        known = block.left_out != LEFT_OUT.index("no_submit")
        inside: NDArray[np.bool_] = known & (block.submit >= self.part.begin) & (block.submit < self.part.end)
        return inside

    def _ready(self, block: JobBlock) -> JobBlock:
        """Return what is replayed of a block."""
        if not self.part.whole:
            block = taken(block, self._inside(block))
        more, submit = block.more, block.submit
        if self.part.load != 1.0:
            submit = self.first + (submit - self.first) / self.part.load
            if "deadline" in more:
                more = {**more, "deadline": more["deadline"] + submit - block.submit}
        return replace(block, submit=submit, walltime=np.maximum(block.walltime, block.duration), more=more)


def _order(block: JobBlock, latest: float) -> tuple[float, int]:
    """Return the latest submission until the end of a block, and how many rows of it come before the one above them."""
    submit = block.submit[block.left_out != LEFT_OUT.index("no_submit")]
    if not len(submit):
        return latest, 0
    above = np.concatenate([[latest], submit[:-1]])
    return float(submit[-1]), int((submit < above).sum())


def _sorted(blocks: list[JobBlock]) -> list[JobBlock]:
    """Return all jobs in order of submission, those of one time as in the file; first those without a time."""
    block = joined(blocks)
    unknown = block.left_out == LEFT_OUT.index("no_submit")
    order = np.argsort(np.where(unknown, -math.inf, block.submit), kind="stable")
    return [taken(block, order[first : first + _BLOCK]) for first in range(0, len(order), _BLOCK)]


def _jobs(count: int) -> str:
    return f"{count:,} job{'' if count == 1 else 's'}"
