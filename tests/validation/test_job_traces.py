"""Recorded clusters end to end: a week of Philly and the pods of openb, by policy and by placement.

The settings are those of ``docs/explanation/job_traces.md``. What is asserted is what can be known beforehand: a
cluster near full load, every job accounted for, work that is the same under every policy, and orders of policies that
theory or the papers give.
"""

from __future__ import annotations

import csv
import gzip
import json
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner

from dcsim.cli.main import main

TRACES = Path(__file__).resolve().parents[3] / "shared" / "traces"
PHILLY = TRACES / "philly_jobs" / "philly_jobs_2017-09-04_to_2017-10-15.csv.gz"
OPENB = TRACES / "openb_gpu_cluster"
PODS, NODES = OPENB / "openb_pod_list_default.csv", OPENB / "openb_node_list_gpu_node.csv"
DAY = 86400.0
SERVERS = 72
PACKING, SCATTERING = ("best_fit", "least_fragmentation", "consolidate", "first_fit"), ("spread", "random")

needs_philly = pytest.mark.skipif(not PHILLY.exists(), reason="needs the Philly trace beside the project")
needs_openb = pytest.mark.skipif(not PODS.exists(), reason="needs the openb trace beside the project")


def _told(*words):
    """What a command tells with --json."""
    done = CliRunner().invoke(main, ["replay", "jobs", *map(str, words), "--json"])
    assert done.exit_code == 0, done.output
    return json.loads(done.stdout)


def _each(option, names):
    return [word for name in names for word in (f"--{option}", name)]


@cache
def _week():
    """The jobs of the week as (submit, slots, duration, tenant), read without the readers under test."""
    with gzip.open(PHILLY, "rt", newline="") as file:
        rows = [
            (float(row["submit_s"]), int(row["num_gpus"]), float(row["duration_s"]), row["vc"])
            for row in csv.DictReader(file)
        ]
    return [row for row in rows if 28 * DAY <= row[0] < 35 * DAY]


@cache
def _philly(schedulers, placements):
    """Figures of the Philly week by (scheduler, placement)."""
    told = _told(PHILLY, "--begin", "28 days", "--end", "35 days", "--nodes", f"{SERVERS}x8",
                 *_each("scheduler", schedulers), *_each("placement", placements))  # fmt: skip
    policies = told.get("policies", [told])
    assert len(policies) == len(schedulers) * len(placements)
    return {(one["scheduler"], one["placement"]): one for one in policies}


SCHEDULERS = ("fifo", "first_fit", "shortest_first", "fair_share")
PLACEMENTS = ("consolidate", "first_fit", "spread", "random")


def _all_of_philly():
    return _philly(SCHEDULERS, ("consolidate",)) | _philly(("fifo",), PLACEMENTS)


@needs_philly
def test_the_week_offers_what_the_servers_can_do():
    work = sum(slots * duration for _, slots, duration, _ in _week())
    assert work / (7 * DAY) == pytest.approx(8 * SERVERS, rel=0.01)


@needs_philly
def test_every_policy_does_the_jobs_of_the_week():
    jobs, told = _week(), _all_of_philly()
    tenants = {tenant for *_, tenant in jobs}
    for one in told.values():
        assert one["jobs"] == one["outcomes"]["done"] == len(jobs) == 11_386
        assert one["tenants"] == len(tenants)
        assert {each["tenant"] for each in one["by_tenant"]} == tenants
        done = sum(each["slot_s"] for each in one["by_tenant"])
        assert done == pytest.approx(sum(slots * duration for _, slots, duration, _ in jobs), rel=1e-9)
        assert one["used_slot_s"] == pytest.approx(done, rel=1e-9)


@needs_philly
def test_utilisation_and_fragmentation_of_the_week():
    for one in _all_of_philly().values():
        # The longest job of the week takes 26 days: the drain is most of the replay.
        assert 0.2 < one["utilisation_ratio"] < 0.3
        assert 0.6 < one["utilisation_while_jobs_came_ratio"] < 1.0
        assert 0.0 < one["fragmented_ratio"] < 0.1
        assert 0.0 < one["jain_jobs_ratio"] <= 1.0 > one["jain_tenants_ratio"] > 0.0
        assert one["preemptions"] == one["lost_s"] == 0
        span = one["utilisation_ratio"] * 8 * SERVERS * (one["last_finish_s"] - one["first_submit_s"])
        assert span == pytest.approx(one["used_slot_s"], rel=1e-6)


@needs_philly
def test_schedulers_of_the_week_by_mean_wait():
    told = {name: one for (name, _), one in _philly(SCHEDULERS, ("consolidate",)).items()}
    waits = {name: one["wait_s"]["mean"] for name, one in told.items()}
    # Who passes over the blocked head waits less than who does not, and who knows lengths least.
    assert waits["shortest_first"] < 0.6 * waits["first_fit"] < 0.6 * waits["fifo"]
    assert waits["first_fit"] < waits["fair_share"] < waits["fifo"]
    # Fair share is fairer to tenants than arrival is.
    assert told["fair_share"]["jain_tenants_ratio"] > 2.0 * told["fifo"]["jain_tenants_ratio"]


@needs_philly
@pytest.mark.slow
def test_little_service_first_is_near_shortest_first_without_knowing_lengths():
    told = {name: one for (name, _), one in _philly(SCHEDULERS, ("consolidate",)).items()}
    ((_, las),) = _philly(("least_attained_service",), ("consolidate",)).items()
    assert told["shortest_first"]["jct_s"]["mean"] < las["jct_s"]["mean"] < told["first_fit"]["jct_s"]["mean"]
    assert las["bounded_slowdown_ratio"]["mean"] < 2.0 < told["first_fit"]["bounded_slowdown_ratio"]["mean"]
    assert las["preemptions"] > 1000
    done = sum(slots * duration for _, slots, duration, _ in _week())
    assert las["used_slot_s"] == pytest.approx(done + las["lost_slot_s"] + las["overhead_slot_s"], rel=1e-9)


@needs_philly
def test_placements_of_the_week_by_mean_wait():
    told = {place: one for (_, place), one in _philly(("fifo",), PLACEMENTS).items()}
    spread = told.pop("spread")
    # Jobs of eight slots need an empty server: who scatters small ones keeps the head of the line waiting.
    for one in told.values():
        assert spread["wait_s"]["mean"] > 2.0 * one["wait_s"]["mean"]
        assert spread["fragmented_ratio"] > 2.0 * one["fragmented_ratio"]
        assert spread["utilisation_while_jobs_came_ratio"] < one["utilisation_while_jobs_came_ratio"]
    assert told["consolidate"]["fragmented_ratio"] < told["random"]["fragmented_ratio"]


@pytest.fixture(scope="module")
def part(tmp_path_factory):
    """Every thirtieth node of openb's list."""
    lines = NODES.read_text(encoding="utf-8").splitlines(keepends=True)
    path = tmp_path_factory.mktemp("openb") / "part.csv"
    path.write_text("".join(lines[::30]), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def pods(part):
    """Figures of openb's pods in time by (scheduler, placement)."""
    told = _told(PODS, "--nodes", part, "--begin", "115 days", "--load", 10, *_each("scheduler", ("fifo", "first_fit")),
                 *_each("placement", PACKING + SCATTERING))  # fmt: skip
    assert (told["nodes"], told["slots"]) == (40, 187)
    return {(one["scheduler"], one["placement"]): one for one in told["policies"]}


@needs_openb
def test_pods_in_time_are_all_accounted_for(pods):
    with PODS.open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if float(row["creation_time"]) >= 115 * DAY]
    work = sum(
        int(row["num_gpu"]) * int(row["gpu_milli"] or 0) / 1000
        * (float(row["deletion_time"]) - float(row["creation_time"])) for row in rows
    )  # fmt: skip
    came = (max(float(row["creation_time"]) for row in rows) - min(float(row["creation_time"]) for row in rows)) / 10
    assert work / came / 187 == pytest.approx(1.07, abs=0.01)
    for one in pods.values():
        assert one["jobs"] == len(rows) == 8125
        assert one["outcomes"]["done"] + one["outcomes"]["too_large"] == len(rows)
        assert one["outcomes"]["too_large"] == 5
        assert one["used_slot_s"] == pytest.approx(work, rel=0.01)  # but for the five


@needs_openb
@pytest.mark.parametrize("scheduler", ["fifo", "first_fit"])
def test_pods_in_time_by_placement(pods, scheduler):
    for packing in PACKING:
        for scattering in SCATTERING:
            packed, scattered = pods[scheduler, packing], pods[scheduler, scattering]
            assert 20.0 * packed["wait_s"]["mean"] < scattered["wait_s"]["mean"]
            assert 10.0 * packed["fragmented_ratio"] < scattered["fragmented_ratio"] < 0.1
            assert 1.0 > packed["utilisation_while_jobs_came_ratio"] > scattered["utilisation_while_jobs_came_ratio"]
    unusable = {place: pods[scheduler, place]["unusable_ratio"] for place in PACKING + SCATTERING}
    assert min(unusable, key=unusable.get) == "least_fragmentation"
    assert max(unusable, key=unusable.get) == "random"
    assert all(0.0 < ratio < 1.0 for ratio in unusable.values())


@needs_openb
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_packed_nodes_get_fuller_than_random_ones(seed):
    names = ("random", "best_fit", "least_fragmentation")
    told = _told(PODS, "--nodes", NODES, "--fill", "--seed", seed, *_each("placement", names))
    assert (told["nodes"], told["slots"]) == (1213, 6212)
    full = {one["placement"]: one["allocated_ratio"]["mean"] for one in told["filled"]}
    lost = {one["placement"]: one["fragmented_ratio"]["mean"] for one in told["filled"]}
    assert 0.8 < full["random"] < full["best_fit"] < full["least_fragmentation"] < 1.0
    assert lost["random"] > lost["best_fit"] > lost["least_fragmentation"] > 0.0
    assert all(full[name] + lost[name] <= 1.0 for name in names)
