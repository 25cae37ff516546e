"""What a job format is: a function from a source to blocks of jobs, and how its files are known."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dcsim.jobs.block import JobBlock
from dcsim.trace.source import Source

__all__ = ["JobFormat"]

JobFormat = Callable[[Source], Iterator[JobBlock]]
"""``source -> blocks``; raises ``InputError`` with every problem by line and column once all has been read.

Jobs come in the order of the file, with the walltimes of the file. Registered with what its files are known by, any of
``suffix=`` (end of the name, before ``.gz``), ``begins=`` (first bytes) and ``columns=`` (names that a header has).
"""
