"""What a sweep costs beside its simulations: ``python tests/benchmarks/bench_sweep.py [--points N] [ENGINE ...]``.

For each engine the sweep of N short points of ``minimal`` is carried out. Printed are: the CPU time of driver and
workers for a point, start-up included; what the driver spends on a point besides (wall clock in process, else its own
CPU time, a local Dask scheduler's included); how many points were under way at once; the driver's memory at the end,
and by how much it grew since the first tenth; and the hash of the results, which must be the same for all.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import tempfile
import time
from pathlib import Path

from dcsim.sweeps import driver
from dcsim.sweeps.batches import Batch, Batches
from dcsim.sweeps.engines import dask
from dcsim.sweeps.keys import Keys
from dcsim.sweeps.points import Point
from dcsim.sweeps.reading import read_plan
from dcsim.sweeps.work import Finished, Work

_PAGE = resource.getpagesize()


def _memory() -> float:
    """Return the resident memory of this process in MB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * _PAGE / 1e6


def _children_cpu() -> float:
    """Return the CPU seconds of processes that were started and have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def measure(engine: str, points: int, whole: bool, *, shown: bool = True) -> None:
    """Carry a sweep out and print one line."""
    sets = ["harvest.reserve=0..9:1 %", *([] if whole else ["duration=2 h"])]
    plan = read_plan("minimal", sets=sets, replicas=-(-points // 10), metrics=() if whole else ("energy", "cost"))
    work, memory = [0.0], []
    take = driver.State.take

    def taken(state, finished):
        work[0] += finished.seconds
        take(state, finished)
        memory.append((state.done, _memory()))

    driver.State.take = taken
    try:
        with tempfile.TemporaryDirectory() as folder:
            wall, cpu, children = time.perf_counter(), time.process_time(), _children_cpu()
            driver.sweep(plan, out=Path(folder) / "sweep", engine=engine)
            wall, cpu, children = time.perf_counter() - wall, time.process_time() - cpu, _children_cpu() - children
            digest = hashlib.sha256((Path(folder) / "sweep" / "results.parquet").read_bytes()).hexdigest()[:12]
    finally:
        driver.State.take = take
    own = wall - work[0] if engine == "in_process" else cpu
    early = next(used for done, used in memory if done >= len(plan) // 10)
    if shown:
        print(
            f"{engine:12} {len(plan):6} points  {(cpu + children) / len(plan) * 1e3:7.2f} ms CPU each in all  "
            f"{own / len(plan) * 1e3:6.3f} ms each beside points  {wall:6.1f} s wall  "
            f"{work[0] / wall:4.2f} at once  memory {memory[-1][1]:.0f} MB ({memory[-1][1] - early:+.0f})  {digest}"
        )


def _nothing(_work: Work, batch: Batch) -> Finished:
    """Carry nothing out, and say that each point took 5 ms."""
    return Finished(batch, b"", (), 0.005 * len(batch.points))


def measure_handing_over(points: int) -> None:
    """Print what Dask alone costs: points that do nothing, on a cluster of two workers."""
    work = Work("minimal", (), (), (), Keys(""))
    dask.carry_out = _nothing
    for number in (20, points):  # the first starts and imports as much
        left = (Point(k, (("fleet.nic.bandwidth", f"{k} Gbit/s"),), 0, 37) for k in range(number))
        wall, cpu, first = time.perf_counter(), time.process_time(), 0.0
        for _ in dask.dask_cluster(work, Batches(left, number), "2"):
            first = first or time.perf_counter()
        wall, cpu, busy = time.perf_counter() - wall, time.process_time() - cpu, time.perf_counter() - first
        print(f"dask, handing over {number:6} points  {cpu:5.2f} s CPU  {wall:5.1f} s, {busy:5.1f} s after the first")


def main() -> None:
    """Measure what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engines", nargs="*", default=["in_process", "processes", "dask"])
    parser.add_argument("--points", type=int, default=1000)
    parser.add_argument("--whole", action="store_true", help="a whole day with every metric, instead of two hours")
    parser.add_argument("--empty", action="store_true", help="points that do nothing, on Dask")
    chosen = parser.parse_args()
    if chosen.empty:
        measure_handing_over(chosen.points)
        return
    for engine in chosen.engines:
        measure(engine, 20, chosen.whole, shown=False)  # imports and compiles
        measure(engine, chosen.points, chosen.whole)


if __name__ == "__main__":
    main()
