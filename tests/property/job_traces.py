"""Random job traces on random clusters, and what a scheduler made of them."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import strategies as st

from dcsim.jobs.block import JobBlock, JobResults
from dcsim.jobs.inventory import read_nodes
from dcsim.jobs.rows import joined, taken
from dcsim.placements import placement
from dcsim.schedulers.plan import Resize, Stop, Tenant
from dcsim.world.job_nodes import PlacedPool
from dcsim.world.job_replay import JobRules, JobWorld
from dcsim.world.job_slots import CountedSlots
from dcsim.world.nodes import NodePool
from tests.oracles import job_audit
from tests.oracles.job_audit import Cluster
from tests.oracles.ticks import ticks

KINDS = ("counted", "capacity", "two pools", *placement.names())
WHOLE = st.integers(0, 12).map(float)
PARTS = st.integers(0, 1200).map(lambda each: each / 100)
SLOTS = st.sampled_from([1, 1, 1, 2, 2, 3, 4, 5, 9])
SIZES = st.sampled_from([5, 4, 8, 3, 2, 6, 1])
TENANTS = {"ads": Tenant(2, 1.0), "feed": Tenant(1, 2.0), "lab": Tenant(0, 1.0)}


@st.composite
def traces(draw, *, exact=False, elastic=True):
    """Draw a trace with many ties; a few jobs are too large, a few rows cannot be replayed."""
    count = draw(st.integers(1, 16))
    column = {"min_size": count, "max_size": count}
    times, unit = draw(st.sampled_from([WHOLE, PARTS])), draw(st.sampled_from([1.0, 600.0]))
    submit = sorted(draw(st.lists(times, **column)))
    slots = draw(st.lists(SLOTS, **column))
    duration = draw(st.lists(times, **column))
    promised = np.array(duration) + (0.0 if exact else np.array(draw(st.lists(WHOLE, **column))))
    left_out = draw(st.lists(st.sampled_from([0] * 19 + [1]), **column))
    asked = np.array(slots)
    least = most = asked
    if elastic and draw(st.booleans()):
        least = np.maximum(1, asked - draw(st.lists(st.integers(0, 3), **column)))
        most = asked + draw(st.lists(st.integers(0, 3), **column))
    return JobBlock(
        np.array([f"j{row}" for row in range(count)], object), unit * np.array(submit), asked,
        unit * np.array(duration), unit * promised, np.array(left_out, np.int8),
        {
            "tenant": np.array(draw(st.lists(st.sampled_from(sorted(TENANTS)), **column)), object),
            "priority": np.array(draw(st.lists(st.integers(0, 2), **column))),
            "opportunistic": np.array(draw(st.lists(st.booleans(), **column))),
            "deadline": unit * np.array(draw(st.lists(st.sampled_from([5.0, 20.0, 60.0, math.inf]), **column))),
            "least": least,
            "most": most,
        },
    )  # fmt: skip


class Fast(CountedSlots):
    """Slots of a newer kind."""

    def speed(self, _job):
        return 2.0


@st.composite
def clusters(draw, trace, kind):
    """Draw pools for a trace, and the same as the audit knows them.

    ``kind`` is ``counted``, ``capacity`` (counted slots that change), ``two pools``, or a placement on nodes.
    """
    rules = {
        "checkpoint_every": draw(st.sampled_from([1.0, 3.0, 500.0, math.inf])),
        "restart": draw(st.sampled_from([0.0, 1.0, 2.5, 90.0])),
        "elasticity": draw(st.sampled_from([0.9, 1.0])),
    }
    slots, capacity = draw(SIZES), ()
    if kind in placement:
        nodes, per_node = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        pool, refused = placed(kind, nodes, per_node, trace)
        known = Cluster((nodes * per_node,), nodes=(per_node,) * nodes, refused=refused, **rules)
        return [PlacedPool(pool)], capacity, known
    if kind == "two pools":
        more = draw(SIZES)
        known = Cluster((slots, more), speed=(1.0, 2.0), refused=larger(trace, max(slots, more)), **rules)
        return [CountedSlots(slots), Fast(more)], capacity, known
    if kind == "capacity":
        times = draw(st.lists(st.sampled_from([1, 3, 8, 20, 600, 3000, 6000]), min_size=1, max_size=3, unique=True))
        times.sort()
        capacity = [(float(time), draw(st.integers(0, slots))) for time in times]
        capacity.append((times[-1] + 7.0, slots))  # in the end all of it is there again
    known = Cluster((slots,), capacity=tuple(capacity), refused=larger(trace, slots), **rules)
    return [CountedSlots(slots)], capacity, known


def placed(kind, nodes, per_node, trace):
    """Return nodes with a placement, and the rows of a trace that have no place there even alone."""
    pool, empty = (NodePool(read_nodes(f"{nodes}x{per_node}"), placement.get(kind).call) for _ in range(2))
    return pool, frozenset(row for row, each in enumerate(trace.slots) if not empty.possible(empty.request(int(each))))


def larger(trace, slots):
    return frozenset(np.flatnonzero(trace.slots > slots).tolist())


@st.composite
def replays(draw, kind):
    """Draw a trace with a cluster, and sizes of the blocks in which the trace is read."""
    jobs = draw(traces())
    return jobs, *draw(clusters(jobs, kind)), draw(st.lists(st.integers(1, 9), max_size=3))


def blocks(trace, sizes):
    cuts = np.cumsum(np.array(sizes, int))
    return [taken(trace, rows) for rows in np.split(np.arange(len(trace)), cuts[cuts < len(trace)])]


def replay(trace, pools, known, plan, *, order=None, capacity=(), sizes=()):
    """Return what became of every job, its runs, and the figures."""
    runs = []
    world = JobWorld(
        blocks(trace, sizes), pools, plan, order=order, tenants=TENANTS, capacity=capacity, segments=runs.append,
        rules=JobRules(known.checkpoint_every, known.restart, known.elasticity),
    )  # fmt: skip
    return whole(list(world.results())), runs, world.figures


def whole(parts):
    names = ("start", "finish", "outcome", "preemptions", "lost", "overhead", "queued")
    columns = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
    return JobResults(joined([part.jobs for part in parts]), *columns)


class Onlooker:
    """A scheduler that looks at what another one is shown before it passes on what that one says."""

    def __init__(self, plan, order, trace, known):
        self.plan, self.order, self.trace, self.known = plan, order, trace, known
        self.seen = set()
        self.stopped = False

    def __call__(self, queue, view):
        trace, waiting = self.trace, [job.order for job in queue]
        running = [job.order for job in view.running]
        assert len({*waiting, *running}) == len(waiting) + len(running), "a job both waits and runs"
        self.seen.update(waiting, running)
        come = set(np.flatnonzero((trace.submit <= view.now) & (trace.left_out == 0)).tolist())
        assert come - self.known.refused == self.seen, "a pass comes after all arrivals of its instant"
        held = sum(job.slots for job in view.running)
        assert view.free + held == view.slots, "free and held slots are not all slots"
        if self.order is not None:
            ranks = [(self.order(job), job.order) for job in queue]
            assert ranks == sorted(ranks), "the queue is not sorted"
        if self.known.speed == (1.0,) and not self.stopped:
            whole = [job for job in view.running if job.slots == trace.slots[job.order]]
            ends = [ticks(job.begun) + ticks(trace.duration[job.order]) for job in whole]
            assert all(end > ticks(view.now) for end in ends), "a pass comes after all ends of its instant"
        for action in self.plan(queue, view):
            self.stopped |= isinstance(action, (Stop, Resize))
            yield action


def audit(plan, order, drawn):
    """Replay what ``replays`` drew, by a scheduler, and check everything that no scheduler may do."""
    trace, pools, capacity, known, sizes = drawn
    onlooker = Onlooker(plan, order, trace, known)
    onlooker.stopped = bool(capacity)  # the world stops jobs too
    rows, runs, figures = replay(trace, pools, known, onlooker, order=order, capacity=capacity, sizes=sizes)
    job_audit.check(trace, rows, runs, known)
    job_audit.sums_agree(trace, runs, figures)
    job_audit.waiting_adds_up(trace, rows, runs, figures)
