"""Jobs that wait ``after`` others: those must stand above them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Above"]


class Above:
    """The names of the jobs above, as a trace that has a column ``after`` passes by.

    Examples
    --------
    >>> above = Above()
    >>> list(above.missing(["a", "b"], ["", "a|c"]))
    [(1, "job 'b' waits for 'c', which stands nowhere above it; write that job first")]
    """

    def __init__(self) -> None:
        self._names: set[str] = set()

    def missing(self, names: Iterable[str], after: Iterable[str]) -> Iterator[tuple[int, str]]:
        """Yield the place of every job that waits for one that is not above it, and what to tell of it.

        Parameters
        ----------
        names : iterable of str
            The next jobs.
        after : iterable of str
            Whom each waits for, with ``|`` between them.
        """
        for place, (job, others) in enumerate(zip(names, after, strict=True)):
            for other in others.split("|") if others else ():
                if other.strip() not in self._names:
                    why = f"job '{job}' waits for '{other.strip()}', which stands nowhere above it"
                    yield place, f"{why}; write that job first"
            self._names.add(job)
