"""The summary on the terminal: plain where it must be, and on one screen."""

from __future__ import annotations

import io
import re

import pytest

from dcsim.cli.show import WIDTH, show
from dcsim.results.summary import Column, Section, summarise

REGIONS = (
    "prineville", "forest_city", "lulea", "altoona", "fort_worth", "clonee", "los_lunas", "odense",
    "papillion", "new_albany", "ashburn", "henrico",
)  # fmt: skip
SERVERS = (
    "mono lake",
    "twin lakes",
    "leopard",
    "tioga pass",
    "big basin v100",
    "yosemite v2 inference",
    "bryce canyon",
)


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_shows_what_the_metrics_say(sample_run):
    text = io.StringIO()
    show(summarise(sample_run.metrics()), text)
    lines = text.getvalue().splitlines()
    assert ["lulea", "50.0%", "-", "50.0%", "0.044", "20"] in [line.split() for line in lines]
    assert any(line.split() == ["region_loss", "altoona", "ads", "1.5", "h", "1.5", "h"] for line in lines)


def test_no_escape_codes_where_nobody_looks(sample_run):
    text = io.StringIO()
    show(summarise(sample_run.metrics()), text)
    assert "\x1b" not in text.getvalue()


@pytest.mark.parametrize("no_color", [True, False])
def test_colour_only_if_wanted(sample_run, monkeypatch, no_color):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("NO_COLOR", raising=False)
    if no_color:
        monkeypatch.setenv("NO_COLOR", "1")
    text = Terminal()
    show(summarise(sample_run.metrics()), text)
    assert "\x1b[" in text.getvalue()  # bold is no colour
    assert bool(re.search(r"\x1b\[(\d+;)*3\dm", text.getvalue())) is not no_color


def test_twelve_regions_and_nine_services_fit_one_screen():
    numbers = [0.4567] * len(SERVERS)
    regions = Section(
        "Utilisation, energy and cost by region",
        (Column("region", "name"), *(Column(name, "ratio") for name in (*SERVERS, "all servers")),
         Column("energy (MWh)", "count"), Column("cost (kUSD)", "count")),
        tuple((name, *numbers, 0.5, 123456.0, 1234567.0) for name in (*REGIONS, "all")),
    )  # fmt: skip
    text = io.StringIO()
    show([regions], text)
    lines = text.getvalue().splitlines()
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) <= len(REGIONS) + 7
    for name in REGIONS:
        assert any(line.startswith(name) for line in lines)
    assert "…" not in text.getvalue()
