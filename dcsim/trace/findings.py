"""Problems of a file as they turn up: the first are kept, the others counted."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from dcsim.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Findings"]

_MOST = 20


class Findings:
    """Problems in order of their places.

    Examples
    --------
    >>> found = Findings()
    >>> found.add(Problem("a.csv", line, 1, "", "is odd") for line in range(1, 100))
    >>> try:
    ...     found.refuse()
    ... except InputError as error:
    ...     len(error.problems), str(error.problems[-1])
    (21, 'a.csv:21:1: and 79 more from here on')
    """

    def __init__(self) -> None:
        self._kept: list[Problem] = []
        self._others = 0

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._kept)

    @property
    def room(self) -> int:
        """How many more are looked at."""
        return _MOST + 1 - len(self._kept)

    def add(self, problems: Iterable[Problem], others: int = 0) -> None:
        """Take problems that stand behind those already taken, and a number of further ones that nobody looks at."""
        rest = iter(problems)
        self._kept += islice(rest, self.room)
        self._others += others + sum(1 for _ in rest)

    def refuse(self) -> None:
        """Raise the first 20 problems, and how many more there are, if there are any.

        Raises
        ------
        InputError
            As said.
        """
        if not self._kept:
            return
        kept = self._kept[:_MOST]
        if len(self._kept) > _MOST:
            place, others = self._kept[_MOST], self._others + 1
            kept.append(Problem(place.file, place.line, place.column, "", f"and {others:,} more from here on"))
        raise InputError(kept)
