"""Measure the flow kernels against SimGrid: CPU seconds, warm and in process, for each row of a table.

``python tests/benchmarks/bench_flows.py [row ...]`` prints the rows named, or all of them. Where SimGrid's C++ headers
are present (Debian: ``libsimgrid-dev``), a small program is compiled, given the same flows and compared: its CPU
seconds from the first flow on, without its platform; the worst relative difference between the two ends of a flow.
Elsewhere the comparison is with ``STATED``: what SimGrid 4.1 took on a machine with two cores.
Traces are read from ``../shared/golden/flows``; rows whose trace is absent are left out.
"""

from __future__ import annotations

import gzip
import shutil
import subprocess
import sys
import tempfile
import time
import tracemalloc
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dcsim.kernels.fluid import complete

HERE = Path(__file__).resolve().parent
TRACES = HERE.parents[2] / "shared" / "golden" / "flows"
STATED = {
    "poisson_1k": 0.13, "hot_1k": 0.24, "burst_1k": 0.26, "poisson_10k": 1.9, "overloaded_10k": 8.4, "burst_10k": 70.0,
    "poisson_100k": 31.0, "ring_512": 1.9, "ring_1024": 11.0, "halving_doubling_1024": 0.16,
    "halving_doubling_4096": 2.4, "one_link_100k": None, "incast_100k": None,
}  # fmt: skip
OPTIONS = ("network/model:CM02", "network/bandwidth-factor:1", "network/latency-factor:1", "network/TCP-gamma:0",
           "network/crosstraffic:0", "network/weight-S:0")  # fmt: skip
NONE, NOWHERE = np.empty(0), np.empty(0, np.int64)


@dataclass
class Flows:
    """Flows that start together as a round, or at times of their own, and how often they are repeated."""

    src: np.ndarray
    dst: np.ndarray
    nbytes: np.ndarray
    start: np.ndarray
    repeat: int = 1


@dataclass
class LeafSpine:
    """256 hosts of 50 Gbit/s on 16 leaves; 4 spines at 100 Gbit/s, chosen by the sum of source and destination."""

    hosts = 256
    capacity = np.repeat([6.25e9, 12.5e9], [512, 128])

    def route(self, src, dst):
        """Return the links of each flow in columns; -1 for none."""
        leaf, other, spine = src // 16, dst // 16, (src + dst) % 4
        links = np.stack([src, 512 + leaf * 4 + spine, 576 + spine * 16 + other, 256 + dst], axis=1)
        links[leaf == other, 1:3] = -1
        return links


@dataclass
class Racks:
    """Hosts of 50 Gbit/s in racks of 16 that share 200 Gbit/s."""

    hosts: int

    @property
    def capacity(self):
        return np.repeat([6.25e9, 25e9], [2 * self.hosts, self.hosts // 8])

    def route(self, src, dst):
        """Return the links of each flow in columns; -1 for none."""
        rack, other, up = src // 16, dst // 16, 2 * self.hosts
        links = np.stack([src, up + rack, up + self.hosts // 16 + other, self.hosts + dst], axis=1)
        links[rack == other, 1:3] = -1
        return links


def trace(name):
    """Return the flows of a file of the reference; None where it is absent."""
    path = TRACES / f"flows_{name}.csv"
    if not path.exists():
        path = TRACES / f"flows_{name}.csv.gz"
    if not path.exists():
        return None
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        _, src, dst, nbytes, start = np.loadtxt(lines, delimiter=",", skiprows=1, unpack=True)
    return LeafSpine(), [Flows(src.astype(int), dst.astype(int), nbytes, start)]


def pairs(rng, count):
    """Return sources and destinations that differ."""
    src = rng.integers(0, 256, count)
    return src, (src + rng.integers(1, 256, count)) % 256


def overloaded(count):
    """Return Poisson arrivals at 150 % of what the spines carry; bounded Pareto sizes (1.2, 1 MB to 10 GB)."""
    rng = np.random.default_rng(1)
    src, dst = pairs(rng, count)
    low, high = 1e6**-1.2, 1e10**-1.2
    nbytes = ((low - rng.random(count) * (low - high)) ** (-1 / 1.2)).round()
    mean = 1.2 / 0.2 * 1e6 * (1.0 - (1e6 / 1e10) ** 0.2)
    rate = 1.5 * 64 * 12.5e9 / mean
    return LeafSpine(), [Flows(src, dst, nbytes, np.cumsum(rng.exponential(1.0 / rate, count)))]


def burst(count):
    """Return flows of 1 to 100 MB between any two hosts, all at once."""
    rng = np.random.default_rng(2)
    return LeafSpine(), [Flows(*pairs(rng, count), rng.integers(1e6, 1e8, count).astype(float), np.zeros(count))]


def one_link(count):
    """Return flows between the same two hosts."""
    rng = np.random.default_rng(3)
    src, dst = np.zeros(count, int), np.full(count, 200)
    return LeafSpine(), [Flows(src, dst, rng.integers(1e6, 1e8, count).astype(float), np.sort(rng.random(count)))]


def incast(count):
    """Return flows from all other hosts to one, all at once."""
    rng = np.random.default_rng(4)
    src, dst = 1 + np.arange(count) % 255, np.zeros(count, int)
    return LeafSpine(), [Flows(src, dst, rng.integers(1e6, 1e8, count).astype(float), np.zeros(count))]


def rounds(ranks, steps):
    """Return rounds of one message of every rank; a step is (destinations, bytes, times)."""
    src = np.arange(ranks)
    flows = [Flows(src, dst, np.full(ranks, nbytes), np.zeros(ranks), times) for dst, nbytes, times in steps]
    return Racks(ranks), flows


def ring(ranks, nbytes=1e9):
    """Return the rounds of a ring all-reduce."""
    return rounds(ranks, [((np.arange(ranks) + 1) % ranks, np.ceil(nbytes / ranks), 2 * (ranks - 1))])


def halving_doubling(ranks, nbytes=1e9):
    """Return the rounds of an all-reduce by halving and doubling, the nearest first."""
    steps = [(np.arange(ranks) ^ (1 << k), np.ceil(nbytes / (2 << k)), 2) for k in range(ranks.bit_length() - 1)]
    return rounds(ranks, steps)


ROWS = {
    **{name: lambda name=name: trace(name) for name in ("poisson_1k", "hot_1k", "burst_1k", "poisson_10k")},
    "overloaded_10k": lambda: overloaded(10_000),
    "burst_10k": lambda: burst(10_000),
    "poisson_100k": lambda: trace("poisson_100k"),
    "one_link_100k": lambda: one_link(100_000),
    "incast_100k": lambda: incast(100_000),
    "ring_512": lambda: ring(512),
    "ring_1024": lambda: ring(1024),
    "halving_doubling_1024": lambda: halving_doubling(1024),
    "halving_doubling_4096": lambda: halving_doubling(4096),
}


def arguments(fabric, flows):
    """Return what the kernel takes."""
    links = fabric.route(flows.src, flows.dst)
    start = np.concatenate([[0], np.cumsum((links >= 0).sum(axis=1))])
    ones = np.ones(len(flows.nbytes))
    columns = flows.nbytes, flows.start, ones, np.inf * ones
    return start, links[links >= 0].astype(np.int32), fabric.capacity, *columns, NONE, NOWHERE, NONE


def cost(inputs, times):
    """Return the least CPU seconds of several runs over all inputs, repeated as often as their rounds are."""
    best = np.inf
    for _ in range(times):
        began = time.process_time()
        for each, repeat in inputs:
            for _ in range(repeat):
                complete(*each)
        best = min(best, time.process_time() - began)
    return best


def text_of(fabric, rounds_of_flows):
    """Return the input of the SimGrid program."""
    every = np.unique(np.concatenate([np.stack([f.src, f.dst], axis=1) for f in rounds_of_flows]), axis=0)
    routes = fabric.route(every[:, 0], every[:, 1])
    lines = [str(len(fabric.capacity)), *map(repr, fabric.capacity.tolist()), f"{fabric.hosts} {len(every)}"]
    for (src, dst), route in zip(every.tolist(), routes.tolist(), strict=True):
        crossed = [str(link) for link in route if link >= 0]
        lines.append(f"{src} {dst} {len(crossed)} {' '.join(crossed)}")
    lines.append(str(len(rounds_of_flows)))
    for flows in rounds_of_flows:
        lines.append(f"{flows.repeat} {len(flows.nbytes)}")
        columns = (column.tolist() for column in (flows.src, flows.dst, flows.nbytes, flows.start))
        lines += [f"{src} {dst} {nbytes:.0f} {start!r}" for src, dst, nbytes, start in zip(*columns, strict=True)]
    return "\n".join(lines) + "\n"


def build(folder):
    """Return the compiled SimGrid program; None where it cannot be compiled."""
    compiler = shutil.which("g++") or shutil.which("c++")
    if compiler is None:
        return None
    program = Path(folder, "simgrid_flows")
    command = [compiler, "-O2", "-std=c++17", str(HERE / "simgrid_flows.cpp"), "-o", str(program), "-lsimgrid"]
    return program if subprocess.run(command, capture_output=True, check=False).returncode == 0 else None


def simgrid(program, fabric, rounds_of_flows):
    """Return the CPU seconds of SimGrid, and the ends of the flows of the last round."""
    command = [str(program), "--log=root.thres:critical", *(f"--cfg={option}" for option in OPTIONS)]
    given = text_of(fabric, rounds_of_flows)
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True)
    seconds, *ends = map(float, done.stdout.split())
    return seconds, np.array(ends)


def bench(name, program):
    """Print one row."""
    made = ROWS[name]()
    if made is None:
        print(f"{name:<24} left out: its trace is absent", flush=True)
        return
    fabric, flows = made
    inputs = [(arguments(fabric, each), each.repeat) for each in flows]
    finish, _ = complete(*inputs[-1][0])  # compile, and for comparison
    count = sum(len(each.nbytes) * each.repeat for each in flows)
    folded = cost([(each, 1) for each, _ in inputs], 9 if count < 50_000 else 3)
    unfolded = cost(inputs, 1) if count > sum(len(each.nbytes) for each in flows) else folded
    row = f"{name:<24} {1e3 * folded:10.2f} {1e3 * unfolded:10.2f}"
    seconds, note = STATED[name], "stated"
    if program is not None:
        seconds, ends = simgrid(program, fabric, flows)
        begin = ends.max() - finish.max() if len(flows) > 1 or flows[-1].repeat > 1 else 0.0
        life = finish - flows[-1].start
        note = f"differs by {np.max(np.abs((ends - begin - finish) / life)):.0e}"
    if seconds is not None:
        row += f" {seconds:10.3f} s {seconds / folded:9.0f} {seconds / unfolded:9.0f}  {note}"
    print(row, flush=True)


def memory():
    """Print the peak memory that the largest trace takes."""
    made = trace("poisson_100k")
    if made is not None:
        inputs = arguments(made[0], made[1][0])
        tracemalloc.start()
        complete(*inputs)
        print(f"poisson_100k takes {tracemalloc.get_traced_memory()[1] / 2**20:.0f} MiB beyond its inputs")
        tracemalloc.stop()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        compiled = build(scratch)
        print(f"SimGrid: {'compiled here' if compiled else 'not here; its figures are those stated'}")
        print(f"{'':<24} {'folded, ms':>10} {'all, ms':>10} {'SimGrid':>12} {'x folded':>9} {'x all':>9}")
        for chosen in sys.argv[1:] or ROWS:
            bench(chosen, compiled)
        if not sys.argv[1:]:
            memory()
