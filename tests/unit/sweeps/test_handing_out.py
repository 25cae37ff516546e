"""The engine that is taken where none is named: workers where they pay for being started."""

from __future__ import annotations

import pytest

from dcsim.sweeps import handing_out
from dcsim.sweeps.batches import Batches
from dcsim.sweeps.work import Finished


def _finished(batch, seconds):
    return Finished(batch, b"", (), seconds * len(batch.points))


@pytest.mark.parametrize(
    ("seconds", "points", "cores", "engine", "tried"),
    [
        ((1.5, 0.06, 0.05), 10, 2, "in_process", 3),  # what the first point took is no measure
        ((1.5, 0.06, 0.05), 300, 2, "processes", 3),
        ((1.5, 0.06, 0.05), 300, 1, "in_process", 3),
        ((40.0,), 3, 2, "processes", 1),
        ((40.0,), 1, 2, "in_process", 1),
    ],
)
def test_where_none_is_named(monkeypatch, seconds, points, cores, engine, tried):
    left = list(seconds)
    monkeypatch.setattr(handing_out, "cores", lambda: cores)
    monkeypatch.setattr(handing_out, "carry_out", lambda _, batch: _finished(batch, left.pop(0)))
    chosen = []

    class Plugin:
        def __init__(self, name):
            chosen.append(name)

        def call(self, *_):
            return iter(())

    monkeypatch.setattr(handing_out.sweep_engine, "get", Plugin)
    assert len(list(handing_out.carried_out("auto", "", None, Batches(range(points), points)))) == tried
    assert chosen == [engine]
