"""Tables in memory: only the columns that are wanted, codes as narrow as their names allow."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.resolve import resolve
from dcsim.results.rows import columns_read, memory_rows
from dcsim.simulate import tables_of
from dcsim.trace.memory import MemoryTables
from dcsim.trace.recorder import Recorder

METRICS = ("energy", "staleness")


def _drills(wanted=None, regions=2):
    tables = MemoryTables(wanted)
    names = tuple(f"region {number}" for number in range(regions))
    recorder = Recorder(tables, {"region": names}, rows_per_group=3)
    for place in range(7):
        recorder.span("drills", "region_loss", names[place % regions], 0.0, 60.0 * place, 7200.0)
    recorder.close(("drills",))
    return tables


def test_columns_that_nobody_wants_are_not_kept():
    tables = _drills({"drills": ("begin_s",)})
    assert tables.column("drills", "begin_s").tolist() == [60.0 * place for place in range(7)]
    for name in ("end_s", "region"):
        with pytest.raises(KeyError):
            tables.column("drills", name)
    with pytest.raises(KeyError):
        _drills({"jobs": ("service",)}).column("drills", "begin_s")


@pytest.mark.parametrize(("regions", "dtype"), [(2, np.int8), (127, np.int8), (128, np.int16)])
def test_codes_are_as_narrow_as_their_names_allow(regions, dtype):
    tables = _drills(regions=regions)
    codes = tables.column("drills", "region")
    assert codes.dtype == dtype
    assert [tables.names("drills", "region")[code] for code in codes[:2]] == ["region 0", "region 1"]


def test_metrics_of_what_they_read_are_those_of_everything():
    resolved = resolve("minimal", sets=["duration=6 h"])
    wanted = columns_read(METRICS)
    few, all_of_them = tables_of(resolved, wanted=wanted), tables_of(resolved)
    assert memory_rows(few, METRICS) == memory_rows(all_of_them, METRICS)
    assert {table: set(columns) for table, columns in wanted.items()}["pools"] >= {"held_s", "power_w"}
    with pytest.raises(KeyError):
        few.column("pools", "busy_ratio")
    assert len(all_of_them.column("pools", "busy_ratio"))


def test_a_point_keeps_what_its_metrics_read_and_no_more(monkeypatch):
    from dcsim.sweeps import evaluate
    from dcsim.sweeps.points import Point

    held, real = [], evaluate.tables_of
    monkeypatch.setattr(evaluate, "tables_of", lambda *given: held.append(real(*given)) or held[-1])
    evaluate.Evaluator("minimal", metrics=("energy",)).evaluate(Point(0, (("duration", "2 h"),), 0, 5))
    assert len(held[0].column("pools", "power_w"))
    for table, column in (("pools", "busy_ratio"), ("serving", "demand_hosts")):
        with pytest.raises(KeyError):
            held[0].column(table, column)
