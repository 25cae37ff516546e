"""One case carried out in this process, and everything about it that must not be."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import signal
import time
import traceback
import warnings
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner

from dcsim.cli.main import main

HANG_S = 5.0
"""Processor time within which every verb answers."""
RUN_S = 60.0
"""That of a run: a fleet with other adapters has its incasts simulated packet by packet."""
_IDLE_S = 600.0
"""Wall time of a case that waits for something; generous, for machines with much else to do."""
_SUMMARY = re.compile(r"[1-9][\d,]* problems?( in .+| on the command line)?\Z")
_FINE = re.compile(r"(.+: no problems.*\n)+\Z")
_PROBLEM = re.compile(r".*?(:[1-9]\d*:[1-9]\d*)?: +\S")
_JARGON = re.compile(r"pydantic|input should|field required|extra inputs|value error|NoneType|Traceback|<class|at 0x"
                     r"|numpy|float64|errors\.py", re.IGNORECASE)  # fmt: skip
_AMOUNTS = {"USD", "J", "s", "hosts", "W", "B", "kg", "jobs", "samples"}
_SIGNED = re.compile(r"saving|gain|difference|change|left|margin|headroom|gap")


class Overrun(BaseException):
    """A case took longer than it may; no error of the program, so that nothing in it catches this."""


@contextmanager
def watched(seconds):
    """Raise ``Overrun`` where a block takes more processor time than allowed, or waits for long."""

    def stop(number, frame):
        where = "".join(traceback.format_stack(frame)[-6:])
        raise Overrun(f"took longer than {seconds:g} s of processor time\n{where}")

    before = [signal.signal(number, stop) for number in (signal.SIGPROF, signal.SIGALRM)]
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, _IDLE_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0.0)
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        for number, handler in zip((signal.SIGPROF, signal.SIGALRM), before, strict=True):
            signal.signal(number, handler)


def faults(case, folder):
    """Carry a case out in an empty folder; return the exit code of each of its commands, and what is wrong."""
    here = Path.cwd()
    for name, data in case.files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    os.chdir(folder)
    codes, wrong = [], []
    try:
        for words in (case.words, *case.then):
            code, found = _tried(words, folder)
            codes.append(code)
            wrong += [f"dcsim {_shown(words)}\n  {fault}" for fault in found]
            if code != 0 and not codes[1:]:
                break
    finally:
        os.chdir(here)
    return codes, wrong


def _shown(words):
    return " ".join(word if re.fullmatch(r"[\w./=,:*-]+", word) else repr(word)[:200] for word in words)


def _tree(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _tried(words, folder):
    """Carry one command out; return its exit code and what is wrong with it."""
    before, seconds = _tree(folder), RUN_S if words[:1] in {("run",), ("sweep",)} else HANG_S
    began = time.process_time()
    try:
        with watched(seconds), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            done = CliRunner().invoke(main, list(words))
    except Overrun as overrun:
        return None, [str(overrun)]
    took = time.process_time() - began
    wrong = [f"a warning of Python: {each.category.__name__}: {each.message}" for each in caught]
    if took > seconds:
        wrong.append(f"took {took:.1f} s of processor time")
    if done.exit_code not in {0, 2} and not _points_failed(words, done, folder):
        again = CliRunner().invoke(main, [*words, "--debug"])
        wrong.append(f"exit code {done.exit_code}: {done.stderr.strip()[-300:]}\n{again.stderr[-3000:]}")
    elif "Traceback" in done.stderr + done.stdout:
        wrong.append(f"a traceback: {done.stderr[-2000:]}")
    if done.exit_code == 2:
        wrong += _unlike_problems(done)
        if _tree(folder) != before:
            wrong.append(f"exit code 2, and yet wrote {sorted(set(_tree(folder)) ^ set(before))}")
    elif done.exit_code == 0 and "--json" in words:
        wrong += [f"printed {found}" for found in _odd_answers(done.stdout)]
    return done.exit_code, wrong


def _points_failed(words, done, folder):
    """Whether a sweep ended with 1 as promised: as many points failed as its file of failures has, each with a reason
    that is no error of the program.
    """
    told = re.search(r"^([\d,]+) points? of [\d,]+ failed", done.stderr, re.MULTILINE)
    if words[0] != "sweep" or done.exit_code != 1 or told is None:
        return False
    rows = []
    for file in folder.glob("*/failures.csv"):
        with file.open(encoding="utf-8", newline="") as lines:
            rows += csv.DictReader(lines)
    points = {(row["setting"], row["replica"]) for row in rows}
    sound = all(row["problem"] and not row["problem"].startswith("unexpected ") for row in rows)
    return sound and len(points) == int(told[1].replace(",", ""))


def _unlike_problems(done):
    """Yield what is wrong with the lines that tell what is wrong."""
    if done.stdout and not _FINE.match(done.stdout):
        yield f"exit code 2, and yet printed {done.stdout[:200]!r}"
    if done.stderr.startswith(("Usage:", "Error:")):
        return
    text = done.stderr.removesuffix("\n")
    odd = [letter for letter in text if not letter.isprintable() and letter != "\n"]
    if odd:
        yield f"unprintable {odd[0]!r} in {text[:300]!r}"
    *lines, last = text.split("\n")
    if not _SUMMARY.match(last):
        yield f"ends with {last[-300:]!r}, not with the number of problems"
    for line in lines:
        if not (_PROBLEM.match(line) or _SUMMARY.match(line)):
            yield f"no line of a problem: {line[:300]!r}"
        if _JARGON.search(re.sub(r"'[^']*'", "", line)):
            yield f"jargon: {line[:300]!r}"


def _odd_answers(text):
    """Yield numbers of an answer in JSON that cannot be: not finite, or amounts below nothing."""
    odd = []

    def constant(name):
        odd.append(name)
        return 0.0

    answer = json.loads(text, parse_constant=constant)
    yield from odd[:3]
    for row in answer.get("metrics", ()) if isinstance(answer, dict) else ():
        value = row["value"]
        if value is not None and not math.isfinite(value):
            yield f"{row}"
        elif value is not None and value < 0 and row["unit"] in _AMOUNTS and not _SIGNED.search(row["metric"]):
            yield f"less than nothing: {row}"
