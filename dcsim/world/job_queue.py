"""Jobs that wait, in the order of their scheduler: added and taken out at little cost, however many they are."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from dcsim.schedulers import plan
    from dcsim.world.member import Member

__all__ = ["JobQueue"]

_RANK: Callable[[Member], Any] = attrgetter("rank")
Line = tuple[str, bool, int]
_FEW = 16
_OLD = 1024


class JobQueue(Sequence["Member"]):
    """Waiting jobs, sorted.

    A pass of the scheduler sees a snapshot: what is added meanwhile comes in by the next ``merge``, and what has
    started is passed over by iteration until ``settle`` takes it out.

    Parameters
    ----------
    order : callable, optional
        What to sort by; ties, and everything where it is not given, by order of arrival.
    """

    def __init__(self, order: Callable[[plan.Job], Any] | None = None) -> None:
        self._order = order
        self._jobs: list[Member] = []
        self._head = 0  # those before it have left
        self._waiting = 0
        self._coming: list[Member] = []
        self._left: list[Member] = []
        self._lines: dict[Line, JobQueue] | None = None  # kept from the first question on
        self._shortened: dict[Line, None] = {}

    def __len__(self) -> int:
        """Return how many of the snapshot still wait."""
        return self._waiting

    def __iter__(self) -> Iterator[Member]:
        """Go through those that still wait when they are reached."""
        jobs = self._jobs
        for place in range(self._head, len(jobs)):
            job = jobs[place]
            if job.in_queue:
                yield job

    @overload
    def __getitem__(self, index: int) -> Member: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Member]: ...
    def __getitem__(self, index: int | slice) -> Member | Sequence[Member]:
        """Return the job at a place; places count those that still wait."""
        if index == 0 and self._waiting:
            return next(iter(self))
        return list(self)[index]

    @property
    def pending(self) -> bool:
        """Whether jobs have come since the snapshot."""
        return bool(self._coming)

    @property
    def lines(self) -> Mapping[Line, JobQueue]:
        """Return the snapshot by tenant, by whether jobs are opportunistic, and by slots; no line is empty."""
        if self._lines is None:
            self._line_up(self)
        return self._lines or {}

    def add(self, job: Member) -> None:
        """Let a job wait; the next snapshot has it."""
        job.rank = job.order if self._order is None else (self._order(job), job.order)
        self._coming.append(job)

    def merge(self) -> None:
        """Take the jobs that have come into the snapshot."""
        coming, jobs = self._coming, self._jobs
        if not coming:
            return
        self._coming = []
        self._waiting += len(coming)
        for job in coming:
            job.in_queue = True
        if len(coming) > 1:
            coming.sort(key=_RANK)
        if self._head == len(jobs) or jobs[-1].rank < coming[0].rank:
            jobs.extend(coming)
        elif len(coming) <= _FEW:
            for job in coming:
                insort(jobs, job, self._head, key=_RANK)
        else:
            del jobs[: self._head]
            self._head = 0
            jobs.extend(coming)
            jobs.sort(key=_RANK)
        if self._lines is not None:
            self._line_up(coming)

    def _line_up(self, coming: Iterable[Member]) -> None:
        """Let jobs of the snapshot stand in their lines."""
        lines: dict[Line, JobQueue] = self._lines or {}
        touched = {}
        for job in coming:
            name = _line(job)
            if name not in lines:
                lines[name] = JobQueue()
            touched[name] = lines[name]
            touched[name]._coming.append(job)
        for line in touched.values():
            line.merge()
        self._lines = lines

    def start(self, job: Member) -> None:
        """Note that a job of the snapshot has started."""
        job.in_queue = False
        self._waiting -= 1
        self._left.append(job)
        if self._lines is not None:
            name = _line(job)  # while it still has as many slots as it asked for
            self._lines[name].start(job)
            self._shortened[name] = None

    def settle(self) -> None:
        """Take those that have started out of the list."""
        left, jobs = self._left, self._jobs
        if not left:
            return
        self._left = []
        if self._lines is not None:
            self._settle_lines(self._lines)
        head, end, ahead = self._head, len(jobs), len(left)
        while head < end and not jobs[head].in_queue:
            head += 1
        ahead -= head - self._head
        self._head = head
        if ahead > _FEW:
            self._jobs, self._head = [job for job in jobs[head:] if job.in_queue], 0
            return
        if ahead:
            first = jobs[head].rank
            for job in left:
                if job.rank > first:
                    del jobs[bisect_left(jobs, job.rank, head, key=_RANK)]
        if head > _OLD and head * 2 > len(jobs):
            del jobs[:head]
            self._head = 0

    def _settle_lines(self, lines: dict[Line, JobQueue]) -> None:
        """Take those that have started out of their lines."""
        for name in self._shortened:
            lines[name].settle()
            if not lines[name]:
                del lines[name]
        self._shortened = {}

    def withdraw(self, job: Member) -> bool:
        """Take a job out that waits; return whether it did. Not while a pass is under way."""
        if job.in_queue:
            self.start(job)
            self.settle()
            return True
        if job in self._coming:
            self._coming.remove(job)
            return True
        return False


def _line(job: Member) -> Line:
    """Return the line that a job stands in."""
    return job.tenant, bool(job.opportunistic), job.slots
