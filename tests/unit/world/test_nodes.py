"""Node pools: nothing is held twice, what was taken comes back, and questions change nothing."""

from __future__ import annotations

import copy
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.jobs.inventory import Inventory, read_nodes
from dcsim.placements import placement
from dcsim.world.nodes import NodePool
from tests.oracles.placements import Cluster

SIZES = (4, 2, 4, 0, 3, 4)
CHANGING = ("free", "gpu_free", "held", "cpus_free", "memory_free")
REQUESTS = st.one_of(
    st.tuples(st.integers(1, 9), st.just(1.0), st.sampled_from([0.0, 0.1, 3.3]), st.sampled_from([0.0, 7.0])),
    st.tuples(st.just(1), st.sampled_from([0.1, 0.3, 0.46, 0.54, 0.7]), st.just(0.7), st.just(3.0)),
    st.tuples(st.just(0), st.just(1.0), st.just(1.3), st.just(1.0)),
)
STEPS = st.lists(st.tuples(st.integers(0, 99), REQUESTS), min_size=1, max_size=40)
WHOLE_STEPS = st.lists(
    st.tuples(st.integers(0, 99), st.tuples(st.integers(1, 9), st.just(1.0), st.just(0.0), st.just(0.0))), max_size=40
)


def inventory():
    count = len(SIZES)
    rack = np.arange(count) // 2
    names = np.array([f"n{node}" for node in range(count)], object)
    kind = np.array([0, 0, 1, 1, 0, 1])
    cpus, memory = np.full(count, 8.0), np.full(count, 40.0)
    return Inventory(names, np.array(SIZES), kind, ("a", "b"), rack.copy(), rack, rack // 2, cpus, memory)


def state(pool):
    return [getattr(pool.nodes, name).copy() for name in CHANGING]


def same(before, after):
    return all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def run(pool, steps):
    """Take and give back by lot; yield who holds what after every step."""
    held = []
    for draw, asked in steps:
        request = pool.request(*asked)
        spots = pool.place(request)
        if spots is not None:
            pool.take(spots, request)
            held.append((spots, request))
        if held and (spots is None or draw < 30):
            pool.give_back(*held.pop(draw % len(held)))
        yield held


@pytest.mark.parametrize("name", placement.names())
@settings(max_examples=25)
@given(steps=STEPS)
def test_every_gpu_core_and_byte_is_held_once(name, steps):
    pool, cluster = NodePool(inventory(), placement.get(name).call), Cluster(SIZES)
    shared = False
    for held in run(pool, steps):
        cluster.gpus = Cluster(SIZES).gpus
        cpus, memory = np.full(len(SIZES), 8.0), np.full(len(SIZES), 40.0)
        for number, (spots, request) in enumerate(sorted(held, key=lambda job: -job[0].gpu)):
            assert spots.slots.sum() == request.slots
            assert len(set(spots.nodes.tolist())) == len(spots.nodes)
            share = Fraction(request.share).limit_denominator(10**6)
            cluster.take(number, spots.nodes.tolist(), spots.slots.tolist(), spots.gpu, share)
            part = spots.slots / request.slots if request.slots else np.ones(1)
            cpus[spots.nodes] -= request.cpus * part
            memory[spots.nodes] -= request.memory * part
        assert pool.nodes.free.tolist() == [cluster.free(node) for node in range(len(SIZES))]
        assert pool.free == pool.nodes.free.sum()
        assert pool.nodes.cpus_free == pytest.approx(cpus, abs=1e-4)
        assert pool.nodes.memory_free == pytest.approx(memory, abs=len(held) + 1.0)
        assert pool.nodes.cpus_free.min() >= 0.0 <= pool.nodes.memory_free.min()
        shared = bool(pool.nodes.gpu_free.size)
        if shared:
            parts = [sorted(map(float, cluster.free_parts(node))) for node in range(len(SIZES))]
            rows = [sorted(row[:size].tolist()) for row, size in zip(pool.nodes.gpu_free, SIZES, strict=True)]
            assert rows == parts
    while held:
        pool.give_back(*held.pop())
    empty = NodePool(inventory(), placement.get(name).call)
    if shared:
        empty.request(1, 0.5)
    assert same(state(pool), state(empty))
    assert pool.free == pool.slots == sum(SIZES)


@pytest.mark.parametrize("name", placement.names())
@settings(max_examples=15)
@given(steps=STEPS, asked=REQUESTS)
def test_questions_are_answered_as_if_it_were_so_and_change_nothing(name, steps, asked):
    pool = NodePool(inventory(), placement.get(name).call)
    for held in run(pool, steps):
        request, before, free = pool.request(*asked), state(pool), pool.free
        for gone in (held[:1], held[:3], held[:3], held[:2], held):
            other, beside = copy.deepcopy(pool), copy.deepcopy(pool)
            now = beside.place(request)
            if now is not None:
                beside.take(now, request)
            for spots, theirs in gone:
                other.give_back(spots, theirs)
                beside.give_back(spots, theirs)
            assert pool.fits(request, without=gone) == (other.place(request) is not None)
            if name != "random":
                there = now is not None and beside.place(request) is not None
                assert pool.fits(request, without=gone, beside=[request]) == there
        assert pool.free == free
        assert not pool.nodes.gpu_free.size or same(before, state(pool))


@settings(max_examples=15)
@given(steps=WHOLE_STEPS)
def test_more_free_nodes_never_cost_a_job_its_place(steps):
    pools = [NodePool(inventory(), placement.get(name).call) for name in placement.names()]
    for pool in pools:
        for held in run(pool, steps):
            request = pool.request(5)
            answers = [pool.fits(request, without=held[:gone]) for gone in range(len(held) + 1)]
            assert answers == sorted(answers)


def test_no_place_is_remembered_until_something_is_given_back():
    asked = []

    def counting(request, nodes):
        asked.append(request)
        return placement.get("first_fit").call(request, nodes)

    pool = NodePool(read_nodes("2x4"), counting)
    three, four = pool.request(3), pool.request(4)
    first = pool.place(three)
    assert pool.place(three) is first
    pool.take(first, three)
    pool.take(pool.place(three), three)
    assert pool.place(four) is None
    assert pool.place(four) is None
    assert asked == [three, three, four]
    pool.give_back(first, three)
    assert pool.place(four).nodes.tolist() == [0]


def test_full_means_that_nobody_can_start():
    pool = NodePool(read_nodes("1x2"), placement.get("first_fit").call)
    two = pool.request(2)
    assert not pool.full
    pool.take(pool.place(two), two)
    assert pool.full
    pool.request(1, 0.5)
    assert not pool.full


def test_gpus_that_jobs_hold_when_sharing_begins_stay_theirs():
    pool = NodePool(read_nodes("1x4"), placement.get("best_fit").call)
    three = pool.request(3)
    spots = pool.place(three)
    pool.take(spots, three)
    half = pool.request(1, 0.5)
    pool.take(pool.place(half), half)
    assert (pool.free, pool.free_share) == (0, 0.5)
    pool.take(pool.place(half), half)
    assert pool.place(half) is None
    assert (pool.free, pool.free_share) == (0, 0.0)
    pool.give_back(spots, three)
    assert (pool.free, pool.free_share) == (3, 3.0)


def test_fragmentation_is_what_the_requests_made_cannot_use():
    pool = NodePool(read_nodes("2x4"), placement.get("spread").call)
    one, four = pool.request(1), pool.request(4)
    for _ in range(2):
        pool.take(pool.place(one), one)
    # both nodes have three free GPUs: half of the requests cannot use any of them
    assert pool.fragmentation() == pytest.approx(3.0)
    assert not pool.fits(four)
