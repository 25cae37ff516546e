"""Random flows on random links: exactly what the oracle finds, however the run is split, and never more than fits."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.kernels import fluid
from dcsim.kernels.fairshare import fair_rates
from tests.oracles import sharing as oracle
from tests.oracles.sharing import System, floats

MANY = settings(max_examples=300)  # whatever the profile, compiled or not
SIZES = st.integers(1, 6)
FRACTIONS = st.fractions(Fraction(1, 8), 6, max_denominator=999)
TIMES = st.integers(0, 8).map(Fraction)


@st.composite
def systems(draw, *, changes=True):
    """Draw few links that are crossed by many flows; whole numbers make ties, fractions make none."""
    numbers = draw(st.sampled_from([SIZES, FRACTIONS]))
    links = draw(st.integers(1, 7))
    route = st.lists(st.integers(0, links - 1), unique=True, max_size=4)
    routes = draw(st.lists(route, min_size=1, max_size=8))
    flows = draw(st.lists(st.sampled_from(routes), min_size=1, max_size=16))
    column = {"min_size": len(flows), "max_size": len(flows)}
    weights = st.just(1) if draw(st.booleans()) else numbers
    caps = st.one_of(st.none(), numbers) if draw(st.booleans()) else st.none()
    capacities = st.one_of(numbers, numbers, numbers, st.just(0))
    change = st.tuples(st.integers(0, 20), st.integers(0, links - 1), capacities)
    later = draw(st.lists(change, max_size=4, unique_by=lambda each: each[:2])) if changes else []
    return System(
        capacity=draw(st.lists(capacities, min_size=links, max_size=links)),
        routes=flows,
        nbytes=draw(st.lists(st.one_of(numbers, numbers, numbers, st.just(0)), **column)),
        ready=draw(st.lists(TIMES if draw(st.booleans()) else st.just(Fraction(0)), **column)),
        weight=draw(st.lists(weights, **column)),
        cap=draw(st.lists(caps, **column)),
        changes=sorted(later),
    )


def by_link(system, amounts):
    """Return what each link carries when each flow carries so much."""
    total = [0] * len(system.capacity)
    for route, amount in zip(system.routes, amounts, strict=True):
        for link in route:
            total[link] += amount
    return total


@MANY
@given(systems())
def test_flows_end_when_the_oracle_says_and_links_carry_their_bytes(system):
    finish, left = oracle.complete(system)
    found, carried = fluid.complete(*system.arrays())
    np.testing.assert_allclose(found, floats(finish), rtol=1e-11)
    gone = [nbytes - rest for nbytes, rest in zip(system.nbytes, left, strict=True)]
    np.testing.assert_allclose(carried, floats(by_link(system, gone)), rtol=1e-10, atol=1e-11)


@given(systems(changes=False))
def test_rates_are_those_of_the_oracle(system):
    start, link, capacity, _, _, weight, cap, *_ = system.arrays()
    expected = oracle.rates(system.routes, system.capacity, system.weight, system.cap)
    found = fair_rates(start, link, np.ones(link.size), capacity, weight, cap)
    np.testing.assert_allclose(found, floats(expected), rtol=1e-13)


@given(systems(changes=False), st.data())
def test_flows_that_use_links_in_part(system, data):
    """One byte of a flow may take more or less of a link; a link taken twice is a link taken double."""
    start, link, capacity, _, _, weight, cap, *_ = system.arrays()
    uses = data.draw(st.lists(st.sampled_from([0.5, 1.0, 2.0]), min_size=link.size, max_size=link.size))
    found = fair_rates(start, link, np.array(uses), capacity, weight, cap)
    halves = [
        [one for e, one in zip(range(*span), route, strict=True) for _ in range(int(2 * uses[e]))]
        for span, route in zip(itertools.pairwise(start.tolist()), system.routes, strict=True)
    ]
    twice = np.cumsum([0, *map(len, halves)]).astype(np.int64)
    doubled = np.array(list(itertools.chain(*halves)), np.int32)
    expected = fair_rates(twice, doubled, np.full(doubled.size, 0.5), capacity, weight, cap)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def assert_fair(system, state, names, active):
    """Check that no link is overloaded and that each flow has a cap or a full link on which none is above it."""
    rate = fluid.rates(state, names)
    level = rate / floats(system.weight)
    capacity = np.array(state.links["capacity"])
    load = floats(by_link(system, rate))
    np.testing.assert_allclose(fluid.loads(state), load, rtol=1e-9, atol=1e-12)
    assert (load <= capacity * (1.0 + 1e-9)).all()
    highest = [max((level[f] for f in active if link in system.routes[f]), default=0.0) for link in range(load.size)]
    for f in active:
        at_cap = system.cap[f] is not None and rate[f] >= system.cap[f] * (1.0 - 1e-9)
        full = [link for link in system.routes[f] if load[link] >= capacity[link] * (1.0 - 1e-9)]
        assert at_cap or any(level[f] >= highest[link] * (1.0 - 1e-9) for link in full)


@MANY
@given(systems())
def test_every_event_leaves_rates_fair(system):
    start, link, capacity, *columns, times, which, new = system.arrays()
    state, names = fluid.add(fluid.new_state(capacity), start, link, *columns)
    finish = np.full(len(names), math.inf)
    done = 0
    while True:
        now = min([fluid.next_event(state), *times[done : done + 1]])
        if math.isinf(now):
            break
        ended, at = fluid.advance(state, now)
        finish[np.searchsorted(names, ended)] = at
        here = slice(done, np.searchsorted(times, now, side="right"))
        fluid.set_capacity(state, which[here], new[here])
        done = here.stop
        active = [f for f, ready in enumerate(system.ready) if ready <= now and math.isinf(finish[f])]
        assert_fair(system, state, names, active)
    expected, carried = fluid.complete(*system.arrays())
    np.testing.assert_allclose(finish, expected, rtol=1e-12)
    np.testing.assert_allclose(fluid.moved(state), carried, rtol=1e-12, atol=1e-12)


class Caller:
    """Somebody who adds flows in parts, looks in at any time, and now and then takes flows out and puts them back."""

    def __init__(self, system, rng):
        self.start, self.link, capacity, self.nbytes, self.ready, self.weight, self.cap, *_ = system.arrays()
        self.state = fluid.new_state(capacity)
        self.flow = {}
        self.finish = np.full(self.nbytes.size, math.inf)
        self.rng = rng

    def add(self, flows, nbytes):
        parts = [self.link[self.start[f] : self.start[f + 1]] for f in flows]
        start = np.cumsum([0, *map(len, parts)]).astype(np.int64)
        columns = (column[flows] for column in (self.ready, self.weight, self.cap))
        self.state, names = fluid.add(self.state, start, np.concatenate(parts), nbytes, *columns)
        assert not set(names.tolist()) & set(self.flow)
        self.flow.update(zip(names.tolist(), flows, strict=True))

    def advance(self, until, **options):
        for name, time in zip(*fluid.advance(self.state, until, **options), strict=True):
            self.finish[self.flow.pop(int(name))] = time
        return self.state.network[0].now

    def reroute(self):
        names = [name for name in self.flow if self.rng.random() < 0.5]
        if names:
            left = fluid.withdraw(self.state, np.array(names))
            self.add([self.flow.pop(name) for name in names], left)


@given(systems(), st.integers(0, 2**32 - 1))
def test_a_run_may_be_split_anywhere(system, seed):
    rng = np.random.default_rng(seed)
    caller = Caller(system, rng)
    *_, times, which, new = system.arrays()
    told = caller.ready * rng.random(caller.ready.size)
    for time in np.unique(np.concatenate([told, times, rng.uniform(0.0, 20.0, 4)])):
        while caller.advance(time, first=True) < time:
            pass
        flows = np.flatnonzero(told == time).tolist()
        if flows:
            caller.add(flows, caller.nbytes[flows])
        fluid.set_capacity(caller.state, which[times == time], new[times == time])
        caller.reroute()
    caller.advance(math.inf)
    expected, carried = fluid.complete(*system.arrays())
    np.testing.assert_allclose(caller.finish, expected, rtol=1e-11)
    np.testing.assert_allclose(fluid.moved(caller.state), carried, rtol=1e-10, atol=1e-11)
