"""Scalars that people do not mean, and numbers and units that they might."""

from __future__ import annotations

import re

from dcsim.units import DIMENSIONS

UNITS = sorted({unit for units in DIMENSIONS.values() for unit in units})
_QUANTITY = re.compile(r"\s*([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*(\D.*?)?\s*\Z")
_FACTORS = (0.0, -1.0, 0.5, 2.0, 0.1, 10.0, 1e3, 1e-3, 1e6, 1e-6, 1e12, 1e-12, 1e30, 1e-30, 1e200, 1e-300)
_GENTLE = (0.25, 0.5, 0.75, 0.9, 1.1, 1.5, 2.0, 3.0, 4.0)

PLAIN = (
    "", "~", "null", "true", "false", "yes", "No", "on", "0", "-0", "1", "-1", "2", "3", "7", "0.5", "-0.5", "1e3",
    "1e308", "1e309", "1e-320", "-1e-320", "4.9e-324", "9007199254740993", "9223372036854775807",
    "9223372036854775808", "18446744073709551616", "1" + "0" * 29, "1" + "0" * 40, "9" * 5000, ".nan", ".inf",
    "-.inf", "NaN", "inf", "0x1F", "0o17", "010", "1_000", "12:30", "190:20:30", "2017-09-19", "2017-13-45T99:00:00Z",
    "0001-01-01T00:00:00Z", "9999-12-31T23:59:59+14:00", "2017-09-19T00:00:00", "2017-09-19T00:00:00Z", "50", "50 %",
    "101 %", "-1 %", "1e400 %", "0 s", "-1 s", "1e30 s", "1e308 years", "1e-30 s", "0 Gbit/s", "1e300 EB/s", "1 ns",
    "5 min", "3 h", "1000 years", "0 W", "0 USD", "-5 USD/kWh", "0 /s", "1e30 /s", "1e18 GiB", "0 GiB", "50 Gb/s",
    "50G", "٣ h", "1,5 h", "1.5.5 h", "inf s", "nan s", "Infinity W", "+5 s", "5s", "s", " 5 s ", "<<", "=", "*", "?",
    "!", "%", "&", "-", "---", "...",
)  # fmt: skip
"""Written without quotation marks."""

TEXTS = (
    "", " ", "\t", "\n", "a\nb", "\x00", "\x1b[31mred\x1b[0m", "\x7f", "\u202edlrow", "\ufeff", "\u2028", "ß", "ﬁ",
    "K", "İ", "服务", "🐙", "e\u0301", "\U0010ffff", "A", "a b", "a.b", "a[0]", "a/b", "../../etc/passwd", "/dev/zero",
    "/dev/null", "/dev/stdin", "/proc/self/mem", "/", ".", "..", "~/x", "-", "--help", "con", "nul", "x" * 64,
    "x" * 65, "x" * 10_000, "<script>alert(1)</script>", "{{x}}", "${HOME}", "$(id)", "`id`", "%s%n", "{0}", "'", '"',
    "\\", "\\x", ";", "__class__", "__proto__", "None", "self", "true", "1", "1e5", "5 s", "all", "*", "name",
    "lulea", "ads", "ring", "gang", "replay",
)  # fmt: skip
"""Written in quotation marks."""


def nudged(rng, text):
    """Return a number or quantity by a factor, or with another unit; other text with a letter changed."""
    match = _QUANTITY.match(text)
    if match is None:
        return misspelt(rng, text)
    number, unit = match.groups()
    roll = rng.random()
    if roll < 0.6:
        return _times(number, unit, rng.choice(_GENTLE))
    if roll < 0.8:
        return _times(number, unit, rng.choice(_FACTORS))
    if roll < 0.95:
        return f"{number} {rng.choice(_like(unit) if rng.random() < 0.6 else UNITS)}"
    return number if unit else f"{number} {rng.choice(UNITS)}"


def _times(number, unit, factor):
    value = float(number) * factor
    whole = "." not in number and "e" not in number.lower() and abs(value) < 1e18
    written = str(round(value)) if whole else repr(value)
    return f"{written} {unit}" if unit else written


def _like(unit):
    """Return the units of the dimension that a unit is of."""
    return next((sorted(units) for units in DIMENSIONS.values() if unit in units), UNITS)


def misspelt(rng, text):
    """Return text with a letter doubled, dropped, swapped or replaced."""
    if not text:
        return "x"
    at = rng.randrange(len(text))
    middle = rng.choice((text[at] * 2, "", text[at].swapcase(), rng.choice(TEXTS)[:3], "_", "é"))
    return text[:at] + middle + text[at + 1 :]
