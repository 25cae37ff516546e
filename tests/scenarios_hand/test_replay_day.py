"""The made-up files of ``replay_day`` follow the formulas in its head, and the run follows the files."""

from __future__ import annotations

import csv
import math

import pytest

import dcsim
from dcsim.resolve import resolve
from dcsim.simulate import simulate
from tests.architecture.source import SCENARIOS

H = 3600.0


def rows(name):
    with (SCENARIOS / "replay_day" / name).open(encoding="utf-8") as file:
        return [{key: int(value) for key, value in row.items()} for row in csv.DictReader(file)]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return dcsim.load(simulate(resolve("replay_day"), tmp_path_factory.mktemp("run") / "replay_day"))


def test_rates_follow_their_formula():
    found = rows("rates.csv")
    assert [row["second"] for row in found] == [300 * i for i in range(300)]
    for row in found:
        t = row["second"] + 150.0
        wave = 1 + 0.4 * math.cos(2 * math.pi * (t - 19 * H) / (24 * H))
        match = 1 + 0.6 * math.exp(-(((t - 20.5 * H) / 1800) ** 2))
        assert row["requests"] == round(60000 * wave * match)


def test_jobs_follow_their_formula():
    gpus = (1, 1, 1, 1, 2, 1, 4, 1, 8, 16)
    jobs = sorted(
        (
            round(86400 * (k + 20 * math.sin(2 * math.pi * k / 240)) / 240),
            round(300 * math.exp(4.6 * (97 * k % 240) / 240)),
            gpus[k % 10],
        )
        for k in range(240)
    )
    assert [(row["submit_s"], row["duration_s"], row["num_gpus"]) for row in rows("jobs.csv")] == jobs


def test_load_is_the_file_scaled_to_the_peak_of_search(run):
    requests = [row["requests"] for row in rows("rates.csv")]
    offered = run.serving.groupby("time_s")["demand_hosts"].sum().tolist()
    assert len(offered) == 288
    assert offered == pytest.approx([10 * 60 * count / max(requests) for count in requests[:288]], rel=1e-12)


def test_jobs_arrive_and_compute_as_the_file_says(run):
    jobs = run.jobs[run.jobs["service"] == "experiments"].sort_values("job")
    listed = rows("jobs.csv")
    assert jobs["arrived_s"].tolist() == [row["submit_s"] - listed[0]["submit_s"] for row in listed]
    assert jobs["gpus"].tolist() == [row["num_gpus"] for row in listed]
    segments = run.segments.set_index("job")
    for (_, job), row in zip(jobs.iterrows(), listed, strict=True):
        if job["outcome"] == "done":
            assert segments.loc[job["job"], "useful_s"] == pytest.approx(row["duration_s"])


def test_the_place_of_the_files_is_no_part_of_the_digest(tmp_path):
    copy = tmp_path / "replay_day.yaml"
    copy.write_text((SCENARIOS / "replay_day.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    (tmp_path / "replay_day").mkdir()
    for name in ("rates.csv", "jobs.csv"):
        (tmp_path / "replay_day" / name).write_bytes((SCENARIOS / "replay_day" / name).read_bytes())
    assert resolve(copy).digest == resolve("replay_day").digest
    with (tmp_path / "replay_day" / "jobs.csv").open("a", encoding="utf-8") as file:
        file.write("86399,300,1\n")
    assert resolve(copy).digest != resolve("replay_day").digest
