"""A flow replay that is stopped, finds no room or nobody to read it: one line at most, and whole files or none."""

from __future__ import annotations

import resource
import signal
import subprocess
import time

import pytest

from tests.scenarios.command import dcsim, start, told

FLOWS = "id,src,dst,bytes,start\n" + "".join(f"{n},{n % 256},{(7 * n + 1) % 256},1e6,0\n" for n in range(2000))


@pytest.fixture
def flows(tmp_path):
    path = tmp_path / "flows.csv"
    path.write_text(FLOWS)
    return path


@pytest.mark.parametrize(("number", "name"), [(signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")])
def test_stopped_while_it_waits_for_flows(place, number, name):
    (place / "c.csv").write_text("older")
    words = ("replay", "flows", "leaf_spine_256", "-", "--out", place / "c.csv")
    with start(*words, stdin=subprocess.PIPE) as process:
        try:
            patience = time.monotonic() + 60.0
            while len(list(place.iterdir())) < 2 and process.poll() is None and time.monotonic() < patience:
                time.sleep(0.01)
            time.sleep(0.2)
            process.send_signal(number)
            process.wait(timeout=30.0)
            stderr = process.stderr.read()
        finally:
            process.kill()
    assert (process.returncode, told(stderr)) == (130, [f"dcsim: interrupted by {name}; nothing was written"])
    assert {path.name: path.read_text() for path in place.iterdir()} == {"c.csv": "older"}


def test_a_place_that_cannot_be_written(flows, place):
    for out in (place / "nowhere" / "c.csv", place / "file" / "c.csv"):
        (place / "file").write_text("kept")
        done = dcsim("replay", "flows", "leaf_spine_256", flows, "--out", out)
        assert done.returncode == 2
        assert told(done.stderr)[0] == f"{out}: there is no folder '{out.parent}'; make it first"
    assert [path.name for path in place.iterdir()] == ["file"]


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_FSIZE"), reason="no limit on the size of files here")
def test_no_room(flows, place):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 14, 1 << 14))

    (place / "c.csv").write_text("older")
    done = dcsim("replay", "flows", "leaf_spine_256", flows, "--out", place / "c.csv", preexec_fn=limit)
    assert done.returncode == 1
    assert told(done.stderr) == [f"dcsim: cannot write {place / 'c.csv'}: File too large"]
    assert done.stdout == ""
    assert {path.name: path.read_text() for path in place.iterdir()} == {"c.csv": "older"}


def test_a_reader_that_leaves_early(flows, place):
    words = ("replay", "flows", "leaf_spine_256", flows, "--json", "--out", place / "c.csv")
    with start(*words) as process:
        process.stdout.close()
        stderr = process.stderr.read()
    assert (process.returncode, told(stderr)) == (0, [])
    assert len((place / "c.csv").read_text().splitlines()) == 2001
