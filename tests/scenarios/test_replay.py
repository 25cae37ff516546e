"""Real traces as load and as training jobs: one line of the scenario each."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from dcsim.errors import InputError
from tests.architecture.source import ROOT
from tests.scenarios.finished import simulated, tiny, write

TRACES = ROOT.parent / "shared" / "traces"
RATE = TRACES / "worldcup98_rate" / "wc98_requests_per_min_to_1998-06-09.csv.gz"
JOBS = TRACES / "philly_jobs" / "philly_jobs_2017-09-04_to_2017-10-15.csv.gz"
HOURS = 22 * 24  # only the longest jobs of the first weeks are in the file
DURATION_S = HOURS * 3600.0
RACKS = 20
GPU_SLOTS = RACKS * 3 * 8

pytestmark = pytest.mark.skipif(not TRACES.is_dir(), reason="no traces beside the checkout (../shared/traces)")


def _rows(path):
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _scenario():
    changed = tiny(duration=f"{HOURS} h", drills=None)
    changed["fleet"]["regions"]["altoona"]["training"] = {"leopard": 1, "big_basin_p100": RACKS}
    changed["services"]["ads"]["serving"] = {"load": {"generator": "replay", "file": str(RATE)}}
    changed["training"] = [
        {"name": "philly", "recipe": "translation_direction", "generator": "replay", "file": str(JOBS)}
    ]
    return changed


@pytest.fixture(scope="module")
def replayed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("replayed")
    return simulated(folder / "run", write(folder / "replayed.yaml", _scenario()))


@pytest.fixture(scope="module")
def submitted():
    rows = sorted((float(row["submit_s"]), float(row["duration_s"]), int(row["num_gpus"])) for row in _rows(JOBS))
    return [(submit - rows[0][0], duration, gpus) for submit, duration, gpus in rows]


def test_every_job_of_the_file_before_the_end_arrives(replayed, submitted):
    jobs = replayed.table("jobs")
    philly = jobs[jobs["service"] == "philly"].sort_values("arrived_s")
    inside = [job for job in submitted if job[0] < DURATION_S]
    assert len(inside) > 500
    np.testing.assert_array_equal(philly["arrived_s"], [submit for submit, _, _ in inside])
    pairs = Counter(zip(philly["arrived_s"], philly["gpus"], strict=True))
    assert pairs == Counter((submit, gpus) for submit, _, gpus in inside)
    assert (philly["hosts"] == -(-philly["gpus"] // 8)).all()
    sheet = replayed.conservation["jobs"]
    assert sheet["in"] == len(jobs) == sum(count for name, count in sheet.items() if name != "in")


def test_jobs_after_the_end_are_told_of(replayed, submitted):
    beyond = sum(submit >= DURATION_S for submit, _, _ in submitted)
    told = [line for line in replayed.warnings if "training[0].file" in line]
    assert len(told) == 1
    assert told[0].endswith(f": {beyond} jobs arrive after the end of the scenario and have no effect")
    assert "replayed.yaml:" in told[0]


def test_jobs_train_for_the_time_in_the_file(replayed, submitted):
    jobs, segments = replayed.table("jobs"), replayed.table("segments")
    done = jobs[(jobs["service"] == "philly") & (jobs["outcome"] == "done")]
    assert len(done) > 300
    useful = segments.groupby("job")["useful_s"].sum().reindex(done["job"]).to_numpy()
    wanted = {}
    for submit, duration, gpus in submitted:
        wanted.setdefault((submit, gpus), []).append(duration)
    for submit, gpus, seconds in zip(done["arrived_s"], done["gpus"], useful, strict=True):
        assert min(abs(seconds - duration) for duration in wanted[submit, gpus]) < 1e-6 * (1 + seconds)


def test_the_pool_is_shared_but_never_overfull(replayed):
    segments = replayed.table("segments")
    gpu = segments[segments["server"] == "big_basin_p100"]
    times = np.concatenate([gpu["begin_s"], gpu["end_s"]])
    change = np.concatenate([gpu["hosts"], -gpu["hosts"]]) * 8
    order = np.lexsort((change, times))
    held = np.cumsum(change[order])
    assert held.max() <= GPU_SLOTS + 1e-9
    assert held.max() > 0.9 * GPU_SLOTS, "the trace fills a pool this small"
    assert replayed.table("queues").query("kind == 'gpu'")["queued_jobs"].max() > 1


def test_load_follows_the_file_in_every_region(replayed):
    first, bins = None, {}
    for row in _rows(RATE):
        second = datetime.fromisoformat(row["period"]).replace(tzinfo=UTC).timestamp()
        first = second if first is None else first
        hour = int((second - first) // 3600)
        bins[hour] = bins.get(hour, 0) + int(row["count"])
    shape = np.array([bins.get(hour, 0) for hour in range(HOURS)]) / max(bins.values())
    ads = replayed.table("serving").query("service == 'ads'")
    for _, mine in ads.groupby("region", observed=True):
        demand = mine.sort_values("time_s")["demand_hosts"].to_numpy()
        np.testing.assert_allclose(demand / demand.max(), shape / shape.max(), rtol=1e-9)
    peak = ads.groupby("time_s")["demand_hosts"].sum().max()
    assert peak == pytest.approx(20.0 * 2.0 * shape.max()), "relative capacity x capacity unit x share of the peak"


def test_jobs_that_no_pool_can_hold_are_refused(tmp_path, submitted):
    large = sum(submit < DURATION_S and gpus > 8 for submit, _, gpus in submitted)
    assert large
    scenario = _scenario()
    scenario["fleet"]["regions"]["altoona"]["training"]["big_basin_p100"] = 1
    scenario["catalog"]["racks"] = {"big_basin_p100": {"sleds": 1}}
    scenario["catalog"]["training"]["facer_general"]["hosts"] = 1
    path = write(tmp_path / "small.yaml", scenario)
    with pytest.raises(InputError) as refused:
        simulated(tmp_path / "run", path)
    (problem,) = refused.value.problems
    assert problem.path == "training[0].file"
    assert problem.message == f"{large} jobs need more than the 8 slots of the largest gpu training pool"
    assert [file.name for file in tmp_path.iterdir()] == ["small.yaml"]
