"""A report in a real browser: it draws, stays quiet, asks for nothing, and its names stay names."""

from __future__ import annotations

from tests.report_browser.sample import HARMFUL, HPCA, NAMES


def test_it_draws_every_chart_without_a_word_or_a_request(page, sample_file):
    drawn = page.run(
        "return [...document.querySelectorAll('figure.chart')].map((each) => [each.id,"
        " each.querySelectorAll('.main-svg').length, each.querySelector('.plot').data.length,"
        " each.querySelectorAll('.trace path, .hm image, .bars path, .js-line').length])"
    )
    assert [name for name, *_ in drawn] == ["requests", "load", "cost", "staleness", "surface", "step", "effects"]
    assert all(pictures and traces and marks for _, pictures, traces, marks in drawn), drawn
    assert page.complaints() == []
    asked = page.requests()
    assert asked[0] == sample_file.as_uri()
    assert [url for url in asked[1:] if not url.startswith(("data:", "blob:"))] == []


def test_names_stay_names(page):
    assert page.run("return document.title").startswith(f"hpca18_day {HARMFUL}")
    assert page.run("return document.querySelectorAll('img, b, main script').length") == 0
    rows = page.run("return document.querySelector('#staleness .plot').data[0].y.length")
    ticks = page.run("return [...document.querySelectorAll('#staleness .ytick text')].map((each) => each.textContent)")
    assert rows == len(ticks) == 4
    assert [tick.replace(" ", "") for tick in ticks] == [name.replace(" ", "") for name in NAMES]
    legend = page.run("return [...document.querySelectorAll('#step .legend button')].map((each) => each.textContent)")
    assert legend == [NAMES[0], NAMES[3]]
    options = page.run("return [...document.querySelectorAll('#requests option')].map((each) => each.text)")
    assert options == ["all services", *NAMES[:2]]
    assert page.run("return document.querySelector('#assumptions a').href") == HPCA.split(",", maxsplit=1)[0]


def test_names_stay_names_where_the_pointer_rests(page):
    told = {}
    for chart, spot in (("staleness", ".nsewdrag"), ("load", ".nsewdrag"), ("effects", ".bars .point path")):
        page.point(f"#{chart} {spot}")
        page.wait(f"return document.querySelectorAll('#{chart} .hoverlayer text').length > 0")
        told[chart] = page.run(f"return document.querySelector('#{chart} .hoverlayer').textContent")
    assert any(name in told["staleness"] for name in NAMES)
    assert all(name in told["load"] for name in (*NAMES[:3], "capacity"))
    assert NAMES[0] in told["effects"]
    assert "40%" in told["effects"].replace(" ", "")
    assert page.run("return document.querySelectorAll('img, b').length") == 0


def test_a_name_in_the_legend_hides_its_line(page):
    page.run("document.querySelector('#load .legend button').click()")
    shown = page.run("return document.querySelector('#load .plot').data.length")
    pressed = page.run("return [...document.querySelectorAll('#load .legend button')].map((each) => each.ariaPressed)")
    assert shown == 3
    assert pressed == ["false", "true", "true", "true"]
    page.run("document.querySelector('#load .legend button').click()")
    assert page.run("return document.querySelector('#load .plot').data.length") == 4


def test_the_keyboard_zooms_all_charts_over_time_and_back(page):
    from selenium.webdriver.common.by import By

    whole = page.run("return document.querySelector('#load .plot')._fullLayout.xaxis.range")
    plot = page.driver.find_element(By.CSS_SELECTOR, "#load .plot")
    page.run("arguments[0].focus({focusVisible: true})", plot)
    plot.send_keys("+")
    seen = page.run("return ['load', 'cost', 'staleness'].map((id) => "
                    "document.querySelector('#' + id + ' .plot')._fullLayout.xaxis.range)")  # fmt: skip
    assert seen[0] == seen[1] == seen[2]
    assert whole[0] < seen[0][0] < seen[0][1] < whole[1]
    assert page.run("return document.querySelector('#cost .reset').hidden") is False
    plot.send_keys("0")
    assert page.run("return document.querySelector('#load .plot')._fullLayout.xaxis.range") == whole
    assert page.run("return document.querySelector('#cost .reset').hidden") is True


def test_the_policy_stops_what_is_not_part_of_the_report(page):
    page.run("const bad = document.createElement('script'); bad.textContent = 'window.broken = true';"
             "document.body.append(bad); bad.remove();"
             "fetch('https://www.example.org/').catch(() => { window.refused = true; });")  # fmt: skip
    page.wait("return window.refused === true")
    assert page.run("return window.broken") is None
    assert len(page.complaints()) >= 2
