"""A report is one file that needs no other: its scripts by hash, its texts escaped, the same every time."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

pytest.importorskip("plotly")

from dcsim.report.frame import render
from dcsim.report.section import Column, Number, Page, Prose, Section, Table, Tile, Tiles

BAD = '<script>alert(1)</script>"'


def _own(text):
    """Return the document without its scripts and styles."""
    return re.sub(r"<(script|style)[^>]*>.*?</\1>", "", text, flags=re.S)


@pytest.fixture(scope="module")
def document():
    columns = (Column("Name", kind="name", dimension="service"), Column("Load", "W"), Column("Why", kind="text"))
    rows = ((BAD, Number(2.5, "2.5"), "see https://example.org/a?b=1&c=2, p. 3"), ("b", None, BAD))
    blocks = (
        Tiles((Tile(BAD, BAD, BAD, BAD, "bad"),)),
        Table("t", BAD, columns, rows, shown=1, total=True, note=BAD),
        Prose((BAD,), "warning", BAD),
        Prose((BAD,), "list"),
    )
    return render(Page(BAD, BAD, (Section("one", BAD, BAD, blocks),), ((BAD, BAD),)))


def test_the_policy_names_the_hashes_of_the_scripts(document):
    scripts = re.findall(r"<script>(.*?)</script>", document, re.S)
    assert len(scripts) == 2
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', document)[1].replace("&#x27;", "'")
    for script in scripts:
        assert f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe-eval" not in policy
    assert "script-src 'sha256" in policy


def test_nothing_is_fetched(document):
    own = _own(document)
    assert not re.search(r"\bsrc=|@import|url\(|<link|<iframe|<object", own)
    styles = "".join(re.findall(r"<style>(.*?)</style>", document, re.S))
    assert not re.search(r"@import|url\(|https?:", styles)
    assert re.findall(r'href="([^#"][^"]*)"', own) == ["https://example.org/a?b=1&amp;c=2"]


def test_names_are_escaped(document):
    own = _own(document)
    assert "<script" not in own
    assert own.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= 14


def test_it_is_the_same_every_time(document):
    page = Page("a", "b", (Section("c", "d", "e", (Prose(("f",)),)),))
    assert render(page) == render(page)


def test_tables_tell_values_units_and_dimensions(document):
    assert '<th scope="col" data-dimension="service">Name</th>' in document
    assert '<td class="number" data-value="2.5" data-label="Load (W)">2.5</td>' in document
    assert '<td class="number absent" data-label="Load (W)">' in document
    assert '<tr class="total"><td class="short"' in document
    assert 'data-shown="1"' in document
