"""Speed of compiled job replays: ``pytest tests/benchmarks``; blocks in, blocks of results out, no files."""

from __future__ import annotations

import time

import numpy as np
import pytest

from dcsim.jobs.block import JobBlock
from dcsim.jobs.compiled import DISCIPLINES, replay

pytest.importorskip("pytest_benchmark")
pytestmark = pytest.mark.benchmark(timer=time.process_time)

LOOP = {"fifo": 0.10, "packed": 0.76, "easy_backfill": 2.8}
"""CPU seconds that compiled event loops take for a million jobs."""
SLOTS = 10_000


def trace(count: int, slots: int = SLOTS, load: float = 0.9, *, at_once: bool = False) -> list[JobBlock]:
    """Log-normal durations, sizes of up to 2,048 slots, Poisson arrivals; on average twice the duration is promised."""
    draw = np.random.default_rng(7)
    sizes = 2 ** np.arange(min(11, int(np.log2(slots)) - 1) + 1)
    share = 1.0 / np.sqrt(sizes)
    need = draw.choice(sizes, count, p=share / share.sum())
    duration = np.ceil(draw.lognormal(7.0, 1.5, count))
    walltime = np.ceil(duration * (1.0 + draw.exponential(1.0, count)))
    gap = (need * duration).mean() / slots / load
    submit = np.zeros(count) if at_once else np.floor(np.cumsum(draw.exponential(gap, count)))
    columns = np.arange(count), submit, need, duration, walltime, np.zeros(count, np.int8)
    return [JobBlock(*(column[at : at + 65536] for column in columns)) for at in range(0, count, 65536)]


def go(blocks: list[JobBlock], discipline: str) -> int:
    """Return how many jobs were done."""
    cluster = {"nodes": SLOTS // 8, "per_node": 8} if discipline == "packed" else {"slots": SLOTS}
    replayed = replay(blocks, "fifo" if discipline == "packed" else discipline, **cluster)
    return sum(int((results.outcome == 0).sum()) for results in replayed)


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
