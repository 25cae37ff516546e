"""What changed between two resolved scenarios, value by value, and where each value came from."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from dcsim.results.written import is_share, percent_text, quantity_text
from dcsim.spec.tree import path_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from dcsim.spec.tree import Path

__all__ = ["Change", "input_changes", "value_text"]

Kind = Literal["changed", "only in A", "only in B"]
_NOTES = frozenset({"title", "source", "assumption", "sources", "assumptions", "conflicts"})
_NAMES = frozenset({("name",), ("description",)})
_PAIRED = frozenset({"seed", "resolved"})
"""Not compared: seeds are paired, and the mark of resolved files is no input."""
_SHOWN = 60


@dataclass(frozen=True)
class Change:
    """One value that differs.

    Parameters
    ----------
    path : str
        Dotted path in the resolved scenario; of a whole entry or list element where only one side has it.
    kind : str
        ``changed``, ``only in A`` or ``only in B``.
    a, b : object
        The values as plain data; None on the side that has none.
    from_a, from_b : str
        Where each came from: layer and place; of a stored scenario, which does not know them, the source or assumption
        that the entry around it has.
    is_note : bool
        Whether it is a text for people, which nothing is simulated from.
    is_share : bool
        Whether it is a share, which people write in percent.
    """

    path: str
    kind: Kind
    a: Any
    b: Any
    from_a: str = ""
    from_b: str = ""
    is_note: bool = False
    is_share: bool = False

    @property
    def text(self) -> str:
        """Both values, as people write them.

        Examples
        --------
        >>> Change("harvest.notice", "changed", "120.0 s", "600.0 s").text
        '2 min -> 10 min'
        """
        if self.kind == "changed":
            return f"{self.text_of(self.a)} -> {self.text_of(self.b)}"
        return f"{self.text_of(self.a if self.kind == 'only in A' else self.b)} ({self.kind})"

    def text_of(self, value: Any) -> str:
        """Return one of the values on a short line, as people write it."""
        if self.is_share and isinstance(value, float):
            return percent_text(value)
        return "not set" if value is None else value_text(value)


def input_changes(
    a: dict[str, Any],
    b: dict[str, Any],
    origin_a: Callable[[Path], str] | None = None,
    origin_b: Callable[[Path], str] | None = None,
) -> tuple[Change, ...]:
    """Return every value in which two resolved scenarios differ, the seed apart; notes for people last.

    Elements of lists are told by number. Lists of different lengths are aligned first, so that an element put in the
    middle is one change. A section that one side sets and the other leaves unset is told by the values set in it.

    Parameters
    ----------
    a, b : dict
        Resolved scenarios as plain data.
    origin_a, origin_b : callable, optional
        Tell where the value at a path came from.

    Examples
    --------
    >>> a = {"seed": 1, "fleet": {"nic": {"bandwidth": "3 GB/s"}}, "drills": [{"at": "1 h"}]}
    >>> b = {"seed": 2, "fleet": {"nic": {"bandwidth": "6 GB/s"}}, "drills": [{"at": "0 h"}, {"at": "1 h"}]}
    >>> [(change.path, change.kind, change.a, change.b) for change in input_changes(a, b)]
    [('fleet.nic.bandwidth', 'changed', '3 GB/s', '6 GB/s'), ('drills[0]', 'only in B', None, {'at': '0 h'})]
    """
    found = [
        Change(
            path_text(path),
            kind,
            one,
            other,
            "" if kind == "only in B" else _origin(path, a, origin_a),
            "" if kind == "only in A" else _origin(path, b, origin_b),
            is_note=path in _NAMES or not _NOTES.isdisjoint(map(str, path)),
            is_share=isinstance(one if one is not None else other, float) and is_share(path),
        )
        for path, kind, one, other in _walk(a, b, ())
        if not (len(path) == 1 and path[0] in _PAIRED)
    ]
    return tuple(sorted(found, key=lambda change: change.is_note))


def value_text(value: Any) -> str:
    """Return a value on one short line: quantities in handy units, without sources and what is not set.

    Examples
    --------
    >>> value_text("21600.0 s"), value_text({"at": "6 h", "region": None}), value_text(None), value_text([1, 2])
    ('6 h', '{at: 6 h}', 'none', '[1, 2]')
    """
    text = _flow(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        told = {key: inner for key, inner in value.items() if inner is not None and key not in _NOTES - {"title"}}
        return f"{{{', '.join(f'{key}: {_flow(inner)}' for key, inner in told.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return quantity_text(value) if isinstance(value, str) else str(value)


def _walk(a: Any, b: Any, path: Path) -> Iterator[tuple[Path, Kind, Any, Any]]:
    """Yield path, kind and both values of every difference, in the order of A, then of B."""
    if isinstance(a, dict) and isinstance(b, dict):
        for key in dict.fromkeys([*a, *b]):
            if key not in b:
                yield (*path, key), "only in A", a[key], None
            elif key not in a:
                yield (*path, key), "only in B", None, b[key]
            else:
                yield from _walk(a[key], b[key], (*path, key))
    elif isinstance(a, list) and isinstance(b, list):
        yield from _walk_lists(a, b, path)
    elif a is None and (leaves := list(_leaves(b, path))):
        yield from ((leaf, "changed", None, value) for leaf, value in leaves)
    elif b is None and (leaves := list(_leaves(a, path))):
        yield from ((leaf, "changed", value, None) for leaf, value in leaves)
    elif a != b or type(a) is not type(b):
        yield path, "changed", a, b


def _leaves(section: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    """Yield what is set in a section, with its path; nothing for what is no section."""
    for key, value in section.items() if isinstance(section, dict) else ():
        if isinstance(value, dict) and value:
            yield from _leaves(value, (*path, key))
        elif value is not None:
            yield (*path, key), value


def _walk_lists(a: list[Any], b: list[Any], path: Path) -> Iterator[tuple[Path, Kind, Any, Any]]:
    if len(a) == len(b):
        for index, items in enumerate(zip(a, b, strict=True)):
            yield from _walk(*items, (*path, index))
        return
    one, other = ([json.dumps(item, sort_keys=True) for item in items] for items in (a, b))
    for _, low_a, high_a, low_b, high_b in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        both = min(high_a - low_a, high_b - low_b)
        for step in range(both):
            yield from _walk(a[low_a + step], b[low_b + step], (*path, low_b + step))
        for index in range(low_a + both, high_a):
            yield (*path, index), "only in A", a[index], None
        for index in range(low_b + both, high_b):
            yield (*path, index), "only in B", None, b[index]


def _origin(path: Path, data: dict[str, Any], told: Callable[[Path], str] | None) -> str:
    """Return where a value came from: what the scenario's layers say, or else what the entry around it says."""
    if told is not None:
        return told(path)
    said = _said(path, data)
    return f"the entry says {said}" if said else ""


def _said(path: Path, data: Any) -> str:
    """Return the source or assumption that covers a value in the innermost entry around it."""
    found, inside = "", data
    for depth, step in enumerate(path):
        inside = inside[step]
        if not isinstance(inside, dict):
            break
        if inside.get("source") or inside.get("assumption"):
            found = _cover(inside, path_text(path[depth + 1 :]))
    return found


def _cover(entry: dict[str, Any], field: str) -> str:
    while field:
        for kind in ("sources", "assumptions"):
            if field in (entry.get(kind) or {}):
                return f"{kind[:-1]}: {entry[kind][field]}"
        field = field.rpartition(".")[0]
    return f"source: {entry['source']}" if entry.get("source") else f"assumption: {entry['assumption']}"
