"""Lines for people, on stderr."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from dcsim.errors import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcsim.errors import Problem

__all__ = ["plural", "say", "summary"]


def say(line: str) -> None:
    """Print a line on stderr; what users wrote can neither break nor colour it."""
    print(one_line(line), file=sys.stderr)  # noqa: T201  # the one place that does


def plural(number: int, word: str) -> str:
    """Return a count with its noun.

    Examples
    --------
    >>> plural(1, "problem"), plural(3, "warning")
    ('1 problem', '3 warnings')
    """
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def summary(problems: Iterable[Problem], name: str | None = None) -> str:
    """Return the closing line of a list of problems: how many, where.

    Parameters
    ----------
    problems : iterable of Problem
        All of them.
    name : str, optional
        Where they are; by default the files that they name.

    Examples
    --------
    >>> from dcsim.errors import Problem
    >>> summary([Problem("a.yaml", 1, 1, "x", "must be above 0")])
    '1 problem in a.yaml'
    """
    told = list(problems)
    files = [file for file in dict.fromkeys(problem.file for problem in told) if not file.startswith("--")]
    where = name or " and ".join(filter(None, (", ".join(files[:-1]), *files[-1:])))
    return f"{plural(len(told), 'problem')} {f'in {where}' if where else 'on the command line'}"
