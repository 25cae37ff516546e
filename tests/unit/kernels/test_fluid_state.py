"""A network that flows come to and go from between calls: places, names, looking in, taking out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.kernels import fluid

NEVER = math.inf


def network(*capacity, now=0.0):
    return fluid.new_state(np.array(capacity, float), now)


def add(state, routes, nbytes, ready=None, *, weight=1.0, cap=NEVER):
    """Add flows whose routes are lists of links."""
    count = len(routes)
    link = np.array([one for route in routes for one in route], np.int32)
    columns = [np.full(count, value, float) for value in (nbytes, -NEVER if ready is None else ready, weight, cap)]
    return fluid.add(state, np.cumsum([0, *map(len, routes)]).astype(np.int64), link, *columns)


def test_time_passes_between_additions():
    state, first = add(network(10.0), [[0]], 20.0)
    assert [part.tolist() for part in fluid.advance(state, 1.0)] == [[], []]
    state, second = add(state, [[0]], 5.0)
    flows, finish = fluid.advance(state, 10.0)
    assert flows.tolist() == [*second, *first]
    assert finish.tolist() == [2.0, 2.5]
    assert state.network[0].now == 10.0


def test_what_happens_at_the_time_given_is_done():
    state, flows = add(network(10.0), [[0], [0]], 10.0, [0.0, 1.0])
    assert fluid.advance(state, 1.0)[0].tolist() == [flows[0]]
    assert fluid.rates(state, flows[1:]).tolist() == [10.0]


def test_the_first_end_may_stop_the_run():
    state, flows = add(network(10.0), [[0], [0]], [5.0, 10.0], [0.0, 3.0])
    ended, finish = fluid.advance(state, 10.0, first=True)
    assert (ended.tolist(), finish.tolist(), state.network[0].now) == ([flows[0]], [0.5], 0.5)
    assert fluid.next_event(state) == 3.0
    assert fluid.advance(state, 10.0, first=True)[1].tolist() == [4.0]
    assert fluid.next_event(state) == NEVER
    assert fluid.advance(state, NEVER, first=True)[0].size == 0


def test_looking_in_changes_nothing():
    state, flows = add(network(10.0, 4.0), [[0], [0, 1], [1]], 30.0, [0.0, 1.0, 9.0])
    fluid.advance(state, 2.0)
    for _ in range(2):
        assert fluid.rates(state, flows).tolist() == [6.0, 4.0, 0.0]
        assert fluid.loads(state).tolist() == [10.0, 4.0]
        assert fluid.moved(state).tolist() == [20.0, 4.0]
        assert fluid.next_event(state) == pytest.approx(2.0 + 14.0 / 6.0)
    assert fluid.advance(state, NEVER)[1].tolist() == pytest.approx([2.0 + 14.0 / 6.0, 8.5, 16.5])


def test_a_flow_is_sent_another_way():
    state, flows = add(network(10.0, 2.0), [[0], [0]], 20.0)
    fluid.advance(state, 1.0)
    left = fluid.withdraw(state, flows[:1])
    assert left.tolist() == [15.0]
    state, other = add(state, [[1]], left)
    assert fluid.rates(state, np.concatenate([flows[1:], other])).tolist() == [10.0, 0.0]
    ended, finish = fluid.advance(state, NEVER)
    assert ended.tolist() == [flows[1], *other]
    assert finish.tolist() == pytest.approx([2.5, 8.5])
    assert fluid.moved(state).tolist() == pytest.approx([25.0, 15.0])


def test_flows_are_withdrawn_before_they_start():
    state, flows = add(network(10.0), [[0]] * 3, 20.0, [1.0, 2.0, 3.0])
    assert fluid.withdraw(state, flows[[1]]).tolist() == [20.0]
    assert fluid.next_event(state) == 1.0
    assert fluid.advance(state, NEVER)[1].tolist() == [3.0, 5.0]
    assert fluid.moved(state).tolist() == [40.0]


def test_a_flow_that_does_not_end_by_itself():
    state, flows = add(network(10.0), [[0], [0]], [NEVER, 5.0])
    assert fluid.advance(state, 4.0)[1].tolist() == [1.0]
    assert fluid.moved(state).tolist() == [40.0]
    assert fluid.withdraw(state, flows[:1]).tolist() == [NEVER]
    fluid.advance(state, 5.0)
    assert fluid.loads(state).tolist() == [0.0]
    assert fluid.moved(state).tolist() == [40.0]


def test_a_link_fails_and_is_repaired():
    state, flows = add(network(10.0, 10.0), [[0, 1], [1]], 20.0)
    fluid.set_capacity(state, np.array([0]), np.array([0.0]))
    assert fluid.rates(state, flows).tolist() == [0.0, 0.0]  # nobody has joined before time passes
    fluid.advance(state, 0.0)
    assert fluid.rates(state, flows).tolist() == [0.0, 10.0]
    assert fluid.advance(state, 5.0)[1].tolist() == [2.0]
    fluid.set_capacity(state, np.array([0, 1]), np.array([2.0, 4.0]))
    assert fluid.advance(state, NEVER)[1].tolist() == [15.0]


def test_memory_grows_with_flows_that_are_there_and_not_with_those_that_were():
    state = network(*[10.0] * 40)
    sizes = set()
    total = np.zeros(40)
    rng = np.random.default_rng(3)
    for step in range(60):
        routes = [rng.permutation(40)[:3].tolist() for _ in range(20)]
        state, flows = add(state, routes, 1.0)
        assert len(set(flows.tolist())) == 20
        total += np.bincount(np.concatenate(routes), minlength=40)
        ended, _ = fluid.advance(state, (step + 1) * 10.0)
        assert sorted(ended) == sorted(flows)
        sizes.add((len(state.classes), len(state.crossings), len(state.members), len(state.flows), len(state.table)))
    assert max(max(size) for size in sizes) < 1000
    np.testing.assert_allclose(fluid.moved(state), total, rtol=1e-12)


def test_flows_that_share_survive_a_move_to_other_places():
    """Flows of new routes come until arrays are made anew, while an old one goes on."""
    state, old = add(network(*[10.0] * 30), [[0]], 1000.0)
    rng = np.random.default_rng(8)
    for step in range(40):
        routes = [rng.permutation(np.arange(1, 30))[:4].tolist() for _ in range(10)]
        state, _ = add(state, routes, 0.5)
        fluid.advance(state, step + 1.0)
        assert fluid.rates(state, old).tolist() == [10.0]
    assert fluid.withdraw(state, old) == pytest.approx([600.0])
    assert fluid.moved(state)[0] == pytest.approx(400.0)


def test_time_does_not_go_back():
    state, _ = add(network(10.0, now=5.0), [[0]], 20.0, 1.0)
    fluid.advance(state, 3.0)
    assert state.network[0].now == 5.0
    assert fluid.advance(state, NEVER)[1].tolist() == [7.0]
