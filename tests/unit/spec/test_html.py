"""What a notebook shows of a scenario."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from dcsim.resolve import resolve
from dcsim.spec.html import card, folded, lines, span_text, table

BAD = "<script>alert('x')</script>&\""


class Tags(HTMLParser):
    """Every tag, checked to be closed in its turn, and the text."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.open, self.words = [], [], []
        self.feed(html)
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)
        self.open.append(tag)
        assert not [name for name, _ in attributes if name.startswith("on")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open[-1:] != ["style"]:
            self.words.append(data)

    @property
    def text(self):
        return " ".join(self.words)


@pytest.mark.parametrize("html", [
    card(BAD, BAD, []), lines([(BAD, BAD), ("", BAD)]), table(BAD, [BAD], [[BAD]]), folded(BAD, "<p></p>"),
])  # fmt: skip
def test_no_text_becomes_markup(html):
    found = Tags(html)
    assert "script" not in found.tags
    assert BAD in found.words


def test_nothing_is_shown_of_nothing():
    assert (table("t", ["a"], []), folded("t", ""), lines([("a", "")])) == ("", "", "")


def test_names_stand_at_the_left_of_a_table():
    html = table("", ("a", "b"), [["x", "1"]])
    assert re.findall(r'<t[hd]( class="name")?>(\w)', html) == [
        (' class="name"', "a"), ("", "b"), (' class="name"', "x"), ("", "1"),
    ]  # fmt: skip


@pytest.mark.parametrize(("seconds", "text"), [
    (1.0, "1 s"), (60.0, "1 min"), (3600.0, "1 h"), (172800.0, "2 days"), (1209600.0, "2 weeks"), (90.5, "90.5 s"),
    (864000.0, "10 days"), (31536000.0, "365 days"), (0.001, "1 ms"),
])  # fmt: skip
def test_times(seconds, text):
    assert span_text(seconds) == text


@pytest.mark.parametrize(("name", "told"), [
    ("minimal", ["One region, two services", "2017-09-19 00:00 UTC+02:00 for 24 h, in steps of 1 h", "2 tioga_pass",
                 "news_feed", "2 min notice, 5% reserve", "sigma_classifiers"]),
    ("hpca18_region_loss", ["53 web_1s, 1,100 leopard", "Drills", "region_loss", "fort_worth", "12 h"]),
    ("shared_gpus", ["trials", "engineers_gpu", "working_hours", "quotas"]),
])  # fmt: skip
def test_a_scenario_says_when_where_what_for_and_what_goes_wrong(name, told):
    scenario = resolve(name).scenario
    text = Tags(scenario._repr_html_()).text
    assert [each for each in told if each not in text] == []
    assert repr(scenario).startswith(f"ResolvedScenario(name='{name}'")


def test_a_description_cannot_become_markup(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text('extends: minimal\ndescription: "<img src=x onerror=alert(1)>"\n')
    assert "img" not in Tags(resolve(file).scenario._repr_html_()).tags
