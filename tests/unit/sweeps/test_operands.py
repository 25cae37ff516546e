"""Where the values of a side of a comparison come from."""

from __future__ import annotations

import dcsim
from dcsim.sweeps.operands import open_operand


def test_values_of_a_sweep_come_from_the_sweep(tmp_path):
    sets = {"harvest.reserve": ["0 %", "20 %"], "duration": "1 h"}
    dcsim.sweep("minimal", sets=sets, metrics=["cost"], out=tmp_path / "out", engine="in_process")
    side = open_operand(f"{tmp_path / 'out'}@1")
    assert side.origin(("harvest", "reserve")) == side.origin(("duration",)) == "sweep"
    assert side.origin(("harvest", "notice")).startswith("scenario ")
    assert open_operand("minimal@harvest.reserve=20 %").origin(("harvest", "reserve")) == "--set"
