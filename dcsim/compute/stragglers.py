"""Stragglers: how much longer the slowest of many workers takes, and how unequal workers share a batch.

The step times of a gang's hosts vary about their mean with a coefficient of variation, its *spread*; a step that is
synchronised takes the largest of them. Times are taken as normal, which predicts the measured maximum of ten workers
better than skewed distributions do; see ``docs/explanation/stragglers.md``.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["Balance", "balance", "expected_maximum", "slowest", "slowest_of"]

_WIDTH = 0.05
"""Step of the sums over the normal distribution; their error falls like exp(-2 (pi / width)**2)."""
_REACH = 9.0
"""Standard deviations to either side that they reach."""


@lru_cache(maxsize=1)
def _normal() -> tuple[Floats, Floats, Floats]:
    """Return points in standard deviations, the normal density there times the step, and the distribution."""
    points = np.arange(-_REACH, _REACH + _WIDTH / 2, _WIDTH)
    weight = np.exp(-points * points / 2.0) * (_WIDTH / math.sqrt(2.0 * math.pi))
    below = np.array([0.5 * math.erfc(-point / math.sqrt(2.0)) for point in points.tolist()])
    return points, weight, below


@lru_cache(maxsize=4096)
def expected_maximum(workers: int) -> float:
    """Return the expected largest of so many independent standard normal numbers.

    ``n * integral of z phi(z) Phi(z)**(n - 1)``, summed on an even grid.

    Raises
    ------
    ValueError
        For fewer than one worker.

    Examples
    --------
    >>> expected_maximum(1), round(expected_maximum(2), 12) == round(math.pi ** -0.5, 12)
    (0.0, True)
    """
    if workers < 1:
        raise ValueError(f"{workers} workers; needs at least one")
    if workers == 1:
        return 0.0
    points, weight, below = _normal()
    return float(workers * np.sum(points * weight * below ** (workers - 1)))


def slowest(spread: float, workers: int, *, steps: int = 1, persistence: float = 0.0) -> float:
    """Return the expected time of the slowest of so many workers over the mean of all.

    ``1 + spread * sqrt(p + (1 - p) / steps) * e(workers)`` with ``e`` the ``expected_maximum``. Where workers wait for
    one another only after several steps, what varies from step to step averages out; what persists does not.

    Parameters
    ----------
    spread : float
        Coefficient of variation of the workers' times of one step.
    workers : int
        Workers (hosts) that wait for one another.
    steps : int
        Steps between two waits.
    persistence : float
        Share p of the variance that stays with a worker from one step to the next.

    Raises
    ------
    ValueError
        When an argument is out of range.

    Examples
    --------
    >>> slowest(0.06, 1), round(slowest(0.06, 32), 4), round(slowest(0.06, 32, steps=10), 4)
    (1.0, 1.1242, 1.0393)
    """
    if not (spread >= 0.0 and steps >= 1 and 0.0 <= persistence <= 1.0):
        raise ValueError("needs a spread of 0 or more, at least one step and a persistence between 0 and 1")
    share = persistence + (1.0 - persistence) / steps
    return 1.0 + spread * math.sqrt(share) * expected_maximum(workers)


def slowest_of(times: Sequence[float] | Floats, spread: float) -> float:
    """Return the expected time of the slowest of workers whose mean times differ (s).

    Each time is normal about its own mean with the same relative spread: the mean of a maximum whose distribution is
    the product of theirs.

    Parameters
    ----------
    times : sequence of float, shape (n,)
        Mean time of each worker, s.
    spread : float
        Coefficient of variation of each.

    Examples
    --------
    >>> round(slowest_of([1.0] * 32, 0.06), 3), round(slowest_of([1.0, 2.0], 0.06), 3)
    (1.124, 2.0)
    """
    means = np.asarray(times, dtype=np.float64)
    if means.size == 0 or spread < 0.0 or not (means > 0.0).all():
        raise ValueError("needs at least one worker, times above zero and a spread of 0 or more")
    largest = float(means.max())
    if spread == 0.0 or means.size == 1:
        return largest
    points, _, below = _normal()
    # where the spread is next to nothing, slower ones are infinitely far away
    with np.errstate(over="ignore", divide="ignore"):
        ahead = (largest - means) / (spread * means)
    shares = np.interp(ahead + points[:, None] * (largest / means), points, below, 0.0, 1.0).prod(axis=1)
    return largest * (1.0 + spread * (_REACH - float(np.trapezoid(shares, points))))


@dataclass(frozen=True)
class Balance:
    """A batch split over unequal workers.

    Parameters
    ----------
    shares : ndarray of int64, shape (n,)
        Samples of each worker.
    balanced_s, even_s : float
        Time of the step so, and with the same number of samples for each worker (s).
    """

    shares: NDArray[np.int64]
    balanced_s: float
    even_s: float

    @property
    def loss(self) -> float:
        """What an even split takes longer, as a share of the balanced step."""
        return self.even_s / self.balanced_s - 1.0


def balance(rates: Sequence[float] | Floats, batch: int) -> Balance:
    """Return the shares of a batch with which unequal workers are done soonest.

    In proportion to their rates, in whole samples: each sample that proportion leaves over goes to the worker that
    would be done with it first, which no other split of whole samples beats. What an even split leaves over goes to
    the fastest.

    Parameters
    ----------
    rates : sequence of float, shape (n,)
        Samples/s of each worker.
    batch : int
        Samples of one step, of all workers together.

    Raises
    ------
    ValueError
        For no worker, a rate that is not above zero, or an empty batch.

    Examples
    --------
    >>> found = balance([300.0, 100.0], 64)
    >>> found.shares.tolist(), found.balanced_s, found.even_s, found.loss
    ([48, 16], 0.16, 0.32, 1.0)
    """
    speed = np.asarray(rates, dtype=np.float64)
    if speed.size == 0 or not (np.isfinite(speed) & (speed > 0.0)).all() or batch < 1:
        raise ValueError("needs at least one worker, rates above zero and at least one sample")
    shares = np.floor(batch * (speed / speed.sum())).astype(np.int64)
    first = [((int(shares[i]) + 1) / float(speed[i]), i) for i in range(speed.size)]
    heapq.heapify(first)
    for _ in range(batch - int(shares.sum())):
        _, i = first[0]
        shares[i] += 1
        heapq.heapreplace(first, ((int(shares[i]) + 1) / float(speed[i]), i))
    even = np.full(speed.size, batch // speed.size, dtype=np.int64)
    even[np.argsort(-speed, kind="stable")[: batch % speed.size]] += 1
    return Balance(shares, float((shares / speed).max()), float((even / speed).max()))
