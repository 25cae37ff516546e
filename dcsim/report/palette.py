"""The colours of a report, in light and in dark; tests hold them to the contrasts that WCAG 2.2 asks for.

Source of the limits: W3C, "Web Content Accessibility Guidelines 2.2", success criteria 1.4.3 (text 4.5:1) and 1.4.11
(graphical objects 3:1), https://www.w3.org/TR/WCAG22/.
"""

from __future__ import annotations

__all__ = ["DARK", "LIGHT", "palette_style"]

LIGHT = {
    "ground": "#f6f7f9", "card": "#ffffff", "ink": "#1b2430", "soft": "#54606e", "line": "#dfe4ea", "edge": "#8a94a1",
    "accent": "#0b5cad", "warm": "#fff6e0",
    "c1": "#1769c2", "c2": "#c2500a", "c3": "#0f7b6c", "c4": "#7a48c4", "c5": "#b8317f", "c6": "#8a6a00",
    "c7": "#3f7d20", "c8": "#0f7fa3", "c9": "#9b3d3d", "c10": "#5b6675",
    "good": "#16794a", "bad": "#c02b30", "warn": "#a15c00", "idle": "#7a8593", "load": "#1769c2", "target": "#3d4957",
    "heat0": "#edf3fa", "heat1": "#bcd6ef", "heat2": "#7db1e0", "heat3": "#3b82c4", "heat4": "#175797",
    "heat5": "#0b2f57",
    "below2": "#0b5c52", "below1": "#6fb8ab", "middle": "#f1f3f5", "above1": "#e8a46a", "above2": "#9c3d06",
}  # fmt: skip
"""Colour by name: surfaces and texts, series in their order, tones, and the steps of heat maps."""

DARK = {
    "ground": "#0f141a", "card": "#171e26", "ink": "#e7ecf2", "soft": "#a6b1be", "line": "#2b3541", "edge": "#6c7885",
    "accent": "#7ab8ff", "warm": "#332a14",
    "c1": "#69aefc", "c2": "#f79a5c", "c3": "#4fc9b4", "c4": "#b79bf5", "c5": "#f287bd", "c6": "#dcb843",
    "c7": "#96cc6c", "c8": "#5fc7e8", "c9": "#ee9090", "c10": "#a3aebb",
    "good": "#56c98d", "bad": "#fa7a78", "warn": "#f0b35a", "idle": "#8894a2", "load": "#69aefc", "target": "#c9d2dc",
    "heat0": "#1c2834", "heat1": "#1f4265", "heat2": "#26639b", "heat3": "#4390d6", "heat4": "#8fc1f5",
    "heat5": "#dcebfd",
    "below2": "#7fe0d0", "below1": "#2f8576", "middle": "#27313c", "above1": "#b86a2c", "above2": "#ffc08d",
}  # fmt: skip


def palette_style() -> str:
    """Return the rules that set the colours: light, dark where the reader's system is, or as chosen; paper is light."""
    light, dark = (";".join(f"--{name}:{value}" for name, value in each.items()) for each in (LIGHT, DARK))
    dark = f"color-scheme:dark;{dark}"
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f'@media screen and (prefers-color-scheme:dark){{:root:not([data-theme="light"]){{{dark}}}}}\n'
        f'@media screen{{:root[data-theme="dark"]{{{dark}}}}}'
    )
