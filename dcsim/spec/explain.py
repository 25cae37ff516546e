"""Validation errors of a spec as problems that say where, what, and the fix, in the words of the user's file."""

from __future__ import annotations

import re
import types
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dcsim.errors import Problem
from dcsim.spec import naming
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import Mark, Node, Path, path_text, quoted

__all__ = ["explain", "fields_at", "problem_at"]

_QUOTED = re.compile(r"'([^']*)'")
_KEYWORDS = ("<dict key>", "[key]")
_OWN_FILE = frozenset({"profile", "catalogue"})
_NO_DEFAULT = "default_factory_not_called"
"""A default that other fields make, one of which is a problem itself."""


def problem_at(root: Node, path: Path, message: str, *, key: bool = False, own: bool = False) -> Problem:
    """Return a problem with a value of a tree, placed at the value, its key, or the nearest thing above it.

    Paths into a file of the catalogue are told from the top of that file.

    Parameters
    ----------
    root : Node
        The whole tree.
    path : tuple
        Where; steps that do not exist place the problem at the last one that does.
    message : str
        What is wrong, and the fix.
    key : bool
        Whether the name is meant rather than its value.
    own : bool
        Whether to place it at what the user wrote rather than in a profile or the catalogue.
    """
    node, depth = root, 0
    for step in path:
        child = node.child(step)
        if child is None or (own and child.layer in _OWN_FILE):
            break
        node, depth = child, depth + 1
    mark: Mark = node.mark if depth == len(path) and not key else node.key
    shown = path
    if node.layer in _OWN_FILE:
        shown = path[_entry_depth(path) :]
    return Problem(mark.file, mark.line, mark.column, path_text(shown), message)


def _entry_depth(path: Path) -> int:
    """Return how many steps lead to the entry of the catalogue or profile that a path goes into."""
    head = path[0] if path else ""
    return {"catalog": 3, "fleet": 3, "services": 2}.get(str(head), 0)


def explain(
    error: ValidationError,
    root: Node,
    model: type[BaseModel],
    *,
    extra_fields: Mapping[Path, Iterable[str]] | None = None,
    partial: bool = False,
) -> list[Problem]:
    """Return every problem that a validation found, in plain words and with its place.

    Parameters
    ----------
    error : ValidationError
        What validating ``root.plain()`` raised.
    root : Node
        The tree with positions.
    model : type of BaseModel
        What the tree was validated as; the source of the field names for suggestions.
    extra_fields : mapping of path to names, optional
        Fields that a user may write at a place although the model does not have them.
    partial : bool
        Whether to pass over missing values, since a part of the input could not be read.

    Returns
    -------
    list of Problem
        One for each error of the validation, but for those that only follow from others.
    """
    ask = Suggester()
    problems = []
    for detail in error.errors(include_url=False):
        if detail["type"] == _NO_DEFAULT or (partial and detail["type"] == "missing") or _had_enough(detail):
            continue
        path, on_key = _path_in(root, detail["loc"])
        if detail["type"] == "extra_forbidden":
            known = sorted({*fields_at(model, path[:-1]), *(extra_fields or {}).get(path[:-1], ())})
            message = f"unknown field; {ask(str(path[-1]), known)}"
            on_key = True
        elif detail["type"] == "literal_error":
            expected = detail["ctx"]["expected"]
            allowed = _QUOTED.findall(expected) or [expected.lower()]
            message = _one_of(detail["input"], allowed, ask)
        else:
            message = _reword(detail)
        problems.append(problem_at(root, path, message, key=on_key))
    return problems


def _had_enough(detail: ErrorDetails) -> bool:
    """Whether too few entries are left only because some of them are problems themselves."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _path_in(root: Node, location: tuple[int | str, ...]) -> tuple[Path, bool]:
    """Return the path that a location stands for, without the steps that validation adds, and whether it is a key."""
    node: Node | None = root
    path: list[int | str] = []
    last = len(location) - 1
    for position, step in enumerate(location):
        if step in _KEYWORDS:
            return tuple(path), True
        child = node.child(step) if node is not None else None
        if child is None and position < last and node is not None and _later(node, location[position + 1 :]):
            continue
        path.append(step)
        node = child
    return tuple(path), False


def _later(node: Node, steps: tuple[int | str, ...]) -> bool:
    """Whether a node has one of some later steps, so that the step before was not the user's."""
    return any(node.child(step) is not None for step in steps)


def fields_at(model: type[BaseModel], path: Path) -> list[str]:
    """Return the names of the fields that may stand at a path of a model, sorted.

    Examples
    --------
    >>> from dcsim.spec.hardware import Nic
    >>> fields_at(Nic, ())[:3]
    ['assumption', 'assumptions', 'bandwidth']
    """
    hints: list[Any] = [model]
    for step in path:
        hints = [inner for hint in hints for inner in _inside(hint, step)]
    fields = [each for hint in hints for each in getattr(hint, "model_fields", {}).items()]
    return sorted({field.alias or name for name, field in fields})


def _inside(hint: Any, step: int | str) -> Iterator[Any]:
    """Yield the types that one step into a type may have, without unions and annotations."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        field = hint.model_fields.get(str(step))
        if field is not None:
            yield from _flat(field.annotation)
        return
    arguments = typing.get_args(hint)
    if typing.get_origin(hint) is dict:
        yield from _flat(arguments[1])
    elif typing.get_origin(hint) is tuple:
        yield from _flat(arguments[0])


def _flat(hint: Any) -> Iterator[Any]:
    origin = typing.get_origin(hint)
    if origin is typing.Annotated:
        yield from _flat(typing.get_args(hint)[0])
    elif origin in {typing.Union, types.UnionType}:
        for part in typing.get_args(hint):
            yield from _flat(part)
    else:
        yield hint


def _one_of(value: object, allowed: list[str], ask: Suggester) -> str:
    """Say which words may stand where another does."""
    near = ask(value, allowed) if isinstance(value, str) else ""
    listed = f"must be {_either(allowed)}, not {_kind(value)}"
    return f"{listed}; {near}" if near.startswith("did you mean") else listed


def _either(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def _kind(value: object) -> str:
    """Name what stands somewhere, in a user's words."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list | tuple):
        return "a list"
    if value is None:
        return "nothing"
    return str(value).lower() if isinstance(value, bool) else quoted(value)[1:-1]


def _limit(detail: ErrorDetails, name: str) -> str:
    value = detail["ctx"][name]
    return f"{value:.16g}" if isinstance(value, float) else str(value)


def _needs(what: str) -> Callable[[ErrorDetails], str]:
    return lambda detail: f"needs {what}, not {_kind(detail['input'])}"


def _text(detail: ErrorDetails) -> str:
    value = detail["input"]
    if isinstance(value, int | float):
        return f"needs text; quote it: {quoted(_kind(value))}"
    return f"needs text, not {_kind(value)}"


def _whole(detail: ErrorDetails) -> str:
    return f"needs a whole number without a unit, not {_kind(detail['input'])}"


def _number(detail: ErrorDetails) -> str:
    return f"needs a number without a unit, not {_kind(detail['input'])}"


def _own(detail: ErrorDetails) -> str:
    """Return the message that a spec gave itself."""
    return str(detail["ctx"]["error"])


def _entries(detail: ErrorDetails) -> str:
    least = detail["ctx"]["min_length"]
    return "needs at least one entry" if least == 1 else f"needs at least {least} entries"


_WORDS: dict[str, Callable[[ErrorDetails], str]] = {
    "missing": lambda detail: f"needs a value; add '{detail['loc'][-1]}:'",
    "value_error": _own,
    "assertion_error": _own,
    "model_type": _needs("fields ('name: value')"),
    "model_attributes_type": _needs("fields ('name: value')"),
    "dict_type": _needs("a mapping ('name: value')"),
    "mapping_type": _needs("a mapping ('name: value')"),
    "tuple_type": _needs("a list ('- value')"),
    "list_type": _needs("a list ('- value')"),
    "iterable_type": _needs("a list ('- value')"),
    "string_type": _text,
    "bool_type": _needs("true or false"),
    "bool_parsing": _needs("true or false"),
    "int_type": _whole,
    "int_parsing": _whole,
    "int_from_float": _whole,
    "int_parsing_size": lambda _: "is too large for a whole number",
    "float_type": _number,
    "float_parsing": _number,
    "finite_number": lambda _: "must be a finite number",
    "greater_than": lambda detail: f"must be above {_limit(detail, 'gt')}",
    "greater_than_equal": lambda detail: f"must be {_limit(detail, 'ge')} or more",
    "less_than": lambda detail: f"must be below {_limit(detail, 'lt')}",
    "less_than_equal": lambda detail: f"must be {_limit(detail, 'le')} or less",
    "multiple_of": lambda detail: f"must be a multiple of {_limit(detail, 'multiple_of')}",
    "string_pattern_mismatch": lambda detail: f"must be a name: {naming.RULE}, not {_kind(detail['input'])}",
    "string_too_long": lambda detail: f"must have at most {detail['ctx']['max_length']} characters",
    "string_too_short": lambda detail: f"must have at least {detail['ctx']['min_length']} characters",
    "too_short": _entries,
    "too_long": lambda detail: f"must have at most {detail['ctx']['max_length']} entries",
    "datetime_type": _needs("a date and time with a zone, such as 2017-09-19T00:00:00Z"),
    "recursion_loop": lambda _: "contains itself",
}


def _reword(detail: ErrorDetails) -> str:
    """Return what is wrong, in plain words."""
    words = _WORDS.get(detail["type"])
    if words is None:
        return f"{_kind(detail['input'])} does not fit here; 'dcsim schema' says what does"
    return words(detail)
