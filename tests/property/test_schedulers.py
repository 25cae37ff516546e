"""Every registered scheduler, with every placement, on random traces: what no policy may do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from dcsim.jobs.block import JobBlock
from dcsim.jobs.rows import taken
from dcsim.placements import placement
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Start
from dcsim.world.job_nodes import PlacedPool
from dcsim.world.job_slots import CountedSlots
from tests.oracles.easy_witness import BrokenPromiseError, EasyWitness
from tests.oracles.job_audit import Cluster, check, never_more_than_capacity
from tests.property.job_traces import KINDS, SIZES, WHOLE, audit, larger, placed, replay, replays, traces


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", scheduler.names())
@settings(max_examples=20)
@given(st.data())
def test_no_policy_loses_doubles_or_overbooks(name, kind, data):
    plugin = scheduler.get(name)
    audit(plugin.call, plugin.facts.get("order"), data.draw(replays(kind)))


@pytest.mark.parametrize("name", scheduler.names())
@settings(max_examples=50)
@given(st.data())
def test_nobody_starts_before_those_it_waits_for_are_done(name, data):
    trace = data.draw(traces())
    replayed = np.flatnonzero(trace.left_out == 0).tolist()
    earlier = [[each for each in replayed if each < row] for row in range(len(trace))]
    after = [data.draw(st.lists(st.sampled_from(rows), max_size=2, unique=True)) if rows else [] for rows in earlier]
    trace.more["after"] = np.array(["|".join(f"j{each}" for each in rows) for rows in after], object)
    plugin, known = scheduler.get(name), Cluster((9,), checkpoint_every=3.0, restart=1.0)
    order = plugin.facts.get("order")
    rows, runs, figures = replay(trace, [CountedSlots(9)], known, plugin.call, order=order)
    check(trace, rows, runs, known)
    for row in replayed:
        assert all(rows.start[row] >= rows.finish[each] for each in after[row])
    assert figures.unreachable == 0


@settings(max_examples=100)
@given(traces(elastic=False), SIZES)
def test_easy_never_delays_the_reserved_head(trace, slots):
    known = Cluster((slots,), refused=larger(trace, slots))
    witness = EasyWitness(scheduler.get("easy_backfill").call, trace, slots, known.refused)
    rows, _, _ = replay(trace, [CountedSlots(slots)], known, witness)
    assert all(rows.start[row] <= at for row, at in witness.promised.items())


@st.composite
def crowds(draw):
    """Draw a rush of jobs of very unequal lengths, true to their promises: free slots soon lie scattered."""
    count = draw(st.integers(4, 12))
    column = {"min_size": count, "max_size": count}
    submit = np.array(sorted(draw(st.lists(WHOLE.map(lambda at: at // 3), **column))))
    slots = np.array(draw(st.lists(st.sampled_from([1, 1, 2, 1, 3, 4]), **column)))
    duration = np.array(draw(st.lists(st.sampled_from([1.0, 2.0, 3.0, 5.0, 8.0, 13.0, 21.0, 40.0]), **column)))
    names = np.array([f"j{row}" for row in range(count)], object)
    return JobBlock(names, submit, slots, duration, duration, np.zeros(count, np.int8))


@pytest.mark.parametrize("kind", placement.names())
@settings(max_examples=100)
@given(crowds(), st.integers(2, 4), st.integers(2, 4))
def test_easy_never_delays_the_reserved_head_on_nodes(kind, trace, nodes, per_node):
    pool, refused = placed(kind, nodes, per_node, trace)
    witness = EasyWitness(scheduler.get("easy_backfill").call, trace, None, refused)
    replay(trace, [PlacedPool(pool)], Cluster((nodes * per_node,)), witness)


@pytest.mark.parametrize("kind", placement.names())
def test_easy_thinks_of_where_an_overtaker_really_goes(kind):
    """Once the first job is gone, best fit would put the last one elsewhere; now it would take the head's node."""
    submit, duration = np.array([0.0, 0.0, 0.0, 3.0, 3.0]), np.array([10.0, 2.0, 100.0, 5.0, 200.0])
    names, slots = np.array(list("abcde"), object), np.array([1, 1, 1, 2, 1])
    trace = JobBlock(names, submit, slots, duration, duration, np.zeros(5, np.int8))
    pool, _ = placed(kind, 2, 2, trace)
    witness = EasyWitness(scheduler.get("easy_backfill").call, trace)
    rows, _, _ = replay(trace, [PlacedPool(pool)], Cluster((4,)), witness)
    assert rows.start[3] <= 10.0


def starts_alike(name, trace, slots, kept):
    """Assert that cutting a trace short changes nothing for those who are left."""
    plan, known = scheduler.get(name).call, Cluster((slots,))
    everyone, _, _ = replay(trace, [CountedSlots(slots)], known, plan)
    first = taken(trace, np.arange(min(kept, len(trace))))
    fewer, _, _ = replay(first, [CountedSlots(slots)], known, plan)
    np.testing.assert_array_equal(fewer.start, everyone.start[: len(first)])


@pytest.mark.parametrize("name", ["fifo", "conservative_backfill"])
@given(traces(elastic=False, exact=True), SIZES, st.integers(1, 15))
def test_nobody_is_delayed_by_those_who_come_later(name, trace, slots, kept):
    """With true promises every reservation holds."""
    starts_alike(name, trace, slots, kept)


@pytest.mark.parametrize("name", ["first_fit", "easy_backfill"])
def test_others_do_let_later_jobs_delay_earlier_ones(name):
    @settings(max_examples=2000, database=None, phases=[Phase.generate])
    @given(traces(elastic=False, exact=True), SIZES, st.integers(1, 15))
    def delayed(trace, slots, kept):
        starts_alike(name, trace, slots, kept)

    with pytest.raises(AssertionError):
        delayed()


class Leaky(CountedSlots):
    """Slots that become more with every job that ends."""

    def give_back(self, job):
        self.free += job.slots + 1


def test_a_pool_that_hands_out_more_than_it_has_is_noticed():
    @settings(max_examples=2000, database=None, phases=[Phase.generate])
    @given(replays("counted"))
    def overbooked(drawn):
        trace, (pool,), *_, known, _ = drawn
        runs = replay(trace, [Leaky(pool.slots)], known, scheduler.get("first_fit").call)[1]
        never_more_than_capacity(trace, runs, known)

    with pytest.raises(AssertionError, match="slots of pool 0 are held"):
        overbooked()


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


@settings(max_examples=100)
@given(traces(elastic=False), SIZES)
def test_easy_is_the_textbook(trace, slots):
    known = Cluster((slots,), refused=larger(trace, slots))
    witness = EasyWitness(easy(None), trace, slots, known.refused)
    rows, _, _ = replay(trace, [CountedSlots(slots)], known, witness)
    same, _, _ = replay(trace, [CountedSlots(slots)], known, scheduler.get("easy_backfill").call)
    np.testing.assert_array_equal(rows.start, same.start)
    np.testing.assert_array_equal(rows.finish, same.finish)


@pytest.mark.parametrize("flaw", FLAWS)
def test_the_witness_notices_broken_promises(flaw):
    @settings(max_examples=2000, database=None, phases=[Phase.generate])
    @given(traces(elastic=False), SIZES)
    def broken(trace, slots):
        witness = EasyWitness(easy(flaw), trace, slots, larger(trace, slots))
        replay(trace, [CountedSlots(slots)], Cluster((slots,)), witness)

    with pytest.raises(BrokenPromiseError):
        broken()
