"""HTML from Python: elements whose texts and attributes are always escaped."""

from __future__ import annotations

import json
from html import escape
from typing import Any

__all__ = ["Markup", "data_block", "join", "tag"]

_VOID = frozenset({"input", "meta"})
_UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}
_TABLE = str.maketrans(_UNSAFE)


class Markup(str):
    """Text that is HTML already; every other text is escaped when it is put into an element."""

    __slots__ = ()


def tag(element: str, /, *children: str, **attributes: str | int | bool | None) -> Markup:
    """Return an element.

    Parameters
    ----------
    element : str
        Its name.
    children : str or Markup
        What is in it; plain text is escaped.
    attributes : str, int, bool or None
        ``class_`` is ``class`` and ``data_x`` is ``data-x``; ``True`` is an attribute without a value, those that are
        ``None``, ``False`` or empty are left out.

    Examples
    --------
    >>> print(tag("p", "a < b", tag("b", "!"), class_="note", title='"x"'))
    <p class="note" title="&quot;x&quot;">a &lt; b<b>!</b></p>
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items() if value not in (None, False, ""))
    if element in _VOID:
        return Markup(f"<{element}{told}>")
    return Markup(f"<{element}{told}>{join(*children)}</{element}>")


def join(*parts: str) -> Markup:
    """Return parts one after the other, plain text escaped."""
    return Markup("".join(part if isinstance(part, Markup) else escape(part, quote=False) for part in parts))


def data_block(name: str, data: Any) -> Markup:
    r"""Return data for scripts as JSON in which no character can end the element or begin another.

    Examples
    --------
    >>> print(data_block("d", {"name": "</script>"}))
    <script type="application/json" id="d">{"name":"\u003c/script\u003e"}</script>
    """
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Markup(f'<script type="application/json" id="{escape(name)}">{text.translate(_TABLE)}</script>')


def _attribute(key: str, value: str | int | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
