"""What options say, read so that every problem is told at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from dcsim.errors import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["read_option"]

T = TypeVar("T")


def read_option(
    option: str, texts: Mapping[str, str | None], how: Callable[[str], T], problems: list[Problem]
) -> T | None:
    """Return what an option says; nothing where it is left out, or written wrongly.

    Parameters
    ----------
    option : str
        Its name, as on the command line or with underscores.
    texts : mapping
        What was written for each option.
    how : callable
        Reads a text, or raises ``ValueError`` with the reason and the fix.
    problems : list of Problem
        Takes up what is wrong.
    """
    text = texts[option]
    try:
        return None if text is None else how(text)
    except ValueError as error:
        problems.append(Problem.of_option(option, str(error)))
        return None
