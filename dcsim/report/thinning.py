"""Series with as many points as a screen can show: means for what is stacked, extremes for what is a line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["BUCKETS", "bucket_starts", "per_day", "said", "stepped", "thin_extremes", "thin_means"]

BUCKETS = 720
"""Pixels of a chart that are told apart, about."""


def bucket_starts(size: int, most: int = BUCKETS, whole: int = 0) -> NDArray[np.int64]:
    """Return the first interval of each of at most ``most`` buckets of equal numbers of intervals (but the last).

    Parameters
    ----------
    size, most : int
        How many intervals there are, and how many buckets there may be.
    whole : int
        Intervals of a day. Buckets of more than a quarter of it hold whole days, so that the hours they begin at do not
        beat with the days.

    Examples
    --------
    >>> bucket_starts(5, 3).tolist(), bucket_starts(3, 3).tolist(), len(bucket_starts(8760, 720, 24))
    ([0, 2, 4], [0, 1, 2], 365)
    """
    width = max(-(-size // most), 1)
    if whole and width > 1 and 4 * width > whole:
        width = -(-width // whole) * whole
    return np.arange(0, size, width, dtype=np.int64)


def per_day(edges: Floats) -> int:
    """Return how many intervals a day has, where all are equally long; 0 where they are not.

    Examples
    --------
    >>> per_day(np.arange(0.0, 86400.0, 300.0)), per_day(np.array([0.0, 10.0, 30.0]))
    (288, 0)
    """
    held = np.diff(edges)
    equal = len(held) > 0 and bool(np.allclose(held, held[0]))
    return round(86400.0 / float(held[0])) if equal else 0


def thin_means(edges: Floats, levels: Floats, most: int = BUCKETS) -> tuple[Floats, Floats]:
    """Return edges and levels with at most ``most`` intervals: means over time, so stacks still add up.

    Parameters
    ----------
    edges : ndarray of float64, shape (T + 1,)
        Beginnings of the intervals, and the end of the last.
    levels : ndarray of float64, shape (..., T)
        What held in each interval.

    Examples
    --------
    >>> thin_means(np.array([0.0, 1.0, 3.0, 4.0]), np.array([3.0, 6.0, 9.0]), 2)
    (array([0., 3., 4.]), array([5., 9.]))
    """
    starts = bucket_starts(levels.shape[-1], most, per_day(edges))
    if len(starts) == levels.shape[-1]:
        return edges, levels
    held = np.diff(edges)
    sums = np.add.reduceat(levels * held, starts, axis=-1)
    return np.append(edges[starts], edges[-1]), sums / np.add.reduceat(held, starts)


def thin_extremes(edges: Floats, level: Floats, most: int = BUCKETS) -> tuple[Floats, Floats]:
    """Return beginnings and levels in which no extreme is lost: the smallest and largest of each bucket, in order.

    Parameters
    ----------
    edges : ndarray of float64, shape (T + 1,)
        Beginnings of the intervals, and the end of the last.
    level : ndarray of float64, shape (T,)
        What held in each interval; NaN where unknown.
    most : int
        Points that may be left.

    Returns
    -------
    tuple of ndarray
        Edges and levels of what is left.

    Examples
    --------
    >>> edges, level = thin_extremes(np.arange(7.0), np.array([1.0, 5.0, 2.0, 2.0, 0.0, 2.0]), 4)
    >>> edges.tolist(), level.tolist()
    ([0.0, 1.0, 3.0, 4.0, 6.0], [1.0, 5.0, 2.0, 0.0])
    """
    size = len(level)
    if size <= most:
        return edges, level
    starts = bucket_starts(size, max(most // 2, 1))
    width = int(starts[1])
    padded = np.full(len(starts) * width, np.nan)
    padded[:size] = level
    table = padded.reshape(len(starts), width)
    low = starts + np.argmin(np.where(np.isnan(table), np.inf, table), axis=1)
    high = starts + np.argmax(np.where(np.isnan(table), -np.inf, table), axis=1)
    kept = np.unique(np.concatenate((low, high)))
    begins = edges[kept]
    begins[0] = edges[0]
    return np.append(begins, edges[-1]), level[kept]


def stepped(levels: Floats) -> Floats:
    """Return levels with the last one repeated, so that the last step of a drawn series has its length."""
    return np.concatenate((levels, levels[..., -1:]), axis=-1)


def said(edges: Floats, how: str = "means", most: int = BUCKETS) -> str:
    """Return the note on what was thinned; empty where nothing was.

    Examples
    --------
    >>> said(np.arange(11.0)), said(np.arange(8761.0) * 3600.0)
    ('', '8,760 time steps are shown as 365 means.')
    """
    size = len(edges) - 1
    kept = len(bucket_starts(size, most, per_day(edges)))
    return "" if kept >= size else f"{size:,} time steps are shown as {kept:,} {how}."
