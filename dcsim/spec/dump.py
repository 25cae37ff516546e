"""Plain data as YAML that ``dcsim.spec.yaml`` (and any other reader) reads back as the very same data."""

from __future__ import annotations

from typing import Any

import yaml

from dcsim.spec.scalars import TrapError, read_plain

__all__ = ["dump_yaml", "one_line"]

_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc]  # chosen at run time
    """Quotes every text that could be taken for something else, and repeats instead of aliasing."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002  # the signature is PyYAML's
        """Never write an alias."""
        return True


def _text(dumper: Any, value: str) -> Any:
    try:
        plain = read_plain(value) if value else None
    except TrapError:
        plain = None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain == value else "'")


_Dumper.add_representer(str, _text)


def dump_yaml(data: Any) -> str:
    """Return data as YAML in the order given.

    Examples
    --------
    >>> print(dump_yaml({"a": 1e9, "b": "1e9", "c": [], "d": "24 h"}), end="")
    a: 1000000000.0
    b: '1e9'
    c: []
    d: 24 h
    """
    return str(
        yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110, default_flow_style=False)
    )


def one_line(data: Any) -> str:
    """Return data as YAML on one line, as behind ``--set path=``.

    Examples
    --------
    >>> one_line("50 Gbit/s"), one_line("a, b"), one_line({"a": [1, None]}), one_line("12:30")
    ('50 Gbit/s', "'a, b'", '{a: [1, null]}', "'12:30'")
    """
    text = yaml.dump([data], Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10**9, default_flow_style=True)
    return str(text).strip()[1:-1]
