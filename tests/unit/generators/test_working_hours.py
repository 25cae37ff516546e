"""Experiments of engineers: rates by the local clock, sizes and run times against the profile."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest
from pydantic import ValidationError

from dcsim.generators.plan import ArrivalRequest
from dcsim.generators.working_hours import weekly_mean, working_hours
from dcsim.spec.catalog import Catalog
from dcsim.spec.experiments import ExperimentLoad

DAY = 86400.0
MONDAY = datetime(2017, 9, 4, tzinfo=UTC)


def profile(**more):
    given = {
        "title": "t", "assumption": "test", "day_begins": 9.0, "day_ends": 18.0, "outside": 0.25,
        "weekend_factor": 0.5,
        "classes": [
            {"gpus": 1, "share": 0.75, "durations": [[0, "1 min"], [0.5, "10 min"], [1, "10 min"]]},
            {"gpus": 8, "share": 0.25, "durations": [[0, "1 h"], [1, "100 h"]]},
        ],
    }  # fmt: skip
    return ExperimentLoad.model_validate({**given, **more})


def request(horizon, seed=5, rate=0.02, zone="UTC", start=MONDAY, scale=1.0, load=None):
    return ArrivalRequest(
        horizon, 0.0, 1, np.random.default_rng(seed), rate=rate, scale=scale, start=start, time_zone=zone,
        profile=load or profile(),
    )  # fmt: skip


def test_rates_follow_the_local_clock_and_the_weekend():
    weeks = 10
    midnight = datetime(2017, 9, 3, 18, 30, tzinfo=UTC)  # in Kolkata
    arrivals = working_hours(request(weeks * 7 * DAY, zone="Asia/Kolkata", start=midnight))
    day, hour = (arrivals.time_s // DAY).astype(int) % 7, arrivals.time_s % DAY / 3600
    within = (hour >= 9) & (hour < 18)
    mean = weekly_mean(profile())
    assert mean == pytest.approx((9 / 24 + 15 / 24 * 0.25) * 6 / 7)
    for weekend, days, factor in ((False, 5, 1.0), (True, 2, 0.5)):
        for inside, hours, level in ((True, 9, 1.0), (False, 15, 0.25)):
            expected = 0.02 / mean * level * factor * weeks * days * hours * 3600
            found = ((within == inside) & ((day >= 5) == weekend)).sum()
            assert abs(found - expected) < 4 * expected**0.5
    assert abs(len(arrivals.time_s) - 0.02 * weeks * 7 * DAY) < 4 * (0.02 * weeks * 7 * DAY) ** 0.5


def test_clock_changes_move_working_hours():
    load = profile(outside=0.0, weekend_factor=0.0)
    before = working_hours(request(DAY, zone="Europe/Dublin", start=datetime(2017, 10, 27, tzinfo=UTC), load=load))
    after = working_hours(request(DAY, zone="Europe/Dublin", start=datetime(2017, 10, 30, tzinfo=UTC), load=load))
    assert before.time_s.min() // 3600 == 8  # summer time
    assert after.time_s.min() // 3600 == 9
    assert after.time_s.max() < 18 * 3600


def test_sizes_and_run_times_are_those_of_the_classes():
    arrivals = working_hours(request(400 * DAY, scale=2.0))
    small, large = arrivals.duration_s[arrivals.gpus == 1], arrivals.duration_s[arrivals.gpus == 8]
    share = len(large) / len(arrivals.gpus)
    assert abs(share - 0.25) < 4 * (0.25 * 0.75 / len(arrivals.gpus)) ** 0.5
    assert np.quantile(small, [0.25, 0.6]) == pytest.approx([2 * 60 * 10**0.5, 1200.0], rel=0.02)
    assert np.median(large) == pytest.approx(2 * 36_000.0, rel=0.05)  # half way between 1 h and 100 h by logarithm


def test_a_longer_horizon_only_adds_jobs():
    short, long = working_hours(request(20 * DAY)), working_hours(request(50 * DAY))
    many = len(short.time_s)
    np.testing.assert_allclose(long.time_s[:many], short.time_s)
    np.testing.assert_array_equal(long.gpus[:many], short.gpus)
    np.testing.assert_array_equal(long.duration_s[:many], short.duration_s)


def test_a_start_off_the_quarter_hour_keeps_the_clock():
    load = profile(outside=0.0)
    arrivals = working_hours(request(DAY, rate=0.1, start=datetime(2017, 9, 4, 8, 52, 30, tzinfo=UTC), load=load))
    assert 450.0 <= arrivals.time_s.min() < 600.0


def test_no_rate_gives_no_jobs():
    assert len(working_hours(request(DAY, rate=0.0)).time_s) == 0
    assert len(working_hours(request(DAY, load=profile(outside=0.0, weekend_factor=0.0, day_ends=9.1))).gpus) >= 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"day_begins": 18.0}, "day_begins must lie before day_ends"),
        ({"classes": [{"gpus": 1, "share": 0.5, "durations": [[0, "1 s"], [1, "1 s"]]}]}, "add up to 1, not 0.5"),
        ({"classes": [{"gpus": 1, "share": 1, "durations": [[0, "1 s"], [0.9, "1 s"]]}]}, "rising quantiles"),
        ({"classes": [{"gpus": 1, "share": 1, "durations": [[0, "2 s"], [1, "1 s"]]}]}, "never fall"),
        ({"classes": [{"gpus": 1, "share": 1, "durations": [[0, "0 s"], [1, "1 s"]]}]}, "above zero"),
    ],
)
def test_wrong_profiles_are_refused(change, message):
    with pytest.raises(ValidationError, match=message):
        profile(**change)


def test_the_shipped_profile_has_the_work_of_its_trace():
    # 30,065 jobs of 386,073 GPU hours: 12.84 GPU hours a job in the mean. Quantiles keep it within a quarter.
    load = Catalog().load("experiments", "philly")
    arrivals = working_hours(request(2000 * DAY, rate=716 / DAY, load=load))
    assert (arrivals.gpus * arrivals.duration_s).mean() / 3600 == pytest.approx(386_073 / 30_065, rel=0.25)
    assert (arrivals.gpus == 1).mean() == pytest.approx(0.9537, abs=0.002)
