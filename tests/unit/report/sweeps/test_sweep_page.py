"""The report of a sweep: its sections, what they say, and that nothing in it is lost or made up."""

from __future__ import annotations

from dcsim.report.payload import payload
from dcsim.report.section import Number
from dcsim.report.sweep_sections import sweep_page
from tests.unit.report.sweeps.conftest import cost_and_staleness, grid, make_sweep


def _texts(row):
    texts = [cell.text if isinstance(cell, Number) else cell for cell in row]
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in texts]


def test_sections_of_a_grid(study):
    page = sweep_page(study)
    ids = [section.id for section in page.sections]
    assert ids == ["headline", "effects-of-parameters", "curves", "settings", "failures", "making"]
    assert page.title == "minimal: a sweep over fleet.hosts, harvest.notice and placement"
    assert dict(page.facts) == {"settings": "18", "replicas": "2", "design": "grid"}
    headline, *_, settings, failures, making = page.sections
    assert headline.lead == "fleet.hosts moves most: Cost goes from 100 USD at 1 to 130 USD at 4. Lower is better."
    (warned,) = failures.blocks
    assert warned.paragraphs == ("placement: makes no difference: every result is the same for all its values",)
    tiles, extremes, still = headline.blocks
    told = {tile.label: tile.value for tile in tiles.tiles}
    assert (told["Settings"], told["Replicas of each"], told["Points"]) == ("18", "2", "36")
    assert _texts(extremes.rows[0]) == [
        "Cost ↓", "90 ± 12.7 USD", "hosts 1, notice 10 min, placement packed",
        "140 ± 12.7 USD", "hosts 4, notice 0, placement packed", "50 USD",
    ]  # fmt: skip
    assert still.paragraphs == ("The same in every setting: Staleness mean.",)
    (table,) = settings.blocks
    assert len(table.rows) == 18
    assert _texts(table.rows[1]) == ["1", "1", "0", "spread", "110 ± 12.7 USD", "1 h", "2 h"]
    assert table.columns[4].title.replace("\N{NO-BREAK SPACE}", " ") == "Cost ↓"
    assert making.blocks[0].rows[0] == ("scenario", "minimal.yaml")  # no folder of the machine


def test_failures_and_warnings():
    settings = grid(fleet__hosts=("1", "2"), harvest__notice=("0",))
    page = sweep_page(make_sweep(settings, cost_and_staleness, failed={(1, 0)}, warnings=("unused", "odd")))
    section = next(each for each in page.sections if each.id == "failures")
    assert section.lead == "1 point of 4 failed and are left out of all averages."
    assert _texts(section.blocks[0].rows[0]) == ["1", "2", "7", "too hot"]
    assert section.blocks[1].paragraphs == ("unused", "odd")
    assert page.sections[0].blocks[0].tiles[2].tone == "bad"


def test_replicas_alone_and_a_sweep_in_which_all_failed():
    alone = sweep_page(make_sweep([{"fleet.hosts": "1", "harvest.notice": "0"}], cost_and_staleness))
    assert [section.id for section in alone.sections] == ["headline", "settings", "making"]
    assert alone.sections[0].lead.startswith("One setting with 2 replicas")
    settings = grid(fleet__hosts=("1", "2"), harvest__notice=("0",))
    failed = sweep_page(make_sweep(settings, cost_and_staleness, failed={(0, 0), (0, 1), (1, 0), (1, 1)}))
    assert [section.id for section in failed.sections] == ["headline", "settings", "failures", "making"]
    assert failed.sections[2].lead == "4 points of 4 failed and are left out of all averages."


def test_many_settings_are_cut_and_it_is_said():
    settings = [{"fleet.hosts": str(k), "harvest.notice": "0"} for k in range(600)]
    page = sweep_page(make_sweep(settings, cost_and_staleness, replicas=1))
    (table,) = next(each for each in page.sections if each.id == "settings").blocks
    assert len(table.rows) == 500
    assert "The first 500 of 600 settings are shown." in table.note
    assert "no telling how sure" in next(each for each in page.sections if each.id == "curves").lead


def test_every_chart_can_be_sent(study):
    told = payload(sweep_page(study))
    assert set(told["charts"]) == {"effects", "curve-cost", "surface-cost"}


def test_how_sure_and_where():
    def answer(noise):
        return lambda setting, replica: [("cost", "USD", 100.0 + noise(setting) * (2 * replica - 1), None, None)]

    def told(noise, **spec):
        page = sweep_page(make_sweep(grid(p=("1", "2", "3")), answer(noise), **spec))
        return next((t for t in page.sections[0].blocks[0].tiles if t.label == "Least sure answer"), None)

    one, some, every = told(lambda s: float(s["p"])), told(lambda s: min(float(s["p"]), 2.0)), told(lambda _: 1.0)
    assert (one.value, one.meaning.replace("\N{NO-BREAK SPACE}", " ")) == ("± 38.1", "Cost, at p 3")  # 12.706 x 3
    assert (some.value, some.meaning) == ("± 25.4", "Cost, in 2 of 3 settings")
    assert (every.value, every.meaning) == ("± 12.7", "Cost, in every setting")
    assert told(lambda _: 0.0) is None
    assert told(lambda _: 1.0, replicas=1) is None


def test_seeds_that_change_nothing_are_told():
    page = sweep_page(make_sweep(grid(p=("1", "2")), lambda s, _: [("cost", "USD", float(s["p"]), None, None)]))
    section = next(each for each in page.sections if each.id == "failures")
    (warned,) = section.blocks
    assert warned.paragraphs[0].startswith("all seeds give the same results")
