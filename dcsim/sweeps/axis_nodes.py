"""What a sweep file varies: the values under a path, with the place of each, to an axis."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from dcsim.errors import InputError, Problem
from dcsim.spec.dump import one_line
from dcsim.spec.explain import explain
from dcsim.spec.layered import parse_path
from dcsim.spec.sweep import RangeSpec
from dcsim.spec.tree import Node, path_text, quoted
from dcsim.sweeps.axes import Axis, canonical
from dcsim.sweeps.ranges import NUMBER, range_of, read_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcsim.spec.tree import Mark

__all__ = ["axis_of", "node_of"]

_END = re.compile(rf"\s*({NUMBER})\s*(\S.*?)?\s*\Z")


def node_of(value: Any, mark: Mark) -> Node:
    """Return data as a tree whose parts all stand at one place; arrays and instants become what YAML has.

    Raises
    ------
    InputError
        For what cannot stand in a file.
    """
    if isinstance(value, Mapping):
        return Node({str(key): node_of(each, mark) for key, each in value.items()}, mark)
    if isinstance(value, list | tuple | range):
        return Node([node_of(each, mark) for each in value], mark)
    if callable(getattr(value, "tolist", None)):  # of numpy
        return node_of(value.tolist(), mark)
    if callable(getattr(value, "isoformat", None)):
        return Node(value.isoformat(), mark)
    if value is None or isinstance(value, str | int | float):
        return Node(value, mark)
    message = f"a value of type '{type(value).__name__}' cannot stand here; give text, numbers, lists or mappings"
    raise InputError([Problem(*mark, "", message)])


def axis_of(name: str, node: Node) -> tuple[Axis, dict[str, Mark]]:
    """Return the axis that a value of ``set:`` describes, and where each of its values stands.

    Parameters
    ----------
    name : str
        The path, as written.
    node : Node
        A single value; a text as behind ``--set path=``; a list of values; or a range, see ``RangeSpec``.

    Raises
    ------
    InputError
        With every problem, each at its place.
    """
    try:
        path = path_text(parse_path(name))
    except ValueError as error:
        raise InputError([Problem(*node.key, "", f"{quoted(name)} {error}")]) from None
    try:
        texts, span, marks = _read(node)
        written = _range_text(node) if isinstance(node.value, dict) else str(node.value)
    except ValidationError as error:
        told = explain(error, node, RangeSpec)
        raise InputError(
            [Problem(p.file, p.line, p.column, f"{path}.{p.path}".rstrip("."), p.message) for p in told]
        ) from None
    except ValueError as error:
        raise InputError([Problem(*node.mark, path, str(error))]) from None
    try:
        values = canonical(path, texts)
    except InputError as error:
        raise InputError([Problem(*node.mark, p.path, p.message) for p in error.problems]) from None
    return Axis(path, values, span, range_of(written)), dict(zip(values, marks, strict=True))


def _read(node: Node) -> tuple[list[str], Any, list[Mark]]:
    """Return the values of a node as texts, the span that it is, and the place of each value."""
    value = node.value
    if isinstance(value, dict):
        texts, span = read_values(_range_text(node))
        return list(texts), span, [node.mark] * len(texts)
    if isinstance(value, str):
        texts, span = read_values(value)
        return list(texts), span, [node.mark] * len(texts)
    if not isinstance(value, list):
        return [one_line(value)], None, [node.mark]
    if not value:
        raise ValueError("needs at least one value")
    found = [(text, item.mark) for item in value for text in _item(item)]
    return [text for text, _ in found], None, [mark for _, mark in found]


def _item(node: Node) -> Iterator[str]:
    """Yield what an item of a list stands for: itself, or the values of a range."""
    if isinstance(node.value, str) and ".." in node.value and _END.match(node.value.partition("..")[0]):
        texts, span = read_values(node.value)
        if span is not None:
            raise ValueError(f"{quoted(node.value)} is a span, which stands alone; give it a step, such as :10")
        yield from texts
    else:
        yield one_line(node.plain())


def _range_text(node: Node) -> str:
    """Return a range given as a mapping in the form that ``--set`` takes."""
    if not {"from", "to"} & node.value.keys():
        raise ValueError("needs a value, a list of values, or a range (from, to, step); write nested paths with dots")
    spec = RangeSpec.model_validate(node.plain())
    ends = {"from": spec.from_, "to": spec.to, "step": spec.step}
    found = {name: _END.match(str(end)) for name, end in ends.items() if end is not None}
    wrong = [name for name, match in found.items() if match is None]
    if wrong:
        raise ValueError(f"'{wrong[0]}' needs a number, or a number and a unit, not {quoted(ends[wrong[0]])}")
    low, high, *step = (match for match in found.values() if match is not None)
    units = {match[2] or "" for match in (low, high, *step)}
    if len(units) > 1:
        raise ValueError(f"needs one unit for all of it, not {' and '.join(map(quoted, sorted(units)))}")
    given = [name for name in ("step", "factor", "points") if getattr(spec, name) is not None]
    if len(given) > 1:
        raise ValueError(f"has {' and '.join(given)}; keep one of them")
    if (spec.log and given not in ([], ["points"])) or (given == ["points"] and not spec.log):
        raise ValueError("needs 'points' with 'log: true', and 'step' or 'factor' without")
    by = {
        "step": f":{step[0][1]}" if step else "",
        "factor": f":x{Decimal(str(spec.factor)) if spec.factor is not None else ''}",
        "points": f":log{spec.points}",
    }
    return f"{low[1]}..{high[1]}{by[given[0]] if given else ':log' if spec.log else ''} {units.pop()}".strip()
