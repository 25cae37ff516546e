"""Measure the command line against its goals: CPU seconds, peak memory, growth in days, start-up.

``python tests/benchmarks/bench_run.py [day] [cold] [growth] [year] [start]`` prints one table; without words,
all of it. CPU seconds are those of the whole child process, user and system, imports included.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

DCSIM = str(Path(sysconfig.get_path("scripts")) / "dcsim")
BARE_LOOP = """
import sys, simpy
def tick(env):
    while True:
        yield env.timeout(1.0)
env = simpy.Environment()
env.process(tick(env))
env.run(until=float(sys.argv[1]))
"""


@dataclass
class Cost:
    """What one child process took."""

    cpu_s: float
    wall_s: float
    peak_bytes: int
    output: str


def measure(command: list[str], **variables: str) -> Cost:
    """Run a command in an empty folder and return what it took."""
    environment = {**os.environ, **variables}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    unit = 1 if sys.platform == "darwin" else 1024
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile("w+") as stdout:
        began = time.perf_counter()
        child = subprocess.Popen(
            command, cwd=folder, stdout=stdout, stderr=subprocess.DEVNULL, env=environment
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if child.returncode:
            raise SystemExit(f"{' '.join(command)}: exit code {child.returncode}")
        stdout.seek(0)
        return Cost(
            usage.ru_utime + usage.ru_stime,
            time.perf_counter() - began,
            usage.ru_maxrss * unit,
            stdout.read(),
        )


def best(command: list[str], rounds: int = 3, **variables: str) -> Cost:
    """Return the cheapest of several runs: the others were disturbed."""
    return min((measure(command, **variables) for _ in range(rounds)), key=lambda cost: cost.cpu_s)


def row(what: str, value: str, goal: str = "") -> None:
    """Print one line of the table."""
    print(f"{what:<58} {value:>22}  {goal}", flush=True)


def show(what: str, cost: Cost, goal: str = "") -> None:
    """Print what a run took."""
    row(what, f"{cost.cpu_s:6.2f} s CPU {cost.peak_bytes / 2**20:5.0f} MiB", goal)


def run_of(scenario: str, folder: str, *more: str) -> list[str]:
    """Return the command that runs a scenario quietly into a folder."""
    return [DCSIM, "run", scenario, "--json", "--out", folder, *more]


def bench_day() -> None:
    """Measure the main job, warm."""
    with tempfile.TemporaryDirectory() as folder:
        command = run_of("hpca18_day", f"{folder}/out")
        measure(command)
        show("hpca18_day, warm", fresh(command), "< 10 s, < 1024 MiB")


def fresh(command: list[str], rounds: int = 3, **variables: str) -> Cost:
    """Return the cheapest of several runs, each into a folder of its own."""
    at = command.index("--out") + 1
    costs = []
    for number in range(rounds):
        command[at] = f"{command[at].rpartition('/')[0]}/{number}-{len(variables)}"
        costs.append(measure(command, **variables))
    return min(costs, key=lambda cost: cost.cpu_s)


def bench_cold() -> None:
    """Measure the main job with an empty compilation cache, against a warm one."""
    with tempfile.TemporaryDirectory() as folder:
        cold = measure(run_of("hpca18_day", f"{folder}/cold"), NUMBA_CACHE_DIR=f"{folder}/cache")
        warm = measure(run_of("hpca18_day", f"{folder}/warm"), NUMBA_CACHE_DIR=f"{folder}/cache")
    show("hpca18_day, nothing compiled yet", cold)
    row("  more than with a warm cache", f"{cold.wall_s - warm.wall_s:6.2f} s", "< 15 s")


def bench_growth() -> None:
    """Measure how CPU grows with simulated days."""
    days = (4, 8, 16, 32, 64)
    points = []
    with tempfile.TemporaryDirectory() as folder:
        for count in days:
            command = run_of("hpca18_day", f"{folder}/{count}/out", "--set", f"duration={count} days")
            cost = fresh(command, rounds=2)
            points.append((math.log(count), math.log(cost.cpu_s)))
            show(f"hpca18_day, {count} days", cost)
    mean_x, mean_y = (sum(point[axis] for point in points) / len(points) for axis in (0, 1))
    slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
    last = (points[-1][1] - points[-2][1]) / (points[-1][0] - points[-2][0])
    row("  log-log slope in days: fit, last doubling", f"{slope:.2f}, {last:.2f}", "<= 1.1")


def bench_year() -> None:
    """Measure a year of a million hosts against a bare SimPy loop that fires as many events."""
    with tempfile.TemporaryDirectory() as folder:
        year = measure(run_of("hpca18_year", f"{folder}/out"))
        record = next(Path(folder, "out").rglob("run.json"))
        events = json.loads(record.read_text(encoding="utf-8"))["run"]["events"]
    loop = best([sys.executable, "-c", BARE_LOOP, str(events)], rounds=1)
    show("hpca18_year", year, "< 2048 MiB")
    show(f"  bare SimPy loop, {events} events", loop)
    row("  ratio", f"{year.cpu_s / loop.cpu_s:.2f}", "<= 3")


def bench_start() -> None:
    """Measure the light verbs against a bare interpreter."""
    bare = best([sys.executable, "-c", "pass"], rounds=10)
    row("python -c pass", f"{bare.cpu_s * 1e3:.0f} ms CPU")
    for words in (["--help"], ["check", "hpca18_day"], ["catalog", "list"]):
        light = best([DCSIM, *words], rounds=5)
        times = f"{light.cpu_s * 1e3:.0f} ms CPU, {light.cpu_s / bare.cpu_s:.1f} x"
        row(f"dcsim {' '.join(words)}", times, "<= 5 x")


BENCHES = {
    "start": bench_start,
    "day": bench_day,
    "cold": bench_cold,
    "growth": bench_growth,
    "year": bench_year,
}


if __name__ == "__main__":
    for name in sys.argv[1:] or BENCHES:
        BENCHES[name]()
