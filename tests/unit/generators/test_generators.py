"""Generators: loads and arrivals against values worked out by hand and against real traces."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from dcsim.errors import InputError
from dcsim.generators import generator
from dcsim.generators.cadence import cadence
from dcsim.generators.diurnal import diurnal, utc_offsets
from dcsim.generators.plan import ArrivalRequest, LoadRequest
from dcsim.generators.poisson import poisson
from dcsim.generators.replay import replay_jobs, replay_load
from dcsim.spec.diurnal import DiurnalProfile, curve

TRACES = Path(__file__).parents[4] / "shared" / "traces"
SWING = DiurnalProfile.model_validate(
    {
        "title": "t",
        "assumption": "test",
        "harmonics": [{"amplitude": 0.4, "peak_hour": 20.0, "per_day": 1}],
        "weekend_factor": 0.5,
        "events": [
            {"name": "eve", "month": 12, "day": 31, "local_hour": 24.0, "width": "1 h", "factor": 2.0}
        ],
    }
)


def load(start, zone="UTC", resolution=60.0, steps=1440, **more):
    return LoadRequest(datetime.fromisoformat(start), zone, resolution, steps, profile=SWING, **more)


def test_diurnal_follows_the_local_clock():
    tuesday = diurnal(load("2017-09-19T00:00:00+00:00", "Europe/Stockholm"))
    assert np.argmax(tuesday) == 18 * 60 - 1  # 20:00 in Stockholm is 18:00 UTC in summer
    hour = (np.arange(1440) + 0.5) / 60 + 2
    expected = [curve(SWING, h) for h in hour]
    np.testing.assert_allclose(tuesday, expected, rtol=1e-5)


def test_diurnal_mean_does_not_depend_on_resolution():
    fine = diurnal(load("2017-09-19T00:00:00+00:00", resolution=60.0, steps=1440))
    coarse = diurnal(load("2017-09-19T00:00:00+00:00", resolution=7200.0, steps=12))
    np.testing.assert_allclose(coarse, fine.reshape(12, 120).mean(axis=1), rtol=1e-6)


def test_weekend_and_new_year():
    friday = diurnal(load("2017-09-22T00:00:00+00:00", steps=2880))
    np.testing.assert_allclose(friday[1440:], 0.5 * friday[:1440])
    eve = diurnal(load("2019-12-31T23:00:00+00:00", steps=120))
    plain = np.array([curve(SWING, 23 + (i + 0.5) / 60) for i in range(120)])
    ratio = eve / plain
    assert ratio[59] == pytest.approx(2.0, abs=1e-3)
    assert ratio[0] == pytest.approx(1.0, abs=1e-3)


def test_clock_change_inside_a_day():
    start = datetime(2017, 3, 25, tzinfo=UTC)  # Europe turns its clocks at 01:00 UTC on the 26th
    seconds = np.arange(0.0, 3 * 86400.0, 1800.0)
    offsets = utc_offsets(start, "Europe/Dublin", seconds)
    assert (offsets[seconds < 25 * 3600] == 0).all()
    assert (offsets[seconds >= 25 * 3600] == 3600).all()


def test_cadence_spreads_models_and_keeps_their_period():
    request = ArrivalRequest(1000.0, 250.0, 10, np.random.default_rng(3), every=100.0)
    arrivals = cadence(request)
    assert (np.diff(arrivals.time_s) >= 0).all()
    for model in range(10):
        times = arrivals.time_s[arrivals.model == model]
        np.testing.assert_allclose(np.diff(times), 100.0)
        assert model * 10.0 <= times[0] % 100.0 < (model + 1) * 10.0
        assert times[0] >= -250.0
        assert times[-1] < 1000.0
        assert len(times) in {12, 13}


def test_poisson_rate_and_uniformity():
    request = ArrivalRequest(9000.0, 1000.0, 3, np.random.default_rng(1), rate=0.5)
    arrivals = poisson(request)
    assert abs(len(arrivals.time_s) - 5000) < 4 * 5000**0.5
    assert arrivals.time_s.min() >= -1000.0
    assert set(arrivals.model.tolist()) == {0, 1, 2}


def test_replay_load_bins_and_normalises(tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text("when,requests\n0,10\n60,20\n180,5\n300,40\n400,1\n")
    shares = replay_load(load("2017-09-19T00:00:00+00:00", resolution=120.0, steps=3, file=file))
    np.testing.assert_allclose(shares, [30 / 40, 5 / 40, 1.0])


def test_replay_load_that_is_too_short(tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text("t,n\n0,1\n60,1\n")
    with pytest.raises(InputError, match="before the scenario does"):
        replay_load(load("2017-09-19T00:00:00+00:00", file=file))


def test_replay_load_with_times_too_far_apart(tmp_path):
    file = tmp_path / "rates.csv"
    file.write_text("t,n\n0,1\n6e8,1\n7e8,2\n60,1\n")
    with pytest.raises(InputError) as caught:
        replay_load(load("2017-09-19T00:00:00+00:00", file=file))
    (problem,) = caught.value.problems
    assert str(problem).removeprefix(str(tmp_path) + "/") == (
        "rates.csv:4:1: lies 7e+08 s after the first time, 1.167e+07 load steps; at most 10,000,000 fit, so mend the "
        "time or lengthen the resolution"
    )
    file.write_text("t,n\n0,1\n6e8,1\n60,1\n")
    assert replay_load(load("2017-09-19T00:00:00+00:00", file=file))[:3].tolist() == [1.0, 1.0, 0.0]


def test_replay_jobs_reads_sorts_and_counts(tmp_path):
    file = tmp_path / "jobs.csv.gz"
    with gzip.open(file, "wt") as handle:
        handle.write("job_id,submit,gpus,duration\n1,50,2,10\n2,40,1,5\n3,1000,1,5\n")
    jobs = replay_jobs(ArrivalRequest(500.0, 0.0, 1, np.random.default_rng(0), file=file, scale=2.0))
    assert jobs.time_s.tolist() == [0.0, 10.0]
    assert jobs.gpus.tolist() == [1, 2]
    assert jobs.duration_s.tolist() == [10.0, 20.0]
    assert jobs.beyond == 1


def test_replay_names_every_bad_row(tmp_path):
    file = tmp_path / "jobs.csv"
    file.write_text("submit_s,duration_s,num_gpus\n0,10,1\nsoon,10,1\n5,-3,1\n6,1,zero\n")
    with pytest.raises(InputError) as caught:
        replay_jobs(ArrivalRequest(500.0, 0.0, 1, np.random.default_rng(0), file=file))
    assert [str(problem).removeprefix(str(tmp_path) + "/") for problem in caught.value.problems] == [
        "jobs.csv:3:1: submit_s: 'soon' is neither a number of seconds nor an ISO time",
        "jobs.csv:4:1: duration_s: -3 must be a finite number of 0 or more",
        "jobs.csv:5:1: num_gpus: 'zero' is not a number",
    ]


def test_replay_bounds_jobs(tmp_path):
    file = tmp_path / "jobs.csv"
    file.write_text("submit_s,duration_s,num_gpus\n0,1e12,1e9\n1,1.1e12,1\n2,1,2e9\n")
    with pytest.raises(InputError) as caught:
        replay_jobs(ArrivalRequest(500.0, 0.0, 1, np.random.default_rng(0), file=file))
    assert [str(problem).removeprefix(str(tmp_path) + "/") for problem in caught.value.problems] == [
        "jobs.csv:3:1: duration_s: 1.1e12 must be 1e+12 or less",
        "jobs.csv:4:1: num_gpus: 2e9 must be 1e+09 or less",
    ]


def test_replay_needs_its_columns(tmp_path):
    file = tmp_path / "jobs.csv"
    file.write_text("a,b\n1,2\n")
    with pytest.raises(InputError, match="needs a column 'submit_s'; it has a, b"):
        replay_jobs(ArrivalRequest(500.0, 0.0, 1, np.random.default_rng(0), file=file))
    with pytest.raises(InputError, match="cannot be read: No such file"):
        replay_jobs(ArrivalRequest(500.0, 0.0, 1, np.random.default_rng(0), file=tmp_path / "none.csv"))


def test_names_are_file_stems():
    assert generator.names() == ["cadence", "diurnal", "poisson", "replay", "working_hours"]


@pytest.mark.skipif(not TRACES.exists(), reason="the reference traces are not beside the project")
def test_real_traces():
    rates = next((TRACES / "worldcup98_rate").glob("*.csv.gz"))
    shares = replay_load(load("1998-05-01T00:00:00+00:00", resolution=3600.0, steps=24 * 28, file=rates))
    assert shares.max() <= 1.0
    assert shares.min() >= 0.0
    jobs = replay_jobs(
        ArrivalRequest(
            86400.0 * 100,
            0.0,
            1,
            np.random.default_rng(0),
            file=next((TRACES / "philly_jobs").glob("*.csv.gz")),
        )
    )
    assert len(jobs.time_s) == 30065
    assert float((jobs.gpus * jobs.duration_s).sum() / 3600) == pytest.approx(386_073, rel=1e-4)
