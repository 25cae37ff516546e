"""Whoever reads the results stops reading, or has no room: no traceback, and the run is saved all the same."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.scenarios.command import WORDS, dcsim, environment, told


def _to_head(count, *words):
    """Run ``dcsim ... | head -n COUNT`` and return dcsim's exit code, its stderr and what head printed."""
    with subprocess.Popen(
        [*WORDS, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment()
    ) as process:
        head = subprocess.run(
            ["head", "-n", str(count)], stdin=process.stdout, capture_output=True, text=True, check=True
        )
        process.stdout.close()
        stderr = process.stderr.read()
    return process.returncode, stderr, head.stdout


def _into(file):
    """Return options that send standard output to a file."""
    return {"capture_output": False, "stdout": file, "stderr": subprocess.PIPE}


@pytest.mark.parametrize(("count", "printed"), [(0, ""), (1, "{\n")])
def test_a_reader_that_leaves_early(scenario, place, count, printed):
    code, stderr, text = _to_head(count, "run", scenario, "--json", "--out", place / "run")
    assert (code, told(stderr), text) == (0, [], printed)
    assert (place / "run" / "run.json").is_file()


def test_no_standard_output_at_all(scenario, place):
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nobody:
        done = dcsim("run", scenario, "--out", place / "run", **_into(nobody))
    assert (done.returncode, told(done.stderr)) == (0, [])
    assert (place / "run" / "run.json").is_file()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_full_standard_output(scenario, place):
    with Path("/dev/full").open("w") as full:
        done = dcsim("run", scenario, "--out", place / "run", **_into(full))
    assert done.returncode == 1
    assert told(done.stderr) == ["dcsim: no space left on device"]
    assert (place / "run" / "run.json").is_file(), "the run itself was saved"
