"""Files that values of settings name, such as ``services.ads.serving.load={generator: replay, file: a.csv}``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcsim.errors import InputError
from dcsim.spec.dump import one_line
from dcsim.spec.layered import parse_path
from dcsim.spec.yaml import is_file, parse_yaml
from dcsim.sweeps.axes import canonical

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dcsim.sweeps.points import Values

__all__ = ["FIELD", "absolute", "absolute_values", "may_name", "named_in", "renamed"]

FIELD = "file"
"""Every field of this name holds that of a file."""


def named_in(path: str, value: str) -> list[str]:
    """Return the names of the files in a value.

    Examples
    --------
    >>> named_in("training[0].file", "a.csv"), named_in("training[0]", "{service: x, file: a.csv}")
    (['a.csv'], ['a.csv'])
    >>> named_in("duration", "2 h"), named_in("training[0].file", "null")
    ([], [])
    """
    return list(_named(_data(path, value))) if may_name(path, [value]) else []


def renamed(path: str, value: str, names: Mapping[str, str]) -> str:
    """Return a value with other names for its files, as ``canonical`` writes it.

    Examples
    --------
    >>> renamed("training[0].file", "a.csv", {"a.csv": "/b/a.csv"})
    '/b/a.csv'
    >>> renamed("training[0]", "{file: a.csv, service: a.csv}", {"a.csv": "/b/a.csv"})
    '{file: /b/a.csv, service: a.csv}'
    """
    found = _with_names(_data(path, value), names)
    (whole,) = found.values()
    return canonical(path, [one_line(whole)])[0]


def absolute(path: str, value: str) -> str:
    """Return a value whose files are found from any folder; those that do not exist stay as written."""
    names = {name: str(Path(name).absolute()) for name in named_in(path, value) if is_file(Path(name))}
    return renamed(path, value, names) if any(name != new for name, new in names.items()) else value


def absolute_values(values: Values) -> Values:
    """Return the values of a setting with files that are found from any folder."""
    return tuple((path, absolute(path, value)) for path, value in values)


def may_name(path: str, values: Iterable[str]) -> bool:
    """Whether it is worth reading values, of which there may be a million."""
    return path.rpartition(".")[2] == FIELD or any(FIELD in value for value in values)


def _data(path: str, value: str) -> Any:
    """Return a value under the last step of its path; nothing of what is no YAML."""
    try:
        return {str(parse_path(path)[-1]): parse_yaml(value, "").plain()}
    except (InputError, ValueError):
        return {}


def _named(data: Any) -> Iterator[str]:
    for step, child in _children(data):
        if step == FIELD and isinstance(child, str):
            yield child
        yield from _named(child)


def _with_names(data: Any, names: Mapping[str, str]) -> Any:
    if isinstance(data, list):
        return [_with_names(child, names) for child in data]
    if not isinstance(data, dict):
        return data
    return {
        step: names.get(child, child) if step == FIELD and isinstance(child, str) else _with_names(child, names)
        for step, child in data.items()
    }


def _children(data: Any) -> Iterable[tuple[object, Any]]:
    if isinstance(data, dict):
        return data.items()
    return enumerate(data) if isinstance(data, list) else ()
