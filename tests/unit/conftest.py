"""One small run to be checked by hand: two regions, two services, four steps of one hour."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dcsim.results.run import Run
from dcsim.trace.provenance import Meter, provenance, to_json
from dcsim.trace.recorder import Recorder
from dcsim.trace.store import RUN_FILE, SCENARIO_FILE, RunDirectory

if TYPE_CHECKING:
    from pathlib import Path

NAN = math.nan
START = "2017-09-19T00:00:00Z"
HOURS = np.arange(4) * 3600.0
VOCABULARY = {
    "region": ("lulea", "altoona"),
    "server": ("mono_lake", "big_basin"),
    "service": ("ads", "facer"),
    "role": ("serving", "training", "storage"),
    "outcome": ("done", "lost", "superseded", "queued", "running"),
}


def _facts(recorder: Recorder) -> None:
    recorder.span("regions", "lulea", "Europe/Stockholm", 1.1, 1e-8, 1e-9)
    recorder.span("regions", "altoona", "America/Chicago", 1.25, 2e-8, NAN)
    for region, hosts in (("lulea", 100), ("altoona", 50)):
        recorder.span("fleet", region, "mono_lake", "serving", "single_socket", hosts // 5, hosts, 4, 0,
                      50.0, 150.0, 2000.0, 144000.0)  # fmt: skip
    recorder.span("fleet", "altoona", "big_basin", "training", "gpu", 5, 10, 1, 8, 500.0, 3000.0, 1e5, 1.44e6)
    web = "single_socket"
    recorder.span("services", "ads", web, "gpu", 1, 7200.0, 7200.0, "linear", 36000.0, 0.1)
    recorder.span("services", "facer", web, web, 1, 3600.0, 4000.0, "log", 3600.0, 0.01)
    for hosts, exposed in ((1, 0.1), (2, 0.3)):
        recorder.span("recipes", "mlp", "mono_lake", "web_1s", 4, hosts, "flow", 0.4 + exposed, 0.35, 0.05,
                      exposed, 0.01 * hosts, 2.0 * hosts, 1000.0, 1e9, 2.0)  # fmt: skip
    recorder.span("drills", "region_loss", "altoona", 7200.0, 7200.0, 10800.0)


def _steps(recorder: Recorder) -> None:
    lost = np.array([0.0, 0.0, 1.0, 0.0])  # altoona is dark in the third hour
    demand = np.array([[30.0, 20.0], [10.0, 10.0]])[None] * np.ones((4, 1, 1))
    served, good, spilled = demand.copy(), demand.copy(), np.zeros((4, 2, 2))
    served[2, 0, 1], good[2, 0, 1] = 15.0, 10.0
    spilled[2, :, 1] = served[2, :, 1]
    recorder.block("serving", {
        "time_s": HOURS[:, None, None], "held_s": 3600.0, "service": [[0], [1]], "region": [0, 1],
        "demand_hosts": demand, "served_hosts": served, "good_hosts": good, "spilled_hosts": spilled,
        "assigned_hosts": served, "active_hosts": served * 1.5,
    })  # fmt: skip
    up = 1 - lost
    pool = {"time_s": HOURS, "held_s": 3600.0, "training_hosts": 0.0, "lent_hosts": 0.0, "down_hosts": 0.0}
    lent = np.array([0.0, 0.0, 20.0, 20.0])
    recorder.block("pools", {
        **pool, "region": "lulea", "server": "mono_lake", "role": "serving", "serving_hosts": 60.0,
        "lent_hosts": lent, "idle_hosts": 40.0 - lent, "busy_ratio": 0.5, "power_w": 1e4,
    })  # fmt: skip
    recorder.block("pools", {
        **pool, "region": "altoona", "server": "mono_lake", "role": "serving", "serving_hosts": 30.0 * up,
        "idle_hosts": 20.0 * up, "down_hosts": 50.0 * lost, "busy_ratio": np.where(lost > 0, NAN, 0.8),
        "power_w": 4e3 * up,
    })  # fmt: skip
    recorder.block("pools", {
        **pool, "region": "altoona", "server": "big_basin", "role": "training", "serving_hosts": 0.0,
        "training_hosts": 8.0 * up, "idle_hosts": 2.0 * up, "down_hosts": 10.0 * lost,
        "busy_ratio": np.where(lost > 0, 0.0, 0.6), "power_w": 2e4 * up,
    })  # fmt: skip
    recorder.block("links", {
        "time_s": HOURS[[0, 1, 1]], "held_s": 3600.0, "region": "altoona", "level": ["rack", "rack", "pod"],
        "link": ["altoona rack 3 up", "altoona rack 3 up", "altoona pod 0 up"], "direction": "up",
        "capacity_bytes_per_s": 1e9, "training_bytes_per_s": [5e8, 6e8, 2e8], "readers_bytes_per_s": 0.0,
        "checkpoints_bytes_per_s": 1e8, "serving_bytes_per_s": [0.0, 0.0, 5e8], "utilisation_ratio": [0.6, 0.7, 0.8],
    })  # fmt: skip
    recorder.block("queues", {
        "time_s": HOURS, "held_s": 3600.0, "kind": "gpu", "queued_jobs": [0.0, 1.0, 3.0, 2.0],
        "running_jobs": 2.0,
    })  # fmt: skip
    recorder.block("harvest", {
        "time_s": HOURS[2:], "held_s": 3600.0, "region": "lulea", "server": "mono_lake", "recipe": "mlp",
        "lent_host_s": 72000.0, "useful_host_s": [40000.0, 60000.0], "lost_host_s": [8000.0, 12000.0],
        "checkpoint_host_s": [4000.0, 5000.0], "restart_host_s": [6000.0, 1000.0],
        "notice_host_s": [2000.0, 4000.0], "uncommitted_host_s": [12000.0, -10000.0],
        "checkpoint_bytes": [1e9, 2e9], "steps": [2e4, 3e4], "started_groups": [5.0, 1.0],
        "evicted_groups": [1.0, 2.0], "finished_jobs": [0.0, 3.0],
    })  # fmt: skip
    recorder.block("user_models", {
        "time_s": HOURS[:, None], "held_s": 3600.0, "service": "facer", "region": [0, 1],
        "triggered_models": 100.0,
        "trained_models": [[100.0, 100.0], [100.0, 100.0], [100.0, 0.0], [100.0, 180.0]],
        "backlog_models": [[0.0, 0.0], [0.0, 0.0], [0.0, 100.0], [0.0, 20.0]], "busy_hosts": 2.0,
        "delay_s": [[10.0, 10.0], [10.0, 10.0], [10.0, 3600.0], [10.0, 20.0]],
    })  # fmt: skip


def _spans(recorder: Recorder) -> None:
    gang = ("altoona", "big_basin", 4, 32)
    recorder.span("jobs", 0, "ads", 0, *gang, -3600.0, -3000.0, -2000.0, 50.0, 100.0, "done", 0, 0.0, 0.0)
    recorder.span("jobs", 1, "ads", 0, *gang, 0.0, 600.0, 600.0, 5000.0, 5400.0, "done", 0, 0.0, 300.0)
    recorder.span("jobs", 2, "ads", 0, *gang, 3600.0, 4200.0, 4800.0, None, None, "running", 1, 600.0, 100.0)
    recorder.span("jobs", 3, "facer", 0, *gang, 7200.0, 7200.0, None, None, None, "queued", 0, 0.0, 0.0)
    gang = ("ads", "altoona", "big_basin", 4.0)
    recorder.span("segments", 1, *gang, 600.0, 5000.0, 4000.0, 1000.0, 0.0, 320.0, 80.0, "done")
    recorder.span("segments", 2, *gang, 4800.0, 7200.0, 1000.0, 250.0, 600.0, 500.0, 300.0, "region_lost")
    slowed = ("altoona rack 3 up", 2, "facer", 0.4)
    recorder.span("contention", 1, "ads", 1000.0, 1400.0, 1.25, *slowed)
    recorder.span("contention", 2, "ads", 5000.0, 5200.0, 2.0, *slowed)
    recorder.span("contention", 2, "ads", 5200.0, 5600.0, 2.0, "altoona pod 0 up", 1, "serving", 0.5)
    for region, published in (("lulea", 5400.0), ("altoona", 12600.0)):
        recorder.span("publications", "ads", 0, region, 3600.0, published)
        recorder.span("publications", "ads", 0, region, -3600.0, -1800.0)
        for hour in range(4):
            recorder.span("publications", "facer", 0, region, hour * 3600.0 - 600.0, hour * 3600.0)


def write_sample(path: Path) -> None:
    """Write the sample run to a directory."""
    meter = Meter()
    with RunDirectory(path) as directory:
        recorder = Recorder(directory, VOCABULARY)
        for fill in (_facts, _steps, _spans):
            fill(recorder)
        recorder.close()
        directory.write_text(SCENARIO_FILE, f"name: sample\nstart: '{START}'\nduration: 4 h\nseed: 3\n")
        facts = provenance(
            scenario="sample", digest="0123abcd" * 8, seed=3, start=START, simulated_s=14400.0, events=12,
            conservation={"jobs": {"in": 4, "done": 2, "queued": 1, "running": 1}}, meter=meter,
        )  # fmt: skip
        directory.write_text(RUN_FILE, to_json(facts))


@pytest.fixture(scope="session")
def sample_path(tmp_path_factory) -> Path:
    """A directory like ``runs/sample-0123abcd`` that holds one seed."""
    path = tmp_path_factory.mktemp("runs") / "sample-0123abcd"
    write_sample(path / "seed=3")
    return path


@pytest.fixture
def sample_run(sample_path) -> Run:
    """The sample run, opened anew."""
    return Run(sample_path / "seed=3")
