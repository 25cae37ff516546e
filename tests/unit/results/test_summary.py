"""The one-screen answer as data."""

from __future__ import annotations

import pytest

from dcsim.results.summary import summarise


@pytest.fixture
def sections(sample_run):
    return {section.title.split(",")[0].split(":")[0]: section for section in summarise(sample_run.metrics())}


def cell(section, row, column):
    titles = [each.title for each in section.columns]
    (found,) = [cells for cells in section.rows if row in cells]
    return found[titles.index(column)]


def test_sections_in_order(sections):
    assert list(sections) == [
        "Utilisation", "Services", "Off-peak harvest", "Contention on shared links", "Drills", "Fleet",
    ]  # fmt: skip
    for section in sections.values():
        assert {len(row) for row in section.rows} == {len(section.columns)}


def test_regions_by_server(sections):
    regions = sections["Utilisation"]
    assert [row[0] for row in regions.rows] == ["lulea", "altoona", "all"]
    assert cell(regions, "lulea", "mono lake") == pytest.approx(0.5)
    assert cell(regions, "lulea", "big basin") is None
    assert cell(regions, "altoona", "energy (MWh)") == pytest.approx(0.09)
    assert cell(regions, "all", "all servers") == pytest.approx(338 / 580)


def test_services(sections):
    services = sections["Services"]
    assert [row[0] for row in services.rows] == ["ads", "facer", "facer (user)"]
    assert cell(services, "ads", "SLO attained") == pytest.approx(0.95)
    assert cell(services, "ads", "largest staleness") == pytest.approx(16200.0)
    assert cell(services, "facer (user)", "largest staleness") == pytest.approx(3600.0)


def test_drills_tell_only_what_rose(sections):
    rows = {row[2]: row[3:] for row in sections["Drills"].rows}
    assert rows == {
        "ads": (pytest.approx(5400.0), pytest.approx(5400.0)),
        "facer (user)": (pytest.approx(3590.0), "not within the run"),
    }


def test_contention_names_link_and_sharer(sections):
    (row,) = sections["Contention on shared links"].rows
    assert row[0] == "ads"
    assert row[1:4] == pytest.approx((4 * 380 / 3600, 380 / 6420, 1.0))
    assert (row[4], row[6]) == ("altoona pod 0 up", "serving")
    assert (row[5], row[7]) == pytest.approx((200 / 380, 200 / 380))


def test_harvest_and_fleet(sections):
    assert cell(sections["Off-peak harvest"], "mono_lake", "lent") == pytest.approx(40.0)
    assert sections["Fleet"].rows[0][0] == pytest.approx(270 / 280)
    assert "lost" not in [column.title for column in sections["Fleet"].columns]


def test_sections_without_rows_are_left_out(sample_run):
    metrics = sample_run.metrics()
    kept = summarise(metrics[metrics["metric"] == "slo_attainment"])
    assert [section.title for section in kept] == ["Services", "Fleet"]
