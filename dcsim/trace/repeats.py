"""Names that must be unlike, watched as they pass by: nothing is kept of names in rising order, 16 bytes of others."""

from __future__ import annotations

import operator
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["Repeats"]


class Repeats:
    """Finds names that came before.

    Names that rise (a longer one after a shorter one, else by letters, as ``job 9`` and ``job 10`` do) are unlike
    without a look at those before. Once they no longer rise, hashes of 64 bits are kept.

    Parameters
    ----------
    again : callable, optional
        Yields all (names, lines) from the beginning once more; without it hashes are kept from the first on.

    Examples
    --------
    >>> import numpy as np
    >>> repeats = Repeats()
    >>> list(repeats.of(["a", "b", "a"], np.arange(3)))
    [(2, 0)]
    >>> list(repeats.of(["c", "b"], np.arange(3, 5)))
    [(4, 1)]
    """

    def __init__(self, again: Callable[[], Iterable[tuple[Sequence[str], NDArray[np.int64]]]] | None = None) -> None:
        self._again = again
        self._rising = again is not None
        self._last: str | None = None
        self._rows = 0
        self._runs: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = []

    def of(self, names: Sequence[str], lines: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
        """Yield the line of every name that came before, and the line where it first did.

        Parameters
        ----------
        names : sequence of str
            The next ones.
        lines : ndarray of int64
            Where each stands.
        """
        if self._rising and _rise(names if self._last is None else [self._last, *names]):
            self._rows += len(names)
            self._last = names[-1] if len(names) else self._last
            return
        if self._rising and self._again is not None:
            self._rising = False
            self._catch_up(self._again())
        yield from self._add(names, lines)

    def _catch_up(self, blocks: Iterable[tuple[Sequence[str], NDArray[np.int64]]]) -> None:
        """Take in the names that rose."""
        left = self._rows
        for names, lines in blocks:
            if left <= 0:
                return
            self._keep(*_sorted(names[:left], lines[:left]))
            left -= len(names)

    def _add(self, names: Sequence[str], lines: NDArray[np.int64]) -> Iterator[tuple[int, int]]:
        hashes, at = _sorted(names, lines)
        first = np.full(len(at), -1)
        if len(hashes):
            begins = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
            own = np.repeat(at[begins], np.diff(np.append(begins, len(at))))
            first[own != at] = own[own != at]
        for run, where in self._runs:
            place = np.minimum(np.searchsorted(run, hashes), len(run) - 1)
            before = run[place] == hashes
            first[before] = where[place[before]]
        found = np.flatnonzero(first >= 0)
        yield from sorted(zip(at[found].tolist(), first[found].tolist(), strict=True))
        self._keep(hashes[first < 0], at[first < 0])

    def _keep(self, hashes: NDArray[np.int64], at: NDArray[np.int64]) -> None:
        """Add a run; runs of about one length become one, so that there are few."""
        while self._runs and len(self._runs[-1][0]) <= len(hashes):
            more, where = self._runs.pop()
            hashes, at = np.concatenate([more, hashes]), np.concatenate([where, at])
            order = np.argsort(hashes, kind="stable")
            hashes, at = hashes[order], at[order]
        if len(hashes):
            self._runs.append((hashes, at))


def _sorted(names: Sequence[str], lines: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the hashes of names in order, and the line of each."""
    hashes = np.fromiter(map(hash, names), np.int64, len(names))
    order = np.argsort(hashes, kind="stable")
    return hashes[order], lines[order]


def _rise(names: Sequence[str]) -> bool:
    """Return whether every name is longer than the one before, or as long and later by its letters."""
    lengths = np.fromiter(map(len, names), np.int64, len(names))
    later = np.fromiter(map(operator.lt, names, islice(names, 1, None)), bool, max(len(names) - 1, 0))
    grown = np.diff(lengths)
    return bool(((grown > 0) | ((grown == 0) & later)).all())
