"""Outages as intervals and as shares of load steps."""

from __future__ import annotations

from math import inf
from types import SimpleNamespace

import numpy as np
import pytest

from dcsim.drills.plan import Fault
from dcsim.drills.region_loss import region_loss
from dcsim.spec.drill import DrillSpec
from dcsim.world.outages import Outage, availability, merge_outages


def loss(region, at, lasts, notice="0 s", failover=60.0):
    spec = {"kind": "region_loss", "region": region, "at": at, "lasts": lasts, "notice": notice}
    return region_loss(DrillSpec.model_validate(spec), SimpleNamespace(failover_time=failover))


def test_overlapping_losses_are_one():
    faults = [*loss("b", "10 s", "20 s"), *loss("b", "20 s", "30 s", "15 s"), *loss("a", "5 s", "1 s")]
    assert merge_outages(faults, ["a", "b"]) == (Outage(5, 6, 0, 5), Outage(10, 50, 1, 5))


def test_a_loss_without_end_lasts():
    assert merge_outages([Fault(3.0, "region_down", "a")], ["a"]) == (Outage(3.0, inf, 0, 3.0),)


def test_shares_of_steps():
    shares = availability([Outage(150.0, 450.0, 0, 150.0)], 2, 6, 100.0, 200.0)
    np.testing.assert_allclose(shares.up[:, 0], [1, 0.5, 0, 0, 0.5, 1])
    np.testing.assert_allclose(shares.open[:, 0], shares.up[:, 0])
    assert (shares.up[:, 1] == 1).all()
    # 1 - (t - 150)/200 from 150 to 350: integrals 43.75, 50, 6.25 over the steps
    np.testing.assert_allclose(shares.unserved[:, 0], [0, 0.4375, 0.5, 0.0625, 0, 0])


def test_unserved_ends_when_the_region_is_back():
    shares = availability([Outage(100.0, 150.0, 0, 100.0)], 1, 3, 100.0, 200.0)
    assert shares.unserved[:, 0].tolist() == pytest.approx([0, (50 - 50**2 / 400) / 100, 0])


def test_notice_shorter_than_the_failover_leaves_some_unserved():
    shares = availability([Outage(200.0, 1000.0, 0, 100.0)], 1, 4, 100.0, 200.0)
    # half of the users have moved when it goes down, the others within 100 s more: the mean of that step is a quarter
    np.testing.assert_allclose(shares.unserved[:, 0], [0, 0, 0.25, 0])


def test_a_long_notice_empties_the_region_no_earlier_than_needed():
    drained, down, up = loss("a", "1000 s", "1 h", "900 s", failover=60.0)
    assert (drained.time_s, down.time_s, up.time_s) == (940.0, 1000.0, 4600.0)


def test_notice_leaves_nobody_unserved():
    shares = availability([Outage(200.0, 300.0, 0, 100.0)], 1, 4, 100.0, 60.0)
    assert shares.unserved.sum() == 0
    assert shares.open[:, 0].tolist() == [1, 0, 0, 1]
    assert shares.up[:, 0].tolist() == [1, 1, 0, 1]
