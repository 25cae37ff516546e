"""Every registered scheduler, with every placement, on random traces: what no policy may do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.jobs.block import JobBlock, JobResults
from dcsim.jobs.inventory import read_nodes
from dcsim.jobs.rows import joined, taken
from dcsim.placements import placement
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Resize, Start, Stop, Tenant
from dcsim.world.job_nodes import PlacedPool
from dcsim.world.job_replay import JobRules, JobWorld
from dcsim.world.job_slots import CountedSlots
from dcsim.world.nodes import NodePool
from tests.oracles import job_audit
from tests.oracles.easy_witness import BrokenPromiseError, EasyWitness
from tests.oracles.job_audit import Cluster

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
def clusters(draw, trace):
    """Draw pools for a trace, and the same as the audit knows them."""
    rules = {
        "checkpoint_every": draw(st.sampled_from([1.0, 3.0, 500.0, math.inf])),
        "restart": draw(st.sampled_from([0.0, 1.0, 2.5, 90.0])),
        "elasticity": draw(st.sampled_from([0.9, 1.0])),
    }
    kind = draw(st.sampled_from(["counted", "capacity", "two pools", "nodes", "nodes"]))
    slots, capacity = draw(SIZES), ()
    if kind == "nodes":
        nodes, per_node = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        place = placement.get(draw(st.sampled_from(placement.names()))).call
        pool = PlacedPool(NodePool(read_nodes(f"{nodes}x{per_node}"), place))
        empty = NodePool(read_nodes(f"{nodes}x{per_node}"), place)
        refused = [row for row, each in enumerate(trace.slots) if not empty.possible(empty.request(int(each)))]
        known = Cluster((nodes * per_node,), nodes=(per_node,) * nodes, refused=frozenset(refused), **rules)
        return [pool], capacity, known
    if kind == "two pools":
        more = draw(SIZES)
        known = Cluster((slots, more), speed=(1.0, 2.0), refused=_larger(trace, max(slots, more)), **rules)
        return [CountedSlots(slots), Fast(more)], capacity, known
    if kind == "capacity":
        times = draw(st.lists(st.sampled_from([1, 3, 8, 20, 600, 3000, 6000]), min_size=1, max_size=3, unique=True))
        times.sort()
        capacity = [(float(time), draw(st.integers(0, slots))) for time in times]
        capacity.append((times[-1] + 7.0, slots))  # in the end all of it is there again
    known = Cluster((slots,), capacity=tuple(capacity), refused=_larger(trace, slots), **rules)
    return [CountedSlots(slots)], capacity, known


def _larger(trace, slots):
    return frozenset(np.flatnonzero(trace.slots > slots).tolist())


@st.composite
def replays(draw, **trace):
    """Draw a trace with a cluster, and sizes of the blocks in which the trace is read."""
    jobs = draw(traces(**trace))
    return jobs, *draw(clusters(jobs)), draw(st.lists(st.integers(1, 9), max_size=3))


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
    names = ("start", "finish", "outcome", "preemptions", "lost", "overhead")
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
        assert view.free + sum(job.slots for job in view.running) == view.slots
        if self.order is not None:
            ranks = [(self.order(job), job.order) for job in queue]
            assert ranks == sorted(ranks)
        if self.known.speed == (1.0,) and not self.stopped:
            whole = [job for job in view.running if job.slots == trace.slots[job.order]]
            ends = [job.begun + trace.duration[job.order] for job in whole]
            assert all(end > view.now for end in ends), "a pass comes after all ends of its instant"
        for action in self.plan(queue, view):
            self.stopped |= isinstance(action, (Stop, Resize))
            yield action


@pytest.mark.parametrize("name", scheduler.names())
@given(replays())
def test_no_policy_loses_doubles_or_overbooks(name, drawn):
    trace, pools, capacity, known, sizes = drawn
    plugin = scheduler.get(name)
    order = plugin.facts.get("order")
    onlooker = Onlooker(plugin.call, order, trace, known)
    onlooker.stopped = bool(capacity)  # the world stops jobs too
    rows, runs, figures = replay(trace, pools, known, onlooker, order=order, capacity=capacity, sizes=sizes)
    job_audit.check(trace, rows, runs, known)
    job_audit.sums_agree(trace, runs, figures)
    job_audit.waiting_adds_up(trace, rows, runs, figures)


@settings(max_examples=300)
@given(traces(elastic=False), SIZES)
def test_easy_never_delays_the_reserved_head(trace, slots):
    known = Cluster((slots,), refused=_larger(trace, slots))
    witness = EasyWitness(scheduler.get("easy_backfill").call, trace, slots, known.refused)
    rows, _, _ = replay(trace, [CountedSlots(slots)], known, witness)
    assert all(rows.start[row] <= at for row, at in witness.promised.items())


@given(st.data())
def test_easy_never_delays_the_reserved_head_on_nodes(data):
    trace = data.draw(traces(elastic=False))
    nodes, per_node = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    place = placement.get(data.draw(st.sampled_from(placement.names()))).call
    pool, empty = (NodePool(read_nodes(f"{nodes}x{per_node}"), place) for _ in range(2))
    refused = {row for row, each in enumerate(trace.slots) if not empty.possible(empty.request(int(each)))}
    witness = EasyWitness(scheduler.get("easy_backfill").call, trace, None, refused)
    replay(trace, [PlacedPool(pool)], Cluster((nodes * per_node,)), witness)


@pytest.mark.parametrize("name", ["fifo", "conservative_backfill"])
@given(traces(elastic=False, exact=True), SIZES, st.integers(1, 15))
def test_nobody_is_delayed_by_those_who_come_later(name, trace, slots, kept):
    """With true promises every reservation holds, so cutting a trace short changes nothing for those who are left."""
    plan, known = scheduler.get(name).call, Cluster((slots,))
    everyone, _, _ = replay(trace, [CountedSlots(slots)], known, plan)
    first = taken(trace, np.arange(min(kept, len(trace))))
    fewer, _, _ = replay(first, [CountedSlots(slots)], known, plan)
    np.testing.assert_array_equal(fewer.start, everyone.start[: len(first)])


def easy(flaw):
    """Return EASY backfill as simply as it can be written, or with a flaw."""

    def plan(queue, view):
        waiting = list(queue)
        while waiting and view.fits(waiting[0]):
            yield Start(waiting.pop(0))
        if not waiting:
            return
        head, free = waiting.pop(0), view.free
        shadow = math.inf
        for job in sorted(view.running, key=lambda job: job.ends):
            if free >= head.slots and job.ends > shadow:
                break
            free, shadow = free + job.slots, job.ends
        extra = free - head.slots
        for job in waiting:
            ends = view.now + (job.estimate / 2 if flaw == "believes in half of the promise" else job.estimate)
            late = ends > shadow
            if flaw != "reserves nothing" and late and job.slots > extra:
                continue
            if view.fits(job):
                yield Start(job)
                extra -= job.slots if late and flaw != "gives the spare slots twice" else 0

    return plan


FLAWS = ("reserves nothing", "believes in half of the promise", "gives the spare slots twice")


@settings(max_examples=300)
@given(traces(elastic=False), SIZES)
def test_easy_is_the_textbook(trace, slots):
    known = Cluster((slots,), refused=_larger(trace, slots))
    witness = EasyWitness(easy(None), trace, slots, known.refused)
    rows, _, _ = replay(trace, [CountedSlots(slots)], known, witness)
    same, _, _ = replay(trace, [CountedSlots(slots)], known, scheduler.get("easy_backfill").call)
    np.testing.assert_array_equal(rows.start, same.start)
    np.testing.assert_array_equal(rows.finish, same.finish)


@pytest.mark.parametrize("flaw", FLAWS)
def test_the_witness_notices_broken_promises(flaw):
    @settings(max_examples=2000, database=None)
    @given(traces(elastic=False), SIZES)
    def broken(trace, slots):
        witness = EasyWitness(easy(flaw), trace, slots, _larger(trace, slots))
        replay(trace, [CountedSlots(slots)], Cluster((slots,)), witness)

    with pytest.raises(BrokenPromiseError):
        broken()
