"""Staleness over time: the age of the newest training data in what is served, at chosen times."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from dcsim.metrics.plan import sawtooths

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from dcsim.results.run import Run

    Floats = NDArray[np.float64]

__all__ = ["Ages"]


class Ages:
    """Staleness of the models of each service, in all regions or in one.

    Parameters
    ----------
    run : Run
        A finished run.
    """

    def __init__(self, run: Run) -> None:
        self._run = run

    @cached_property
    def _sorted(self) -> tuple[dict[tuple[str, str], slice], NDArray[np.int64], Floats, Floats]:
        """Places of the sequences by service and region, where each begins, newest data and publications."""
        columns = ["service", "model", "region", "data_s", "published_s"]
        teeth = sawtooths(self._run.table("publications", columns))
        places = {(named["service"], named.get("region", "")): group for named, group in teeth.groups}
        return places, teeth.start, teeth.data_s, teeth.published_s

    @property
    def services(self) -> list[str]:
        """Services with publications, in order."""
        return [service for service, region in self._sorted[0] if not region]

    @property
    def regions(self) -> list[str]:
        """Regions with publications, each once."""
        return list(dict.fromkeys(region for _, region in self._sorted[0] if region))

    def at(self, times: Floats, service: str, region: str = "") -> tuple[Floats, Floats]:
        """Return the mean and the largest staleness over models and regions; NaN before the first publication.

        Parameters
        ----------
        times : ndarray of float64, shape (N,)
            When, rising, s.
        service, region : str
            Of what; all regions if empty.

        Returns
        -------
        mean, largest : ndarray of float64, shape (N,)
            s.
        """
        places, start, data, published = self._sorted
        group = places.get((service, region))
        nothing = np.full(len(times), np.nan)
        if group is None:
            return nothing, nothing
        bounds = start[group.start : group.stop + 1]
        mine = slice(bounds[0], bounds[-1])
        return mean_and_largest(bounds - bounds[0], data[mine], published[mine], times)


def mean_and_largest(
    start: NDArray[np.int64], data: Floats, published: Floats, times: Floats
) -> tuple[Floats, Floats]:
    """Return the mean and the largest age of what sequences of versions serve; NaN while none serves anything.

    The work grows with the versions and with the times, not with their product.

    Parameters
    ----------
    start : ndarray of int64, shape (K + 1,)
        Where the versions of each sequence begin.
    data, published : ndarray of float64, shape (start[-1],)
        Newest data of each version, and when it was published; the latter rising within a sequence, s.
    times : ndarray of float64, shape (N,)
        When, rising, s.

    Examples
    --------
    >>> start, data, published = np.array([0, 2, 3]), np.array([0.0, 5.0, 2.0]), np.array([3.0, 9.0, 6.0])
    >>> mean_and_largest(start, data, published, np.array([1.0, 4.0, 9.0]))
    (array([nan, 4. , 5.5]), array([nan,  4.,  7.]))
    """
    size, number = len(times), len(published)
    # Sequences are set apart by more than all data spans, so that one running maximum does for all.
    low = data.min(initial=0.0)
    shift = np.repeat((data.max(initial=0.0) - low + 1.0) * np.arange(len(start) - 1), np.diff(start))
    newest = np.maximum.accumulate(data - low + shift) - shift + low
    first = np.searchsorted(times, published, side="left")
    last = np.append(first[1:], size)
    last[start[1:][np.diff(start) > 0] - 1] = size
    seen = np.flatnonzero(first < last) if number else np.zeros(0, dtype=np.int64)
    newest, first, last = newest[seen], first[seen], last[seen]
    serving, total = (
        np.cumsum(np.bincount(first, weight, size + 1) - np.bincount(last, weight, size + 1))[:size]
        for weight in (np.ones(len(seen)), newest)
    )
    served = serving > 0.5
    mean = np.where(served, times - total / np.maximum(serving, 1.0), np.nan)
    return mean, np.where(served, times - _least(newest, first, last, size), np.nan)


def _least(values: Floats, first: NDArray[np.int64], last: NDArray[np.int64], size: int) -> Floats:
    """Return the least of the values that cover each place from ``first`` to before ``last``; infinite where none does.

    Two stretches of a power of two cover any stretch; each length has a row, and hands down to the next.
    """
    rows = max(int(size).bit_length(), 1)
    table = np.full((rows, size + 1), np.inf)
    row = np.frexp((last - first).astype(float))[1] - 1
    np.minimum.at(table, (row, first), values)
    np.minimum.at(table, (row, last - (1 << row)), values)
    for high in range(rows - 1, 0, -1):
        half = 1 << (high - 1)
        np.minimum(table[high - 1], table[high], out=table[high - 1])
        moved = table[high - 1, half:]
        np.minimum(moved, table[high, : size + 1 - half], out=moved)
    least: Floats = table[0, :size]
    return least
