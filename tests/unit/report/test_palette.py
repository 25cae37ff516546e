"""Colours keep the contrasts of WCAG 2.2 in light and in dark."""

from __future__ import annotations

import itertools

import pytest

from dcsim.report.palette import DARK, LIGHT, palette_style

THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


def _luminance(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one, other):
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_of_black_on_white_is_21():
    assert _contrast("#000000", "#ffffff") == pytest.approx(21.0)


@THEMES
@pytest.mark.parametrize("ground", ["card", "ground", "warm"])
def test_texts(theme, ground):
    for name in ("ink", "soft", "accent"):
        assert _contrast(theme[name], theme[ground]) >= 4.5, name


@THEMES
def test_lines_and_edges(theme):
    seen = [f"c{number}" for number in range(1, 11)]
    for name in (*seen, "good", "bad", "warn", "idle", "load", "target", "edge"):
        assert _contrast(theme[name], theme["card"]) >= 3.0, name
    assert len({theme[name] for name in seen}) == 10


@THEMES
def test_heat_rises_without_a_step_back(theme):
    lights = [_luminance(theme[f"heat{step}"]) for step in range(6)]
    ordered = sorted(lights, reverse=theme is LIGHT)
    assert lights == ordered
    assert all(abs(one - other) > 0.01 for one, other in itertools.pairwise(lights))
    middle = _luminance(theme["middle"])
    for side in ("below", "above"):
        far, near = (abs(_luminance(theme[f"{side}{step}"]) - middle) for step in (2, 1))
        assert far > near


def test_both_themes_name_the_same_colours_and_paper_is_light():
    assert list(LIGHT) == list(DARK)
    light, *dark = palette_style().split("@media screen")
    assert LIGHT["ground"] in light
    assert len(dark) == 2
    assert all(DARK["ground"] in each for each in dark)
