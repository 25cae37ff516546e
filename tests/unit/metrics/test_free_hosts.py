"""Free hosts over the day by hand: two regions, two steps of one hour, twelve hours apart on the clock."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from dcsim.metrics import metric
from dcsim.results.run import tidy_rows


@pytest.fixture
def values():
    table = pd.DataFrame(
        {
            "time_s": [0.0, 3600.0, 0.0, 3600.0], "held_s": 3600.0, "region": ["a", "a", "b", "b"],
            "server": "leopard", "rack": "leopard", "local_hour": [1.5, 2.5, 13.5, 1.5],
            "needed_hosts": [60.0, 40.0, 50.0, 50.0], "free_hosts": [40.0, 60.0, 20.0, 30.0],
            "foreseen_hosts": [40.0, 50.0, 20.0, 30.0], "foreseen_stay_s": [7200.0, 3600.0, 3600.0, 7200.0],
            "stay_s": [3600.0, 3600.0, 10800.0, math.nan],
        }
    )  # fmt: skip
    rows = tidy_rows(metric.get("free_hosts").call({"free_hosts": table}))
    return {(row["metric"], row.get("server"), row.get("local_hour")): row["value"] for row in rows}


def test_by_hour_of_the_local_day(values):
    hours = {hour: values["free_hosts", "leopard", hour] for hour in ("1", "2", "13")}
    assert hours == {"1": 40.0 + 30.0, "2": 60.0, "13": 20.0}


def test_how_long_they_stay_and_were_foreseen_to(values):
    stays = {hour: values["free_hosts_stay", "leopard", hour] for hour in ("1", "2", "13")}
    assert stays == {"1": 3600.0, "2": 3600.0, "13": 10800.0}
    assert values["free_hosts_return_error", None, None] == values["free_hosts_return_error", "leopard", None] == 3600.0


def test_in_all(values):
    assert values["free_hosts", "leopard", None] == values["free_hosts", None, None] == 75.0


def test_forecast_error_over_the_mean_need(values):
    assert values["free_hosts_forecast_error", None, None] == pytest.approx(math.sqrt(100.0 / 4) / 50.0)
