"""From the columns of a trace to a block of jobs: what is missing, and so which jobs cannot be replayed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.jobs.block import LEFT_OUT, JobBlock
from dcsim.trace.csv_table import Field

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

__all__ = ["MISSING", "MOST_SECONDS", "MOST_SLOTS", "job_block", "joined", "slots_field", "taken", "time_field"]

MISSING = -1.0
"""What stands for a time or a number of slots that a trace does not have; so does any other negative one."""
MOST_SECONDS = 1e12
"""Largest time that a trace may hold, s."""
MOST_SLOTS = 10**9
"""Most slots that a job of a trace may ask for."""


def time_field(name: str, *, needed: bool = True) -> Field:
    """Return a column of times (s), of which an empty cell or a negative number is a missing one."""
    return Field(name, low=-MOST_SECONDS, high=MOST_SECONDS, default=MISSING, needed=needed, unit="seconds")


def slots_field(name: str) -> Field:
    """Return a column of numbers of slots, of which an empty cell or a negative number is a missing one."""
    return Field(name, "whole", low=-MOST_SLOTS, high=MOST_SLOTS, default=int(MISSING), needed=True)


def job_block(
    job_id: NDArray[Any],
    submit: NDArray[np.float64],
    slots: NDArray[np.int64],
    duration: NDArray[np.float64],
    walltime: NDArray[np.float64] | None = None,
    more: Mapping[str, NDArray[Any]] | None = None,
) -> JobBlock:
    """Return a block of jobs; those that miss a time or their slots are left out, by the first reason of ``LEFT_OUT``.

    Parameters
    ----------
    job_id, submit, slots, duration, more : ndarray
        As ``JobBlock`` has them; negative where missing. No slots at all are missing ones, unless the trace says what
        else a job needs (``cpus`` or ``memory``).
    walltime : ndarray of float64, optional
        Zero or negative where the user promised nothing: then it is the duration.

    Examples
    --------
    >>> ids, ones = np.array(["a", "b"], object), np.ones(2)
    >>> block = job_block(ids, ones, np.array([4, 1]), np.array([9.0, -1.0]))
    >>> [LEFT_OUT[code] for code in block.left_out], block.walltime.tolist()
    (['', 'no_duration'], [9.0, 0.0])
    """
    known = dict(more or {})
    fewest = 0 if {"cpus", "memory"} & known.keys() else 1
    missing = {"no_duration": duration < 0.0, "no_slots": slots < fewest, "no_submit": submit < 0.0}
    left_out = np.zeros(len(submit), np.int8)
    for reason in reversed(LEFT_OUT[1:]):
        left_out[missing[reason]] = LEFT_OUT.index(reason)
    duration = np.where(missing["no_duration"], 0.0, duration)
    promised = duration if walltime is None else np.where(walltime > 0.0, walltime, duration)
    return JobBlock(
        job_id,
        np.where(missing["no_submit"], 0.0, submit),
        np.where(missing["no_slots"], 0, slots),
        duration,
        np.where(missing["no_duration"], 0.0, promised),
        left_out,
        known,
    )


def taken(block: JobBlock, rows: NDArray[Any]) -> JobBlock:
    """Return some rows of a block: by number in any order, or those of a mask."""
    return JobBlock(
        block.job_id[rows], block.submit[rows], block.slots[rows], block.duration[rows], block.walltime[rows],
        block.left_out[rows], {name: each[rows] for name, each in block.more.items()},
    )  # fmt: skip


def joined(blocks: list[JobBlock]) -> JobBlock:
    """Return consecutive blocks as one."""
    return JobBlock(
        np.concatenate([block.job_id for block in blocks]), np.concatenate([block.submit for block in blocks]),
        np.concatenate([block.slots for block in blocks]), np.concatenate([block.duration for block in blocks]),
        np.concatenate([block.walltime for block in blocks]), np.concatenate([block.left_out for block in blocks]),
        {name: np.concatenate([block.more[name] for block in blocks]) for name in blocks[0].more},
    )  # fmt: skip
