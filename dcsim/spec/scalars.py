"""Plain (unquoted) YAML scalars: what each means here, and which are refused because YAML readers disagree."""

from __future__ import annotations

import math
import re

__all__ = ["TrapError", "read_plain"]

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_BOOL = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_MAYBE_BOOL = frozenset({"yes", "no", "on", "off"})
_INT = re.compile(r"[-+]?(?:0|[1-9][0-9]*)\Z")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?\Z")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9_]+\Z")
_OTHER_BASE = re.compile(r"[-+]?0(?:o[0-7_]+|x[0-9a-fA-F_]+|b[01_]+)\Z")
_UNDERSCORE = re.compile(r"[-+]?[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?\Z")
_SEXAGESIMAL = re.compile(r"[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?\Z")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|nan)\Z", re.IGNORECASE)
_MOST_DIGITS = 30


class TrapError(ValueError):
    """A scalar that YAML readers take differently; the message says how to write it."""


def read_plain(text: str) -> str | int | float | bool | None:
    """Return the value of a plain scalar.

    Null, true and false as in YAML 1.2, decimal integers and floats (``1e9`` is one); all else is text, also dates.

    Raises
    ------
    TrapError
        For ``yes``/``no``/``on``/``off``, ``12:30``, ``010``, ``0x1F``, ``1_000``, ``.inf`` and ``.nan``.

    Examples
    --------
    >>> [read_plain(text) for text in ("1e9", "24", "24 h", "2017-09-19", "~", "true")]
    [1000000000.0, 24, '24 h', '2017-09-19', None, True]
    """
    if text in _NULL:
        return None
    if text in _BOOL:
        return _BOOL[text]
    if text.lower() in _MAYBE_BOOL and text in {text.lower(), text.upper(), text.title()}:
        raise TrapError(f"{text} is true or false to some YAML readers, text to others; write true, false or '{text}'")
    if text[0] not in "+-.0123456789":
        return text
    return _number(text)


def _number(text: str) -> str | int | float:
    """Read what begins like a number."""
    if _INT.match(text):
        if len(text) > _MOST_DIGITS:
            raise TrapError(f"has more than {_MOST_DIGITS} digits; write it as 1e30")
        return int(text)
    if _LEADING_ZERO.match(text):
        raise TrapError(f"{text[:20]} is octal to some YAML readers; drop the leading zero, or quote it if it is text")
    if _OTHER_BASE.match(text):
        raise TrapError(
            f"{text[:20]} is a number to some YAML readers, text to others; write it in decimal, or quote it"
        )
    if _UNDERSCORE.match(text):
        raise TrapError(f"{text[:20]} is a number to some YAML readers, text to others; remove the underscores")
    if _SEXAGESIMAL.match(text):
        raise TrapError(
            f"{text[:20]} is a number in base 60 to some YAML readers; quote it, or write a quantity such as '12.5 h'"
        )
    if _NOT_FINITE.match(text):
        raise TrapError(f"{text} is not a finite number")
    if _FLOAT.match(text):
        value = float(text)
        if not math.isfinite(value):
            raise TrapError(f"{text[:20]} is too large for a number")
        return value
    return text
