"""Classes of flows by route and cap."""

from __future__ import annotations

import math

import numpy as np

from dcsim.kernels.fluid_routes import lay_out, register
from dcsim.kernels.fluid_state import lay_out_exactly, new_state, with_lists, with_places


def register_all(state, routes, caps):
    start = np.cumsum([0, *map(len, routes)]).astype(np.int64)
    link = np.array([one for route in routes for one in route], np.int32)
    return register(state, start, link, np.array(caps, float)).tolist()


def test_flows_of_equal_route_and_cap_are_one_class():
    state = new_state(np.ones(4))
    routes = [[0, 1], [1, 0], [0, 1], [0, 1], [0, 1, 2], []]
    caps = [math.inf, math.inf, math.inf, 3.0, math.inf, 3.0]
    assert register_all(state, routes, caps) == [0, 1, 0, 2, 3, 4]
    assert register_all(state, [[], [0, 1], [0, 1]], [3.0, 3.0, 3.5]) == [4, 2, 5]
    assert state.tallies["users"][:6].tolist() == [2, 1, 2, 1, 2, 1]
    assert state.links["classes"].tolist() == [5, 5, 1, 0]


def test_every_class_has_its_own_crossings():
    state = new_state(np.ones(50), classes=300, crossings=1200)
    rng = np.random.default_rng(0)
    routes = [rng.permutation(50)[: rng.integers(5)].tolist() for _ in range(300)]
    owner = register_all(state, routes, [math.inf] * 300)
    for route, c in zip(routes, owner, strict=True):
        crossings = state.crossings[state.classes[c].start : state.classes[c].stop]
        assert crossings["link"].tolist() == route
        assert set(crossings["owner"].tolist()) <= {c}
    assert len(set(owner)) == len({tuple(route) for route in routes})


def test_lists_have_places_for_all_classes():
    state = with_lists(with_places(new_state(np.ones(3)), 200, 400))
    register_all(state, [[0, 1 + f % 2] for f in range(200)], np.arange(1.0, 201.0))
    assert state.network[0].crowded
    state = with_lists(state)
    assert not state.network[0].crowded
    assert (np.diff([*state.links["first"], len(state.members)]) >= [200, 100, 100]).all()
    exact = lay_out_exactly(state)
    assert exact.links["first"].tolist() == [0, 200, 300]
    assert len(exact.members) == 400


def test_a_moved_list_keeps_its_order():
    state = new_state(np.ones(2))
    register_all(state, [[0], [0, 1], [1]], [math.inf] * 3)
    state = lay_out_exactly(state)
    state.links["length"] = [2, 2]
    state.members[:] = [1, 0, 3, 2]
    members = np.empty(10, np.int32)
    lay_out(state, members, 1)
    assert members[[0, 1, 5, 6]].tolist() == [1, 0, 3, 2]
    assert state.links["first"].tolist() == [0, 5]
    assert state.crossings["place"][:4].tolist() == [1, 0, 6, 5]


def test_many_caps_on_one_route_are_scattered_over_the_table():
    """A hash of the route alone would put all of them side by side, and look at all of them for each."""
    count = 2000
    state = new_state(np.ones(1), classes=count, crossings=count)
    caps = np.linspace(1.0, 2.0, count)
    assert register_all(state, [[0]] * count, caps) == list(range(count))
    free = np.flatnonzero(state.table < 0)
    assert np.diff([-1, *free, state.table.size]).max() < 100
