"""``python -m tests.fuzz --cases 20000 --seed 1``: wrong input by the thousand, against every promise about it.

Cases are shared out among processes. One that hangs where not even a signal helps, or that ends its process, is told
like any other, and a new process goes on after it. Exit code 1 where anything was found.
"""

from __future__ import annotations

import argparse
import json
import re
import selectors
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from dcsim.simulate import run
from tests.fuzz.cases import case
from tests.fuzz.trial import HANG_S, faults

_PATIENCE_S = 1800.0
_WARM = ("minimal", "shared_fabric", "shared_nic")


def main():
    """Carry out cases, here or in shards."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=2000, help="how many")
    parser.add_argument("--first", type=int, default=0, help="number of the first")
    parser.add_argument("--seed", type=int, default=1, help="of all of them")
    parser.add_argument("--shards", type=int, default=2, help="processes")
    parser.add_argument("--finds", type=Path, help="folder to which the input of each find is written")
    parser.add_argument("--shard", type=int, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.shard is not None:
        return _shard(told)
    return _shards(told)


def _shard(told):
    """Carry out every so-manieth case; one line of JSON for each begin and end."""
    with tempfile.TemporaryDirectory() as folder:
        for name in _WARM:  # kernels are compiled or read before anything is timed
            run(name, out=Path(folder) / name, sets=["duration=1 h"])
    for number in range(told.first, told.cases):
        if number % told.shards == told.shard:
            print(json.dumps({"begun": number}), flush=True)
            made = case(told.seed, number)
            with tempfile.TemporaryDirectory() as folder:
                began = time.process_time()
                codes, wrong = faults(made, Path(folder))
                took = time.process_time() - began
            news = {"done": number, "name": made.name, "codes": codes, "wrong": wrong, "s": took}
            print(json.dumps(news), flush=True)
    return 0


class _Worker:
    """A process that carries out one shard, started anew after a case that it does not survive."""

    def __init__(self, told, shard):
        self.told, self.shard, self.begun, self.over = told, shard, told.first - 1, False
        self._start()

    def _start(self):
        words = [sys.executable, "-m", "tests.fuzz", "--cases", self.told.cases, "--first", self.begun + 1, "--seed",
                 self.told.seed, "--shards", self.told.shards, "--shard", self.shard]  # fmt: skip
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115  # as long as the process
        self.process = subprocess.Popen([*map(str, words)], stdout=subprocess.PIPE, stderr=self.errors, text=True)
        self.heard = time.monotonic()

    def line(self):
        """Return the next finished case, None for other news."""
        text = self.process.stdout.readline()
        self.heard = time.monotonic()
        if not text:
            code = self.process.wait()
            self.over = code == 0
            return None if self.over else self._lost(f"the process ended with {code}")
        news = json.loads(text)
        self.begun = news.get("begun", self.begun)
        return news if "done" in news else None

    def late(self):
        """Return a find where nothing was heard for too long."""
        if time.monotonic() - self.heard < _PATIENCE_S:
            return None
        self.process.kill()
        self.process.wait()
        return self._lost(f"nothing was heard for {_PATIENCE_S:g} s")

    def _lost(self, why):
        self.errors.seek(0)
        said = self.errors.read()[-1500:]
        lost = {"done": self.begun, "name": case(self.told.seed, self.begun).name, "codes": [None], "s": 0.0}
        self._start()
        return {**lost, "wrong": [f"{why}\n{said}"]}


def _shards(told):
    """Share the cases out, and tell what came of them."""
    workers = [_Worker(told, shard) for shard in range(told.shards)]
    results, counts, slowest, finds = Counter(), Counter(), [], Counter()
    began = time.monotonic()
    while any(not worker.over for worker in workers):
        for news in _heard([worker for worker in workers if not worker.over]):
            subject = news["name"].split()[1]
            for place, code in enumerate(news["codes"]):
                results["then" if place else subject, code] += 1
            counts[subject] += 1
            slowest = sorted([*slowest, (round(news["s"], 2), news["name"])], reverse=True)[:10]
            for wrong in news["wrong"]:
                sign = _sign(wrong)
                finds[sign] += 1
                if finds[sign] <= 3:
                    print(f"--- {news['name']} (find {len(finds)}, {finds[sign]})\n{wrong}", flush=True)
                    _keep(told, news["done"])
            if sum(counts.values()) % 500 == 0:
                print(f"... {sum(counts.values())} cases, {time.monotonic() - began:.0f} s", flush=True)
    print(f"{sum(counts.values())} cases in {time.monotonic() - began:.0f} s; seed {told.seed}, hang {HANG_S:g} s")
    for (subject, code), number in sorted(results.items(), key=str):
        print(f"  {subject:16} exit {code}: {number}")
    print("slowest, s of processor time:", *slowest, sep="\n  ")
    print(f"{sum(finds.values())} finds of {len(finds)} kinds")
    for sign, number in finds.most_common():
        print(f"  {number} x {sign}")
    return 1 if finds else 0


def _heard(workers):
    """Yield what some workers say within a second, and what became of those that say nothing."""
    with selectors.DefaultSelector() as selector:
        for worker in workers:
            selector.register(worker.process.stdout, selectors.EVENT_READ, worker)
        ready = [key.data for key, _ in selector.select(1.0)]
    for worker in workers:
        news = worker.line() if worker in ready else worker.late()
        if news is not None:
            yield news


def _sign(wrong):
    """Return what finds of one cause have in common: the error and the innermost line of the program."""
    lines = wrong.splitlines()
    places = [line.strip() for line in lines if re.match(r'\s*File ".*dcsim/', line) and "/cli/main" not in line]
    what = re.sub(r"'[^']*'|\d+(\.\d+)?", "_", lines[1] if len(lines) > 1 else lines[0])[:90]
    return f"{what} | {re.sub(r'.*/dcsim/', 'dcsim/', places[-1]) if places else ''}"


def _keep(told, number):
    """Write the files of a case to a folder of its own."""
    if told.finds is not None:
        made = case(told.seed, number)
        for name, data in made.files.items():
            place = told.finds / made.name.replace("/", "_").replace(" ", "_") / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)


if __name__ == "__main__":
    sys.exit(main())
