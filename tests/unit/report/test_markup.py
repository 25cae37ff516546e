"""Elements escape whatever they are given."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from dcsim.report.markup import Markup, data_block, join, tag


class _Reader(HTMLParser):
    """Collects the elements, attributes and texts that a browser would see."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.text = [], {}, ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.update(attrs)

    def handle_data(self, data):
        self.text += data


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40)


@given(TEXTS, TEXTS)
def test_texts_and_attributes_come_back_as_they_were(text, value):
    read = _Reader(tag("p", text, title=value))
    assert read.tags == ["p"]
    assert read.text == text
    assert read.attributes.get("title", "") == value


@given(st.dictionaries(TEXTS, TEXTS | st.floats(allow_nan=False, allow_infinity=False) | st.none()))
def test_data_stays_in_its_element(data):
    block = data_block("d", data)
    inner = block.removeprefix('<script type="application/json" id="d">').removesuffix("</script>")
    assert "<" not in inner
    assert ">" not in inner
    assert json.loads(inner) == data


def test_elements_nest_and_attributes_without_value_are_left_out():
    assert tag("p", tag("b", "x"), " & y", hidden=True, id="", title=None) == "<p hidden><b>x</b> &amp; y</p>"
    assert tag("meta", name="viewport", http_equiv="x") == '<meta name="viewport" http-equiv="x">'
    assert isinstance(join("<", Markup("<i>")), Markup)
    assert join("<", Markup("<i>")) == "&lt;<i>"
