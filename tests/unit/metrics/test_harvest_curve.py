"""The harvest curve by hand: one server, two offers, two settings, two replicas of one hour."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcsim.metrics import metric
from dcsim.metrics.harvest_curve import best_settings, saturation
from dcsim.results.run import tidy_rows
from dcsim.trace.tables import TABLES

REST = ("synchronisation", "learning", "lost", "checkpoint", "restart", "notice", "uncommitted")
USEFUL = {  # (offered, largest group): useful and paid server-hours of either replica
    (0.5, 4): ((40.0, 50.0), (39.0, 51.0)),
    (0.5, 8): ((41.0, 90.0), (41.0, 90.0)),
    (1.0, 4): ((50.0, 60.0), (52.0, 60.0)),
    (1.0, 8): ((60.0, 80.0), (62.0, 84.0)),
}


def elastic(worth=0.2):
    rows = []
    for (offered, group), lives in USEFUL.items():
        for replica, (useful, paid) in enumerate(lives):
            hours = {"paid": paid, "useful": useful, **dict.fromkeys(REST, 0.0), "lost": paid - useful}
            rows.append(
                {
                    "region": "lulea", "server": "leopard", "recipe": "mlp", "offered_ratio": offered,
                    "group_hosts": group, "checkpoint_every_s": 600.0, "replica": replica, "groups": 3,
                    "worth_ratio": worth, **{f"{name}_host_s": 3600.0 * hour for name, hour in hours.items()},
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


def test_saturation_is_where_one_more_buys_too_little():
    """At that price 4 stay best; the replicas gain 0.8 and 0.78 an hour up to 50 h, 0.2 and 0.26 beyond."""
    found = values({"elastic": elastic(worth=0.6), "free_hosts": free()})
    shares = (25.0 + 50.0 * 0.2 / 0.6) / 100.0, (25.0 + 50.0 * 0.18 / 0.52) / 100.0
    at = sum(shares) / 2
    assert found["saturation_offered", "leopard", None] == pytest.approx(at)
    assert found["saturation_useful", "leopard", None] == pytest.approx(at / 0.5 * 39.5)
    assert found["saturation_servers", "leopard", None] == pytest.approx(at / 0.5 * 50.5)


def test_saturation_beyond_the_study_is_not_told():
    assert not [key for key in values({"elastic": elastic(), "free_hosts": free()}) if "saturation" in key[0]]


def test_saturation_of_a_curve():
    hours = np.array([10.0, 20.0, 40.0])
    assert saturation(hours, np.array([9.0, 18.0, 36.0]), 0.5) is None
    assert saturation(hours, np.array([1.0, 2.0, 3.0]), 0.5) == 0.0
    assert saturation(hours, np.array([9.0, 16.0, 16.0]), 0.35) == pytest.approx(15.0 + 15.0 * 0.5)


def test_no_study_no_rows(sample_run):
    assert sample_run.metric("harvest_curve").empty
    assert sample_run.metric("best_checkpoint").empty
    assert sample_run.metric("free_hosts").empty
    assert {"elastic", "elastic_groups", "free_hosts"} <= set(TABLES)
