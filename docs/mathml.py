"""Formulas as MathML, which every browser shows by itself: no script, and nothing that is fetched from elsewhere."""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.application import Sphinx

__all__ = ["mathml", "use_mathml"]

_SPELLINGS = (
    (re.compile(r"\\[bB]ig\s*(\\lfloor|\\lceil|[(\[])"), r"\\left\1"),
    (re.compile(r"\\[bB]ig\s*(\\rfloor|\\rceil|[)\]])"), r"\\right\1"),
    (re.compile(r"\\dots(?![a-zA-Z])"), r"\\ldots"),
    (re.compile(r"\\hat (\w)"), r"\\hat{\1}{}"),
)
"""What the converter does not know, or sets wrongly, in words that it does."""
_BRACE = r"\underbrace{"


def mathml(latex: str, *, block: bool) -> str:
    r"""Return a formula as MathML.

    Examples
    --------
    >>> "<munder>" in mathml(r"\underbrace{a + b}_\text{sum}", block=True)
    True
    """
    for pattern, spelling in _SPELLINGS:
        latex = pattern.sub(spelling, latex)
    return str(tex2mathml(_labelled(latex), as_block=block))


def _labelled(latex: str) -> str:
    """Put what stands at an underbrace below it, instead of beside it."""
    done, rest = "", latex
    while _BRACE in rest:
        before, rest = rest.split(_BRACE, 1)
        end = _closing(rest)
        done += f"{before}{_BRACE}{rest[: end + 1]}\\limits"
        rest = rest[end + 1 :]
    return done + rest


def _closing(text: str) -> int:
    """Return where the brace is closed that was opened before the text."""
    depth = 1
    for place, letter in enumerate(text):
        depth += (letter == "{") - (letter == "}")
        if not depth:
            return place
    raise ValueError(f"no brace closes {text!r}")


def _inline(translator: Any, node: nodes.math) -> None:
    translator.body.append(mathml(node.astext(), block=False))
    raise nodes.SkipNode


def _block(translator: Any, node: nodes.math_block) -> None:
    translator.body.append(f'<div class="math">{mathml(node.astext(), block=True)}</div>')
    raise nodes.SkipNode


def use_mathml(app: Sphinx) -> None:
    """Let Sphinx write formulas so."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
