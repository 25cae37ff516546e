"""Groups of nodes that have room for a job."""

from __future__ import annotations

import numpy as np

from dcsim.jobs.groups import in_one_group, in_turn


def test_the_group_with_the_least_room_that_suffices():
    room, group = np.array([3, 4, 1, 4, 2, 2]), np.array([0, 0, 1, 1, 2, 2])
    most = np.full(6, 4)
    assert in_one_group(5, room, most, group, group).tolist() == [3, 2]
    assert in_one_group(4, room, most, group, group).tolist() == [4, 5]
    assert in_one_group(8, room, most, group, group) is None
    assert in_one_group(9, room, most, group, group).tolist() == [1, 0, 3, 2, 4, 5]


def test_inner_groups_with_the_most_room_come_first():
    room, inner = np.array([1, 2, 3, 1]), np.array([0, 0, 1, 1])
    assert in_one_group(6, room, np.full(4, 3), np.zeros(4, np.int64), inner).tolist() == [2, 3, 1, 0]


def test_every_group_gives_one_before_any_gives_two():
    room, group = np.array([1, 2, 0, 4, 4, 4]), np.array([0, 0, 1, 1, 2, 2])
    busy = np.array([3, 3, 5, 5, 0, 0])
    assert in_turn(room, busy, group).tolist() == [4, 3, 1, 5, 0, 2]
