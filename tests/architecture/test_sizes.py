"""Files and functions stay small: a ratchet, so the lists of exceptions may only shrink."""

from __future__ import annotations

import ast

from tests.architecture.source import modules, relative, tree

MODULE_LINES = 400
FUNCTION_LINES = 60
LONG_MODULES: dict[str, int] = {}
"""Modules beyond the limit and their length when last looked at."""
LONG_FUNCTIONS: dict[str, int] = {}
"""Functions beyond the limit, as ``file:name``, and their length when last looked at."""


def _module_lengths():
    paths = [*modules("dcsim", "tests"), *modules("docs")]
    return {relative(path): len(path.read_text(encoding="utf-8").splitlines()) for path in paths}


def _function_lengths():
    return {
        f"{relative(path)}:{node.name}": node.end_lineno - node.lineno + 1
        for path in [*modules("dcsim", "tests"), *modules("docs")]
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


def _check(lengths, limit, exceptions):
    beyond = {name: lines for name, lines in lengths.items() if lines > limit}
    grown = {name: lines for name, lines in beyond.items() if lines > exceptions.get(name, limit)}
    assert not grown, f"longer than {limit} lines: split them"
    stale = {name for name, lines in exceptions.items() if beyond.get(name) != lines}
    assert not stale, "shorter than the ratchet says: lower or remove these entries"


def test_modules_are_short():
    lengths = _module_lengths()
    assert len(lengths) > 50, "the search for modules has gone wrong"
    _check(lengths, MODULE_LINES, LONG_MODULES)


def test_functions_are_short():
    lengths = _function_lengths()
    assert len(lengths) > 200, "the search for functions has gone wrong"
    _check(lengths, FUNCTION_LINES, LONG_FUNCTIONS)
