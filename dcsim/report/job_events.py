"""Replayed jobs as trace events: what each waited for and when it ran, and how full the cluster was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcsim.report.event_stream import Lanes
from dcsim.report.spans_by_job import SpansByJob, rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from dcsim.report.event_stream import EventStream
    from dcsim.report.job_files import JobFiles

__all__ = ["write_jobs"]

_ADMITTED = ("done", "queued", "running")
"""Outcomes of jobs that were in the queue; the others are shown as instants."""
_FACTS = ("slots", "pool", "nodes", "outcome", "end", "preemptions", "useful_s", "lost_s", "overhead_s")
_QUIET = ("", "done", "running")
"""Ends of runs that need no mention in their name."""


def write_jobs(files: JobFiles, events: EventStream) -> None:
    """Write the events of a replay.

    The group ``cluster`` counts the jobs that wait and run and the slots in use. Each tenant has a group with a lane
    for every job that it has in the system at the same time: waits and runs, piece by piece where there are segments.
    Jobs that were refused or left out are instants. What had not ended lasts to the latest time in the files.

    Parameters
    ----------
    files : JobFiles
        What the replay wrote.
    events : EventStream
        Takes them.
    """
    cluster = events.process("cluster")
    if files.jobs is None:
        jobs, runs = _of_segments(files.segments), files.segments
    else:
        last = max(_latest(files.jobs, "submit", "start", "finish"), _latest(files.segments, "finish"))
        queued = files.jobs[files.jobs["outcome"].isin(_ADMITTED)]
        jobs = queued[["job_id", "tenant", "submit"]].assign(over=queued["finish"].fillna(last))
        started = files.jobs[files.jobs["start"].notna()]
        whole = started.assign(begin=started["start"], finish=started["finish"].fillna(last))
        runs = whole if files.segments.empty else files.segments
        _refused(files.jobs[~files.jobs["outcome"].isin(_ADMITTED)], cluster, events)
    _counters(jobs, runs, cluster, events)
    jobs = jobs.sort_values("submit", kind="stable", ignore_index=True)
    numbered = runs.assign(job=pd.Index(jobs["job_id"]).get_indexer(pd.Index(runs["job_id"])))
    _lanes(jobs, SpansByJob(numbered, "begin"), [name for name in _FACTS if name in runs], events)


def _latest(frame: pd.DataFrame, *names: str) -> float:
    """Return the latest of some times, 0 where there is none."""
    return float(np.nanmax([0.0, *(frame[name].max() for name in names)]))


def _of_segments(segments: pd.DataFrame) -> pd.DataFrame:
    """Return jobs as far as their segments tell of them: in the system from their first run to the end of the last."""
    by_job = segments.groupby("job_id", sort=False)
    return by_job.agg(tenant=("tenant", "first"), submit=("begin", "min"), over=("finish", "max")).reset_index()


def _counters(jobs: pd.DataFrame, runs: pd.DataFrame, process: int, events: EventStream) -> None:
    """Count jobs and slots at every change; a job waits whenever it is in the system and does not run."""
    ones = np.ones(len(runs))
    times = np.unique(np.concatenate([jobs["submit"], jobs["over"], runs["begin"], runs["finish"]]))
    present = _level(times, jobs["submit"], jobs["over"], np.ones(len(jobs)))
    running = _level(times, runs["begin"], runs["finish"], ones)
    held = runs["slots"] * runs["share"] if "share" in runs else runs["slots"]
    used = _level(times, runs["begin"], runs["finish"], held)
    events.counter(process, "jobs", times, {"waiting": present - running, "running": running})
    events.counter(process, "slots", times, {"in use": used})


def _level(times: NDArray[np.float64], begin: ArrayLike, end: ArrayLike, weight: ArrayLike) -> NDArray[np.float64]:
    """Return the sum of the weights of what has begun and not ended, from each time on."""
    steps = np.zeros(len(times))
    for edge, sign in ((begin, 1.0), (end, -1.0)):
        place = np.searchsorted(times, np.asarray(edge))
        steps += sign * np.bincount(place, weights=np.asarray(weight, dtype=float), minlength=len(times))
    return np.cumsum(steps)


def _refused(jobs: pd.DataFrame, process: int, events: EventStream) -> None:
    for job in rows(jobs):
        if events.shows(job.submit, job.submit):
            lane = events.thread(process, "not admitted")
            events.instant(lane, f"{job.outcome} {job.job_id}", job.submit, "job", slots=job.slots)


def _lanes(jobs: pd.DataFrame, runs: SpansByJob, facts: Sequence[str], events: EventStream) -> None:
    """Write waits and runs, each job in a lane of its tenant's own from submission to the end."""
    lanes: dict[str, Lanes] = {}
    for job in rows(jobs):
        if not events.shows(job.submit, job.over):
            continue
        lane_of = lanes.setdefault(job.tenant, Lanes())
        process = events.process(f"tenant {job.tenant}" if job.tenant else "jobs")
        lane = events.thread(process, f"jobs {lane_of.take(job.submit, job.over) + 1}")
        at = job.submit
        for run in runs.of(job.Index):
            if at < run.begin:
                events.span(lane, f"wait {job.job_id}", at, run.begin, "wait")
            end = getattr(run, "end", "")
            name = f"run {job.job_id}" if end in _QUIET else f"run, {end} {job.job_id}"
            events.span(lane, name, run.begin, run.finish, "run", **{fact: getattr(run, fact) for fact in facts})
            at = run.finish
        if at < job.over:
            events.span(lane, f"wait {job.job_id}", at, job.over, "wait")
