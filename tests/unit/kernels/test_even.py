"""The certificate of even rounds on systems small enough to see through."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.kernels.even import crossings, even_round


def system(routes, capacity):
    start = np.cumsum([0, *map(len, routes)])
    link = np.array([each for route in routes for each in route], np.int32)
    capacity = np.array(capacity, np.float64)
    count = np.bincount(link, minlength=capacity.size).astype(np.int64)
    return start, link, capacity, count


def ends(routes, capacity, ready, nbytes=12.0):
    certain, finish = even_round(*system(routes, capacity), nbytes, np.array(ready, np.float64))
    return finish.tolist() if certain else None


def test_flows_that_share_nothing():
    assert ends([[0], [1]], [4.0, 3.0], [0.0, 1.0]) == [3.0, 5.0]


def test_flows_that_share_a_link_evenly():
    assert ends([[0, 2], [1, 2]], [6.0, 6.0, 6.0], [1.0, 1.0]) == [5.0, 5.0]


def test_a_late_start_on_a_shared_link_changes_rates():
    assert ends([[0, 2], [1, 2]], [6.0, 6.0, 6.0], [1.0, 1.5]) is None


def test_a_late_start_on_a_link_that_nobody_waits_for_does_not():
    assert ends([[0, 2], [1, 2]], [3.0, 3.0, 6.0], [1.0, 1.5]) == [5.0, 5.5]


def test_what_a_slow_flow_leaves_on_a_shared_link_is_taken_by_the_others():
    assert ends([[0], [0, 1]], [6.0, 1.0], [0.0, 0.0]) is None


def test_a_slow_flow_leaves_nothing_where_the_others_are_held_elsewhere():
    assert ends([[0, 2], [0, 1]], [6.0, 1.0, 2.0], [0.0, 0.0]) == [6.0, 12.0]


def test_a_failed_link_never_lets_its_flows_end():
    assert ends([[0], [1]], [0.0, 3.0], [0.0, 0.0]) == [math.inf, 4.0]


def test_nothing_to_send_ends_at_the_start():
    assert ends([[0], [0]], [0.0], [1.0, 1.0], nbytes=0.0) == [1.0, 1.0]


def test_a_flow_without_links_ends_at_its_start():
    assert ends([[], [0]], [3.0], [2.0, 1.0]) == [2.0, 5.0]
    assert ends([[], []], [3.0], [2.0, 1.0]) == [2.0, 1.0]


@pytest.mark.parametrize(("own", "pace"), [((True, True), [0.5, 1.0]), ((False, False), [0.25, 0.5])])
def test_pace_counts_others_on_own_links_only(own, pace):
    start, link, capacity, _ = system([[0], [0, 1]], [4.0, 2.0])
    count, found, leaves = crossings(start, link, capacity, np.array(own), np.array([False, True]))
    assert count.tolist() == [2, 1]
    assert found.tolist() == [max(pace[0], 0.0), max(pace[0], 0.5)]
    assert leaves.tolist() == [False, True]
