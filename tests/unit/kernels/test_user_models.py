"""Fluid trainings by hand: two regions of one kind, no services in the way unless said."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.fleet import advance_fleet
from dcsim.kernels.fleet_arrays import Pools, Regions, UserModels, new_state
from tests.oracles.fleets import lending, one_region, steady

DT = 300.0


@pytest.fixture
def constants():
    return one_region()._replace(
        regions=Regions(np.array([[0.0, 0.05], [0.05, 0.0]]), np.array([[0, 1], [1, 0]])),
        pools=Pools(
            np.array([0, 1]), np.zeros(2, np.int64), np.array([100.0, 50.0]), np.array([1.0, 2.0]), np.full(2, 16.0),
            np.full(2, 60.0), np.full(2, 100.0), np.full(2, 1.4),
        ),
        lending=lending(2, group=0),
        user_models=UserModels(np.zeros(1, np.int64), np.array([10.0])),
    )  # fmt: skip


def run(constants, inputs, steps):
    return advance_fleet(constants, inputs, new_state(constants), steps)


def test_trainings_use_free_hosts(constants):
    inputs = steady(constants, 1, [0.0])
    inputs.trigger[:] = np.array([2.0, 3.0])
    out = run(constants, inputs, 1)
    assert out.user_models.triggered[0, 0].tolist() == [600.0, 900.0]
    assert out.user_models.trained[0, 0].tolist() == [600.0, 900.0]
    assert out.user_models.busy[0, 0].tolist() == [20.0, 15.0]
    assert out.pools.training[0].tolist() == [20.0, 15.0]
    assert out.user_models.delay[0, 0].tolist() == [10.0, 10.0]
    assert out.pools.busy[0].tolist() == [0.2, 0.3]


def test_serving_comes_first_and_the_rest_waits(constants):
    inputs = steady(constants, 3, [45.0])
    inputs.trigger[0] = np.array([2.0, 1.0])
    out = run(constants, inputs, 3)
    assert out.user_models.trained[:, 0, 0].tolist() == pytest.approx([300.0, 300.0, 0.0])
    assert out.user_models.waiting[:, 0, 0].tolist() == pytest.approx([300.0, 0.0, 0.0])
    assert out.user_models.delay[:, 0, 0].tolist() == pytest.approx([10.0 + 300.0 * 10.0 / 10.0, 10.0, 10.0])


def test_what_a_region_cannot_train_goes_to_the_next(constants):
    inputs = steady(constants, 1, [0.0])
    inputs.demand[:, :, 0] = 45.0  # of 100 hosts at a target of one half: ten are left
    inputs.trigger[0] = np.array([2.0, 1.0])
    out = run(constants, inputs, 1)
    assert out.user_models.trained[0, 0].tolist() == pytest.approx([300.0, 600.0])
    assert out.user_models.waiting[0, 0].tolist() == pytest.approx([0.0, 0.0])
    assert out.user_models.delay[0, 0].tolist() == [10.0, 10.0]


def test_no_training_has_waited_longer_than_there_was_a_backlog(constants):
    inputs = steady(constants, 3, [0.0])
    inputs.demand[:] = 50.0  # fills either region
    inputs.trigger[0] = np.array([1.0, 0.0])
    out = run(constants, inputs, 3)
    assert out.user_models.trained.sum() == 0.0
    assert out.user_models.delay[:, 0, 0].tolist() == [10.0 + DT, 10.0 + 2 * DT, 10.0 + 3 * DT]


def test_users_without_a_region_are_held_and_then_released(constants):
    inputs = steady(constants, 4, [0.0])
    inputs.trigger[:] = np.array([1.0, 0.0])
    inputs.unserved[:2, 0] = [1.0, 0.5]
    out = run(constants, inputs, 4)
    assert out.user_models.trained[:, 0, 0].tolist() == [0.0, 150.0, 300.0 + 450.0, 300.0]
    assert out.user_models.waiting[:, 0, 0].tolist() == [300.0, 450.0, 0.0, 0.0]
    assert out.user_models.delay[:, 0, 0].tolist() == [DT + 10.0, 2 * DT + 10.0, 10.0, 10.0]


def test_trainings_go_to_the_nearest_open_region(constants):
    inputs = steady(constants, 2, [0.0])
    inputs.trigger[:] = np.array([1.0, 0.0])
    inputs.open[:, 0] = 0.0
    out = run(constants, inputs, 2)
    assert out.user_models.trained[:, 0].tolist() == [[0.0, 300.0], [0.0, 300.0]]


def test_the_backlog_of_a_lost_region_waits_until_its_users_are_served_elsewhere(constants):
    inputs = steady(constants, 4, [50.0])
    inputs.demand[2:] = 0.0
    inputs.trigger[0] = np.array([1.0, 0.0])
    inputs.open[1:, 0] = inputs.up[1:, 0] = 0.0
    inputs.unserved[1:3, 0] = 1.0
    out = run(constants, inputs, 4)
    assert out.user_models.waiting[:, 0].tolist() == [[300.0, 0.0], [300.0, 0.0], [300.0, 0.0], [0.0, 0.0]]
    assert out.user_models.trained[3, 0].tolist() == [0.0, 300.0]
    assert out.user_models.delay[:, 0, 0].tolist() == [10.0 + DT, 310.0, 610.0, 10.0]


def test_all_is_held_where_no_region_is_open(constants):
    inputs = steady(constants, 2, [0.0])
    inputs.trigger[:] = 1.0
    inputs.open[0] = 0.0
    out = run(constants, inputs, 2)
    assert out.user_models.waiting[:, 0].tolist() == [[300.0, 300.0], [0.0, 0.0]]
    assert out.user_models.trained[1, 0].tolist() == [600.0, 600.0]


def test_the_first_class_of_a_kind_goes_first(constants):
    both = constants._replace(user_models=UserModels(np.zeros(2, np.int64), np.array([10.0, 30.0])))
    inputs = steady(both, 1, [0.0])
    inputs.trigger[:, :, 0] = [9.0, 9.0]
    out = run(both, inputs, 1)
    assert out.user_models.trained[0, :, 0].tolist() == pytest.approx([2700.0, 100.0])
    assert out.user_models.busy[0, :, 0].tolist() == pytest.approx([90.0, 10.0])


def test_trainings_call_lent_hosts_back(constants):
    lent = constants._replace(lending=lending(2, group=10, notice=60.0))
    state = new_state(lent)
    quiet = steady(lent, 1, [0.0])
    advance_fleet(lent, quiet, state, 1)
    inputs = steady(lent, 2, [0.0])
    inputs.trigger[:] = np.array([2.0, 0.0])
    out = advance_fleet(lent, inputs, state, 2)
    # the notice of 60 s leaves 16 of the 20 hosts to the first step, and the second needs 24
    assert out.harvest.evicted[:, 0].tolist() == [2.0, 1.0]
    assert out.user_models.trained[:, 0, 0].tolist() == pytest.approx([480.0, 720.0])
    assert out.user_models.waiting[:, 0, 0].tolist() == pytest.approx([120.0, 0.0])
