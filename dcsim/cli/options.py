"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

__all__ = ["as_json", "catalog_option", "json_option", "set_option", "variant_option"]

F = TypeVar("F", bound=Callable[..., Any])


def catalog_option(command: F) -> F:
    """Add ``--catalog DIR``, repeatable, as ``catalog``: a tuple of folder names."""
    text = "Folder with entries of your own, laid over the shipped ones; may be given more than once, later ones win."
    return click.option("--catalog", metavar="DIR", multiple=True, help=text)(command)


def set_option(command: F) -> F:
    """Add ``--set PATH=VALUE``, repeatable, as ``sets``."""
    text = (
        "Set a value, such as duration='6 h' or drills[0].at='3 h'; wins over everything. May be given more than once."
    )
    return click.option("--set", "sets", metavar="PATH=VALUE", multiple=True, help=text)(command)


def variant_option(command: F) -> F:
    """Add ``--variant NAME``, repeatable, as ``variants``."""
    text = "Take a variant of the scenario; several may be given if no two set the same key."
    return click.option("--variant", "variants", metavar="NAME", multiple=True, help=text)(command)


def json_option(command: F) -> F:
    """Add ``--json`` as ``json_wanted``."""
    return click.option("--json", "json_wanted", is_flag=True, help="Print JSON instead of text.")(command)


def as_json(data: Any) -> str:
    """Return data as indented JSON with letters of all languages as they are."""
    import json

    return json.dumps(data, indent=2, ensure_ascii=False)
