"""The report of a sweep in a real browser."""

from __future__ import annotations

import pytest

from tests.report_browser.conftest import needed
from tests.unit.report.sweeps.conftest import cost_and_staleness, grid, make_sweep


@pytest.fixture(scope="module")
def sweep_file(tmp_path_factory):
    needed("plotly")
    from dcsim.report.frame import render
    from dcsim.report.sweep_sections import sweep_page

    numbers = {"fleet__hosts": ("1", "2", "4"), "harvest__notice": ("0", "5 min", "10 min")}
    settings = grid(**numbers, placement=("<b>one</b>", "two"))
    path = tmp_path_factory.mktemp("sweep") / "report.html"
    path.write_text(render(sweep_page(make_sweep(settings, cost_and_staleness))), encoding="utf-8")
    return path


def test_it_draws_without_a_word_and_fits(browser, sweep_file):
    browser.look(1280, "light")
    browser.open(sweep_file)
    browser.look(390, "dark")
    drawn = browser.run("return [...document.querySelectorAll('figure.chart')].map((each) =>"
                        " [each.id, each.querySelector('.plot').data.length])")  # fmt: skip
    assert drawn == [["effects", 1], ["curve-cost", 6], ["surface-cost", 1]]  # three lines, each with its band
    assert browser.run("return document.documentElement.scrollWidth") <= 390
    assert browser.run("return document.querySelectorAll('b').length") == 0
    assert browser.complaints() == []
