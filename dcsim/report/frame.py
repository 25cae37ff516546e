"""The form of a report: one HTML file that carries all it needs and asks no network for anything."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

from plotly.offline import get_plotlyjs

from dcsim.report.blocks import block_markup
from dcsim.report.filters import page_filters
from dcsim.report.markup import Markup, data_block, join, tag
from dcsim.report.palette import palette_style
from dcsim.report.payload import payload

if TYPE_CHECKING:
    from dcsim.report.section import Page, Section

__all__ = ["render"]

STYLES = ("page.css", "blocks.css", "print.css")
SCRIPTS = ("palette.js", "labels.js", "traces.js", "heat_maps.js", "layout.js", "charts.js", "tables.js", "start.js")
"""Joined in this order within one function, so that nothing of theirs is global."""


def render(page: Page) -> str:
    """Return a report as one HTML document.

    It shows tables and texts without scripts and charts with them, in light and dark, on wide and narrow screens and
    on paper. A content security policy allows only the scripts that are in it, by their hashes, and no request.
    The text is the same for the same report.

    Parameters
    ----------
    page : Page
        What it says; its texts are plain, whatever they hold.

    Raises
    ------
    ValueError
        If two blocks have one id, or numbers do not match in number.
    """
    library, own = _library(), _script()
    head = join(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_policy(library, own)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("title", f"{page.title} · dcsim"),
        tag("style", _style()),
    )
    answers = tag("main", *map(_section, page.sections), id="answers")
    body = join(
        tag("a", "Skip to the answers", class_="skip", href="#answers"),
        _masthead(page),
        tag("div", _contents(page), tag("div", answers, _footer()), class_="frame"),
        data_block("charts", payload(page)),
        tag("script", library),
        tag("script", own),
    )
    document = tag("html", tag("head", head), tag("body", body), lang="en")
    return f"<!doctype html>\n{document}\n"


def _masthead(page: Page) -> Markup:
    facts = [tag("div", tag("dt", name), tag("dd", value)) for name, value in page.facts]
    switch = tag("button", "Dark", type="button", id="theme", class_="switch", hidden=True)
    words = tag("div", tag("h1", page.title), tag("p", page.subtitle, class_="subtitle") if page.subtitle else "")
    return tag("header", words, switch, tag("dl", *facts, class_="facts") if facts else "", class_="masthead")


def _contents(page: Page) -> Markup:
    links = [tag("li", tag("a", each.title, href=f"#{each.id}")) for each in page.sections]
    parts = tag("details", tag("summary", "Contents"), tag("ol", *links), open=True, id="contents")
    return tag("aside", tag("nav", parts, aria_label="Contents"), page_filters(page), class_="contents")


def _section(section: Section) -> Markup:
    heading = f"{section.id}-heading"
    lead = tag("p", section.lead, class_="lead") if section.lead else Markup()
    blocks = map(block_markup, section.blocks)
    return tag(
        "section", tag("h2", section.title, id=heading), lead, *blocks, id=section.id, aria_labelledby=heading
    )


def _footer() -> Markup:
    return tag(
        "footer",
        tag(
            "p",
            "Charts: drag to zoom, double-click to see all again; a name in a legend hides and shows its line. "
            "With the keyboard: Tab to a chart, then + and - zoom, \N{LEFTWARDS ARROW} and \N{RIGHTWARDS ARROW} move, "
            "0 shows all.",
        ),
        tag("noscript", tag("p", "Charts, filters and sorting need scripts; all else is here without them.")),
    )


@cache
def _asset(name: str) -> str:
    return files("dcsim.report").joinpath("assets", name).read_text(encoding="utf-8")


def _style() -> Markup:
    return Markup("\n".join([palette_style(), *map(_asset, STYLES)]))


def _script() -> Markup:
    return Markup('(function () {\n"use strict";\n' + "\n".join(map(_asset, SCRIPTS)) + "\n})();\n")


@cache
def _library() -> Markup:
    return Markup(get_plotlyjs())


def _policy(*scripts: str) -> str:
    """Return the content security policy: these scripts, styles of the page, pictures made in it, and nothing else."""
    hashes = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


@cache
def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
