"""Values behind ``path=`` as people write them: lists, ranges and spans.

::

    25 Gbit/s,50 Gbit/s    a list; commas within quotes or brackets do not split
    0..20:5 %              a range: from..to:step and a unit for all
    1..8:x2 h              each so many times the one before
    1..1000:log4           four values, geometric
    0..20 %                a span, from which a design draws; 1..1000:log on its logarithm
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from decimal import Decimal

from dcsim.spec.tree import quoted

__all__ = ["MOST_POINTS", "NUMBER", "Span", "range_of", "read_values", "split_values"]

MOST_POINTS = 1_000_000
"""Points of one sweep, and values of one axis; more are refused."""
NUMBER = r"[+-]?(?:[0-9]{1,40}\.?[0-9]{0,40}|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,3})?"
_RANGE = re.compile(
    rf"(?P<low>{NUMBER})\s*\.\.\s*(?P<high>{NUMBER})"
    rf"\s*(?::\s*(?:(?P<log>log)\s*(?P<points>[0-9]{{1,9}})?|x\s*(?P<factor>{NUMBER})|(?P<step>{NUMBER})))?"
    r"\s*(?P<unit>[A-Za-z/%$][^,:]*)?\Z"
)
_LOOKS_LIKE_A_RANGE = re.compile(rf"{NUMBER}\s*\.\.|{NUMBER}[^.,]*\.\.\s*{NUMBER}")
_DIGITS = 6
"""Significant digits of values that are drawn or lie between the ends of a geometric range."""
_OPENING, _CLOSING = "([{", ")]}"
_BEFORE_QUOTES = ",:([{"
"""What a quote follows that opens a text; others are apostrophes."""
_TOO_LONG = 300
"""Decimal exponent beyond which a number is none that a float holds."""


@dataclass(frozen=True)
class Span:
    """An interval from which a design draws.

    Parameters
    ----------
    low, high : Decimal
        Ends, ``low < high``.
    unit : str
        For all values; empty for plain numbers.
    log : bool
        Whether the logarithm is drawn evenly rather than the value.
    """

    low: Decimal
    high: Decimal
    unit: str = ""
    log: bool = False

    def at(self, share: float) -> str:
        """Return the value at a share of the way from low to high, as text with six significant digits.

        Examples
        --------
        >>> Span(Decimal(10), Decimal(20), "Gbit/s").at(0.25)
        '12.5 Gbit/s'
        """
        low, high = float(self.low), float(self.high)
        value = low * (high / low) ** share if self.log else low + (high - low) * share
        return _united(_rounded(value), self.unit)


    @property
    def text(self) -> str:
        """The span as it is written."""
        return self._written(":log" if self.log else "")

    @property
    def stepped(self) -> str:
        """The span with a step, as an example."""
        return self._written(":log5" if self.log else f":{_plain((self.high - self.low) / 4)}")

    @property
    def whole(self) -> str:
        """The whole numbers from end to end, ends rounded outwards, as a range.

        Examples
        --------
        >>> Span(Decimal(1), Decimal(4)).whole, Span(Decimal("0.5"), Decimal("2.5")).whole
        ('1..4:1', '0..3:1')
        """
        return f"{math.floor(self.low)}..{math.ceil(self.high)}:1"

    def _written(self, step: str) -> str:
        return _united(f"{_plain(self.low)}..{_plain(self.high)}{step}", self.unit)


def read_values(text: str) -> tuple[tuple[str, ...], Span | None]:
    """Return the values that a text lists, ranges written out; or the span that it is.

    Raises
    ------
    ValueError
        With the reason and the fix.

    Examples
    --------
    >>> read_values("1, 5..15:5, [7, 8]")
    (('1', '5', '10', '15', '[7, 8]'), None)
    >>> read_values("1..8:x2")[0], read_values("1..1000:log4")[0]
    (('1', '2', '4', '8'), ('1', '10', '100', '1000'))
    """
    parts = split_values(text)
    if not all(parts):
        raise ValueError(f"{quoted(text)} leaves a place empty; write values with commas between them, null for none")
    found: list[str] = []
    for part in parts:
        match = _RANGE.match(part)
        if match is None:
            if _LOOKS_LIKE_A_RANGE.match(part):
                raise ValueError(f"{quoted(part)} is not a range; write it as 10..100:10 or 25..100:25 Gbit/s")
            found.append(part)
            continue
        written = _written_out(match, part)
        if isinstance(written, Span):
            if len(parts) > 1:
                raise ValueError(f"{quoted(part)} is a span, which stands alone; give it a step, such as :10")
            return (), written
        found += written
    return tuple(found), None


def range_of(text: str) -> str:
    """Return a text if it is a range with a step, which says what its many values would; nothing otherwise.

    Examples
    --------
    >>> range_of(" 1..1000:1 s "), range_of("1..10"), range_of("1,2")
    ('1..1000:1 s', '', '')
    """
    match = _RANGE.match(text.strip())
    return text.strip() if match and (match["step"] or match["factor"] or match["points"]) else ""


def split_values(text: str) -> tuple[str, ...]:
    """Split at commas that stand in no quotes and no brackets.

    Examples
    --------
    >>> split_values("a, 'b, c', {d: 1, e: [2, 3]}")
    ('a', "'b, c'", '{d: 1, e: [2, 3]}')
    """
    parts, begin, depth, quote, before = [], 0, 0, "", ","
    for place, letter in enumerate(text):
        if quote:
            quote = "" if letter == quote and before != "\\" else quote
        elif letter in "'\"" and (before in _BEFORE_QUOTES or before == letter == text[place - 1]):
            quote = letter
        elif letter in _OPENING:
            depth += 1
        elif letter in _CLOSING:
            depth -= 1
        elif letter == "," and depth <= 0:
            parts.append(text[begin:place].strip())
            begin = place + 1
        before = before if letter.isspace() else letter
    return (*parts, text[begin:].strip())


def _written_out(match: re.Match[str], text: str) -> list[str] | Span:
    """Return the values of a range; the span that it is where it has no step."""
    low, high, unit = Decimal(match["low"]), Decimal(match["high"]), (match["unit"] or "").strip()
    if max(abs(low), abs(high)).adjusted() > _TOO_LONG or min(abs(low) or high, abs(high)).adjusted() < -_TOO_LONG:
        raise ValueError(f"{quoted(text)} has an end that is too large or too small for a number")
    if high <= low:
        raise ValueError(f"{quoted(text)} does not rise; write the smaller end first")
    geometric = match["log"] or match["factor"]
    if geometric and low <= 0:
        raise ValueError(f"{quoted(text)} needs ends above zero, since its values grow by a factor")
    if match["step"] is None and match["points"] is None and match["factor"] is None:
        return Span(low, high, unit, log=bool(match["log"]))
    if match["points"] is not None:
        values = _geometric(low, high, int(match["points"]), text)
    elif match["factor"] is not None:
        values = _multiples(low, high, Decimal(match["factor"]), text)
    else:
        values = _steps(low, high, Decimal(match["step"]), text)
    return [_united(value, unit) for value in values]


def _steps(low: Decimal, high: Decimal, step: Decimal, text: str) -> list[str]:
    if step <= 0:
        raise ValueError(f"{quoted(text)} needs a step above zero")
    if (high - low) / step >= MOST_POINTS:
        raise ValueError(f"{quoted(text)} has more than {MOST_POINTS:,} values; take a larger step")
    count = int((high - low) / step)
    if low + count * step != high:
        reached = _plain(low + count * step)
        raise ValueError(f"{quoted(text)} steps past its end; end it at {reached}, or take a step that divides it")
    return [_plain(low + k * step) for k in range(count + 1)]


def _multiples(low: Decimal, high: Decimal, factor: Decimal, text: str) -> list[str]:
    if factor <= 1:
        raise ValueError(f"{quoted(text)} needs a factor above 1")
    found: list[Decimal] = []
    value = low
    while value < high:
        if len(found) >= MOST_POINTS:
            raise ValueError(f"{quoted(text)} has more than {MOST_POINTS:,} values; take a larger factor")
        found.append(value)
        value *= factor
    if value != high:
        raise ValueError(f"{quoted(text)} multiplies past its end; end it at {_plain(found[-1])} or {_plain(value)}")
    return [_plain(value) for value in (*found, high)]


def _geometric(low: Decimal, high: Decimal, count: int, text: str) -> list[str]:
    if not 2 <= count <= MOST_POINTS:
        raise ValueError(f"{quoted(text)} needs 2 to {MOST_POINTS:,} values, such as :log4")
    ratio = float(high) / float(low)
    inner = [_rounded(float(low) * ratio ** (k / (count - 1))) for k in range(1, count - 1)]
    return [_plain(low), *inner, _plain(high)]


def _rounded(value: float) -> str:
    """Return a number with six significant digits."""
    return _plain(Decimal(f"{value:.{_DIGITS - 1}e}"))


def _plain(value: Decimal) -> str:
    """Return a number as people write it: no trailing zeros, no exponent unless it is very large or small."""
    if value == 0:
        return "0"
    trimmed = value.normalize()
    return f"{trimmed:f}" if -6 <= trimmed.adjusted() < 16 else f"{trimmed:e}"


def _united(number: str, unit: str) -> str:
    return f"{number} {unit}" if unit else number
