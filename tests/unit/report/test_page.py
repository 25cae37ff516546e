"""What the report of a run says, against the sample run as counted by hand, and what holds for all pages."""

from __future__ import annotations

import json
import math
import re
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from dcsim.report.page import run_page
from dcsim.report.section import ALL, Chart, HeatMap, Number, Prose, Table, Tiles
from dcsim.report.view import RunView
from dcsim.results.run import Run
from dcsim.trace.store import RUN_FILE, SCENARIO_FILE


@pytest.fixture(scope="module")
def page(sample_path):
    return run_page(Run(sample_path / "seed=3"))


@pytest.fixture(scope="module")
def sections(page):
    return {section.id: section for section in page.sections}


def block(section, identifier):
    return next(each for each in section.blocks if getattr(each, "id", "") == identifier)


def texts(table):
    return [tuple(cell.text if isinstance(cell, Number) else cell for cell in row) for row in table.rows]


def levels(chart, name, **facets):
    """Return the values of one series as a list."""
    (found,) = (each for each in chart.series if each.name == name and dict(each.facets) == facets)
    return list(found.y)


def test_sections_in_order(page):
    assert [section.id for section in page.sections] == [
        "headline", "capacity", "drills", "freshness", "harvest", "queues", "links", "synchronisation", "money",
        "assumptions", "provenance",
    ]  # fmt: skip
    assert dict(page.facts) == {
        "scenario": "sample", "from": "19 September 2017, 00:00 UTC", "simulated": "4 h", "seed": "3", "dcsim": "0.1.0",
    }  # fmt: skip


def test_headline(sections):
    headline = sections["headline"]
    assert headline.lead == "160 hosts in 2 regions, 4 h from 19 September 2017, 00:00 UTC."
    tiles, told = headline.blocks
    assert isinstance(tiles, Tiles)
    assert isinstance(told, Prose)
    found = {tile.label: (tile.value, tile.unit, tile.tone) for tile in tiles.tiles}
    # 280 of busy-host hours are offered, 5 of them served too late and 5 not at all.
    assert found["Load in time"] == ("96.4", "%", "bad")
    assert found["Staleness"] == ("225.0", "%", "bad")  # 4.5 h of 2 h
    assert found["Not recovered"] == ("1", "service", "bad")
    assert found["Lent to training"] == ("40", "server-hours", "")
    first = "96.4 % of the load of the users is served within its latency budget"
    assert told.paragraphs[0] == f"{first}; 1.8 % is served too late and 1.8 % is not served."
    assert any(text.startswith("Region loss of Altoona (1 h) makes the models of 2") for text in told.paragraphs)
    # 40 h lent - 12.2 h of other things, and 5.6 h of waiting: 22.2 h at 2000 USD in 40 h.
    assert any("1,111 USD" in text for text in told.paragraphs)


def test_capacity(sections):
    capacity = sections["capacity"]
    assert "users need between 60 (02:00 UTC) and 90 (00:00 UTC)" in capacity.lead
    uses = block(capacity, "capacity-uses")
    assert levels(uses, "serving users", region=ALL) == [90, 90, 60, 90, 90]
    assert levels(uses, "lost", region="Altoona") == [0, 0, 50, 0, 0]
    assert levels(uses, "load, in fully busy hosts", region=ALL) == [70, 70, 65, 70, 70]
    begin = 1505779200000.0  # 19 September 2017, UTC
    assert list(uses.series[0].x) == [begin + hour * 3.6e6 for hour in range(5)]
    (mark,) = uses.marks
    assert (mark.name, mark.begin, mark.end) == ("Region loss: Altoona", begin + 7.2e6, begin + 1.08e7)
    rows = texts(block(capacity, "capacity-table"))
    assert rows[-1][:5] == ("all regions", "160", "58.3 %", "6.2 %", "29.1 %")
    assert rows[1] == ("Altoona", "60", "76.7 %", "0 %", "27.5 %", "87.5 %", "25.0 %")


def test_drills(sections):
    drills = sections["drills"]
    assert "at worst 35.7 % of the load is served by other regions and 7.1 % not at all" in drills.lead
    load = block(drills, "drills-load")
    parts = ("served at home", "served by other regions", "served too late", "not served")
    assert [levels(load, part, region="Altoona")[2] for part in parts] == [0, 25, 5, 5]
    assert sum(levels(load, part, region=ALL)[2] for part in parts) == 70.0
    stale = block(drills, "drills-stale")
    assert max(levels(stale, "Ads", drill="Region loss: Altoona")) == pytest.approx(1.5, abs=1e-9)
    assert texts(block(drills, "drills-recovery"))[0] == ("Region loss", "Ads", "1.5 h", "1.5 h")


def test_harvest_adds_up(sections):
    spent = block(sections["harvest"], "harvest-spent")
    whole = [sum(values) for values in zip(*(each.y for each in spent.series), strict=True)]
    assert whole == pytest.approx([1.0, 1.0])
    useful = next(each for each in spent.series if each.name == "useful compute")
    assert useful.y[0] == pytest.approx(5e4 * 0.4 * 4 / 144000.0)  # steps x computed x hosts over lent


def test_queues_links_and_steps(sections):
    queues = sections["queues"]
    assert queues.lead.startswith("Of 4 trainings, 2 were done when the run ended, 1 was still running and 1 was w")
    assert levels(block(queues, "queues-length"), "waiting", kind="GPU servers") == [0, 1, 3, 2, 2]
    links = texts(block(sections["links"], "links-table"))
    assert links[0][5:] == ("32.5 %", "70.0 %", "gradients (84.6 %)")
    assert sections["links"].lead.startswith("Of 2 shared links with traffic, altoona rack 3 up is fullest: 32.5 %")
    sharing = block(sections["synchronisation"], "synchronisation-sharing")
    assert levels(sharing, "max-min flows", recipe="Mlp, Mono Lake (web_1s)") == pytest.approx([500.0, 700.0])
    assert sharing.title == "Sharing a NIC makes a step up to 1.4 times as long"


def test_money(sections):
    rows = texts(block(sections["money"], "money-table"))
    # lulea: 10 kW with 10 % on top for 4 h, at 0.036 USD a kWh; 100 servers at 2000 USD a tenth of their life.
    assert rows[0][:6] == ("Lulea", "20,002", "20,000", "1.58", "0.044", "0.036")
    power = block(sections["money"], "money-power")
    assert levels(power, "Training servers", region=ALL)[:3] == [25000.0, 25000.0, 0.0]


def test_freshness(sections):
    lead = sections["freshness"].lead
    assert "Above target: Ads (4.5 h at worst, target 2 h, above it for 2.2 h of the run)" in lead
    heat = block(sections["freshness"], "freshness-map")
    assert [layer.facets["region"] for layer in heat.layers] == [ALL, "Lulea", "Altoona"]
    place = list(heat.layers[2].rows).index("Ads")
    row = np.array(heat.layers[2].values[place])  # noqa: PD011  # a layer is no frame
    assert row.max() == pytest.approx((12600.0 + 3600.0) / 7200.0, abs=0.02)  # served until the drill was over
    assert "4.5 h, target 2 h" in heat.layers[2].details[place]


def test_every_page_is_sound(page):
    blocks = [each for section in page.sections for each in section.blocks]
    names = [each.id for each in blocks if hasattr(each, "id")] + [section.id for section in page.sections]
    assert len(names) == len(set(names))
    assert all(re.fullmatch(r"[a-z0-9-]+", name) for name in names)
    for section in page.sections:
        assert section.title
        assert section.lead.endswith(".")
    for each in blocks:
        if isinstance(each, Chart):
            assert each.series
            for series in each.series:
                assert len(series.x) == len(series.y), each.id
                assert set(series.facets) <= set(each.filters), each.id
                assert not any(value is not None and math.isinf(value) for value in series.y)
        if isinstance(each, HeatMap):
            assert all(len(layer.rows) == len(layer.values) for layer in each.layers)
        if isinstance(each, Table):
            assert all(len(row) == len(each.columns) for row in each.rows), each.id


def test_pages_tell_nothing_of_when_and_where_they_were_made(sample_path, page, tmp_path):
    copy = tmp_path / "elsewhere"
    shutil.copytree(sample_path / "seed=3", copy)
    content = json.loads((copy / RUN_FILE).read_text())
    content["measured"] = dict.fromkeys(content["measured"], 12345.678)
    (copy / RUN_FILE).write_text(json.dumps(content))
    assert repr(run_page(Run(copy))) == repr(page)


def test_titles_stand_for_names_unless_two_are_alike(sample_path, tmp_path):
    copy = tmp_path / "titled"
    shutil.copytree(sample_path / "seed=3", copy)
    (copy / SCENARIO_FILE).write_text(
        "name: sample\nstart: '2017-09-19T00:00:00Z'\nfleet:\n  regions:\n    lulea: {title: 'Luleå, Sweden'}\n"
        "    altoona: {title: 'Altoona, Iowa'}\nservices:\n  ads: {title: '<script>alert(1)</script>'}\n"
        "  facer: {title: '<script>alert(1)</script>'}\n"
    )
    view = RunView(Run(copy))
    assert [view.region(name) for name in ("lulea", "altoona")] == ["Luleå", "Altoona"]
    assert [view.service(name) for name in ("ads", "facer", "trials")] == ["Ads", "Facer", "Trials"]


def test_a_drill_that_strikes_again_is_numbered_and_one_after_the_end_left_out():
    drills = pd.DataFrame({
        "drill": "region_loss", "region": ["lulea", "lulea", "altoona", "lulea"], "notice_s": 0.0,
        "begin_s": [0.0, 3600.0, 3600.0, 9000.0], "end_s": [60.0, 1e9, 7200.0, 9999.0],
    })  # fmt: skip
    steps = pd.DataFrame({"time_s": [0.0, 3600.0], "held_s": 3600.0})
    view = RunView(SimpleNamespace(
        drills=drills, table=lambda name, columns: steps, scenario={},
        provenance={"run": {"start": "2017-09-19T02:00:00+02:00"}},
    ))  # fmt: skip
    begin = 1505779200000.0
    assert [(mark.name, mark.begin, mark.end) for mark in view.drill_marks()] == [
        ("Region loss: Lulea", begin, begin + 6e4),
        ("Region loss 2: Lulea", begin + 3.6e6, begin + 7.2e6),
        ("Region loss: Altoona", begin + 3.6e6, begin + 7.2e6),
    ]


def test_metrics_are_found_by_exactly_their_dimensions(sample_run):
    view = RunView(sample_run)
    assert view.value("slo_attainment") == pytest.approx(270.0 / 280.0)
    assert view.value("slo_attainment", region="lulea") is None
    assert view.by("slo_attainment", "region", service="ads") == pytest.approx({"lulea": 1.0, "altoona": 70.0 / 80.0})
    assert view.by("slo_attainment", "service") == pytest.approx({"ads": 190.0 / 200.0, "facer": 1.0})
