"""Rounds of equal messages: where the certificate is given, the event loop and an oracle say the same."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from dcsim.collectives import plan_of
from dcsim.kernels.even import even_round
from dcsim.kernels.fluid import complete
from dcsim.network.build import build_topology
from dcsim.spec.catalog import Catalog
from dcsim.world.collective import plan_time
from tests.oracles.failing_links import fair_rates, finish_times

NEVER, NOWHERE = np.zeros(0), np.zeros(0, np.int64)


@st.composite
def rounds(draw):
    links = draw(st.integers(1, 6))
    each = st.lists(st.integers(0, links - 1), unique=True, max_size=3)
    routes = draw(st.lists(each, min_size=1, max_size=8))
    capacity = draw(st.lists(st.sampled_from([1.0, 2.0, 4.0, 6.0]), min_size=links, max_size=links))
    ready = draw(st.lists(st.sampled_from([0.0, 0.5]), min_size=len(routes), max_size=len(routes)))
    return routes, np.array(capacity), np.array(ready)


@given(rounds())
def test_a_certified_round_is_what_the_event_loop_finds(case):
    routes, capacity, ready = case
    start = np.cumsum([0, *map(len, routes)])
    link = np.array([each for route in routes for each in route], np.int32)
    count = np.bincount(link, minlength=capacity.size).astype(np.int64)
    certain, finish = even_round(start, link, capacity, count, 12.0, ready)
    every = np.ones(len(routes))
    found, _ = complete(
        start, link, capacity, 12.0 * every, ready, every, math.inf * every, NEVER, NOWHERE, NEVER
    )
    if certain:
        np.testing.assert_allclose(finish, found, rtol=1e-12)


@given(rounds())
def test_a_refusal_has_a_reason(case):
    """With one start for all, a certificate is only refused where links would give flows different shares."""
    routes, capacity, _ = case
    start = np.cumsum([0, *map(len, routes)])
    link = np.array([each for route in routes for each in route], np.int32)
    count = np.bincount(link, minlength=capacity.size).astype(np.int64)
    certain, finish = even_round(start, link, capacity, count, 12.0, np.zeros(len(routes)))
    crossing = [route for route in routes if route]
    rate = fair_rates(crossing, [1.0] * len(crossing), [math.inf] * len(crossing), capacity.tolist())
    even = [min(capacity[each] / count[each] for each in route) for route in crossing]
    if certain:
        np.testing.assert_allclose(rate, even, rtol=1e-9)
        np.testing.assert_allclose(finish[[bool(route) for route in routes]], 12.0 / np.array(even), rtol=1e-9)
    else:
        assert len(set(np.round(even, 9))) > 1


@given(
    name=st.sampled_from(["ring", "halving_doubling", "binomial_tree", "double_binary_tree", "gather"]),
    ranks=st.integers(2, 9),
    fabric=st.sampled_from(["rack16_50g_full", "rack16_50g_shared"]),
    seed=st.integers(0, 99),
)
def test_a_collective_takes_what_its_messages_take_round_by_round(name, ranks, fabric, seed):
    topology = build_topology(Catalog().load("fabrics", fabric), 80)
    hosts = np.random.default_rng(seed).permutation(80)[:ranks]
    plan = plan_of(name, ranks, 1e6)
    expected, moved = 0.0, 0.0
    for step in plan.phases:
        flows = step.src.size
        same = ([1.0] * flows, [math.inf] * flows, 2e-6, [])
        finish = finish_times(topology, hosts[step.src], hosts[step.dst], [step.nbytes] * flows, [0.0] * flows, *same)
        expected += step.repeat * max(finish)
        moved += step.repeat * step.nbytes * len(topology.routes(hosts[step.src], hosts[step.dst]).link)
    done = plan_time(plan, topology, hosts, overhead_s=2e-6)
    np.testing.assert_allclose(done.time_s, expected, rtol=1e-9)
    np.testing.assert_allclose(done.moved.sum(), moved, rtol=1e-12)
    assert done.loss_ratio == done.timeouts == 0.0
