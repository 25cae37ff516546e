"""Input in layers: mappings merge, lists and scalars replace, and every value remembers what it replaced.

Precedence, highest first: ``--set`` > variant > scenario > profile > catalogue > default.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, get_args

from dcsim.errors import InputError, Problem
from dcsim.spec.tree import Mark, Node, Path, path_text, quoted
from dcsim.spec.yaml import parse_yaml

__all__ = [
    "LAYERS", "Layer", "Layered", "Origin", "conflicts", "empty_changes", "merge", "parse_path", "parse_set",
    "relabel", "unplaced",
]  # fmt: skip

Layer = Literal["--set", "variant", "scenario", "profile", "catalogue", "default"]
"""Where a value may come from."""
LAYERS: tuple[str, ...] = get_args(Layer)
"""Highest first."""
SET_FILE = "--set"
_STEP = re.compile(r"\.?([^.\[\]]+)|\[([0-9]+)\]")


class Origin(NamedTuple):
    """Where a value came from: its layer, and its place (line 0 for defaults and the command line)."""

    layer: str
    mark: Mark


class Layered:
    """A merged tree that can say where each value came from.

    Parameters
    ----------
    root : Node
        Result of ``merge``.
    """

    def __init__(self, root: Node) -> None:
        self.root = root

    def origin(self, path: Path) -> Origin:
        """Return the layer and place of the value at a path; ``default`` where nobody wrote it."""
        node = self.root.at(path)
        return Origin(node.layer, node.mark) if node is not None else Origin("default", Mark("", 0, 0))

    def history(self, path: Path) -> Iterator[Node]:
        """Yield the value at a path and those it replaced, highest layer first."""
        node = self.root.at(path)
        while node is not None:
            yield node
            node = node.below

    def leaves(self, path: Path = ()) -> Iterator[tuple[Path, Origin]]:
        """Yield the path and origin of every scalar (or empty mapping or list) at or below a path."""
        node = self.root.at(path)
        if node is None:
            return
        children = node.children()
        if not children:
            yield path, Origin(node.layer, node.mark)
        for step, _ in children:
            yield from self.leaves((*path, step))


def merge(below: Node | None, above: Node) -> Node:
    """Return ``above`` laid over ``below``; neither is changed.

    Examples
    --------
    >>> low = parse_yaml("{a: {x: 1, y: [1, 2]}, b: 3}", "low")
    >>> high = parse_yaml("{a: {y: [9]}, c: 4}", "high")
    >>> merge(low, high).plain()
    {'a': {'x': 1, 'y': [9]}, 'b': 3, 'c': 4}
    """
    if below is None:
        return above
    if _is_patch(above) and isinstance(below.value, list):
        return _patched(below, above)
    value = above.value
    if isinstance(value, dict) and isinstance(below.value, dict):
        value = dict(below.value)
        for key, child in above.value.items():
            value[key] = merge(value.get(key), child)
    node = Node(value, above.mark, above.key, above.layer)
    node.below = below
    return node


def _is_patch(node: Node) -> bool:
    """Whether a node changes elements of a list; only ``--set`` makes such nodes."""
    return isinstance(node.value, dict) and any(isinstance(key, int) for key in node.value)


def _patched(below: Node, patch: Node) -> Node:
    items = list(below.value)
    outside: dict[int, Node] = {}
    for index, child in patch.value.items():
        if isinstance(index, int) and index < len(items):
            items[index] = merge(items[index], child)
        else:
            outside[index] = child
    if outside:
        return Node(patch.value, patch.mark, patch.key, patch.layer)
    node = Node(items, below.mark, below.key, below.layer)
    node.below = below.below
    return node


def unplaced(root: Node) -> list[Problem]:
    """Return a problem for every ``--set`` of a list element that does not exist."""
    problems = []

    def visit(node: Node, path: Path) -> None:
        if _is_patch(node):
            path = (*path, next(iter(node.value)))
            message = "there is no such element of a list"
            problems.append(Problem(SET_FILE, 0, 0, path_text(path), message))
            return
        for step, child in node.children():
            visit(child, (*path, step))

    visit(root, ())
    return problems


def relabel(node: Node, layer: str) -> Node:
    """Return a copy of a tree with another layer."""
    value: Any = node.value
    if isinstance(value, dict):
        value = {key: relabel(child, layer) for key, child in value.items()}
    elif isinstance(value, list):
        value = [relabel(child, layer) for child in value]
    return Node(value, node.mark, node.key, layer)


def conflicts(first: Node, second: Node, path: Path = ()) -> list[tuple[Path, Node, Node]]:
    """Return the paths that two trees both set, with both values."""
    if isinstance(first.value, dict) and isinstance(second.value, dict):
        both = [key for key in first.value if key in second.value]
        return [found for key in both for found in conflicts(first.value[key], second.value[key], (*path, key))]
    return [(path, first, second)]


def empty_changes(below: Node, above: Node, path: Path = ()) -> list[Problem]:
    """Return a warning for every empty mapping that is meant to replace one with entries, and cannot.

    Examples
    --------
    >>> low, high = parse_yaml("{a: {x: 1}, b: {}}", "low"), parse_yaml("{a: {}, b: {}}", "high")
    >>> print(*empty_changes(low, high))
    high:1:5: a: an empty mapping changes nothing: mappings merge
    """
    if not isinstance(above.value, dict) or not below.children():
        return []
    if not above.value and isinstance(below.value, dict):
        message = "an empty mapping changes nothing: mappings merge"
        return [Problem(*above.mark, path_text(path), message)]
    found = []
    for key, child in above.value.items():
        under = below.child(key)
        if under is not None:
            found += empty_changes(under, child, (*path, key))
    return found


def parse_path(text: str) -> Path:
    """Read ``a.b[0].c`` (or ``a.b.0.c``).

    Raises
    ------
    ValueError
        For text that is no path.

    Examples
    --------
    >>> parse_path("drills[0].at")
    ('drills', 0, 'at')
    """
    steps: list[str | int] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if match is None or (match[1] is not None and (position == 0) == text.startswith(".", position)):
            break
        name, index = match.groups()
        digits = index if name is None else name
        steps.append(int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 7 else digits)
        position = match.end()
    if position < len(text) or not steps or isinstance(steps[0], int):
        raise ValueError("is not a path; write it as in services.ads.staleness.target or drills[0].at")
    return tuple(steps)


def parse_set(text: str) -> tuple[Path, Node]:
    """Read one ``--set path=value`` into a path and a tree that can be merged over a scenario.

    Raises
    ------
    InputError
        For a missing ``=``, a malformed path, or a value that is no YAML.
    """
    name, equals, written = text.partition("=")
    name = name.strip()
    if not equals:
        raise InputError([Problem(SET_FILE, 0, 0, "", f"{quoted(text)} needs the form path=value")])
    try:
        path = parse_path(name)
    except ValueError as error:
        raise InputError([Problem(SET_FILE, 0, 0, "", f"{quoted(name)} {error}")]) from None
    if not written.strip():
        raise InputError([Problem(SET_FILE, 0, 0, path_text(path), "needs a value after '='; write null for none")])
    try:
        node = _unmarked(parse_yaml(written, SET_FILE))
    except InputError as error:
        told = [
            Problem(SET_FILE, 0, 0, ".".join(filter(None, (path_text(path), problem.path))), problem.message)
            for problem in error.problems
        ]
        raise InputError(told) from None
    for step in reversed(path):
        node = Node({step: node}, Mark(SET_FILE, 0, 0), None, "--set")
    return path, node


def _unmarked(node: Node) -> Node:
    """Return a copy of a tree whose places are the command line as a whole."""
    value: Any = node.value
    if isinstance(value, dict):
        value = {key: _unmarked(child) for key, child in value.items()}
    elif isinstance(value, list):
        value = [_unmarked(child) for child in value]
    return Node(value, Mark(SET_FILE, 0, 0), None, "--set")
