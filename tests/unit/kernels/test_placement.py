"""Which node has room, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.placement import (
    FIRST,
    LEAST_LEFT,
    MOST_LEFT,
    any_takes_all,
    bytes_of,
    cores_of,
    drawn_node,
    most_whole,
    one_node,
    rooms,
    takes_all,
)
from dcsim.kernels.placement_records import Asked, NodeState

ANY = np.zeros(0, np.int64)


def nodes(free, size=8, cpus=None, gpu_free=None):
    count = len(free)
    parts = np.zeros((count, 0)) if gpu_free is None else np.array(gpu_free, np.float64)
    cores = np.full(count, np.inf) if cpus is None else np.array(cpus, np.float64)
    return NodeState(
        np.full(count, size), np.array(free, np.int64), parts, cores, np.full(count, 100.0), np.arange(count) % 2
    )


def asked(slots, share=1.0, cpus=0.0, memory=0.0, types=()):
    return Asked(slots, share, cpus, memory, np.array(types, np.int64) if types else ANY)


@pytest.mark.parametrize(("rule", "node"), [(FIRST, 1), (LEAST_LEFT, 2), (MOST_LEFT, 3)])
def test_rules(rule, node):
    assert one_node(nodes([1, 5, 3, 8, 3, 8]), asked(3), rule, 1.0, 0.0) == (node, -1)
    assert one_node(nodes([1, 2]), asked(3), rule, 1.0, 0.0) == (-1, -1)


def test_weights_of_gpus_and_cores():
    state = nodes([4, 6], cpus=[60.0, 20.0])
    assert one_node(state, asked(2, cpus=8.0), LEAST_LEFT, 1.0 / 8, 0.0)[0] == 0
    assert one_node(state, asked(2, cpus=8.0), LEAST_LEFT, 1.0 / 8, 1.0 / 64)[0] == 1  # 0.5 + 0.1875 < 0.25 + 0.8125


@pytest.mark.parametrize(
    ("request_", "fits"),
    [
        (asked(3), True), (asked(4), False), (asked(1, cpus=16.0), True), (asked(1, cpus=16.5), False),
        (asked(1, memory=100.0), True), (asked(1, memory=101.0), False), (asked(1, types=(0, 3)), True),
        (asked(1, types=(1,)), False), (asked(0, cpus=1.0), True),
    ],
)  # fmt: skip
def test_one_node_takes_all_of_it_or_nothing(request_, fits):
    state = nodes([3], cpus=[16.0])
    assert takes_all(state, request_, 0) == fits
    assert any_takes_all(state, request_, np.array([0])) == fits
    assert not any_takes_all(state, request_, np.zeros(0, np.int64))


def test_a_part_of_a_gpu():
    state = nodes([1], size=3, gpu_free=[[0.3, 1.0, 0.6]])
    assert [one_node(state, asked(1, 0.5), rule, 1.0, 0.0) for rule in (FIRST, LEAST_LEFT, MOST_LEFT)] == [
        (0, 1), (0, 2), (0, 1),
    ]  # fmt: skip
    assert [drawn_node(state, asked(1, 0.5), 0.0, draw) for draw in (0.0, 0.49, 0.5, 0.99)] == [
        (0, 1), (0, 1), (0, 2), (0, 2),
    ]  # fmt: skip
    assert drawn_node(nodes([0], size=1, gpu_free=[[0.4]]), asked(1, 0.5), 0.0, 0.0) == (-1, -1)


def test_draws_divide_the_nodes_that_have_room():
    drawn = [drawn_node(nodes([2, 0, 2, 2]), asked(2), draw, 0.0)[0] for draw in (0.0, 0.34, 0.67, 0.99)]
    assert drawn == [0, 2, 3, 3]


def test_room_goes_by_slots_cores_and_bytes():
    state = nodes([8, 8, 2, 8], cpus=[100.0, 7.0, 100.0, 100.0])
    # 16 slots with 32 cores and 160 bytes: two cores and ten bytes a slot, 100 bytes a node
    assert rooms(state, asked(16, cpus=32.0, memory=160.0)).tolist() == [8, 3, 2, 8]
    assert rooms(state, asked(16, memory=400.0, types=(0,))).tolist() == [4, 0, 2, 0]


def test_parts_are_whole_millionths_and_bytes():
    assert [cores_of(1.0, part, 3) for part in (1, 2, 3)] == [0.333333, 0.666667, 1.0]
    assert [bytes_of(10.0, part, 4) for part in (1, 2, 4)] == [3.0, 5.0, 10.0]
    assert cores_of(2.5, 0, 0) == 2.5


def test_no_job_on_empty_nodes_and_one_more_has_more():
    assert most_whole(nodes([8, 7, 8, 3]), asked(30)) == 23
    assert most_whole(nodes([8, 7, 8, 3]), asked(30, types=(1,))) == 7
