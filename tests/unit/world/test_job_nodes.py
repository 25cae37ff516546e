"""Jobs of a trace on nodes: what a resized job takes along, what nobody can use, and which requests make the mix."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.jobs.inventory import Inventory
from dcsim.placements import placement
from dcsim.schedulers import scheduler
from dcsim.schedulers.plan import Resize, Start
from dcsim.world.job_fragments import Fragments
from dcsim.world.job_nodes import PlacedPool
from dcsim.world.job_replay import JobRules, JobWorld
from dcsim.world.nodes import NodePool
from tests.unit.world.job_worlds import block, script

RULES = JobRules(checkpoint_every=1.0, restart=0.0, elasticity=1.0)


def nodes(count, size, cpus=np.inf, memory=np.inf, where="consolidate"):
    """Return equal nodes as a pool."""
    each, zero = np.arange(count), np.zeros(count, np.int64)
    names = each.astype(str).astype(object)
    cores, room = np.full(count, float(cpus)), np.full(count, float(memory))
    inventory = Inventory(names, np.full(count, size), zero, ("a",), each, zero, zero, cores, room)
    return PlacedPool(NodePool(inventory, placement.get(where).call))


def replay(trace, pool, plan, **options):
    world = JobWorld([trace], [pool], plan, rules=RULES, **options)
    (results,) = world.results()
    return results, world.figures


def test_elastic_shrinks_a_job_whose_cores_shrink_with_it():
    # The first has 2 of 2 nodes and all 16 cores. For the second it shrinks to one node, with 8 of its cores.
    trace = block((0, 8, 100), (10, 4, 10), least=np.array([4, 4]), most=np.array([8, 4]), cpus=np.array([16.0, 8.0]))
    results, figures = replay(trace, nodes(2, 4, cpus=8), scheduler.get("elastic").call)
    assert results.start.tolist() == [0.0, 10.0]
    assert results.preemptions.tolist() == [0, 0]
    assert figures.busy_slot_s == 8 * 10 + 4 * 10 + (8 * 90)  # what is left takes as many slot-seconds as before


def test_a_job_grows_only_where_its_cores_grow_too():
    # One slot of two, three of four cores: with two slots it would need six.
    def plan(queue, view):
        for job in queue:
            assert not view.fits(job, 2)
            assert view.fits(job, 1)
            yield Start(job, 1)

    trace = block((0, 1, 100), least=np.array([1]), most=np.array([2]), cpus=np.array([3.0]))
    results, _ = replay(trace, nodes(1, 2, cpus=4), plan)
    assert results.finish.tolist() == [100.0]


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_node_ever_lacks_cores_or_memory(data):
    count = data.draw(st.integers(1, 5))
    asked = np.array([data.draw(st.integers(1, 9)) for _ in range(count)])
    cpus = np.array([data.draw(st.sampled_from([0.0, 1.0, 10.0, 7.3, 0.000001, 19.999999])) for _ in range(count)])
    memory = np.array([data.draw(st.sampled_from([0.0, 5.0, 64.0, 100.0])) for _ in range(count)])
    pool = nodes(4, 4, cpus=10, memory=64, where=data.draw(st.sampled_from(["best_fit", "first_fit", "spread"])))
    table = pool.nodes.nodes

    def resizes(view):
        for job in view.running:
            slots = data.draw(st.integers(1, 12))
            if slots < job.slots or view.fits(job, slots, job.pool, without=(job,)):
                yield Resize(job, slots)
                assert (table.cpus_free >= 0.0).all()
                assert (table.memory_free >= 0.0).all()

    trace = block(
        *((float(row), int(slots), 20.0) for row, slots in enumerate(asked)), least=np.ones(count, int),
        most=np.full(count, 12), cpus=cpus, memory=memory,
    )  # fmt: skip
    replay(trace, pool, script({float(at): resizes for at in range(count)}))
    assert table.cpus_free.tolist() == [10.0] * 4
    assert table.memory_free.tolist() == [64.0] * 4
    assert pool.free_share == 16.0


def test_parts_of_gpus_that_are_enough_together_are_fragments():
    # Four tenths of each of two GPUs are free: enough for the 0.7 that the third asks for, but not where they are.
    trace = block((0, 1, 10), (0, 1, 20), (0, 1, 5), share=np.array([0.6, 0.6, 0.7]))
    _, figures = replay(trace, nodes(1, 2), scheduler.get("fifo").call)
    assert figures.fragmented_slot_s == pytest.approx(0.8 * 10)


def test_a_head_that_asks_for_more_than_is_free_is_not_held_up_by_fragments():
    trace = block((0, 1, 10), (0, 1, 10), (0, 2, 5), share=np.array([0.6, 0.6, 1.0]))
    _, figures = replay(trace, nodes(1, 2), scheduler.get("fifo").call)
    assert figures.fragmented_slot_s == 0.0


def test_what_the_mix_cannot_use_is_summed_over_time():
    # Requests for one, and for four of four: beside the one, three slots are free of which half the mix uses none.
    # From 10 s on, when only the four are left to ask, they hold all that is there.
    trace = block((0, 1, 10), (0, 4, 5))
    _, figures = replay(trace, nodes(1, 4), scheduler.get("fifo").call)
    assert figures.unusable_slot_s == pytest.approx(1.5 * 10)


def test_the_sampled_fragment_is_close_to_the_exact_one(monkeypatch):
    draw = np.random.default_rng(3)
    submit = np.cumsum(draw.exponential(1.0, 3000))
    trace = block(*zip(submit, draw.integers(1, 5, 3000), draw.exponential(8.0, 3000), strict=True))
    asked = []
    monkeypatch.setattr(PlacedPool, "fragmentation", lambda pool: asked.append(0) or pool.nodes.fragmentation())
    sampled = replay(trace, nodes(8, 4), scheduler.get("first_fit").call)[1].unusable_slot_s
    times = len(asked)
    monkeypatch.setattr("dcsim.world.job_fragments._AGE", 0.0)
    exact = replay(trace, nodes(8, 4), scheduler.get("first_fit").call)[1].unusable_slot_s
    assert sampled == pytest.approx(exact, rel=0.01)
    assert 1000 < times < 0.6 * (len(asked) - times)


def test_slots_that_are_counted_have_no_fragment():
    assert Fragments([]).slot_s is None


def test_sizes_that_a_scheduler_only_asks_about_make_no_mix():
    # The scheduler tries every size; the mix is what was asked for at arrival: twos alone.
    def probing(queue, view):
        for job in queue:
            assert all(view.fits(job, slots) in (True, False) for slots in range(1, 5))
            if view.fits(job):
                yield Start(job)

    trace = block((0, 2, 10), (1, 2, 10), (2, 2, 10), least=np.ones(3, int), most=np.full(3, 4))
    pool = nodes(1, 4)
    replay(trace, pool, probing)
    assert pool.nodes.nodes.mix.slots.tolist() == [2]


def test_every_pool_counts_what_may_come_to_it():
    pools = [nodes(1, 4), nodes(1, 4)]
    list(JobWorld([block((0, 2, 10), (0, 1, 10))], pools, scheduler.get("fifo").call).results())
    for pool in pools:
        assert pool.nodes.nodes.mix.slots.tolist() == [1, 2]
