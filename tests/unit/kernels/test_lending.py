"""Loans by hand: one pool of 1000 hosts at a target of 0.5, gangs of 10, steps of 300 s."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.fleet import advance_fleet
from dcsim.kernels.fleet_arrays import new_state
from dcsim.kernels.fleet_records import BOOK, COHORT, LENDING, new_records
from dcsim.kernels.lending import foresee, share_nics
from tests.oracles.fleets import one_region, steady


def run(demand, steps=None, close=(), lose=(), **fields):
    constants = one_region(**fields)
    steps = steps or len(demand)
    inputs = steady(constants, steps, np.asarray(demand, float))
    for i, share in close:
        inputs.open[i] = share
    for i, share in lose:
        inputs.open[i] = inputs.up[i] = share
    return advance_fleet(constants, inputs, new_state(constants), steps)


def test_hosts_beyond_the_need_are_lent_in_whole_gangs():
    out = run([202.0, 202.0])
    assert out.harvest.started[:, 0].tolist() == [59.0, 0.0]
    assert out.pools.lent[:, 0].tolist() == [590.0, 590.0]
    assert out.pools.serving[:, 0].tolist() == [404.0, 404.0]
    assert out.pools.idle[:, 0].tolist() == pytest.approx([6.0, 6.0])


def test_a_reserve_beyond_the_need_is_kept():
    out = run([200.0], reserve=0.1)
    assert out.harvest.started[0, 0] == 56.0


def test_hosts_are_back_when_the_step_of_a_foreseen_need_begins():
    out = run([200.0, 200.0, 200.0, 300.0, 300.0], notice=100.0)
    assert out.harvest.evicted[:, 0].tolist() == [0.0, 0.0, 20.0, 0.0, 0.0]
    assert out.harvest.notice[2, 0] == pytest.approx(200 * (100.0 - 20.0))
    assert out.pools.lent[:, 0].tolist() == [600.0, 600.0, 600.0, 400.0, 400.0]
    assert out.serving.served[3, 0, 0] == 300.0
    assert out.serving.active[3, 0, 0] == 600.0


def test_a_notice_of_many_steps_is_given_in_time():
    out = run([200.0] * 5 + [300.0] * 2, notice=700.0)
    # three steps ahead, 900 - 700 = 200 s into the step
    assert out.harvest.evicted[:, 0].tolist() == [0.0, 0.0, 20.0, 0.0, 0.0, 0.0, 0.0]
    assert out.pools.lent[:, 0].tolist() == [600.0] * 5 + [400.0] * 2
    assert out.harvest.checkpoint[2, 0] == pytest.approx(200 * 20.0)
    assert out.harvest.notice[:5, 0].sum() == pytest.approx(200 * 680.0)


def test_hosts_that_will_soon_be_needed_are_not_lent():
    out = run([300.0, 200.0, 200.0, 300.0, 200.0], notice=400.0)
    assert out.pools.lent[:, 0].tolist() == [400.0] * 4 + [600.0]


def test_a_need_that_nobody_foresaw_is_met_when_the_notice_is_over():
    constants = one_region(notice=120.0)
    inputs = steady(constants, 3, [200.0])
    state = new_state(constants)
    advance_fleet(constants, inputs, state, 1)
    surprise = steady(constants, 3, [300.0])
    out = advance_fleet(constants, surprise, state, 2)
    assert out.harvest.evicted[:, 0].tolist() == [20.0, 0.0]
    assert out.pools.lent[:, 0].tolist() == pytest.approx([400.0 + 200.0 * 0.4, 400.0])
    # 1000 - 600 hosts for 120 s, 600 hosts for 180 s: filled beyond the target
    assert out.pools.serving[:, 0].tolist() == pytest.approx([520.0, 600.0])
    assert out.serving.served[:, 0, 0].tolist() == [300.0, 300.0]
    idle, peak, share = 60.0, 100.0, 300.0 / 520.0
    dynamic = 520.0 * (2 * share - share**1.4) + 400.0
    assert out.pools.power[0, 0] == pytest.approx(1000 * idle + (peak - idle) * dynamic)


def test_a_region_that_drains_gives_notice_to_all():
    out = run([200.0] * 5, close=[(2, 0.5), (3, 0.0)], notice=100.0)
    assert out.harvest.evicted[:, 0].tolist() == [0.0, 0.0, 60.0, 0.0, 0.0]
    assert out.pools.lent[:, 0].tolist() == pytest.approx([600.0, 600.0, 600.0 * 250.0 / 300.0, 0.0, 600.0])
    assert out.harvest.lost.sum() == 0.0
    assert out.harvest.started[4, 0] == 60.0


def test_a_region_that_goes_down_kills_without_notice():
    out = run([200.0] * 5, lose=[(2, 0.5), (3, 0.0)])
    assert out.harvest.evicted[:, 0].tolist() == [0.0, 0.0, 60.0, 0.0, 0.0]
    assert out.harvest.notice.sum() == 0.0
    assert out.harvest.lost[2, 0] == 600.0 * (300.0 - 60.0 + 300.0 + 150.0)
    assert out.pools.lent[:, 0].tolist() == [600.0, 600.0, 300.0, 0.0, 600.0]
    assert out.pools.down[:, 0].tolist() == [0.0, 0.0, 500.0, 1000.0, 0.0]
    assert out.pools.power[3, 0] == 0.0


def test_a_region_below_full_service_lends_nothing_new():
    out = run([200.0] * 3, close=[(0, 0.9), (1, 0.9)])
    assert out.harvest.started[:, 0].tolist() == [0.0, 0.0, 60.0]


def test_power_of_lent_hosts_follows_what_they_do():
    out = run([200.0, 200.0])
    idle, peak = 60.0, 100.0
    half = 2 * 0.5 - 0.5**1.4
    computing = 600.0 * 240.0 / 300.0
    assert out.pools.power[0, 0] == pytest.approx(1000 * idle + (peak - idle) * (400 * half + computing))
    assert out.pools.busy[0, 0] == pytest.approx((200.0 + computing) / 1000.0)


def test_foreseen_need_takes_the_load_of_others_to_last():
    wish = np.array([100.0, 90.0, 130.0, 400.0]).reshape(4, 1, 1)
    assert foresee(wish, 0, 0, 0, 0, 100.0) == 100.0
    assert foresee(wish, 0, 2, 0, 0, 80.0) == 130.0
    assert foresee(wish, 0, 2, 0, 0, 150.0) == 180.0
    assert foresee(wish, 1, 1, 0, 0, 90.0) == 130.0


@pytest.mark.parametrize(
    ("spread", "group", "gangs", "sharing"),
    [(False, 2, 9, 2), (False, 8, 9, 4), (False, 1, 40, 1), (True, 1, 10, 1), (True, 1, 11, 2), (True, 8, 5, 4),
     (True, 4, 100, 4)],
)  # fmt: skip
def test_hosts_that_share_a_nic(spread, group, gangs, sharing):
    lending = new_records((1,), LENDING)[0]
    lending.group, lending.hosts_per_nic, lending.spread = group, 4, spread
    cohorts, book = new_records((1, 8), COHORT), new_records((1,), BOOK)[0]
    cohorts["gangs"][0, 0], book.cohorts = gangs, 1
    steps = np.array([[1.0, 2.0, 3.0, 4.0]])
    share_nics(cohorts, 0, book, 40.0, steps, 10.0 * steps, lending)
    assert (lending.step_time, lending.checkpoint_time) == (sharing, 10.0 * sharing)


def test_pools_of_a_region_share_its_need_by_capacity():
    constants = one_region(hosts=1000.0)
    double = {name: np.concatenate([value, value]) for name, value in constants.pools._asdict().items()}
    pools = constants.pools._replace(**double)._replace(hosts=np.array([1000.0, 500.0]), speed=np.array([1.0, 2.0]))
    terms = type(constants.lending)(*(np.concatenate([value, value]) for value in constants.lending))
    both = constants._replace(pools=pools, lending=terms)
    out = advance_fleet(both, steady(both, 1, [200.0]), new_state(both), 1)
    assert out.harvest.started[0].tolist() == [80.0, 40.0]
    assert out.pools.serving[0].tolist() == pytest.approx([200.0, 100.0])
