"""Levels over time: on one grid whatever their rows, after their warm-up, with batches of whole days."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcsim.confidence.warm_up import warm_up
from dcsim.errors import InputError
from dcsim.results.level_changes import compare_levels
from dcsim.results.steady import level_columns, levels, season, steady
from dcsim.trace.tables import TABLES


class Told:
    """A run that has what it is given, by table."""

    def __init__(self, **frames):
        self.frames = frames

    def table(self, name, columns=None):
        every = [column.name for column in TABLES[name].columns]
        return self.frames.get(name, pd.DataFrame({each: [] for each in every}))[list(columns or every)]


def pools(series, held=3600.0, server="web", column="lent_hosts"):
    """Return the table of a pool whose level is a series."""
    table = {each.name: 0.0 for each in TABLES["pools"].columns}
    times = np.arange(len(series)) * held
    names = {"region": "lulea", "server": server, "role": "serving"}
    return pd.DataFrame({**table, "time_s": times, "held_s": held, **names, column: series})


def column(table, name):
    return next(each for each in level_columns(table) if each.name == name)


def test_a_level_with_a_warm_up():
    series = 5.0 + np.random.default_rng(1).normal(0.0, 1.0, 500)
    series[:40] += 30.0
    found = steady(Told(pools=pools(series)), "pools", "lent_hosts").iloc[0]
    assert 40 * 3600.0 <= found["warm_up_s"] <= 60 * 3600.0
    assert found["mean"] == pytest.approx(5.0, abs=0.15)
    assert 0.05 < found["half_width"] < 0.2
    assert 150 < found["effective"] <= 600
    assert found["settled"]
    assert found["batches"] in {9, 18}  # of two days or of one


def test_the_sample_run_by_hand(sample_run):
    by_region = sample_run.steady("pools", "lent_hosts", by=["region"]).set_index("region")
    assert list(by_region.index) == ["lulea", "altoona"]
    assert by_region.loc["altoona", "mean"] == 0.0
    assert by_region.loc["lulea", ["mean", "warm_up_s"]].tolist() == [20.0, 7200.0]  # of 0, 0, 20, 20
    assert by_region["half_width"].isna().all()
    served = sample_run.steady("serving", "demand_hosts")
    assert served["mean"].tolist() == [70.0]  # 30 + 20 + 10 + 10
    assert served["unit"].tolist() == ["hosts"]
    assert sample_run.steady("harvest", "lent_host_s", by=["region"])["mean"].tolist() == [72000.0]


def test_shares_are_averaged_and_gaps_of_shares_left_out():
    busy = pd.concat([pools([0.2, np.nan, 0.4], column="busy_ratio"), pools([0.6, np.nan, 0.8], column="busy_ratio")])
    level = next(levels(Told(pools=busy), "pools", column("pools", "busy_ratio")))
    assert level.series == pytest.approx([0.4, 0.6])
    lent = pools([1.0, 2.0, 4.0]).iloc[[0, 2]]
    assert next(levels(Told(pools=lent), "pools", column("pools", "lent_hosts"))).series.tolist() == [1.0, 0.0, 4.0]


def test_unequal_rows_are_averaged_on_a_grid():
    rows = pools([3.0, 5.0, 9.0, 1.0])
    rows["time_s"], rows["held_s"] = [0.0, 10.0, 15.0, 20.0], [10.0, 5.0, 5.0, 10.0]
    level = next(levels(Told(pools=rows), "pools", column("pools", "lent_hosts")))
    assert level.step_s == 7.5
    assert level.series == pytest.approx([3.0, (2.5 * 3 + 5 * 5) / 7.5, (5 * 9 + 2.5) / 7.5, 1.0])
    assert level.series.sum() * 7.5 == pytest.approx(30 + 25 + 45 + 10)


def test_seasons():
    def of(count, held):
        return season(next(levels(Told(pools=pools(np.ones(count), held)), "pools", column("pools", "lent_hosts"))))

    assert of(24 * 8, 3600.0) == 24
    assert of(24 * 8 - 1, 3600.0) == 1
    assert of(12 * 24 * 9, 300.0) == 288
    assert of(100, 86400.0) == 1
    assert of(400, 7.0 * 3600.0) == 1  # no number of them is a day


def test_what_there_is_none_of_is_told():
    run = Told(pools=pools([1.0, 2.0]))
    with pytest.raises(InputError, match=r"'jobs' has no steps in time; known: serving, pools"):
        steady(run, "jobs", "hosts")
    with pytest.raises(InputError, match=r"(?s)no column 'lent'.*no dimension 'regon'; did you mean 'region'"):
        steady(run, "pools", "lent", by=["regon"])
    assert steady(run, "queues", "queued_jobs").empty


def verdicts(a, b):
    found = {each.row[0]: each for each in compare_levels(Told(pools=pools(a)), Told(pools=pools(b)))}
    return found["pools.lent_hosts"]


def test_levels_of_two_runs_that_share_their_luck():
    random = np.random.default_rng(2)
    luck = 100.0 + 20.0 * np.sin(np.arange(480) / 24.0 * 2.0 * np.pi) + random.normal(0.0, 10.0, 480)
    noise = random.normal(0.0, 1.0, 480)
    assert verdicts(luck, luck).verdict == "same"
    assert verdicts(luck, luck + noise).verdict == "noise"
    real = verdicts(luck, luck + 0.5 + noise)
    assert real.verdict == "real"
    assert real.paired.mean == pytest.approx(0.5, abs=0.2)
    assert real.paired.p < 0.01
    assert verdicts(luck, luck + 5.0).paired.half_width == pytest.approx(0.0, abs=1e-9)
    assert verdicts(luck, luck + np.arange(480) / 100.0).verdict == "unknown"  # it still rises
    assert verdicts(luck[:20], luck[:20] + noise[:20]).verdict == "unknown"  # too short


def test_means_of_levels_are_over_the_time_of_their_difference():
    """Whole batches are taken: what does not fill them is at the beginning, and both runs are high there."""
    random = np.random.default_rng(8)
    a, noise = random.normal(10.0, 1.0, 103), random.normal(0.0, 1.0, 103)
    a[:20] += 40.0
    b = a + noise
    length = 103 - warm_up(b - a).length
    found = verdicts(a, b)
    used = length // found.paired.number * found.paired.number
    assert used < length
    assert found.b - found.a == pytest.approx(found.paired.mean, abs=1e-12)
    assert (found.a, found.b) == pytest.approx((a[-used:].mean(), b[-used:].mean()))


def test_levels_that_one_side_lacks():
    a, b = Told(pools=pools([1.0, 2.0], server="web")), Told(pools=pools([3.0, 4.0], server="gpu"))
    found = {each.row[1][0][1]: each for each in compare_levels(a, b) if each.row[0] == "pools.lent_hosts"}
    assert (found["web"].verdict, found["web"].a, found["web"].b) == ("only in A", 1.5, None)
    assert (found["gpu"].verdict, found["gpu"].b) == ("only in B", 3.5)
