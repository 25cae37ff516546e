"""The section on elastic groups shows the numbers of the study."""

from __future__ import annotations

import pytest

from dcsim.report.section import ALL
from dcsim.report.sections.elastic import elastic
from dcsim.report.view import RunView
from tests.unit.plot.test_off_peak_plots import finished


@pytest.fixture(scope="module")
def section(tmp_path_factory):
    return elastic(RunView(finished(tmp_path_factory.mktemp("study") / "run")))


def chart(section, name):
    return next(block for block in section.blocks if block.id == f"elastic-{name}")


def test_curve(section):
    curve = chart(section, "curve")
    assert [dict(each.facets)["server"] for each in curve.series] == [ALL, "Leopard"]
    whole = curve.series[0]
    assert whole.x == [0.5, 1.0, 2.0]
    # At 120 s, where the study has its best, groups of 4 keep all of these.
    assert whole.y == pytest.approx([10.0, 15.0, 15.5])
    assert all(low < mean < high for low, mean, high in zip(whole.low, whole.y, whole.high, strict=True))
    assert curve.title == "More free hosts buy less and less: half of them do 66.7 % of the work of all"
    assert whole.details[0] == "10 server-hours paid, 100 % useful"


def test_shares_add_up(section):
    shares = chart(section, "shares")
    mine = [each for each in shares.series if each.facets["server"] == ALL]
    assert [sum(values) for values in zip(*(each.y for each in mine), strict=True)] == pytest.approx([1.0] * 3)
    assert list(mine[0].x) == ["50 %", "100 %", "200 %"]


def test_checkpoints(section):
    best = chart(section, "checkpoints")
    (line,) = best.series
    assert list(line.x) == [1.0, 2.0, 4.0, 8.0]  # minutes
    assert list(line.y) == pytest.approx([0.98, 1.0, 0.98, 0.92])
    assert best.x.kind == "log"
    assert {mark.name.partition(":")[0] for mark in best.marks} == {"best", "Young"}


def test_free_hosts_by_local_hour(section):
    free = chart(section, "free")
    (hours,) = free.series
    # 50 and 100 by region, the hour, and 10 more on the second day.
    assert hours.y == pytest.approx([150.0 + 2 * hour + 10.0 for hour in range(24)])
    assert free.title == "Most hosts are free at 23:00 local time: 206 on the mean"


def test_no_study_no_section(sample_run):
    assert elastic(RunView(sample_run)) is None
