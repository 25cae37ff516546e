"""Why a value is what it is: the layer and place that gave it, what it replaced, and the source behind it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dcsim.errors import InputError, Problem
from dcsim.spec.base import Sourced, Spec
from dcsim.spec.dump import dump_yaml
from dcsim.spec.layered import Layered, Origin, parse_path
from dcsim.spec.suggest import Suggester
from dcsim.spec.tree import Path, path_text, quoted

__all__ = ["Reason", "reasons"]


@dataclass(frozen=True)
class Reason:
    """Where one value came from.

    Parameters
    ----------
    path : str
        The value.
    value : object
        As resolved.
    given : tuple of (Origin, object)
        Every layer that gives it and what it gives, the one that holds first.
    source : str, optional
        Source or assumption of the entry that the value stands in.
    """

    path: str
    value: Any
    given: tuple[tuple[Origin, Any], ...]
    source: str | None

    def text(self) -> str:
        """Return the reason as lines for people."""
        lines = [f"{self.path}: {_flow(self.given[0][1])}"]
        for number, (origin, value) in enumerate(self.given):
            mark = origin.mark
            place = f"{mark.file}:{mark.line}:{mark.column}" if mark.line else ""
            held = "" if number == 0 else f": {_flow(value)} (replaced)"
            lines.append(f"  {origin.layer:<9} {place}{held}".rstrip())
        if self.source is not None:
            lines.append(f"  {self.source}")
        return "\n".join(lines)

    def data(self) -> dict[str, Any]:
        """Return the reason as plain data."""
        given = [
            {
                "layer": origin.layer,
                "file": origin.mark.file,
                "line": origin.mark.line,
                "column": origin.mark.column,
                "value": value,
            }
            for origin, value in self.given
        ]
        return {"path": self.path, "value": self.value, "given": given, "source": self.source}


def _flow(value: Any) -> str:
    """Return a value on one line, as in YAML."""
    return value if isinstance(value, str) else dump_yaml([value]).removeprefix("- ").strip()


def reasons(data: dict[str, Any], scenario: Spec, origins: Layered, key: str) -> list[Reason]:
    """Return the reason of every scalar at or below a key.

    Parameters
    ----------
    data : dict
        The resolved scenario as plain data.
    scenario : Spec
        The same as a spec.
    origins : Layered
        The tree it was made from.
    key : str
        Dotted path; ``catalog.`` may be left out.

    Raises
    ------
    InputError
        For a key that does not exist, with the nearest that does.
    """
    try:
        path = parse_path(key)
    except ValueError as error:
        raise InputError([Problem("--why", 0, 0, "", f"{quoted(key)} {error}")]) from None
    if path[0] not in data and path[0] in data["catalog"]:
        path = ("catalog", *path)
    inside: Any = data
    for depth, step in enumerate(path):
        names = (
            list(inside) if isinstance(inside, dict) else list(range(len(inside))) if isinstance(inside, list) else []
        )
        if step not in names:
            hint = Suggester()(str(step), [str(name) for name in names])
            at = path_text(path[:depth])
            where = f" in '{at}'" if at else ""
            raise InputError([Problem("--why", 0, 0, path_text(path), f"there is no '{step}'{where}; {hint}")])
        inside = inside[step]
    return [_reason(leaf, value, scenario, origins) for leaf, value in _leaves(inside, path)]


def _leaves(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, dict | list) and value:
        for step in value if isinstance(value, dict) else range(len(value)):
            yield from _leaves(value[step], (*path, step))
    else:
        yield path, value


def _reason(path: Path, value: Any, scenario: Spec, origins: Layered) -> Reason:
    given = tuple((Origin(node.layer, node.mark), node.plain()) for node in origins.history(path))
    if not given:
        given = ((origins.origin(path), value),)
    source = _source(path, scenario) if given[0][0].layer in {"profile", "catalogue"} else None
    return Reason(path_text(path), value, given, source)


def _source(path: Path, scenario: Spec) -> str | None:
    """Return what the innermost entry around a value says of it."""
    inside: Any = scenario
    found: str | None = None
    for depth, step in enumerate(path):
        inside = getattr(inside, str(step), None) if isinstance(inside, Spec) else inside[step]
        if isinstance(inside, Sourced):
            found = inside.origin_of(path_text(path[depth + 1 :]))
    return found
