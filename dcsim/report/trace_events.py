"""Trace events of whatever dcsim leaves behind: a run directory, or the jobs and segments of a replay."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem
from dcsim.report.event_stream import EventStream
from dcsim.report.job_events import write_jobs
from dcsim.report.job_files import read_job_files
from dcsim.report.run_events import write_run
from dcsim.results.intact import check_intact
from dcsim.results.run import load

if TYPE_CHECKING:
    from os import PathLike
    from typing import TextIO

__all__ = ["Written", "write_trace_events"]

_MOST_LANES = 5000


@dataclass(frozen=True)
class Written:
    """How much was written: ``events`` in all, ``lanes`` of spans, and what a reader should know."""

    events: int
    lanes: int
    warnings: tuple[str, ...] = ()


def write_trace_events(
    path: str | PathLike[str],
    file: TextIO,
    *,
    segments: str | PathLike[str] | None = None,
    begin: float = 0.0,
    end: float = math.inf,
) -> Written:
    """Write what happened as trace events, for Perfetto or ``chrome://tracing``.

    Parameters
    ----------
    path : path-like
        A run directory (see ``dcsim.load``), or jobs or segments that ``dcsim replay jobs`` wrote, as CSV or Parquet.
    file : text file
        Takes the JSON.
    segments : path-like, optional
        The segments beside the jobs: where and in which pieces they ran.
    begin, end : float
        The window to be shown, s; all by default.

    Returns
    -------
    Written
        How much it is.

    Raises
    ------
    InputError
        If ``path`` is neither, or has bad lines.
    """
    place = Path(path)
    if place.is_dir():
        if segments is not None:
            raise InputError([Problem.of_option("segments", "a run directory holds its own; leave the option out")])
        run = load(place)
        check_intact(run)
        facts = {name: run.provenance["run"].get(name) for name in ("scenario", "seed", "start")}
        with EventStream(file, facts, begin, end) as events:
            write_run(run, events)
        return Written(events.written, events.lanes, _crowded(events))
    files = read_job_files(place, None if segments is None else Path(segments))
    with EventStream(file, {"jobs": place.name}, begin, end) as events:
        write_jobs(files, events)
    return Written(events.written, events.lanes, (*files.warnings, *_crowded(events)))


def _crowded(events: EventStream) -> tuple[str, ...]:
    """Warn of more lanes than a person can look through."""
    if events.lanes <= _MOST_LANES:
        return ()
    return (f"{events.lanes:,} lanes are more than viewers show well; choose a window with --begin and --end",)
