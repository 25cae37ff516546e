"""Levels that change at events (gangs waiting, hosts busy), averaged over the load steps afterwards."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

__all__ = ["Levels"]

Key = tuple[str, str | int]


class Levels:
    """Changes of named levels, in any order of time."""

    def __init__(self) -> None:
        self._changes: defaultdict[Key, tuple[list[float], list[float]]] = defaultdict(lambda: ([], []))

    def change(self, what: str, of: str | int, time: float, amount: float) -> None:
        """Add to a level from a time on."""
        times, amounts = self._changes[what, of]
        times.append(time)
        amounts.append(amount)

    def means(self, what: str, of: str | int, edges: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the time-weighted mean of a level between consecutive edges.

        Parameters
        ----------
        what, of : str
            Name of the level.
        edges : ndarray of float64, shape (n + 1,)
            Times (s), ascending.

        Returns
        -------
        ndarray of float64, shape (n,)
            Exact: every change counts for the share of its interval that it holds, and in full afterwards.

        Examples
        --------
        >>> levels = Levels()
        >>> levels.change("busy", "pool", 5.0, 2.0)
        >>> levels.change("busy", "pool", 12.0, -2.0)
        >>> levels.means("busy", "pool", np.array([0.0, 10.0, 20.0])).tolist()
        [1.0, 0.4]
        """
        count = len(edges) - 1
        if (what, of) not in self._changes:
            return np.zeros(count)
        times, amounts = (np.array(side) for side in self._changes[what, of])
        index = np.searchsorted(edges, times, side="right") - 1
        within = (index >= 0) & (index < count)
        index, times, amounts = index[within], times[within], amounts[within]
        partial = np.bincount(
            index, weights=amounts * (edges[index + 1] - times) / (edges[index + 1] - edges[index]), minlength=count
        )
        total = np.bincount(index, weights=amounts, minlength=count)
        before = np.concatenate([[0.0], np.cumsum(total)[:-1]])
        return np.asarray(before + partial)
