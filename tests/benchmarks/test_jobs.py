"""Speed of job replays: ``pytest tests/benchmarks``; ``bench_jobs.py`` prints a table with the simulators of others."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from dcsim.jobs.compiled import DISCIPLINES
from tests.benchmarks.bench_jobs import OTHERS, SLOTS, TRACES, go, go_through_the_world, syn10k, trace, write
from tests.benchmarks.bench_run import DCSIM, measure

pytest.importorskip("pytest_benchmark")
pytestmark = pytest.mark.benchmark(timer=time.process_time)

LOOP = {"fifo": 0.10, "packed": 0.76, "easy_backfill": 2.8}
"""CPU seconds that compiled event loops take for a million jobs."""


def _measure(benchmark, blocks, discipline, rounds=3):
    count = sum(map(len, blocks))
    go(trace(100), discipline)  # compile
    assert benchmark.pedantic(go, (blocks, discipline), rounds=rounds) == count
    if benchmark.stats:
        benchmark.extra_info["jobs_per_s"] = round(count / benchmark.stats.stats.min)
        return count / benchmark.stats.stats.min
    return None


@pytest.mark.parametrize(("discipline", "goal"), [("fifo", 1e6), ("packed", 1e6), ("easy_backfill", 3e5)])
@pytest.mark.parametrize("count", [10_000, 100_000, 1_000_000])
def test_jobs_per_second(benchmark, discipline, goal, count):
    rate = _measure(benchmark, trace(count), discipline)
    if rate is not None:
        assert rate >= goal
        benchmark.extra_info["times_less_than_loop"] = round(LOOP[discipline] * rate / 1e6, 2)


@pytest.mark.parametrize("discipline", DISCIPLINES)
def test_other_disciplines(benchmark, discipline):
    _measure(benchmark, trace(20_000 if discipline == "conservative_backfill" else 100_000), discipline, rounds=1)


@pytest.mark.parametrize("discipline", ["fifo", "packed", "first_fit", "shortest_first", "easy_backfill"])
def test_a_million_jobs_at_one_instant(benchmark, discipline):
    _measure(benchmark, trace(1_000_000, at_once=True), discipline, rounds=1)


@pytest.mark.parametrize(("policy", "goal"), [("fifo", 5e4), ("easy_backfill", None)])
def test_jobs_per_second_through_the_world(benchmark, policy, goal):
    blocks, count = trace(20_000), 20_000
    world = benchmark.pedantic(go_through_the_world, (blocks, policy), rounds=3 if goal else 1)
    assert world.figures.jobs == count
    if benchmark.stats:
        benchmark.extra_info["jobs_per_s"] = rate = round(count / benchmark.stats.stats.min)
        assert goal is None or rate >= goal


@pytest.mark.skipif(not TRACES.exists(), reason="needs the reference data beside the project")
@pytest.mark.parametrize(("policy", "which"), [("fifo", 0), ("easy_backfill", 1)])
def test_a_hundred_times_less_than_cqsim(benchmark, policy, which):
    blocks = syn10k()
    go(blocks, policy, 256)  # compile
    assert benchmark.pedantic(go, (blocks, policy, 256), rounds=5) == 10_000
    if benchmark.stats:
        assert OTHERS["CQSim"][which] / benchmark.stats.stats.min >= 100


@pytest.mark.parametrize(("count", "policy", "seconds"), [(1_000_000, "fifo", 10.0), (100_000, "easy_backfill", 5.0)])
def test_commands_end_to_end(benchmark, tmp_path, count, policy, seconds):
    write(trace(count), tmp_path / "jobs.csv")
    words = [DCSIM, "replay", "jobs", str(tmp_path / "jobs.csv"), "--slots", str(SLOTS), "--scheduler", policy, "--out"]
    cost = benchmark.pedantic(measure, ([*words, str(tmp_path / "out.csv")],), rounds=1)
    benchmark.extra_info["cpu_s"], benchmark.extra_info["peak_mib"] = cost.cpu_s, cost.peak_bytes >> 20
    assert cost.cpu_s <= seconds
    assert cost.peak_bytes < 2**30


@pytest.mark.parametrize(("count", "exact"), [(10_000, False), (10_000, True), (100_000, True), (1_000_000, True)])
def test_reservations_for_all_jobs_of_one_instant(benchmark, count, exact):
    """Where walltimes are exact, reservations last; where jobs end early, all are made anew each time."""
    blocks = trace(count, at_once=True)
    if exact:
        blocks = [replace(one, walltime=one.duration) for one in blocks]
    _measure(benchmark, blocks, "conservative_backfill", rounds=1)
