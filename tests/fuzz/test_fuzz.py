"""Wrong input of every kind is told, with exit code 2 and nothing written; what passes runs to finite numbers."""

from __future__ import annotations

import random
import time
import warnings
from argparse import Namespace
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.spec import catalog
from tests.fuzz import lines, octets, seeds, tables, trees
from tests.fuzz.__main__ import _shard
from tests.fuzz.cases import SUBJECTS, Case, case, made
from tests.fuzz.trial import Overrun, _points_failed, faults, watched

FEW = 52
MANY = 2000
HOUR = ("--json", "--out", "out", "--set", "duration=1 h")


def _tried(tried):
    with TemporaryDirectory() as folder:
        return faults(tried, Path(folder))


def _wrong(tried):
    return _tried(tried)[1]


def _first(tried):
    """Return a case without what follows where it passes."""
    return Case(tried.name, tried.files, tried.words)


@pytest.mark.parametrize("part", range(4))
def test_a_few_cases(part):
    for number in range(part, FEW, 4):
        assert _wrong(_first(case(6, number))) == [], number


def test_what_passes_runs():
    rng, passed = random.Random(11), 0
    for number in range(10):
        text = trees.changed(rng, seeds.scenarios()[("minimal", "tiny")[number % 2]], seeds.pool())
        files = {"case.yaml": text.encode("utf-8", "surrogatepass")}
        codes, wrong = _tried(Case(str(number), files, ("check", "case.yaml"), (("run", "case.yaml", *HOUR),)))
        assert wrong == []
        passed += codes == [0, 0]
    assert passed >= 3


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_many_cases(part):
    for number in range(part, MANY, 20):
        assert _wrong(case(7, number)) == [], number


@pytest.mark.parametrize("subject", ["scenario", "entry", "setting"])
@settings(max_examples=6)
@given(rng=st.randoms(use_true_random=False))
def test_small_changes(subject, rng):
    """The same changes, drawn by hypothesis, which then looks for the smallest one that is told wrongly."""
    assert _wrong(_first(made(rng, subject, "hypothesis"))) == []


def test_cases_repeat():
    for number in range(30):
        assert case(3, number) == case(3, number)
    assert len({str(case(3, number)) for number in range(30)}) == 30


def test_every_subject_comes_up():
    met = {case(5, number).name.split()[1] for number in range(300)}
    assert met == set(SUBJECTS)


def test_originals_are_right():
    """What is changed is sound by itself: otherwise every change of it would be refused for nothing."""
    texts = {
        "tiny.yaml": seeds.scenarios()["tiny"], "jobs.csv": tables.JOBS, "log.swf": tables.LOG, "pods.csv": tables.PODS,
        "philly.csv": tables.PHILLY, "flows.csv": tables.FLOWS, "changes.csv": tables.CHANGES,
        "nodes.csv": tables.NODES, "parts.csv": tables.PARTS, "tenants.yaml": tables.TENANTS,
        "capacity.csv": tables.CAPACITY,
    }  # fmt: skip
    files = {name: text.encode() for name, text in texts.items()}
    jobs = [("replay", "jobs", name, "--slots", "8") for name in ("jobs.csv", "log.swf", "pods.csv", "philly.csv")]
    more = (
        ("replay", "jobs", "jobs.csv", "--nodes", "nodes.csv", "--tenants", "tenants.yaml", "--scheduler", "quotas"),
        ("replay", "jobs", "pods.csv", "--nodes", "parts.csv"),
        ("replay", "jobs", "jobs.csv", "--slots", "8", "--capacity", "capacity.csv", "--scheduler", "off_peak"),
        ("replay", "flows", "leaf_spine_256", "flows.csv", "--changes", "changes.csv"),
    )
    with TemporaryDirectory() as folder:
        codes, wrong = faults(Case("originals", files, ("check", "tiny.yaml"), (*jobs, *more)), Path(folder))
    assert wrong == []
    assert codes == [0] * 9


class _DefectError(Exception):
    pass


@pytest.mark.parametrize(
    ("what", "told"),
    [("raise", "exit code 1"), ("write", "wrote ['stray']"), ("hang", "took longer"), ("warn", "a warning of Python")],
)
def test_defects_are_found(what, told, monkeypatch):
    """The harness can fail: each defect, planted in the verb, is told."""

    def planted(*_args, **_options):
        if what == "raise":
            raise _DefectError
        if what == "write":
            Path("stray").write_text("left behind")
            return [_Problem()], ()
        if what == "warn":
            warnings.warn("overflow", RuntimeWarning, stacklevel=1)
            return [_Problem()], ()
        while True:
            pass

    class _Problem(str):
        __slots__ = ()
        file = "a.yaml"

        def __str__(self):
            return "a.yaml:1:1: name: is wrong"

    monkeypatch.setattr("dcsim.resolve.check", planted)
    monkeypatch.setattr("tests.fuzz.trial.HANG_S", 0.2)
    wrong = _wrong(Case("planted", {"a.yaml": b"name: a\n"}, ("check", "a.yaml")))
    assert len(wrong) == 1
    assert told in wrong[0]


HEAD = "setting,harvest.notice,seed,replica,problem\n"


@pytest.mark.parametrize(("rows", "said", "code", "is_promised"), [
    ("0,1 s,37,0,no host\n0,1 s,37,0,no rack\n0,1 s,38,1,no host\n", "2 points of 4 failed", 1, True),
    ("0,1 s,37,0,no host is free\n", "2 points of 4 failed", 1, False),
    ("0,1 s,37,0,unexpected KeyError: 'x'\n", "1 point of 4 failed", 1, False),
    ("0,1 s,37,0,\n", "1 point of 4 failed", 1, False),
    (None, "1 point of 4 failed", 1, False),
    ("", "dcsim: unexpected KeyError", 1, False),
    ("0,1 s,37,0,no host is free\n", "1 point of 4 failed", 3, False),
])  # fmt: skip
def test_a_sweep_may_end_with_1_only_where_its_file_of_failures_says_why(tmp_path, rows, said, code, is_promised):
    (tmp_path / "s").mkdir()
    if rows is not None:
        (tmp_path / "s" / "failures.csv").write_text(HEAD + rows)
    done = SimpleNamespace(exit_code=code, stderr=f"failed: ...\n{said}\n")
    assert _points_failed(("sweep", "minimal"), done, tmp_path) is is_promised
    assert _points_failed(("run", "minimal"), done, tmp_path) is False


def test_a_shard_reads_the_catalogue_as_the_verbs_do(monkeypatch):
    """Cases see the program as it is: nothing of it is replaced or remembered for the sake of speed."""
    read = catalog.load_yaml
    monkeypatch.setattr("tests.fuzz.__main__._WARM", ())
    _shard(Namespace(first=0, cases=0, shards=1, shard=0, seed=1))
    assert catalog.load_yaml is read


def test_watch_stops_what_waits(monkeypatch):
    monkeypatch.setattr("tests.fuzz.trial._IDLE_S", 0.05)
    with pytest.raises(Overrun), watched(5.0):
        time.sleep(5.0)


def test_changes_change():
    rng = random.Random(1)
    text = seeds.scenarios()["minimal"]
    assert len({trees.changed(rng, text, seeds.pool()) for _ in range(40)}) > 35
    assert len({octets.changed(rng, text.encode(), [text.encode()]) for _ in range(40)}) > 35
    assert len({lines.changed(rng, lines.LINES[0]) for _ in range(40)}) > 25
    assert len({tables.changed(rng, tables.JOBS) for _ in range(40)}) > 30
