"""Jobs as columns: a block is a run of consecutive rows of a trace, small enough to be held in memory.

Readers yield blocks, replays take blocks in and give blocks of results out, so a trace of any length passes through.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dcsim.jobs.instants import snapped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["LEFT_OUT", "OUTCOMES", "JobBlock", "JobResults"]

LEFT_OUT = ("", "no_duration", "no_slots", "no_submit")
"""Why a job of a trace cannot be replayed, by code; code 0 is a job that can."""
OUTCOMES = ("done", "queued", "running", "too_large", "unreachable", *LEFT_OUT[1:])
"""What may have become of a job, by code; an unreachable one waits for a job (``after``) that never ends."""


@dataclass(frozen=True, eq=False)
class JobBlock:
    """Consecutive jobs of a trace; every array has one entry per job.

    Times are rounded to whole microseconds (``dcsim.jobs.instants``).

    Parameters
    ----------
    job_id : ndarray of object
        Names (str), as the trace writes them.
    submit : ndarray of float64
        When each was submitted, s; never falls within a trace.
    slots : ndarray of int64
        GPUs (or processors, where the trace counts those) that it needs at once, all or nothing.
    duration : ndarray of float64
        Run time at the speed of the recorded cluster, s; its own checkpoints are in it.
    walltime : ndarray of float64
        Run time that its user promised not to exceed, s; never less than ``duration``.
    left_out : ndarray of int8
        Why it cannot be replayed, a code of ``LEFT_OUT``; such rows hold zeros where a value is missing.
    more : dict of str to ndarray
        Further columns that the trace has: ``priority`` (int64, higher first), ``tenant`` (object str),
        ``opportunistic`` (bool), ``deadline`` (float64, s), ``after`` (object: names of the jobs that must be done
        first, joined by ``|``; '' for none), ``model`` (object str), ``gpu_type`` (object: names joined by ``|``, ''
        for any), ``share`` (float64, part of one GPU where ``slots`` is 1), ``cpus`` (float64), ``memory`` (float64,
        bytes), ``least`` and ``most`` (int64, slots between which an elastic job may be resized).
    noted : dict of str to (int, str)
        What its reader did to lines, how many and which job was the first: ``parts`` left out, jobs ``renamed``.
    """

    job_id: NDArray[Any]
    submit: NDArray[np.float64]
    slots: NDArray[np.int64]
    duration: NDArray[np.float64]
    walltime: NDArray[np.float64]
    left_out: NDArray[np.int8]
    more: dict[str, NDArray[Any]] = field(default_factory=dict)
    noted: dict[str, tuple[int, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Round the times."""
        for name in ("submit", "duration", "walltime"):
            object.__setattr__(self, name, snapped(getattr(self, name)))
        if "deadline" in self.more:
            object.__setattr__(self, "more", {**self.more, "deadline": snapped(self.more["deadline"])})

    def __len__(self) -> int:
        """Return the number of jobs."""
        return len(self.submit)


@dataclass(frozen=True, eq=False)
class JobResults:
    """What became of consecutive jobs; every array has one entry per job, in the order of the trace.

    Parameters
    ----------
    jobs : JobBlock
        The jobs.
    start, finish : ndarray of float64
        First start and end, s; NaN where it never started or never ended.
    outcome : ndarray of int8
        A code of ``OUTCOMES``.
    preemptions : ndarray of int64
        How often it was stopped and went back into the queue.
    lost, overhead : ndarray of float64
        Run time thrown away at stops, and spent on restarts and resizes, s.
    queued : ndarray of float64
        All time in the queue, before the first start and after every stop, s; what a job waits for others (``after``)
        before it comes into the queue is not in it.
    """

    jobs: JobBlock
    start: NDArray[np.float64]
    finish: NDArray[np.float64]
    outcome: NDArray[np.int8]
    preemptions: NDArray[np.int64]
    lost: NDArray[np.float64]
    overhead: NDArray[np.float64]
    queued: NDArray[np.float64]

    def __len__(self) -> int:
        """Return the number of jobs."""
        return len(self.start)
