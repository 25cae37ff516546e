"""Ctrl-C and SIGTERM while a run is under way: one line, exit code 130, nothing left."""

from __future__ import annotations

import signal
import time

import pytest

from tests.scenarios.command import start, told
from tests.scenarios.finished import simulated

LINE = "dcsim: interrupted by {name}; nothing was written"
SIGNALS = [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")]


def _staged(place, process):
    """Wait until the run has made its hidden directory, and return the names in the folder."""
    patience = time.monotonic() + 120.0
    while time.monotonic() < patience and process.poll() is None:
        names = [path.name for path in place.iterdir()]
        if names:
            return names
        time.sleep(0.01)
    raise AssertionError(f"no directory was made: {process.communicate()}")


def _interrupted(place, out, after, *signals):
    with start("run", "hpca18_year", "--out", out) as process:
        try:
            names = _staged(place, process)
            assert all(name.startswith(".") for name in names if name.endswith(".tmp"))
            time.sleep(after)
            assert process.poll() is None, "the run was over before the signal"
            for number in signals:
                process.send_signal(number)
                time.sleep(0.01)
            stdout, stderr = process.communicate(timeout=60.0)
        finally:
            process.kill()
    return process.returncode, stdout, told(stderr)


@pytest.mark.parametrize(("number", "name"), SIGNALS)
@pytest.mark.parametrize("after", [0.0, pytest.param(1.5, marks=pytest.mark.slow)])
def test_one_line_and_nothing_left(place, number, name, after):
    code, stdout, stderr = _interrupted(place, place / "run", after, number)
    assert (code, stdout, stderr) == (130, "", [LINE.format(name=name)])
    assert list(place.iterdir()) == []


def test_folders_made_on_the_way_go_too(place):
    code, _, _ = _interrupted(place, place / "deep" / "er" / "run", 0.2, signal.SIGINT)
    assert code == 130
    assert list(place.iterdir()) == []


def test_impatience_does_not_stop_the_cleaning_up(place):
    code, stdout, _ = _interrupted(place, place / "run", 0.2, *[signal.SIGINT] * 3, signal.SIGTERM)
    assert code != 0  # 130, or killed by a signal that came while the process was ending
    assert stdout == ""
    assert list(place.iterdir()) == []


def test_an_older_run_survives_an_interrupted_one(place, scenario):
    out = place / "run"
    simulated(out, scenario)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    with start("run", "hpca18_year", "--out", out) as process:
        patience = time.monotonic() + 120.0
        while len(list(place.iterdir())) < 2 and time.monotonic() < patience:
            time.sleep(0.01)
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=60.0)
    assert (process.returncode, told(stderr)) == (130, [LINE.format(name="SIGTERM")])
    assert [path.name for path in place.iterdir()] == ["run"]
    assert {path.name: path.read_bytes() for path in out.iterdir()} == before
