"""The sawtooth of a served model's staleness, and the quality it costs.

Between two publications the staleness of a served model rises by one second a second, so its integral, its
share above a target, its percentiles and the loss it causes have closed forms over the linear pieces. The
versions of many models are given one after the other: model k owns ``start[k]`` up to ``start[k + 1]``.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.jit import kernel

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "LINEAR",
    "LOG",
    "loss_integral",
    "loss_integrals",
    "staleness",
    "staleness_percentile",
    "stalenesses",
]

LINEAR = 0  # loss * s / per
LOG = 1  # loss * log2(1 + s / per)


@kernel
def _pieces(
    data_s: NDArray[np.float64],
    published_s: NDArray[np.float64],
    begin: float,
    end: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Return staleness where each linear piece begins, where it ends, and at the end of the span."""
    low = np.empty(data_s.size)
    high = np.empty(data_s.size)
    count = 0
    newest = -np.inf
    since = begin
    for i in range(data_s.size):
        if published_s[i] > end:
            break
        if data_s[i] <= newest:
            continue
        if newest > -np.inf and published_s[i] > since:
            low[count] = since - newest
            high[count] = published_s[i] - newest
            count += 1
        newest = data_s[i]
        since = max(published_s[i], begin)
    if newest > -np.inf and end > since:
        low[count] = since - newest
        high[count] = end - newest
        count += 1
    last = end - newest if newest > -np.inf else np.nan
    return low[:count], high[:count], last


@kernel
def staleness(
    data_s: NDArray[np.float64],
    published_s: NDArray[np.float64],
    begin: float,
    end: float,
    target: float,
) -> tuple[float, float, float, float]:
    """Staleness of one served model between two times.

    Staleness = now - the newest training data in the version that is served. A version whose data is older
    than that of the one served already is not served. Nothing is counted before the first publication.

    Parameters
    ----------
    data_s : ndarray, float64[n]
        Time of the newest training data in each version, s.
    published_s : ndarray, float64[n]
        When each version began to be served, ascending, s.
    begin, end : float
        Span to look at, s; versions published before ``begin`` are served at it.
    target : float
        Staleness that should not be exceeded, s.

    Returns
    -------
    integral : float
        Integral of staleness over time, s^2.
    above : float
        Time with staleness above ``target``, s.
    highest : float
        Largest staleness, s; nan when no version was served within the span.
    last : float
        Staleness at ``end``, s; nan when no version was published by then.

    Examples
    --------
    >>> result = staleness(np.array([0.0, 8.0]), np.array([2.0, 10.0]), 2.0, 14.0, 5.0)
    >>> [float(value) for value in result]
    [64.0, 6.0, 10.0, 6.0]
    """
    low, high, last = _pieces(data_s, published_s, begin, end)
    integral = 0.0
    above = 0.0
    highest = np.nan
    for i in range(low.size):
        integral += 0.5 * (high[i] - low[i]) * (high[i] + low[i])
        above += max(0.0, high[i] - max(low[i], target))
        highest = high[i] if i == 0 else max(highest, high[i])
    return integral, above, highest, last


@kernel
def stalenesses(
    start: NDArray[np.int64],
    data_s: NDArray[np.float64],
    published_s: NDArray[np.float64],
    begin: float,
    end: float,
    target: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Staleness of many served models between two times.

    Parameters
    ----------
    start : ndarray, int64[K + 1]
        Where the versions of each model begin.
    data_s, published_s : ndarray, float64[start[-1]]
        As in ``staleness``; ascending ``published_s`` within each model.
    begin, end : float
        Span to look at, s.
    target : ndarray, float64[K]
        Of each model, s.

    Returns
    -------
    ndarray, float64[K, 4]
        Integral, time above target, largest and last staleness of each model.
    """
    result = np.empty((target.size, 4))
    for k in range(target.size):
        own = slice(start[k], start[k + 1])
        integral, above, highest, last = staleness(data_s[own], published_s[own], begin, end, target[k])
        result[k, 0] = integral
        result[k, 1] = above
        result[k, 2] = highest
        result[k, 3] = last
    return result


@kernel
def _weight_below(
    start: NDArray[np.int64],
    data_s: NDArray[np.float64],
    published_s: NDArray[np.float64],
    begin: float,
    end: float,
    weights: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the ascending ends of all pieces, and the weighted time with a staleness below each."""
    ends = np.empty(2 * data_s.size)
    change = np.empty(2 * data_s.size)
    count = 0
    for k in range(weights.size):
        if weights[k] > 0.0:
            own = slice(start[k], start[k + 1])
            low, high, _ = _pieces(data_s[own], published_s[own], begin, end)
            for i in range(low.size):
                ends[count], ends[count + 1] = low[i], high[i]
                change[count], change[count + 1] = weights[k], -weights[k]
                count += 2
    order = np.argsort(ends[:count], kind="mergesort")
    level = ends[order]
    below = np.zeros(count)
    slope = 0.0
    open_pieces = 0
    for j in range(count - 1):
        open_pieces += 1 if change[order[j]] > 0.0 else -1
        slope = slope + change[order[j]] if open_pieces > 0 else 0.0
        below[j + 1] = below[j] + max(slope, 0.0) * (level[j + 1] - level[j])
    return level, below


@kernel
def staleness_percentile(
    start: NDArray[np.int64],
    data_s: NDArray[np.float64],
    published_s: NDArray[np.float64],
    begin: float,
    end: float,
    weights: NDArray[np.float64],
    shares: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Staleness that is not exceeded in given shares of the time, over many models together.

    Within a piece every staleness between its ends is held equally long, so the weight below x is linear in
    x between the ends of pieces; it is inverted exactly.

    Parameters
    ----------
    start, data_s, published_s, begin, end
        As in ``stalenesses``.
    weights : ndarray, float64[K]
        Weight of each model's time, at least 0.
    shares : ndarray, float64[m]
        In [0, 1].

    Returns
    -------
    ndarray, float64[m]
        Seconds; nan when no model with weight was served.

    Examples
    --------
    >>> one = np.array([0, 1]), np.array([0.0]), np.array([0.0])
    >>> staleness_percentile(*one, 0.0, 10.0, np.array([1.0]), np.array([0.0, 0.5, 0.99])).tolist()
    [0.0, 5.0, 9.9]
    """
    level, below = _weight_below(start, data_s, published_s, begin, end, weights)
    result = np.full(shares.size, np.nan)
    for q in range(shares.size if level.size > 0 else 0):
        wanted = shares[q] * below[-1]
        j = 1
        while j < level.size - 1 and below[j] < wanted:
            j += 1
        rise = below[j] - below[j - 1]
        part = (wanted - below[j - 1]) / rise if rise > 0.0 else 0.0
        result[q] = level[j - 1] + part * (level[j] - level[j - 1])
    return result


@kernel
def _loss_up_to(seconds: float, kind: int, per: float, loss: float) -> float:
    """Integral of the quality loss over staleness from 0 to ``seconds``."""
    x = seconds / per
    if kind == LINEAR:
        return loss * per * 0.5 * x * x
    return loss * per * ((1.0 + x) * math.log1p(x) - x) / math.log(2.0)


@kernel
def loss_integral(
    data_s: NDArray[np.float64],
    published_s: NDArray[np.float64],
    begin: float,
    end: float,
    kind: int,
    per: float,
    loss: float,
) -> float:
    """Time integral of the quality that one model loses by its staleness s.

    Parameters
    ----------
    data_s, published_s, begin, end
        As in ``staleness``, with no data newer than its publication.
    kind : int
        ``LINEAR``: loss * s / per. ``LOG``: loss * log2(1 + s / per).
    per : float
        Staleness at which ``loss`` is lost, s.
    loss : float
        Share of the quality.

    Returns
    -------
    float
        Seconds of full loss.

    Examples
    --------
    >>> float(loss_integral(np.array([0.0]), np.array([0.0]), 0.0, 10.0, LINEAR, 10.0, 0.2))
    1.0
    """
    low, high, _ = _pieces(data_s, published_s, begin, end)
    total = 0.0
    for i in range(low.size):
        total += _loss_up_to(high[i], kind, per, loss) - _loss_up_to(low[i], kind, per, loss)
    return total


@kernel
def loss_integrals(
    start: NDArray[np.int64],
    data_s: NDArray[np.float64],
    published_s: NDArray[np.float64],
    begin: float,
    end: float,
    kind: NDArray[np.int64],
    per: NDArray[np.float64],
    loss: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Time integrals of the quality loss of many models.

    Parameters
    ----------
    start, data_s, published_s, begin, end
        As in ``stalenesses``.
    kind : ndarray, int64[K]
        ``LINEAR`` or ``LOG``.
    per, loss : ndarray, float64[K]
        As in ``loss_integral``.

    Returns
    -------
    ndarray, float64[K]
        Seconds of full loss of each model.
    """
    result = np.empty(kind.size)
    for k in range(kind.size):
        own = slice(start[k], start[k + 1])
        result[k] = loss_integral(data_s[own], published_s[own], begin, end, kind[k], per[k], loss[k])
    return result
