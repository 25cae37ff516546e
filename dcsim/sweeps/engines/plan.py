"""What an engine of sweeps is given and what it yields."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

from dcsim.sweeps.batches import Batches
from dcsim.sweeps.work import Finished, Work

__all__ = ["Engine", "cores", "worker_count"]

Engine = Callable[[Work, Batches, str], Iterator[Finished]]
"""``(work, batches, argument)`` to finished batches in any order, until none is left and none is under way.

An engine takes batches with ``batches.take``, tells it how long each took, and hands those of dead workers to
``batches.died``. Points may be added to ``batches`` while the engine yields. When it is closed early it stops its
workers and leaves none behind.
"""


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def worker_count(argument: str) -> str:
    """Check a number of workers; none stands for one per core.

    Raises
    ------
    ValueError
        If it is no number from 1 to 1000.
    """
    if argument and not (argument.isdecimal() and argument.isascii() and 1 <= int(argument) <= 1000):
        raise ValueError(f"needs a number of workers from 1 to 1000, not '{argument}'")
    return argument
