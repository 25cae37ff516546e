"""Levels that are sums of spans (gangs waiting, hosts busy), averaged over the load steps afterwards."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Levels"]

Key = str | int


class Levels:
    """Spans of named levels, in any order of time."""

    def __init__(self) -> None:
        self._spans: defaultdict[tuple[str, Key], list[tuple[float, float, float]]] = defaultdict(list)

    def spans(self, what: str, of: Key) -> list[tuple[float, float, float]]:
        """Return the list to which (begin, end, amount) of a level are appended."""
        return self._spans[what, of]

    def span(self, what: str, of: Key, begin: float, end: float, amount: float = 1.0) -> None:
        """Add to a level from one time to another."""
        self._spans[what, of].append((begin, end, amount))

    def means(
        self, what: str, of: Key, edges: NDArray[np.float64], *, counted: bool = False
    ) -> NDArray[np.float64]:
        """Return the time-weighted mean of a level between consecutive edges.

        Parameters
        ----------
        what, of : str
            Name of the level.
        edges : ndarray of float64, shape (n + 1,)
            Times (s), ascending.
        counted : bool
            Whether every span counts 1 instead of its amount.

        Returns
        -------
        ndarray of float64, shape (n,)
            Exact: a begin or end counts for the share of its interval behind it, and in full afterwards.

        Examples
        --------
        >>> levels = Levels()
        >>> levels.span("busy", "pool", 5.0, 15.0, 2.0)
        >>> levels.means("busy", "pool", np.array([0.0, 10.0, 20.0])).tolist()
        [1.0, 1.0]
        """
        spans = np.array(self._spans.get((what, of), []), np.float64).reshape(-1, 3)
        amounts = np.ones(len(spans)) if counted else spans[:, 2]
        return _rises(spans[:, 0], amounts, edges) - _rises(spans[:, 1], amounts, edges)


def _rises(times: NDArray[np.float64], amounts: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean between edges of a level that rises at some times and never falls."""
    count = len(edges) - 1
    times = np.maximum(times, edges[0])
    index = np.searchsorted(edges, times, side="right") - 1
    within = index < count
    index, times, amounts = index[within], times[within], amounts[within]
    held = (edges[index + 1] - times) / (edges[index + 1] - edges[index])
    partial = np.bincount(index, weights=amounts * held, minlength=count)
    total = np.bincount(index, weights=amounts, minlength=count)
    return np.asarray(np.concatenate([[0.0], np.cumsum(total)[:-1]]) + partial)
