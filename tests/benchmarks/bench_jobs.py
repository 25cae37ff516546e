"""Measure job replays: kernels alone, the world of jobs, whole commands, and the simulators of others beside them.

``python -m tests.benchmarks.bench_jobs [kernel] [conservative] [world] [queue] [command] [others]``, in the root of the
project, prints one table; without words, all of it. CPU seconds, the least of several runs. Kernels and world are
measured warm and in process, blocks in and blocks out; commands are whole child processes: start, reading and writing.
``OTHERS`` are figures that the simulators of others took on another machine with two cores, whole processes too; rows
that need the traces of ``../shared/golden/jobs`` are left out where these are absent.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from dcsim.jobs.block import JobBlock
from dcsim.jobs.compiled import DISCIPLINES, replay
from dcsim.schedulers import scheduler
from dcsim.world.job_replay import JobWorld
from dcsim.world.job_slots import CountedSlots
from tests.benchmarks.bench_run import DCSIM, measure, row, show

TRACES = Path(__file__).resolve().parents[3] / "shared" / "golden" / "jobs"
SLOTS = 10_000
COUNTS = (10_000, 100_000, 1_000_000)
OTHERS = {
    "CQSim": (4.1, 3.3), "AccaSim": (9.2, 9.5), "Batsim": (7.1, 7.6), "Helios": (10.7, None), "Gavel": (44.0, None),
    "Tiresias": (68.0, None), "ElastiSim": (146.0, None),
}  # fmt: skip
"""CPU seconds for the 10,000 jobs of syn10k_256 on 256 slots, FIFO and EASY."""
BATSIM_100K_S = 289.0
"""CPU seconds of Batsim, first come first served, for the 100,000 jobs of syn100k_10k."""


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


def go(blocks: list[JobBlock], discipline: str, slots: int = SLOTS) -> int:
    """Replay in the kernel and return how many jobs were done."""
    cluster = {"nodes": slots // 8, "per_node": 8} if discipline == "packed" else {"slots": slots}
    replayed = replay(blocks, "fifo" if discipline == "packed" else discipline, **cluster)
    return sum(int((results.outcome == 0).sum()) for results in replayed)


def go_through_the_world(blocks: list[JobBlock], policy: str, slots: int = SLOTS) -> JobWorld:
    """Replay through SimPy and return the world, which knows its figures."""
    plugin = scheduler.get(policy)
    world = JobWorld(blocks, [CountedSlots(slots)], plugin.call, order=plugin.facts.get("order"))
    for _ in world.results():
        pass
    return world


def least(act, *arguments, rounds: int = 3) -> float:
    """Return the CPU seconds of the cheapest of several runs: the others were disturbed."""
    costs = []
    for _ in range(rounds):
        began = time.process_time()
        act(*arguments)
        costs.append(time.process_time() - began)
    return min(costs)


def tell(what: str, cpu_s: float, count: int, goal: str = "") -> None:
    """Print what a number of jobs took."""
    row(what, f"{cpu_s:8.4f} s {count / cpu_s:12,.0f} jobs/s {cpu_s / count * 1e6:7.2f} us a job", goal)


def bench_kernel() -> None:
    """Measure every discipline at three lengths, and a million jobs that come at once."""
    goals = {"fifo": "> 1,000,000 jobs/s", "packed": "> 1,000,000 jobs/s", "easy_backfill": "> 300,000 jobs/s"}
    for discipline in (*DISCIPLINES, "packed"):
        go(trace(100), discipline)  # compile
        if discipline == "conservative_backfill":
            continue
        for count in COUNTS:
            tell(f"kernel, {discipline}, {count:,} jobs", least(go, trace(count), discipline), count,
                 goals.get(discipline, ""))  # fmt: skip
        at_once = trace(COUNTS[-1], at_once=True)
        tell(f"kernel, {discipline}, {COUNTS[-1]:,} jobs at once", least(go, at_once, discipline, rounds=1), COUNTS[-1])


def bench_conservative() -> None:
    """Measure conservative backfill, whose cost grows with the queue: by load, and by jobs that come at once."""
    for load in (0.7, 0.9):
        tell(f"kernel, conservative_backfill, 20,000 jobs, load {load}",
             least(go, trace(20_000, load=load), "conservative_backfill"), 20_000)  # fmt: skip
    for count in (1_000, 2_000, 4_000):
        tell(f"kernel, conservative_backfill, {count:,} jobs at once",
             least(go, trace(count, at_once=True), "conservative_backfill"), count)  # fmt: skip


def bench_world() -> None:
    """Measure the path through SimPy at two lengths, beside the kernel."""
    for policy, goal in (("fifo", "> 50,000 jobs/s"), ("easy_backfill", "")):
        for count in COUNTS[:2]:
            blocks = trace(count)
            cpu_s = least(go_through_the_world, blocks, policy, rounds=3 if policy == "fifo" else 1)
            tell(f"world, {policy}, {count:,} jobs", cpu_s, count, goal)
            row("  times the kernel", f"{cpu_s / least(go, blocks, policy):.0f}")


def bench_queue() -> None:
    """Measure what the length of the queue costs EASY in the world: jobs of a trace at ever more load."""
    for load in (0.5, 0.8, 0.9, 1.0, 1.2):
        blocks = trace(10_000, load=load)
        cpu_s = least(go_through_the_world, blocks, "easy_backfill", rounds=1)
        figures = go_through_the_world(blocks, "easy_backfill").figures
        waiting = figures.queue_job_s / (figures.end_s - figures.begin_s)
        tell(f"world, easy_backfill, 10,000 jobs, {waiting:,.0f} waiting on average", cpu_s, 10_000)


def write(blocks: list[JobBlock], path: Path) -> None:
    """Write a trace as a table."""
    with path.open("w", encoding="utf-8") as file:
        file.write("job_id,submit,gpus,duration,walltime\n")
        for block in blocks:
            columns = block.job_id, block.submit, block.slots, block.duration, block.walltime
            whole = (map(str, column.astype(np.int64).tolist()) for column in columns)
            file.writelines(",".join(line) + "\n" for line in zip(*whole, strict=True))


def command(what: str, path: Path | str, count: int, *options: str, goal: str = "", rounds: int = 3) -> None:
    """Measure a whole command, which writes its table."""
    with tempfile.TemporaryDirectory() as folder:
        words = [DCSIM, "replay", "jobs", str(path), *options, "--out", f"{folder}/out.csv"]
        cost = min((measure(words) for _ in range(rounds)), key=lambda each: each.cpu_s)
    show(f"dcsim replay jobs: {what}", cost, goal)
    row("  CPU of a job", f"{cost.cpu_s / count * 1e6:.1f} us")


def bench_command() -> None:
    """Measure commands end to end."""
    for policy in ("fifo", "easy_backfill"):
        for name, count, slots in (("syn10k_256.csv", 10_000, 256), ("syn100k_10k.csv.gz", 100_000, 10_000)):
            path = TRACES / f"jobs_{name}"
            if path.exists():
                goal = "< 5 s" if (policy, count) == ("easy_backfill", 100_000) else ""
                command(f"{name}, {policy}", path, count, "--slots", str(slots), "--scheduler", policy, goal=goal)
    if (path := TRACES / "jobs_syn10k_256.csv").exists():
        command("syn10k_256.csv, packed", path, 10_000, "--nodes", "32x8")
    with tempfile.TemporaryDirectory() as folder:
        write(trace(COUNTS[-1]), path := Path(folder, "million.csv"))
        for policy, goal in (("fifo", "< 10 s, < 1024 MiB"), ("easy_backfill", "")):
            command(f"1,000,000 jobs, {policy}", path, COUNTS[-1], "--slots", str(SLOTS), "--scheduler", policy,
                    goal=goal, rounds=2)  # fmt: skip


def syn10k() -> list[JobBlock]:
    """Return the trace for which figures of other simulators are known; promises hold, as CQSim's EASY takes it."""
    block = _table(TRACES / "jobs_syn10k_256.csv")
    return [replace(block, walltime=block.duration)]


def _table(path: Path) -> JobBlock:
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt") as file:
        file.readline()
        jobs = np.loadtxt(file, delimiter=",")
    need = jobs[:, 2].astype(np.int64)
    return JobBlock(jobs[:, 0].astype(object), jobs[:, 1], need, jobs[:, 3], jobs[:, 4], np.zeros(len(jobs), np.int8))


def bench_others() -> None:
    """Put the CPU seconds of other simulators for one trace beside kernel, world and command."""
    if not TRACES.exists():
        return
    blocks, path = syn10k(), TRACES / "jobs_syn10k_256.csv"
    for policy, which in (("fifo", 0), ("easy_backfill", 1)):
        words = [DCSIM, "replay", "jobs", str(path), "--slots", "256", "--scheduler", policy]
        ours = {
            "kernel": least(go, blocks, policy, 256, rounds=10),
            "world": least(go_through_the_world, blocks, policy, 256),
            "command": min(measure(words).cpu_s for _ in range(3)),
        }
        row(f"syn10k_256, {policy}: kernel, world, command", ", ".join(f"{cpu_s:.4f} s" for cpu_s in ours.values()))
        for name, seconds in OTHERS.items():
            if seconds[which] is not None:
                times = ", ".join(f"{seconds[which] / cpu_s:,.0f} x" for cpu_s in ours.values())
                goal = ">= 100 x" if name == "CQSim" else ""
                row(f"  {name}, {seconds[which]} s: so many times as much", times, goal)
    large = [_table(TRACES / "jobs_syn100k_10k.csv.gz")]
    cpu_s = least(go, large, "fifo", 10_000)
    times = f"{cpu_s:.4f} s, {BATSIM_100K_S / cpu_s:,.0f} x"
    row(f"syn100k_10k, fifo: kernel; Batsim's {BATSIM_100K_S:.0f} s are", times)


BENCHES = {
    "kernel": bench_kernel,
    "conservative": bench_conservative,
    "world": bench_world,
    "queue": bench_queue,
    "command": bench_command,
    "others": bench_others,
}


if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
