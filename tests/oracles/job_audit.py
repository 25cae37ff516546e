"""What must hold of any replay of jobs, worked out slowly from the trace, the runs and the rows alone.

A run is one uninterrupted stretch of a job: ``order`` (its row of the trace), ``slots``, ``begin``, ``end``,
``useful``, ``lost``, ``overhead``, ``why``, ``pool`` and ``nodes`` ((node, slots), ...).
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass, field

from dcsim.jobs.block import OUTCOMES
from tests.oracles.ticks import seconds, ticks

STOPS = ("preempted", "evicted")


@dataclass(frozen=True)
class Cluster:
    """Where a trace is replayed, and what stopping costs there.

    ``slots`` by pool; ``nodes``: sizes of the nodes of the only pool, if it has any; ``capacity``: (time, slots) steps
    of the only pool after time 0; ``speed`` by pool.
    """

    slots: tuple[int, ...]
    nodes: tuple[int, ...] = ()
    capacity: tuple[tuple[float, int], ...] = ()
    speed: tuple[float, ...] = (1.0,)
    checkpoint_every: float = math.inf
    restart: float = 0.0
    elasticity: float = 1.0
    refused: frozenset[int] = field(default=frozenset())  # rows of the trace that no empty cluster would take


def check(trace, rows, runs, cluster):
    """Check everything that does not depend on the policy; ``trace`` and ``rows`` are one block each."""
    everyone_has_one_fate(trace, rows, runs, cluster)
    all_or_nothing(trace, runs)
    never_twice_at_once(trace, runs)
    work_is_accounted_for(trace, rows, runs, cluster)
    waits_are_told(trace, rows, runs)
    never_more_than_capacity(trace, runs, cluster)


def everyone_has_one_fate(trace, rows, runs, cluster):
    """Every row comes out once and in order; what could be done is done."""
    assert rows.jobs.job_id.tolist() == trace.job_id.tolist(), "rows are lost, doubled or out of order"
    ran = by_job(runs)
    for row in range(len(trace)):
        outcome = OUTCOMES[rows.outcome[row]]
        if trace.left_out[row]:
            expected = "no_duration"
        elif row in cluster.refused:
            expected = "too_large"
        else:
            expected = "done" if math.isfinite(trace.duration[row]) else "running"
        assert outcome == expected, f"job {row} is {outcome}, not {expected}"
        assert (row in ran) == (expected in {"done", "running"}), f"job {row} is {outcome} and has {ran.get(row)}"
        assert math.isnan(rows.start[row]) == (row not in ran), f"job {row} is {outcome}, starts at {rows.start[row]}"
        assert math.isnan(rows.finish[row]) == (outcome != "done"), f"job {row} is {outcome}, yet {rows.finish[row]}"


def never_more_than_capacity(trace, runs, cluster):
    """Runs that overlap never hold more than there is, in a pool and on each node."""
    steps = [(0.0, cluster.slots[0]), *cluster.capacity]
    held = {pool: [] for pool in range(len(cluster.slots))}
    on_node = {node: [] for node in range(len(cluster.nodes))}
    share = trace.more.get("share")
    for run in runs:
        part = 1.0 if share is None else share[run.order]
        held[run.pool].append((run.begin, run.end, run.slots * part))
        for node, slots in run.nodes:
            on_node[node].append((run.begin, run.end, slots * part))
    for pool, slots in enumerate(cluster.slots):
        for begin, end, limit in _levels(steps) if cluster.capacity else [(-math.inf, math.inf, slots)]:
            most = peak([(max(a, begin), min(b, end), n) for a, b, n in held[pool] if a < end and b > begin])
            assert most <= limit + 1e-9, f"{most} of {limit} slots of pool {pool} are held"
    for node, size in enumerate(cluster.nodes):
        assert peak(on_node[node]) <= size + 1e-9, f"node {node} has {size} slots, {peak(on_node[node])} are held"


def _levels(steps):
    """Yield begin, end and limit of each step; what is at the very instant of a change is moved by it."""
    ends = [*(time for time, _ in steps[1:]), math.inf]
    for (begin, limit), end in zip(steps, ends, strict=True):
        if begin < end:
            yield begin, end, limit


def peak(spans):
    """Return the most that is held at once; at one instant ends come before begins."""
    changes = sorted([(begin, 1, n) for begin, end, n in spans if begin < end]
                     + [(end, 0, -n) for begin, end, n in spans if begin < end])  # fmt: skip
    level, most = 0, max((n for begin, end, n in spans if begin == end), default=0)
    for _, _, change in changes:
        level += change
        most = max(most, level)
    return most


def all_or_nothing(trace, runs):
    """A run holds exactly what the job asked for, within its bounds if it has any; on nodes it is all placed."""
    for run in runs:
        asked = int(trace.slots[run.order])
        least, most = (int(trace.more[name][run.order]) if name in trace.more else asked for name in ("least", "most"))
        assert min(least, asked) <= run.slots <= max(most, asked), f"job {run.order} holds {run.slots} of {asked}"
        if run.nodes:
            assert sum(slots for _, slots in run.nodes) == run.slots, f"job {run.order} is partly placed"
            assert len({node for node, _ in run.nodes}) == len(run.nodes), f"job {run.order} is on one node twice"
            assert all(slots > 0 for _, slots in run.nodes), f"job {run.order} is on a node without slots"


def never_twice_at_once(trace, runs):
    """Runs of one job follow one another, none before it was submitted, and only the last one ends it."""
    for row, mine in by_job(runs).items():
        end = trace.submit[row]
        for place, run in enumerate(mine):
            assert run.begin >= end, f"job {row} begins at {run.begin}, before {end}"
            assert run.end >= run.begin
            last = place == len(mine) - 1
            assert last == (run.why in {"done", "running"}), f"job {row}: run {place} of {len(mine)} is {run.why}"
            end = run.end


def work_is_accounted_for(trace, rows, runs, cluster):
    """Every run is useful, lost or overhead to the second, and what is useful adds up to the job."""
    for row, mine in by_job(runs).items():
        left, asked = float(trace.duration[row]), int(trace.slots[row])
        for place, run in enumerate(mine):
            held = run.end - run.begin
            rate = cluster.speed[run.pool] * (run.slots / asked) ** cluster.elasticity if asked else 1.0
            overhead = min(held, cluster.restart if place else 0.0)
            if run.why == "done":
                near(held, (cluster.restart if place else 0.0) + left / rate, f"job {row} ends")
                kept, lost = held - overhead, 0.0
            elif run.why == "running":
                kept, lost = held - overhead, 0.0
            else:
                kept = kept_of(held - overhead, cluster.checkpoint_every)
                lost = held - overhead - kept
                left -= kept * rate
            near(run.useful, kept, f"useful time of run {place} of job {row}")
            near(run.lost, lost, f"lost time of run {place} of job {row}")
            near(run.overhead, overhead, f"overhead of run {place} of job {row}")
        assert rows.start[row] == mine[0].begin, f"job {row} starts at {mine[0].begin}"
        assert mine[-1].why != "done" or rows.finish[row] == mine[-1].end, f"job {row} finishes at {mine[-1].end}"
        near(rows.lost[row], sum(run.lost for run in mine), f"lost time of job {row}")
        near(rows.overhead[row], sum(run.overhead for run in mine), f"overhead of job {row}")
        assert rows.preemptions[row] == sum(run.why in STOPS for run in mine), f"job {row} was stopped otherwise"


def kept_of(ran, every):
    """Return the time until the last checkpoint of a run."""
    return seconds(ticks(ran) // ticks(every) * ticks(every)) if math.isfinite(every) else 0.0


def waits_are_told(trace, rows, runs):
    """The time of each job in the queue is all the time for which it was there and did not run."""
    for row, waited in in_the_queue(trace, runs).items():
        near(rows.queued[row], waited, f"time of job {row} in the queue")


def sums_agree(trace, runs, figures):
    """The figures of the whole replay are the sums over its runs."""
    share = trace.more.get("share")
    width = [run.slots * (1.0 if share is None else share[run.order]) for run in runs]
    for name in ("useful", "lost", "overhead"):
        total = sum(each * getattr(run, name) for each, run in zip(width, runs, strict=True))
        near(getattr(figures, f"{name}_slot_s"), total, name)
    near(figures.busy_slot_s, sum(each * (run.end - run.begin) for each, run in zip(width, runs, strict=True)), "busy")
    assert figures.preemptions == sum(run.why in STOPS for run in runs)


def waiting_adds_up(trace, rows, runs, figures):
    """Jobs wait from submission to their end whenever they do not run: the integral of the queue says the same."""
    near(figures.queue_job_s, sum(in_the_queue(trace, runs).values()), "queue")
    near(figures.queue_job_s, rows.queued.sum(), "queue by jobs")


def in_the_queue(trace, runs):
    """Return how long each job that ever ran was there without running, from its entry into the queue to its end."""
    runs_of = by_job(runs)
    return {
        row: mine[-1].end - entered(trace, row, runs_of) - sum(run.end - run.begin for run in mine)
        for row, mine in runs_of.items()
    }


def entered(trace, row, runs_of):
    """Return when a job that ran entered the queue: once it was submitted, and those before it were done."""
    rows = {name: each for each, name in enumerate(trace.job_id.tolist())}
    before = filter(None, trace.more["after"][row].split("|")) if "after" in trace.more else ()
    return max([trace.submit[row], *(runs_of[rows[name]][-1].end for name in before)])


def by_job(runs):
    """Return the runs of each job, in order of time."""
    mine = defaultdict(list)
    for run in runs:
        mine[run.order].append(run)
    return mine


def near(found, expected, what):
    """Check equality to some microseconds, to one of which each run is rounded; far below the second asked for."""
    assert math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-5), f"{what}: {found}, not {expected}"
