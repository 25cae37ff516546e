"""The harvest curve by hand: one server, two offers, two settings, two replicas of one hour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcsim.metrics import metric
from dcsim.metrics.harvest_curve import best_settings, concave_hull, saturation
from dcsim.metrics.plan import harvest_gain
from dcsim.results.run import tidy_rows
from dcsim.trace.tables import TABLES

REST = ("synchronisation", "learning", "lost", "checkpoint", "restart", "notice", "uncommitted")
USEFUL = {  # (offered, largest group): useful and paid server-hours of either replica
    (0.5, 4): ((40.0, 50.0), (39.0, 51.0)),
    (0.5, 8): ((41.0, 90.0), (41.0, 90.0)),
    (1.0, 4): ((50.0, 60.0), (52.0, 60.0)),
    (1.0, 8): ((60.0, 80.0), (62.0, 84.0)),
}


THREE = {  # offered: useful server-hours of either replica, of 100 server-hours on offer at 1
    0.2: (10.0, 11.0), 0.4: (17.0, 17.0), 0.6: (18.0, 18.0), 0.8: (20.0, 22.0), 1.0: (21.0, 23.0),
}  # fmt: skip


def elastic(worth=0.2, lives_by_setting=USEFUL):
    rows = []
    for (offered, group), lives in lives_by_setting.items():
        for replica, (useful, paid) in enumerate(lives):
            hours = {"paid": paid, "useful": useful, **dict.fromkeys(REST, 0.0), "lost": paid - useful}
            rows.append(
                {
                    "region": "lulea", "server": "leopard", "recipe": "mlp", "offered_ratio": offered,
                    "group_hosts": group, "checkpoint_every_s": 600.0, "replica": replica, "groups": 3,
                    "worth_ratio": worth, "open_host_s": 0.0,
                    **{f"{name}_host_s": 3600.0 * hour for name, hour in hours.items()},
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def free():
    return pd.DataFrame({"time_s": [0.0, 1800.0], "held_s": 1800.0, "server": "leopard", "free_hosts": [50.0, 150.0]})


def values(tables):
    rows = tidy_rows(metric.get("harvest_curve").call(tables))
    names = [row["metric"].removeprefix("harvest_") for row in rows]
    return {
        (name, row.get("server"), row.get("offered")): row["value"] for name, row in zip(names, rows, strict=True)
    }


def test_the_best_setting_has_the_most_useful_hours_beyond_their_price():
    """At half the hosts, 8 would pay 90 server-hours for one useful more than the 50 of 4."""
    found = values({"elastic": elastic(), "free_hosts": free()})
    assert found["curve_group", "leopard", "0.5"] == 4.0
    assert found["curve_group", "leopard", "1"] == 8.0
    assert best_settings(elastic())["replica"].tolist() == [0.0, 1.0] * 2
    assert set(best_settings(elastic(worth=0.001))["group_hosts"]) == {8.0}


@pytest.mark.parametrize("server", ["leopard", None])
def test_means_over_replicas_and_their_bounds(server):
    found = values({"elastic": elastic(), "free_hosts": free()})
    assert found["curve_useful", server, "0.5"] == pytest.approx(39.5)
    assert found["curve_paid", server, "1"] == pytest.approx(82.0)
    assert found["curve_lost", server, "1"] == pytest.approx(21.0)
    assert found["curve_servers", server, "1"] == pytest.approx(82.0)  # of one hour
    half = 12.706 * 0.5  # t of one degree of freedom, times sqrt(0.5) / sqrt(2)
    assert found["curve_useful_low", server, "0.5"] == pytest.approx(39.5 - half, abs=1e-3)
    assert found["curve_useful_high", server, "0.5"] == pytest.approx(39.5 + half, abs=1e-3)
    assert found["curve_marginal", server, "0.5"] == pytest.approx(39.5 / 50.0)
    assert found["curve_marginal", server, "1"] == pytest.approx((61.0 - 39.5) / 50.0)


def steps(worth):
    paid = {(offered, 4): tuple((useful, 100.0 * offered) for useful in lives) for offered, lives in THREE.items()}
    return values({"elastic": elastic(worth, paid), "free_hosts": free()})


def through(x, y, worth):
    """Return where the slope of ``c + a x + b ln x`` through three points is ``worth``."""
    _, a, b = np.linalg.solve(np.stack([np.ones(3), x, np.log(x)], axis=1), y)
    return b / (worth - a)


def test_saturation_is_where_one_more_buys_too_little():
    """The step at 0.6 is below the hull: 0.2, 0.4 and 0.8 tell, of all replicas, and of each one alone."""
    found = steps(0.15)
    x = np.array([20.0, 40.0, 80.0])
    at = through(x, np.array([10.5, 17.0, 21.0]), 0.15) / 100.0
    assert found["saturation_offered", "leopard", None] == pytest.approx(at)
    assert found["saturation_offered", None, None] == pytest.approx(at)
    assert found["saturation_servers", None, None] == pytest.approx(100.0 * at)
    one, other = (through(x, np.array(y), 0.15) / 100.0 for y in ([10.0, 17.0, 20.0], [11.0, 17.0, 22.0]))
    middle, half = (2 * at - one + 2 * at - other) / 2, 12.706 * abs(one - other) / 2
    assert abs(middle - at) < half
    assert found["saturation_offered_low", None, None] == pytest.approx(min(0.2, at - half), rel=1e-3)
    assert found["saturation_offered_high", None, None] == pytest.approx(max(0.8, at + half), rel=1e-3)


def test_the_bounds_hold_the_offers_next_to_it():
    """Equal replicas leave nothing to chance, but nobody looked between the offers."""
    paid = {(offered, 4): ((min(lives), 100.0 * offered),) * 2 for offered, lives in THREE.items()}
    found = values({"elastic": elastic(0.15, paid), "free_hosts": free()})
    assert found["saturation_offered_low", None, None] == pytest.approx(0.2)
    assert found["saturation_offered_high", None, None] == pytest.approx(0.8)


def test_what_one_more_buys_never_rises():
    found = steps(0.15)
    slopes = [found["curve_marginal", None, offered] for offered in ("0.2", "0.4", "0.6", "0.8", "1")]
    assert slopes == pytest.approx([0.525, 0.325, 0.1, 0.1, 0.05])


def test_saturation_beyond_the_study_is_not_told():
    assert not [key for key in values({"elastic": elastic(), "free_hosts": free()}) if "saturation" in key[0]]


def test_saturation_of_a_curve():
    hours = np.array([10.0, 20.0, 40.0])
    assert saturation(hours, np.array([9.0, 18.0, 36.0]), 0.5) is None  # every one buys as much
    assert saturation(hours, np.array([1.0, 2.0, 3.0]), 0.5) is None  # none does
    assert saturation(hours, np.array([9.0, 10.0, 10.0]), 0.5) is None  # the first is the best
    at, low, high = saturation(hours, np.array([9.0, 16.0, 16.0]), 0.35)
    assert (low, high) == (10.0, 40.0)
    assert at == pytest.approx(through(hours, np.array([9.0, 16.0, 16.0]), 0.35))


@pytest.mark.parametrize("power", [0.7, 1.0, 1.5])
def test_saturation_hardly_depends_on_the_offers(power):
    """Useful hours whose slope falls as a power of the hours, 0.05 at 50: asked at three lists of offers."""
    for offers in (np.arange(5.0, 101.0, 5.0), (5.0, 10.0, 20.0, 40.0, 70.0, 100.0), 7.0 * 1.5 ** np.arange(8)):
        hours = np.asarray(offers)
        fine = np.arange(0.5, 120.0, 0.01)
        useful = np.interp(hours, fine, np.cumsum(0.05 * (fine / 50.0) ** -power) * 0.01)
        at, low, high = saturation(hours, useful, 0.05)
        assert low <= 50.0 <= high
        assert at == pytest.approx(50.0, rel=0.04)


def test_the_hull_passes_over_steps():
    assert concave_hull(np.arange(5.0), np.array([0.0, 2.0, 2.0, 4.0, 4.5])).tolist() == [0, 1, 3, 4]
    assert concave_hull(np.arange(3.0), np.zeros(3)).tolist() == [0, 2]


def test_gain_counts_what_is_open_as_far_as_it_is_kept():
    row = {"useful_host_s": 60.0, "synchronisation_host_s": 10.0, "learning_host_s": 5.0, "lost_host_s": 25.0}
    table = pd.DataFrame([{**row, "open_host_s": 8.0}, dict.fromkeys([*row, "open_host_s"], 0.0)])
    assert harvest_gain(table).tolist() == [66.0, 0.0]


def test_no_study_no_rows(sample_run):
    assert sample_run.metric("harvest_curve").empty
    assert sample_run.metric("best_checkpoint").empty
    assert sample_run.metric("free_hosts").empty
    assert {"elastic", "elastic_groups", "free_hosts"} <= set(TABLES)
