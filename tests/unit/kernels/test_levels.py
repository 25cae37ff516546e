"""Levels settled again: only what changes is touched, and ties, chains and caps end where they must."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.kernels import fluid
from dcsim.kernels.fluid_events import settle_now
from dcsim.kernels.levels import settle
from tests.oracles import sharing as oracle


class Network:
    """Flows that never end on links, added one by one."""

    def __init__(self, *capacity):
        self.capacity = list(capacity)
        self.state = fluid.new_state(np.array(capacity, float))
        self.names, self.routes, self.cap = [], [], []

    def add(self, *route, cap=None):
        columns = [np.array([value], float) for value in (math.inf, 0.0, 1.0, math.inf if cap is None else cap)]
        start, link = np.array([0, len(route)]), np.array(route, np.int32)
        self.state, names = fluid.add(self.state, start, link, *columns)
        fluid.advance(self.state, 0.0)
        self.names.append(int(names[0]))
        self.routes.append(list(route))
        self.cap.append(cap)

    def remove(self, at):
        fluid.withdraw(self.state, np.array([self.names.pop(at)]))
        del self.routes[at], self.cap[at]

    def rates(self):
        return fluid.rates(self.state, np.array(self.names, np.int64)).tolist()

    def assert_fair(self):
        expected = oracle.rates(self.routes, self.capacity, [1] * len(self.routes), self.cap)
        assert self.rates() == pytest.approx([float(rate) for rate in expected], rel=1e-12)

    def changes(self):
        """Settle, and return how many classes were noted."""
        state = self.state
        settle(
            state.links, state.classes, state.crossings, state.members, state.changed,
            state.fill_keys, state.fill_items, state.fill_place, state.network[0],
        )  # fmt: skip
        noted = int(state.network[0].changed)
        settle_now(state)
        return noted


def test_only_those_that_change_are_noted():
    """300 flows in pairs, each pair on a link of its own: when one goes, one other changes."""
    network = Network(*[10] * 150)
    for link in range(150):
        network.add(link)
        network.add(link, cap=8)
    assert network.changes() == 0
    network.remove(77)
    assert network.changes() == 1
    network.assert_fair()


def test_a_change_goes_up_a_chain_of_links_and_no_further_than_it_must():
    """Flow f crosses links f and f + 1: what one gives up the next takes, until a cap stops it."""
    network = Network(2, 3, 5, 7, 11, 13, 17)
    for f in range(6):
        network.add(f, f + 1, cap=4 if f == 3 else None)
    network.assert_fair()
    network.add(0)
    network.assert_fair()
    network.remove(6)
    network.assert_fair()


def test_equal_flows_on_equal_links():
    """Every pair of nine hosts: each flow has two links that are full at the same level."""
    network = Network(*[9] * 18)
    pairs = [(a, b) for a in range(9) for b in range(9) if a != b]
    for a, b in pairs:
        network.add(a, 9 + b)
    assert network.rates() == pytest.approx([9 / 8] * 72, rel=1e-14)
    for at in (50, 31, 30, 2):
        network.remove(at)
        network.assert_fair()


def test_a_cap_takes_a_flow_off_its_link():
    network = Network(10, 10)
    network.add(0, 1, cap=4)
    network.add(0)
    network.add(0)
    network.assert_fair()
    network.remove(2)
    assert network.rates() == [4.0, 6.0]
    network.remove(1)
    assert network.rates() == [4.0]


@pytest.mark.parametrize("seed", range(8))
def test_coming_and_going_on_a_small_fabric(seed):
    rng = np.random.default_rng(seed)
    hosts = [int(rng.integers(2, 5)) for _ in range(12)]
    network = Network(*hosts, 6, 6, 4, 4)
    for _ in range(60):
        if rng.random() < 0.65 or not network.names:
            src, dst = rng.permutation(6)[:2].tolist()
            leaves = [12 + src % 2, 14 + dst % 2] if src // 3 != dst // 3 else []
            network.add(src, *leaves, 6 + dst, cap=int(rng.integers(1, 3)) if rng.random() < 0.2 else None)
        else:
            network.remove(int(rng.integers(len(network.names))))
        network.assert_fair()
