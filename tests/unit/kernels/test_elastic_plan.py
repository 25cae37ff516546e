"""Sizes of elastic groups by hand: two groups of 1, 2, 4 or 8 hosts on a pool of 20, hour by hour."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.elastic_plan import (
    FORESEEN,
    GROWTH,
    UNFORESEEN,
    fitting,
    foreseen_need,
    foreseen_needs,
    plan_sizes,
    stays,
)

SIZES = np.array([1, 2, 4, 8], np.int64)


def plan(need, *, up=20.0, error=0.0, largest=4, rank=0, offered=1.0, reserve=0.0, season=100, stay=1, grace=0.0):
    steps = len(need)
    times, changes = np.empty(steps), np.empty((steps, 2), np.int64)
    count = plan_sizes(
        np.array(need, float), np.broadcast_to(np.asarray(up, float), steps).copy(),
        np.broadcast_to(np.asarray(error, float), steps).copy(), np.full(steps, 0.25), SIZES, largest, 2, rank,
        offered, reserve, season, stay, 3600.0, grace, times, changes,
    )  # fmt: skip
    hosts = [0, *SIZES.tolist()]
    return [(times[e] / 3600.0, hosts[changes[e, 0]], int(changes[e, 1])) for e in range(count)]


@pytest.mark.parametrize(
    ("free", "largest", "rank", "index"),
    [
        (20.0, 4, 0, 4), (16.0, 4, 1, 4), (15.9, 4, 0, 3), (20.0, 2, 0, 2), (1.0, 4, 0, 1), (1.0, 4, 1, 0),
        (-3.0, 4, 0, 0),
    ],
)
def test_a_group_takes_the_largest_size_that_its_share_holds(free, largest, rank, index):
    assert fitting(free, SIZES, largest, 2, rank) == index


def test_without_a_forecast_the_need_is_taken_to_stay():
    """12 free hosts, then 4: nobody knew, and they leave a quarter into the hour before."""
    assert plan([8.0, 8.0, 16.0]) == [(0.0, 4, GROWTH), (1.25, 2, UNFORESEEN)]


def test_a_season_later_it_is_known():
    found = plan([8.0, 16.0, 8.0, 16.0, 8.0, 16.0], season=2)
    assert found[:2] == [(0.0, 4, GROWTH), (0.25, 2, UNFORESEEN)]
    assert found[2:] == [(4.25, 4, GROWTH), (5.0, 2, FORESEEN)]


def test_the_forecast_follows_the_level_of_the_day():
    """Twice the need of the last season is foreseen to stay twice the need."""
    need = np.array([4.0, 6.0, 8.0, 12.0])
    assert foreseen_need(need, 2, 1, 2) == 12.0
    assert foreseen_need(need, 1, 1, 2) == 6.0
    assert foreseen_needs(need, 2).tolist() == [4.0, 4.0, 6.0, 12.0]


def test_the_reserve_absorbs_what_the_forecast_gets_wrong():
    need = [10.0, 10.0, 10.9]
    assert plan(need, reserve=0.1) == [(0.0, 4, GROWTH)]
    assert plan([11.5, 11.5, 12.5]) == [(0.0, 4, GROWTH), (1.25, 2, UNFORESEEN)]


def test_hosts_that_are_foreseen_to_go_are_not_grown_onto():
    need = [16.0, 4.0, 16.0, 16.0] * 3
    grown = [change for change in plan(need, season=4) if change[2] == GROWTH]
    assert grown == [(0.0, 2, GROWTH), (5.25, 8, GROWTH), (9.25, 8, GROWTH)]
    assert plan(need, season=4, stay=2)[0] == (0.0, 2, GROWTH)
    assert len(plan(need, season=4, stay=2)) == 1


def test_a_forecast_that_is_too_high_gives_hosts_back_for_nothing():
    error = [0.0, 0.5, 0.0, 0.0]
    assert plan([8.0] * 4, error=error) == [(0.0, 4, GROWTH)]
    assert plan([12.0] * 4, error=error) == [(0.0, 4, GROWTH), (2.0, 1, FORESEEN), (3.25, 4, GROWTH)]


def test_what_is_offered_scales_what_is_free():
    assert plan([8.0, 8.0], offered=0.5) == [(0.0, 2, GROWTH)]
    assert plan([8.0, 8.0], offered=2.0) == [(0.0, 8, GROWTH)]


def test_hosts_without_power_are_not_free():
    assert plan([8.0] * 3, up=[20.0, 0.0, 0.0]) == [(0.0, 4, GROWTH), (0.25, 0, UNFORESEEN)]


@pytest.mark.parametrize("grace", [0.0, 1800.0, 3600.0])
def test_grace_moves_nothing_but_returns_that_nobody_foresaw(grace):
    """Hosts come free a quarter into the hour and go, as foreseen, with it, whatever the grace."""
    found = plan([8.0, 16.0] * 4, season=2, grace=grace)
    assert [change for change in found if change[2] != UNFORESEEN][-4:] == [
        (4.25, 4, GROWTH), (5.0, 2, FORESEEN), (6.25, 4, GROWTH), (7.0, 2, FORESEEN),
    ]  # fmt: skip


def test_hosts_that_are_asked_back_before_they_came_do_not_come():
    """In the third hour more hosts come free; in the fourth none of them, or a few, are left."""
    for grace in (0.0, 1800.0):
        assert plan([16.0, 8.0, 8.0, 16.0], grace=grace) == [(0.0, 2, GROWTH)]
        assert plan([16.0, 4.0, 4.0, 12.0], grace=grace) == [(0.0, 2, GROWTH), (2.25, 4, GROWTH)]
    assert plan([16.0, 8.0, 8.0, 19.0], grace=1800.0) == [(0.0, 2, GROWTH), (2.125, 1, UNFORESEEN)]
    assert plan([18.0, 8.0, 8.0, 20.0]) == [(0.0, 1, GROWTH), (2.25, 0, UNFORESEEN)]


def test_a_group_that_shrank_with_the_step_is_asked_for_more_at_once():
    """With a grace of the whole step the return strikes with its begin, where the foreseen one has just been."""
    found = plan([8.0, 16.0, 8.0, 16.0, 8.0, 16.0, 20.0], season=2, grace=3600.0)
    assert found[-2:] == [(5.0, 2, FORESEEN), (5.0, 0, UNFORESEEN)]


def test_grace_is_given_before_the_need():
    assert plan([8.0, 16.0], grace=1800.0) == [(0.0, 4, GROWTH), (0.125, 2, UNFORESEEN)]


def test_how_long_hosts_stay():
    """A day of four steps: the second asks for more than a tenth beyond the first, the fourth has most to spare."""
    need = np.array([8.0, 10.0, 8.5, 4.0] * 2 + [8.0])
    foreseen, found = stays(need, 0.1, 4).T.tolist()
    assert found == [1, 4, 3, 1, 1, -1, -1, 1, -1]
    assert foreseen == [4, 4, 4, 4, 1, 4, 3, 1, 1]
