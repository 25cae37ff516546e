"""Traces by name: the format is looked up, the whole is looked through."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem
from dcsim.job_formats import detect, job_format
from dcsim.jobs.reading import JobTrace, Part
from dcsim.trace.source import Source

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["open_trace"]


def open_trace(
    place: str | Path,
    *,
    format: str | None = None,  # noqa: A002  # the option's name
    begin: float = -math.inf,
    end: float = math.inf,
    load: float = 1.0,
) -> JobTrace:
    """Look a job trace through, so that it can be replayed.

    Parameters
    ----------
    place : str or Path
        A file, or ``-`` for standard input.
    format : str, optional
        Its format; found out where not given.
    begin, end : float
        Only jobs submitted from ``begin`` on, before ``end``, s.
    load : float
        Times between submissions are divided by it.

    Raises
    ------
    InputError
        With every problem of the trace.
    """
    source = Source(place)
    if format is not None and format not in job_format:
        raise InputError([Problem.of_option("format", job_format.unknown(format))])
    read = job_format.get(format or detect(source)).call
    return JobTrace(source.name, lambda: read(source), Part(begin, end, load), again=source.path is not None)
