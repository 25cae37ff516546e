"""Finished sweeps that never ran: their answers are formulas of their parameters."""

from __future__ import annotations

import itertools
from pathlib import Path

import pandas as pd
import pytest

from dcsim.results.sweep import Sweep

COLUMNS = ("metric", "unit", "value", "region", "service")


def make_sweep(settings, answer, *, replicas=2, failed=(), warnings=(), **spec):
    """Return a sweep of settings (texts by parameter) whose rows are ``answer(setting, replica)``.

    ``answer`` returns tuples of metric, unit, value, region and service.
    """
    points, rows = [], []
    for (number, setting), replica in itertools.product(enumerate(settings), range(replicas)):
        problem = "too hot" if (number, replica) in failed else ""
        point = {"setting": number, **setting, "seed": 7 + replica, "replica": replica}
        points.append({**point, "problem": problem, "warning": "\n".join(warnings)})
        if not problem:
            rows += [{**point, **dict(zip(COLUMNS, row, strict=True))} for row in answer(setting, replica)]
    sweep = object.__new__(Sweep)
    parameters = [name for name in settings[0] if len({each[name] for each in settings}) > 1]
    vars(sweep).update(
        path=Path("study"),
        frame=pd.DataFrame(rows, columns=[*points[0], *COLUMNS]).drop(columns=["problem", "warning"]),
        points=pd.DataFrame(points),
        parameters=dict.fromkeys(parameters),
        dimensions=("region", "service"),
        spec={"scenario": "/somewhere/minimal.yaml", "design": "grid", "replicas": replicas, **spec},
    )
    return sweep


def grid(**values):
    """Return every combination of values by parameter; ``__`` in a name stands for a point."""
    names = [name.replace("__", ".") for name in values]
    return [dict(zip(names, each, strict=True)) for each in itertools.product(*values.values())]


NOISE = (-1.0, 1.0)
"""What the two replicas add to every cost: common to all settings, so that it drops out of differences."""


def cost_and_staleness(setting, replica):
    """Cost = 100 + 10 x hosts - 2 x notice (min) + noise, half of it in each region; staleness by service, constant."""
    hosts, notice = float(setting["fleet.hosts"]), float(setting["harvest.notice"].split()[0])
    cost = 100.0 + 10.0 * hosts - 2.0 * notice + NOISE[replica]
    return [
        ("cost", "USD", cost, None, None),
        ("cost", "USD", cost / 2, "lulea", None),
        ("cost", "USD", cost / 2, "prineville", None),
        ("staleness_mean", "s", 3600.0, None, "ads"),
        ("staleness_mean", "s", 7200.0, None, "search"),
    ]


@pytest.fixture
def study():
    """Three numbers of hosts, three notices and two placements that change nothing."""
    notices, placements = ("0", "5 min", "10 min"), ("packed", "spread")
    settings = grid(fleet__hosts=("1", "2", "4"), harvest__notice=notices, placement=placements)
    return make_sweep(settings, cost_and_staleness)
