"""Placement of one step of load, by hand: three regions in a row, hosts of one kind, target 0.5 and limit 0.8."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.fleet_records import LOAD, POOL, SERVICE, SITE, TALLY, new_records
from dcsim.kernels.queueing import wait_tail
from dcsim.kernels.serving import gather, place, score, switch

ORDER = np.array([[0, 1, 2], [1, 0, 2], [2, 1, 0]])
RTT = np.array([[0.0, 0.02, 0.09], [0.02, 0.0, 0.07], [0.09, 0.07, 0.0]])


class Step:
    """One step of services (targets, limits) on three regions with given reference hosts."""

    def __init__(self, wanted, work, target=(0.5, 0.5), limit=(0.8, 0.8), budget=0.05):
        wanted = np.asarray(wanted, float)
        self.services = new_records((len(wanted),), SERVICE)
        self.services["target"] = target[: len(wanted)]
        self.services["limit"] = limit[: len(wanted)]
        self.services["service_time"] = 0.02
        self.services["budget"] = budget
        self.loads = new_records(wanted.shape, LOAD)
        self.loads["wanted"] = wanted
        self.sites = new_records((3, 1), SITE)
        for name in ("work", "hosts"):
            self.sites[name][:, 0] = work
        self.sites["cores"] = self.sites["hosts"] * 16.0
        self.flow = np.full((len(wanted), 3, 3), 99.0)
        self.spread = place(ORDER, self.services, self.loads, self.sites, self.flow, True)
        switch(self.services, self.loads, self.sites)
        fields = ("served", "good", "spilled", "assigned", "active")
        rows = new_records((1, *wanted.shape), np.dtype([(name, float) for name in fields]))
        score(0, ORDER, RTT, self.services, self.loads, self.sites, self.flow, self.spread, rows)
        self.rows = rows[0]


def test_local_load_is_served_at_the_target():
    step = Step([[10.0, 20.0, 0.0]], [100.0, 100.0, 100.0])
    assert not step.spread
    assert step.rows["served"].tolist() == [[10.0, 20.0, 0.0]]
    assert step.rows["active"].tolist() == [[20.0, 40.0, 0.0]]
    assert step.sites["used"][:, 0].tolist() == [20.0, 40.0, 0.0]
    assert step.loads["utilisation"].tolist() == [[0.5, 0.5, 0.0]]


def test_excess_goes_to_the_nearest_region_with_room_at_the_target():
    step = Step([[80.0, 30.0, 30.0]], [100.0, 100.0, 100.0])
    assert step.spread
    assert step.flow[0].tolist() == [[50.0, 20.0, 10.0], [0.0, 30.0, 0.0], [0.0, 0.0, 30.0]]
    assert step.rows["spilled"].tolist() == [[30.0, 0.0, 0.0]]
    assert step.rows["assigned"].tolist() == [[50.0, 50.0, 40.0]]
    assert step.rows["active"].tolist() == [[100.0, 100.0, 80.0]]


def test_services_are_cut_alike_when_short():
    step = Step([[60.0, 0.0, 0.0], [20.0, 0.0, 0.0]], [100.0, 20.0, 0.0])
    left_of_first, left_of_second = 60.0 - step.flow[0, 0].sum(), 20.0 - step.flow[1, 0].sum()
    assert left_of_first == pytest.approx(0.0, abs=1e-12)
    assert left_of_second == pytest.approx(0.0, abs=1e-12)
    assert step.flow[0, 0].tolist() == pytest.approx([37.5 + 15.0, 7.5, 0.0])
    assert step.flow[1, 0].tolist() == pytest.approx([12.5 + 5.0, 2.5, 0.0])


def test_hosts_are_filled_to_the_limit_at_home_before_elsewhere():
    step = Step([[75.0, 40.0, 0.0]], [100.0, 100.0, 0.0])
    assert step.flow[0].tolist() == [[65.0, 10.0, 0.0], [0.0, 40.0, 0.0], [0.0, 0.0, 0.0]]
    assert step.sites["over"][:, 0].tolist() == [True, False, False]
    assert step.rows["active"].tolist() == [[100.0, 100.0, 0.0]]
    assert step.loads["utilisation"][0].tolist() == pytest.approx([0.65, 0.5, 0.0])


def test_load_is_dropped_only_when_every_region_is_at_the_limit():
    step = Step([[400.0, 10.0, 10.0]], [100.0, 100.0, 100.0])
    assert step.rows["served"].sum() == pytest.approx(0.8 * 300.0)
    assert step.rows["served"].tolist() == [pytest.approx([220.0, 10.0, 10.0])]
    assert step.loads["utilisation"][0].tolist() == pytest.approx([0.8, 0.8, 0.8])


def test_services_share_an_overloaded_region_by_what_they_need_at_their_limit():
    step = Step([[40.0, 0, 0], [24.0, 0, 0]], [100.0, 0.0, 0.0], target=(0.5, 0.4), limit=(0.8, 0.6))
    # at the target the services want 80 and 60 hosts of 100; at the limit 50 and 40, so that all is served
    assert step.rows["served"][:, 0].tolist() == pytest.approx([40.0, 24.0])
    assert step.rows["active"][:, 0].tolist() == pytest.approx([100.0 * 5 / 9, 100.0 * 4 / 9])
    assert step.loads["utilisation"][:, 0].tolist() == pytest.approx([0.72, 0.54])


def test_load_beyond_the_round_trip_is_served_but_not_good():
    step = Step([[80.0, 30.0, 30.0]], [100.0, 100.0, 100.0], budget=0.05)
    near = 1.0 - wait_tail(1600.0, 0.5, 0.02, 0.03)
    assert step.rows["good"][0].tolist() == pytest.approx([50.0 + 20.0 * near, 30.0, 30.0])
    assert step.rows["served"][0, 0] == 80.0


def test_good_counts_the_wait_on_few_cores():
    step = Step([[0.5, 0.0, 0.0]], [100.0, 100.0, 100.0], budget=0.001)
    late = wait_tail(16.0, 0.5, 0.02, 0.001)
    assert late > 0.001
    assert step.rows["good"][0, 0] == pytest.approx(0.5 * (1.0 - late))


def test_a_closed_region_serves_nothing():
    step = Step([[10.0, 10.0, 10.0]], [0.0, 100.0, 100.0])
    assert step.rows["assigned"].tolist() == [[0.0, 20.0, 10.0]]
    assert step.rows["active"][0, 0] == 0.0


def test_pools_of_a_site_are_added_in_reference_hosts():
    pools = new_records((2,), POOL)
    pools["speed"], pools["cores"], pools["region"] = [1.0, 2.0], [16.0, 40.0], 1
    tallies = new_records((2,), TALLY)
    tallies["free"] = [10.0, 5.0]
    sites = new_records((2, 1), SITE)
    sites["work"] = 7.0
    gather(pools, tallies, sites)
    assert sites["work"][:, 0].tolist() == [0.0, 20.0]
    assert sites["hosts"][:, 0].tolist() == [0.0, 15.0]
    assert sites["cores"][:, 0].tolist() == [0.0, 360.0]
