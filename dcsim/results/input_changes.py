"""What changed between two resolved scenarios, value by value, and where each value came from."""

from __future__ import annotations

import difflib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

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
        Dotted path in the resolved scenario; of a whole mapping or list element where only one side has it.
    kind : str
        ``changed``, ``only in A`` or ``only in B``.
    a, b : object
        The values as plain data; None on the side that has none.
    from_a, from_b : str
        Where each came from: layer and place; of a stored scenario, which does not know them, the source or assumption
        that the entry around it has.
    is_note : bool
        Whether it is a text for people, which nothing is simulated from.
    """

    path: str
    kind: Kind
    a: Any
    b: Any
    from_a: str = ""
    from_b: str = ""
    is_note: bool = False


def input_changes(
    a: dict[str, Any],
    b: dict[str, Any],
    origin_a: Callable[[Path], str] | None = None,
    origin_b: Callable[[Path], str] | None = None,
) -> tuple[Change, ...]:
    """Return every value in which two resolved scenarios differ, the seed apart; notes for people last.

    Elements of lists are told by number. Lists of different lengths are aligned first, so that an element put in the
    middle is one change.

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
        )
        for path, kind, one, other in _walk(a, b, ())
        if not (len(path) == 1 and path[0] in _PAIRED)
    ]
    return tuple(sorted(found, key=lambda change: change.is_note))


def value_text(value: Any) -> str:
    """Return a value on one short line.

    Examples
    --------
    >>> value_text("6 h"), value_text({"at": "6 h", "region": "lulea"}), value_text(None), value_text([1, 2])
    ('6 h', '{at: 6 h, region: lulea}', 'none', '[1, 2]')
    """
    text = _flow(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return f"{{{', '.join(f'{key}: {_flow(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_flow, value))}]"
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    return str(value)


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
    elif a != b or type(a) is not type(b):
        yield path, "changed", a, b


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
