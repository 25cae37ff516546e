"""Clock and random streams."""

from __future__ import annotations

import subprocess
import sys

import pytest
import simpy

from dcsim.engine.clock import run_until
from dcsim.engine.streams import Streams


def test_run_until_reports_and_stops_where_progress_raises():
    env = simpy.Environment()

    def ticks():
        while True:
            yield env.timeout(1.0)

    env.process(ticks())
    seen = []

    def progress(now, events):
        seen.append((now, events))
        if len(seen) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_until(env, 1e6, progress)
    assert [events for _, events in seen] == [4096, 8192]


def test_events_at_the_horizon_are_not_fired():
    env = simpy.Environment()
    fired = []

    def ticks():
        while True:
            yield env.timeout(0.5)
            fired.append(env.now)

    env.process(ticks())
    assert run_until(env, 2.0) == 4  # the start of the process and three ticks
    assert fired == [0.5, 1.0, 1.5]
    assert env.now == 2.0


def test_streams_differ_by_name_and_seed_and_repeat_across_processes():
    here = [Streams(seed)[name].integers(0, 1 << 40) for seed in (0, 1) for name in ("a", "b")]
    assert len(set(here)) == 4
    code = "from dcsim.engine.streams import Streams; print(Streams(1)['b'].integers(0, 1 << 40))"
    there = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": "77"}
    )
    assert int(there.stdout) == here[3]
