"""Filters, sorting and searching in a real browser."""

from __future__ import annotations

from dcsim.report.section import ALL
from tests.report_browser.sample import NAMES

CHOOSE = "const select = document.querySelector(arguments[0]); select.value = arguments[1];" \
         " select.dispatchEvent(new Event('change'));"  # fmt: skip
VALUES = "return [...document.querySelectorAll('#services tbody tr:not([hidden]) td:nth-child(2)')]" \
         ".map((each) => each.textContent)"  # fmt: skip


def _top(page, chart):
    return page.run(f"return Math.max(...document.querySelector('#{chart} .plot').data[0].y)")


def test_a_choice_for_the_page_moves_every_chart(page):
    before = _top(page, "load"), _top(page, "cost")
    page.run(CHOOSE, ".filters [data-dimension=region]", "prineville")
    assert [_top(page, "load"), _top(page, "cost")] == [round(each / 3, 3) for each in before]
    chosen = page.run("return [...document.querySelectorAll('[data-dimension=region]')].map((each) => each.value)")
    assert chosen == ["prineville"] * 3
    page.run(CHOOSE, ".filters [data-dimension=region]", ALL)
    assert (_top(page, "load"), _top(page, "cost")) == before


def test_a_region_called_all_is_one_of_them(page):
    before = _top(page, "load"), _top(page, "cost")
    page.run(CHOOSE, ".filters [data-dimension=region]", "all")
    assert [_top(page, "load"), _top(page, "cost")] == [round(each / 4, 3) for each in before]
    offered = "return [...document.querySelector(arguments[0]).options].map((each) => each.text)"
    assert page.run(offered, "#load select") == ["all regions", "lulea", "prineville", "all"]
    page.run(CHOOSE, ".filters [data-dimension=region]", ALL)
    assert (_top(page, "load"), _top(page, "cost")) == before


def test_a_choice_beside_a_chart_moves_the_others(page):
    page.run(CHOOSE, "#load [data-dimension=region]", "lulea")
    assert page.run("return document.querySelector('.filters [data-dimension=region]').value") == "lulea"
    assert page.run("return document.querySelector('#cost [data-dimension=region]').value") == "lulea"
    page.run(CHOOSE, "#surface [data-dimension=metric]", "metric 2")
    assert page.run("return document.querySelector('#surface .plot').data[0].z[0]") == [1, -4, 3]


def test_tables_fold_search_sort_and_follow_choices(page):
    assert len(page.run(VALUES)) == 11
    page.run("document.querySelector('#services .more').click()")
    assert len(page.run(VALUES)) == 41
    _search(page, "17,0")
    assert page.run(VALUES) == ["17,000", "780,000"]
    assert page.run("return document.querySelector('#services .more').textContent") == "1 of 40 rows found"
    _search(page, "")
    page.run("document.querySelector('#services .more').click()")
    heads = "return document.querySelectorAll('#services th')[1].ariaSort"
    page.run("document.querySelectorAll('#services th button')[1].click()")
    assert page.run(heads) == "ascending"
    page.run("document.querySelectorAll('#services th button')[1].click()")
    assert page.run(heads) == "descending"
    assert page.run(VALUES) == [*(f"{1000 * k:,}" for k in range(39, 29, -1)), "780,000"]
    page.run(CHOOSE, ".filters [data-dimension=service]", NAMES[1])
    assert page.run(VALUES) == [f"{1000 * k:,}" for k in range(37, 0, -4)]  # and no total, which is of all
    page.run(CHOOSE, ".filters [data-dimension=service]", ALL)
    assert page.run(VALUES)[-1] == "780,000"


def _search(page, text):
    page.run("const box = document.querySelector('#services input'); box.value = arguments[0];"
             " box.dispatchEvent(new Event('input'));", text)  # fmt: skip
