"""Equal scenario and seed give equal bytes; a variant of a scenario draws the same numbers for what it keeps."""

from __future__ import annotations

import json

import pandas as pd
import pytest
import yaml

from dcsim.trace.tables import TABLES
from tests.architecture.source import SCENARIOS
from tests.scenarios.command import dcsim, environment
from tests.scenarios.finished import Finished, digests, simulated, tiny, write

JIT_OFF = {"NUMBA_DISABLE_JIT": "1"}


def _run_elsewhere(out, *words, **changes):
    done = dcsim("run", *words, "--json", "--out", out, env=environment(**changes))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_two_processes_write_the_same_bytes(tmp_path):
    answers = [
        _run_elsewhere(tmp_path / hash_seed, "hpca18_day", "--seed", "1", PYTHONHASHSEED=hash_seed)
        for hash_seed in ("1", "4242")
    ]
    first, second = (digests(tmp_path / name) for name in ("1", "4242"))
    assert set(first) == {f"{name}.parquet" for name in TABLES}
    assert first == second
    assert answers[0]["metrics"] == answers[1]["metrics"]
    assert (answers[0]["scenario"], answers[0]["seed"]) == ("hpca18_day", 1)
    assert answers[0]["run_dir"] == str(tmp_path / "1")
    one, other = (Finished(tmp_path / name) for name in ("1", "4242"))
    assert one.report == other.report
    assert (one.path / "scenario.resolved.yaml").read_bytes() == (other.path / "scenario.resolved.yaml").read_bytes()


def test_another_seed_draws_other_arrivals_for_the_same_load(day, shipped):
    other = shipped("hpca18_day", None, "seed=1")
    assert other.report["digest"] == day.report["digest"], "the digest leaves the seed out"
    plain, changed = digests(day.path), digests(other.path)
    assert {name for name in plain if plain[name] != changed[name]} >= {"jobs.parquet", "publications.parquet"}
    assert plain["serving.parquet"] == changed["serving.parquet"], "no draw goes into the load"


def _arrivals(run, service):
    jobs = run.table("jobs")
    mine = jobs[jobs["service"] == service].sort_values(["arrived_s", "model"])
    return list(zip(mine["model"], mine["arrived_s"].map(float.hex), strict=True))


@pytest.mark.parametrize("dropped", ["ads", "language_translation"])
def test_dropping_a_service_leaves_the_arrivals_of_the_others(dropped, day, tmp_path):
    scenario = yaml.safe_load((SCENARIOS / "hpca18_day.yaml").read_text(encoding="utf-8"))
    scenario["start"] = scenario["start"].isoformat()
    del scenario["services"][dropped]
    fewer = simulated(tmp_path / "run", write(tmp_path / "fewer.yaml", scenario))
    assert dropped not in set(fewer.table("jobs")["service"].astype(str))
    for service in scenario["services"]:
        assert _arrivals(fewer, service), service
        assert _arrivals(fewer, service) == _arrivals(day, service), service


def test_a_stream_of_jobs_draws_for_itself(small):
    plain = small()
    trials = tiny()["training"]
    more = [{"name": "first", "recipe": "sigma_classifiers", "generator": "poisson", "rate": "2 /h"}, *trials]
    both = small(training=more)
    for stream in ("trials", "ads", "facer"):
        assert _arrivals(plain, stream)
        assert _arrivals(plain, stream) == _arrivals(both, stream)
    assert _arrivals(both, "first")


def test_a_resolved_scenario_runs_to_the_same_tables(small, tmp_path):
    plain = small()
    again = simulated(tmp_path / "again", plain.path / "scenario.resolved.yaml")
    assert digests(again.path) == digests(plain.path)
    assert again.report == plain.report


def test_interpreted_kernels_give_the_same_tables(small, tmp_path):
    lossless = {"fabrics": {"f4_100g": {"transport": None}}}  # millions of packets are not for an interpreter
    catalog = {**tiny().get("catalog", {}), **lossless}
    compiled = small(catalog=catalog)
    scenario = write(tmp_path / "tiny.yaml", tiny(catalog=catalog))
    answer = _run_elsewhere(tmp_path / "interpreted", scenario, **JIT_OFF)
    assert digests(tmp_path / "interpreted") == digests(compiled.path)
    assert answer["metrics"] == compiled.rows


def test_a_shorter_run_is_the_beginning_of_a_longer_one(small):
    whole, half = small(training=None), small("duration=12 h", training=None)
    for name in ("serving", "harvest", "user_models", "pools", "queues"):
        first, second = half.table(name), whole.table(name)
        second = second[second["time_s"] < half.duration]
        order = ["time_s", *(key for key in ("service", "kind", "region", "server", "role") if key in first)]
        first, second = (table.sort_values(order).reset_index(drop=True) for table in (first, second))
        pd.testing.assert_frame_equal(first, second, rtol=1e-12, atol=1e-9)  # levels are sums in another order
    jobs = whole.table("jobs")
    early = jobs[jobs["arrived_s"] < half.duration].sort_values("job")
    assert half.table("jobs").sort_values("job")["arrived_s"].tolist() == early["arrived_s"].tolist()
