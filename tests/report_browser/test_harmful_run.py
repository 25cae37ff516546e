"""A real run, all of whose texts would do harm if they were not escaped, from the scenario to the browser."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from tests.report_browser.conftest import needed

TEXTS = {
    "description": "<script>window.broken = 1</script> of </title>",
    "region": "<img src=x onerror='window.broken = 2'>",
    "service": "</script><b>bold</b> %{x} ${y}",
    "other service": '"><svg onload="window.broken = 3"><a href=https://example.org>i</a>',
    "assumption": "<i>assumed</i> by {{ nobody }}",
    "source": "javascript:window.broken=4 https://www.example.org/\"onmouseover='window.broken = 5'",
    "setting": "<u>set</u> by a word",
}
SCENARIO = """\
extends: minimal
name: harmful
description: {description}
duration: 1 h
fleet: {{regions: {{lulea: {{title: {region}}}}}}}
services: {{news_feed: {{title: {service}}}, sigma: {{title: {other}}}}}
catalog:
  diurnal: {{simple_day: {{assumption: {assumption}}}}}
  servers: {{tioga_pass: {{source: {source}}}}}
"""


@pytest.fixture(scope="module")
def harmful(browser, tmp_path_factory):
    """The report of that run, drawn to the last chart."""
    needed("plotly")
    from dcsim.cli.main import main

    folder = tmp_path_factory.mktemp("harmful")
    quoted = {name: "'" + text.replace("'", "''") + "'" for name, text in TEXTS.items()}
    text = SCENARIO.format(other=quoted["other service"], **quoted)
    (folder / "harmful.yaml").write_text(text, encoding="utf-8")
    for words in (
        ["run", folder / "harmful.yaml", "--out", folder / "run", "--set",
         f"catalog.training.news_feed_ranking.assumption={quoted['setting']}"],
        ["report", folder / "run", "-o", folder / "report.html"],
    ):  # fmt: skip
        done = CliRunner().invoke(main, [str(word) for word in words])
        assert done.exit_code == 0, done.stderr
    browser.look(1280, "light")
    browser.open(folder / "report.html")
    browser.run("dispatchEvent(new Event('beforeprint')); dispatchEvent(new Event('afterprint'))")
    return browser


def test_texts_of_a_scenario_stay_texts(harmful):
    assert harmful.run("return document.title").startswith(TEXTS["description"])
    said = harmful.run("return document.body.textContent")
    assert [name for name, text in TEXTS.items() if text not in said] == []
    made = "return [...document.querySelectorAll('main img, main b, main i, main u, main script, main a, [onload],"
    made += " [onerror], [onmouseover]')].filter((each) => !each.closest('a[rel=noreferrer]')).length"
    assert harmful.run(made) == 0
    links = harmful.run("return [...document.querySelectorAll('a[rel]')].map((each) => each.getAttribute('href'))")
    assert "https://www.example.org/" in links
    assert [link for link in links if not link.startswith(("https://", "http://"))] == []


def test_they_do_nothing_and_ask_for_nothing(harmful):
    assert harmful.run("return window.broken") is None
    assert harmful.complaints() == []
    assert [url for url in harmful.requests()[1:] if not url.startswith(("data:", "blob:"))] == []
    names = "return [...document.querySelectorAll('.plot text')].map((each) => each.textContent).join('\\n')"
    assert TEXTS["region"] in harmful.run(names) or TEXTS["service"] in harmful.run(names)
    assert harmful.run("return document.querySelectorAll('.plot a').length") == 0
