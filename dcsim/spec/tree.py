"""A tree of values with positions: what a YAML file becomes before it is validated."""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = ["Mark", "Node", "Path", "path_text", "quoted"]

_SHOWN = 60

Path = tuple[str | int, ...]
"""Keys and list indices from the top of a document to a value."""


class Mark(NamedTuple):
    """A position: file as the user knows it, one-based line and column (0 for the file as a whole)."""

    file: str
    line: int
    column: int


class Node:
    """A value with its position.

    Parameters
    ----------
    value : str, int, float, bool, None, dict of str to Node, or list of Node
        The value; mappings and lists hold nodes.
    mark, key : Mark
        Where the value begins, and where its key does (equal for list items).
    layer : str
        Which layer of the input it comes from; see ``dcsim.spec.layered``.
    below : Node, optional
        What this value replaced when layers were merged.
    """

    __slots__ = ("below", "key", "layer", "mark", "value")

    def __init__(self, value: Any, mark: Mark, key: Mark | None = None, layer: str = "scenario") -> None:
        self.value = value
        self.mark = mark
        self.key = key or mark
        self.layer = layer
        self.below: Node | None = None

    def plain(self) -> Any:
        """Return the value without marks: dicts, lists and scalars."""
        if isinstance(self.value, dict):
            return {key: child.plain() for key, child in self.value.items()}
        if isinstance(self.value, list):
            return [child.plain() for child in self.value]
        return self.value

    def child(self, step: str | int) -> Node | None:
        """Return the value under a key or index, or None."""
        if isinstance(self.value, dict):
            found = self.value.get(step)
            return found if isinstance(found, Node) else None
        if isinstance(self.value, list) and isinstance(step, int) and 0 <= step < len(self.value):
            item = self.value[step]
            return item if isinstance(item, Node) else None
        return None

    def children(self) -> list[tuple[str | int, Node]]:
        """Return keys or indices with their values; none for a scalar."""
        if isinstance(self.value, dict):
            return list(self.value.items())
        return list(enumerate(self.value)) if isinstance(self.value, list) else []

    def at(self, path: Path) -> Node | None:
        """Return the value at a path, or None."""
        node: Node | None = self
        for step in path:
            node = node.child(step) if node is not None else None
        return node


def quoted(text: object) -> str:
    r"""Return what a user wrote in single quotes, shortened, with unprintable characters escaped.

    Examples
    --------
    >>> print(quoted("a\x1b[31m"))
    'a\x1b[31m'
    """
    whole = str(text)
    short = whole if len(whole) <= _SHOWN else f"{whole[: _SHOWN - 3]}..."
    if not short.isprintable():
        short = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in short)
    return f"'{short}'"


def path_text(path: Path) -> str:
    """Write a path as in messages.

    Examples
    --------
    >>> path_text(("training", 0, "every"))
    'training[0].every'
    """
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{quoted(step)[1:-1]}"
    return text.removeprefix(".")
