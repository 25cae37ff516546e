"""What is told while a run goes on."""

from __future__ import annotations

from itertools import count

import pytest

from dcsim.cli import progress
from dcsim.cli.progress import progress_line


@pytest.mark.parametrize(
    ("duration", "now", "said"),
    [
        (7200.0, 3600.0, "a: 1.0 h of 2.0 h simulated, 7 events, 11 s left\n"),
        (7200.0, 0.0, "a: 0 s of 2.0 h simulated, 7 events\n"),
        (7200.0, 10800.0, "a: 3.0 h simulated, 7 events\n"),
        (0.0, 0.0, "a: 0 s simulated, 7 events\n"),
        (0.0, 42.0, "a: 42 s simulated, 7 events\n"),
        (float("nan"), 42.0, "a: 42 s simulated, 7 events\n"),
    ],
)
def test_a_line_says_how_far_it_is(monkeypatch, capsys, duration, now, said):
    clock = count(100.0, 11.0)
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    with progress_line("a", duration) as tell:
        tell(now, 7)
    assert capsys.readouterr().err == said
