"""YAML with line and column marks, read strictly: what two readers could take differently is refused.

A file is turned into a tree of ``Node`` from the event stream of libyaml, so that nesting, aliases and the number of
values are bounded while reading. Every problem of a file is told at once, except that text after a syntax error is
not read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from itertools import islice
from pathlib import Path as FilePath
from typing import Any

import yaml

from dcsim.errors import InputError, Problem
from dcsim.spec.scalars import TrapError, read_plain
from dcsim.spec.tree import Mark, Node, Path, path_text, quoted

__all__ = ["MAX_BYTES", "Document", "is_file", "load_yaml", "parse_yaml"]

MAX_BYTES = 1_000_000
"""Largest file that is read; a scenario of a thousand regions is a tenth of it."""
_MAX_NODES = 25_000
_MAX_DEPTH = 40
_BINARY = re.compile(r"[^\t\n\r\x20-\x7E\x85\xA0-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]")
_SAID_AT_THE_BEGINNING = frozenset({"needs a ':' after the name", "needs a closing quotation mark"})
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_SYNTAX = (
    ("mapping values are not allowed", "a ':' cannot stand here; quote text with ': ', or end the line above with ':'"),
    ("could not find expected ':'", "needs a ':' after the name"),
    ("expected ',' or ']'", "needs a ',' or a closing ']'"),
    ("expected ',' or '}'", "needs a ',' or a closing '}'"),
    ("unexpected end of stream", "needs a closing quotation mark"),
    ("unexpected document indicator", "needs a closing quotation mark"),
    ("expected '-' indicator", "needs a '- ' as on the lines above, or another indentation"),
    ("expected key", "does not line up with the lines above; check the indentation"),
    ("block sequence entries are not allowed", "a '- ' cannot stand here; start the list on a line of its own"),
    ("cannot start any token", "cannot begin with this character; quote the text"),
    ("undefined tag handle", "tags ('!...') are not read; remove it"),
    ("escape", "has an unknown '\\' escape; use single quotes"),
    ("expected alphabetic or numeric character", "needs a name after '&' or '*'; quote text that begins with them"),
    ("expected <document start>", "does not belong to what stands above; check the indentation"),
    ("node content", "needs a value here"),
    ("directive", "directives ('%...') are not read; remove the line"),
)


@dataclass(frozen=True)
class Document:
    """A file that was read.

    Parameters
    ----------
    file : str
        Its name as shown in messages.
    root : Node
        Its content.
    path : Path
        Where it lies.
    problems : tuple of Problem
        Values that were not taken over (None stands in their place), when read leniently.
    complete : bool
        Whether every key was taken over.
    """

    file: str
    root: Node
    path: FilePath
    problems: tuple[Problem, ...] = ()
    complete: bool = True

    @cached_property
    def data(self) -> Any:
        """Content as dicts, lists and scalars."""
        return self.root.plain()

    @cached_property
    def marks(self) -> dict[Path, Mark]:
        """Position of every value by path."""
        marks: dict[Path, Mark] = {}

        def visit(node: Node, path: Path) -> None:
            marks[path] = node.mark
            for step, child in node.children():
                visit(child, (*path, step))

        visit(self.root, ())
        return marks


def is_file(path: FilePath) -> bool:
    """Whether there is such a file; there is none of a name that no file can have.

    Examples
    --------
    >>> is_file(FilePath("x" * 10_000))
    False
    """
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def load_yaml(
    path: FilePath | str, *, name: str | None = None, layer: str = "scenario", lenient: bool = False
) -> Document:
    """Read a YAML file that holds one mapping.

    Parameters
    ----------
    path : Path or str
        The file.
    name : str, optional
        How messages call it; by default as given.
    layer : str
        Layer that its nodes are labelled with.
    lenient : bool
        Whether to return the document although single values are refused, so that the rest can be checked too.

    Raises
    ------
    InputError
        With every problem: unreadable, too large, empty, not UTF-8, syntax, repeated keys, ambiguous scalars, tags,
        merge keys, recursive or exploding aliases.
    """
    file = name or str(path)
    try:
        with FilePath(path).open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise InputError([Problem(file, 0, 0, "", "no such file")]) from None
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "not a file name").lower()
        raise InputError([Problem(file, 0, 0, "", f"cannot be read: {reason}")]) from None
    reader, root = _read(_decode(raw, file), file, layer)
    problems = reader.problems
    if problems and not lenient:
        raise InputError(problems)
    if not isinstance(root.value, dict) and not problems:
        what = "is empty" if root.value is None else "holds no fields"
        message = f"{what}; write one 'field: value' per line, such as 'name: my_fleet'"
        raise InputError([Problem(file, 0, 0, "", message)])
    if not isinstance(root.value, dict):
        raise InputError(problems)
    return Document(file, root, FilePath(path), tuple(problems), reader.complete)


def parse_yaml(text: str, file: str, *, layer: str = "scenario") -> Node:
    """Read YAML text of any shape, such as the value of ``--set``.

    Examples
    --------
    >>> parse_yaml("{a: [1e3, '12:30']}", "--set").plain()
    {'a': [1000.0, '12:30']}
    """
    reader, root = _read(text, file, layer)
    if reader.problems:
        raise InputError(reader.problems)
    return root


def _read(text: str, file: str, layer: str) -> tuple[_Reader, Node]:
    """Return a reader that knows what was refused, and the tree; raise if the text cannot be read to its end."""
    reader = _Reader(text, file, layer)
    try:
        return reader, reader.document()
    except yaml.YAMLError as error:
        reader.syntax(error)
    except _GiveUpError:
        pass
    raise InputError(reader.problems)


def _decode(raw: bytes, file: str) -> str:
    """Return the text of a file, or say why it is none."""
    if len(raw) > MAX_BYTES:
        message = f"is larger than {MAX_BYTES // 1_000_000} MB; keep traces in files of their own"
        raise InputError([Problem(file, 0, 0, "", message)])
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        column = error.start - (raw.rfind(b"\n", 0, error.start) + 1) + 1
        raise InputError([Problem(file, line, column, "", "is not UTF-8 text; save it as UTF-8")]) from None
    strange = _BINARY.search(text)
    if strange:
        start = strange.start()
        line, column = text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start)
        message = f"has a control character ({ascii(strange[0])[1:-1]}); is this a text file?"
        raise InputError([Problem(file, line, column, "", message)])
    return text


class _GiveUpError(Exception):
    """Reading on makes no sense; the reason is among the problems."""


class _Reader:
    """Builds nodes from the events of one text."""

    def __init__(self, text: str, file: str, layer: str) -> None:
        self.file = file
        self.layer = layer
        self._text = text
        self.problems: list[Problem] = []
        self.complete = True
        self._events = _Loader(text)
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._open: set[str] = set()
        self._count = 0
        self._deepest = 0

    def document(self) -> Node:
        """Return the only document of the text; a null node where there is none."""
        self._next()
        begin = self._next()
        if isinstance(begin, yaml.StreamEndEvent):
            return Node(None, Mark(self.file, 0, 0), None, self.layer)
        root = self._node(self._next(), (), 0, None)
        self._next()
        more = self._next()
        if not isinstance(more, yaml.StreamEndEvent):
            self._problem(self._mark(more), (), "begins a second document; keep one per file")
        return root

    def syntax(self, error: yaml.YAMLError) -> None:
        """Remember a syntax error in plain words."""
        mark, around = getattr(error, "problem_mark", None), getattr(error, "context_mark", None)
        said = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
        message = next((plain for key, plain in _SYNTAX if key in said), "is not valid YAML here")
        if mark is None or (around is not None and message in _SAID_AT_THE_BEGINNING):
            mark = around
        elif around is not None and "closing" in message:
            message += f", for what opens on line {around.line + 1}"
        line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
        row = next(islice(StringIO(self._text), line - 1, None), "") if line else ""
        if "\t" in row[: len(row) - len(row.lstrip())]:
            message = "a tab cannot indent a line; use spaces"
        self.problems.append(Problem(self.file, line, column, "", message))

    def _next(self) -> Any:
        return self._events.get_event()

    def _mark(self, event: Any) -> Mark:
        return Mark(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def _problem(self, mark: Mark, path: Path, message: str) -> None:
        self.problems.append(Problem(mark.file, mark.line, mark.column, path_text(path), message))

    def _tag(self, tag: str, mark: Mark, path: Path) -> None:
        written = quoted(tag.replace("tag:yaml.org,2002:", "!!"))
        self._problem(mark, path, f"tags such as {written} are not read; remove it")

    def _node(self, event: Any, path: Path, depth: int, key: Mark | None) -> Node:
        mark = self._mark(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(str(event.anchor), mark, path, depth, key)
        self._grow(1, depth, mark)
        if event.tag is not None:
            self._tag(event.tag, mark, path)
        if isinstance(event, yaml.ScalarEvent):
            node = Node(self._scalar(event, mark, path), mark, key, self.layer)
            if event.anchor is not None:
                self._anchors[event.anchor] = (node, 1, 0)
            return node
        return self._collection(event, mark, path, depth, key)

    def _collection(self, event: Any, mark: Mark, path: Path, depth: int, key: Mark | None) -> Node:
        before, outside, self._deepest = self._count, self._deepest, depth
        if event.anchor is not None:
            self._open.add(event.anchor)
        mapping = isinstance(event, yaml.MappingStartEvent)
        value = self._mapping(path, depth) if mapping else self._sequence(path, depth)
        node = Node(value, mark, key, self.layer)
        if event.anchor is not None:
            self._open.discard(event.anchor)
            self._anchors[event.anchor] = (node, self._count - before + 1, self._deepest - depth)
        self._deepest = max(outside, self._deepest)
        return node

    def _alias(self, anchor: str, mark: Mark, path: Path, depth: int, key: Mark | None) -> Node:
        if anchor in self._open or anchor not in self._anchors:
            why = "stands inside what it names" if anchor in self._open else "names nothing above it"
            self._problem(mark, path, f"the alias {quoted('*' + anchor)} {why}; write the value out")
            return Node(None, mark, key, self.layer)
        node, size, height = self._anchors[anchor]
        self._grow(size, depth + height, mark)
        return Node(node.value, node.mark, key or node.key, self.layer)

    def _grow(self, nodes: int, depth: int, mark: Mark) -> None:
        """Count values and nesting; stop where there are too many."""
        self._count += nodes
        self._deepest = max(self._deepest, depth)
        if self._count > _MAX_NODES:
            message = f"holds more than {_MAX_NODES:,} values, aliases written out; keep traces in files of their own"
            self._problem(mark, (), message)
            raise _GiveUpError
        if depth > _MAX_DEPTH:
            self._problem(mark, (), f"nested deeper than {_MAX_DEPTH} levels")
            raise _GiveUpError

    def _sequence(self, path: Path, depth: int) -> list[Node]:
        items: list[Node] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._node(event, (*path, len(items)), depth + 1, None))
        return items

    def _mapping(self, path: Path, depth: int) -> dict[str, Node]:
        items: dict[str, Node] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            name, mark = self._key(event, path, depth), self._mark(event)
            child = self._node(self._next(), path if name is None else (*path, name), depth + 1, mark)
            if name is None:
                self.complete = False
                continue
            if name in items:
                first = items[name].key.line
                self._problem(mark, (*path, name), f"appears twice (first on line {first}); keep one")
            else:
                items[name] = child
        return items

    def _key(self, event: Any, path: Path, depth: int) -> str | None:
        """Return the name that a key gives, or None where it is none."""
        mark = self._mark(event)
        if not isinstance(event, yaml.ScalarEvent):
            self._node(event, path, depth + 1, mark)
            self._problem(mark, path, "a name must be text, not a list, a mapping or an alias")
            return None
        self._grow(0, depth, mark)
        if event.tag is not None:
            self._tag(event.tag, mark, path)
        if event.style:
            return str(event.value)
        return self._plain_key(event.value, mark, path)

    def _plain_key(self, text: str, mark: Mark, path: Path) -> str | None:
        if text == "<<":
            self._problem(mark, path, "merge keys ('<<') are not read; write the fields out or use 'extends:'")
            return None
        try:
            value = read_plain(text)
        except TrapError:
            value = None
        if not isinstance(value, str):
            hint = f"quote it: {quoted(text)}" if text else "write one before the ':'"
            self._problem(mark, path, f"the name {quoted(text)} is not text; {hint}")
            return None
        return text

    def _scalar(self, event: Any, mark: Mark, path: Path) -> Any:
        if event.tag is not None or event.style:
            return str(event.value)
        try:
            return read_plain(event.value)
        except TrapError as trap:
            self._problem(mark, path, str(trap))
            return None
