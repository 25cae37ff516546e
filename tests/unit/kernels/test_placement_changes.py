"""What nodes hold after jobs came and went, by hand."""

from __future__ import annotations

import numpy as np

from dcsim.kernels.placement_changes import change, give_back_all
from dcsim.kernels.placement_records import NodeState


def nodes():
    size = np.array([3, 2])
    gpu_free = np.array([[1.0, 1.0, 1.0], [1.0, 1.0, 0.0]])
    cpus, memory = np.array([8.0, np.inf]), np.array([64.0, 64.0])
    return NodeState(size, size.copy(), gpu_free, cpus, memory, np.zeros(2, np.int64))


def test_parts_and_whole_gpus():
    state, held = nodes(), np.zeros((2, 3), bool)
    first = np.array([0])
    assert change(state, held, -1, first, np.array([1]), 0, 0.3, 0.1, 1.0, 1) == -1
    assert change(state, held, -1, first, np.array([1]), 0, 0.6, 0.2, 1.0, 1) == 0
    assert change(state, held, -1, first, np.array([2]), -1, 1.0, 3.0, 10.0, 2) == -2
    assert state.gpu_free[0].tolist() == [0.1, 0.0, 0.0]
    assert held[0].tolist() == [False, True, True]
    assert (state.free[0], state.cpus_free[0], state.memory_free[0]) == (0, 4.7, 52.0)
    assert change(state, held, 1, first, np.array([1]), 0, 0.3, 0.1, 1.0, 1) == 0
    assert change(state, held, 1, first, np.array([1]), 0, 0.6, 0.2, 1.0, 1) == 1
    assert state.gpu_free[0].tolist() == [1.0, 0.0, 0.0]


def test_a_job_of_two_nodes_and_all_of_it_back():
    state, held = nodes(), np.zeros((2, 3), bool)
    where, slots = np.array([0, 1]), np.array([3, 2])
    assert change(state, held, -1, where, slots, -1, 1.0, 5.0, 11.0, 5) == -5
    assert state.cpus_free.tolist() == [5.0, np.inf]
    assert state.memory_free.tolist() == [57.0, 60.0]  # 6.6 and 4.4 bytes, each rounded
    numbers = np.array([[1.0, 5.0, 11.0]])
    grown = give_back_all(state, held, np.array([0, 2]), where, slots, np.array([-1]), numbers, np.array([5]))
    assert grown == 5
    before = nodes()
    assert all(np.array_equal(now, then) for now, then in zip(state, before, strict=True))
    assert not held.any()
