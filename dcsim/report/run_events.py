"""A run as trace events: what its regions did, and what became of its jobs."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING, Any

import numpy as np

from dcsim.metrics.plan import horizon
from dcsim.report.event_stream import Lanes
from dcsim.report.spans_by_job import SpansByJob, rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dcsim.report.event_stream import EventStream
    from dcsim.results.run import Run

__all__ = ["write_run"]

_USES = ("serving", "training", "lent", "idle", "down")
_LOADS = ("demand", "served", "spilled")
_SEGMENT = ("useful_s", "communication_s", "lost_s", "overhead_s", "contended_s", "end")
_SLOWED = ("slowdown_ratio", "link", "sharers", "main_sharer", "main_share_ratio")


def write_run(run: Run, events: EventStream) -> None:
    """Write the events of a run.

    The group ``fleet`` has the gangs that wait and run as counters. Each region has a group: the uses of the hosts of
    each pool and the load of each service as counters, drills as spans, publications as instants. Each service has a
    group with a lane for every job that it has at the same time: its data being prepared, its waits, its runs (named
    by region, with spans below them in which others slowed it) and its publication.

    Parameters
    ----------
    run : Run
        A finished run.
    events : EventStream
        Takes them.
    """
    _queues(run, events)
    for region in run.regions["region"].astype(str):
        process = events.process(f"region {region}")
        _drills(run, region, process, events)
        _pools(run, region, process, events)
        _publications(run, region, process, events)
    _jobs(run, events)


def _queues(run: Run, events: EventStream) -> None:
    process = events.process("fleet")
    for kind, steps in run.queues.groupby("kind", observed=True):
        levels = {"waiting": steps["queued_jobs"], "running": steps["running_jobs"]}
        events.counter(process, f"{kind} gangs", steps["time_s"], levels)


def _drills(run: Run, region: str, process: int, events: EventStream) -> None:
    drills = run.drills[run.drills["region"] == region]
    for each in rows(drills):
        lane = events.thread(process, "drills")
        if each.notice_s < each.begin_s:
            events.span(lane, f"notice of {each.drill}", each.notice_s, each.begin_s, "drill")
        events.span(lane, str(each.drill), each.begin_s, min(each.end_s, horizon(run.pools)), "drill")


def _pools(run: Run, region: str, process: int, events: EventStream) -> None:
    pools = run.pools[run.pools["region"] == region]
    for (server, role), steps in pools.groupby(["server", "role"], observed=True):
        levels = {use: steps[f"{use}_hosts"].to_numpy() for use in _USES}
        held = {use: level for use, level in levels.items() if level.any()}
        events.counter(process, f"{server} hosts, {role}", steps["time_s"], held)
    serving = run.serving[run.serving["region"] == region]
    for service, steps in serving.groupby("service", observed=True):
        load = {name: steps[f"{name}_hosts"] for name in _LOADS}
        events.counter(process, f"{service} load, busy hosts", steps["time_s"], load)


def _publications(run: Run, region: str, process: int, events: EventStream) -> None:
    table = run.publications[run.publications["region"] == region]
    shown = table[(table["published_s"] >= events.begin) & (table["published_s"] <= events.end)]
    for each in rows(shown.sort_values("published_s", kind="stable")):
        lane = events.thread(process, f"{each.service} publications")
        events.instant(lane, f"{each.service} {each.model}", each.published_s, "publication", data_s=each.data_s)


def _jobs(run: Run, events: EventStream) -> None:
    """Write jobs service by service, each in a lane of its own from arrival to publication."""
    end = horizon(run.pools)
    runs, slowed = SpansByJob(run.segments, "begin_s"), SpansByJob(run.contention, "begin_s")
    for service, jobs in run.jobs.groupby("service", observed=True):
        process, lanes = events.process(f"service {service}"), Lanes()
        over = np.nan_to_num(jobs["finished_s"].to_numpy(), nan=end)
        for job in rows(jobs.assign(over_s=over).sort_values(["arrived_s", "job"])):
            if not (events.shows(job.arrived_s, job.over_s) and job.over_s > 0.0):
                continue
            lane = events.thread(process, f"jobs {lanes.take(max(job.arrived_s, 0.0), job.over_s) + 1}")
            mine = runs.of(job.job)
            for name, begin, stop, category, facts in _phases(job, mine):
                if begin < stop and stop > 0.0:
                    events.span(lane, name, begin, stop, category, **facts)
                if category == "run":
                    _slowed(slowed.of(job.job), begin, stop, lane, events)


def _slowed(spans: Sequence[Any], begin: float, end: float, lane: tuple[int, int], events: EventStream) -> None:
    """Write the spans in which others slowed a run, below it."""
    for each in spans:
        if begin <= each.begin_s < end:
            facts = {name: getattr(each, name) for name in _SLOWED}
            stop = min(each.end_s, end)
            events.span(lane, f"slowed by {each.main_sharer}", each.begin_s, stop, "contention", **facts)


def _phases(job: Any, runs: Sequence[Any]) -> Iterator[tuple[str, float, float, str, dict[str, Any]]]:
    """Yield name, begin, end, category and facts of all that a job went through, in order of time."""
    number, over = job.job, job.over_s
    facts = {"job": number, "model": job.model, "arrived_s": job.arrived_s, "outcome": job.outcome}
    asked, started, done = (over if isnan(time) else time for time in (job.queued_s, job.started_s, job.trained_s))
    yield f"prepare {number}", job.arrived_s, asked, "prepare", facts
    yield f"wait {number}", asked, started if runs else done, "wait", facts
    begins = [*(run.begin_s for run in runs[1:]), done]
    for run, following in zip(runs, begins, strict=False):
        held = {"hosts": run.hosts, "server": run.server, **{name: getattr(run, name) for name in _SEGMENT}}
        yield f"{run.region} {number}", run.begin_s, run.end_s, "run", {**facts, **held}
        yield f"wait {number}", run.end_s, following, "wait", facts
    yield f"publish {number}", done, over, "publish", facts
