"""What of a sweep is still to do, cut into batches: about as long each as it takes to make handing them over cheap."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dcsim.sweeps.points import Point

__all__ = ["MOST_DEATHS", "Batch", "Batches"]

MOST_DEATHS = 3
"""Workers that a single point may take with it before it counts as failed."""
_NEWEST = 0.3


@dataclass(frozen=True)
class Batch:
    """Points that one worker carries out in a row.

    Parameters
    ----------
    points : tuple of Point
        At least one.
    deaths : int
        Workers that died while they had it.
    """

    points: tuple[Point, ...]
    deaths: int = 0


class Batches:
    """Hands out batches that take about ``target_s``; towards the end smaller ones, so that all workers end at once.

    Parameters
    ----------
    points : iterable of Point
        Read as needed.
    count : int
        How many they are.
    target_s : float
        Aim for the length of a batch, s.

    Examples
    --------
    >>> batches = Batches(range(100), 100, target_s=5.0)
    >>> first = batches.take(2)
    >>> len(first.points), batches.left
    (1, 99)
    >>> batches.took(first, 0.1)
    >>> len(batches.take(2).points), len(batches.take(40).points)
    (25, 1)
    """

    def __init__(self, points: Iterable[Point], count: int, *, target_s: float = 5.0) -> None:
        self._points: Iterator[Point] = iter(points)
        self._added: deque[Point] = deque()
        self._waiting: deque[Batch] = deque()
        self._target = target_s
        self._each = 0.0
        self._count = count

    @property
    def left(self) -> int:
        """Points that nobody has taken."""
        return self._count + sum(len(batch.points) for batch in self._waiting)

    def take(self, workers: int) -> Batch | None:
        """Return the next batch for one of so many workers; None where nothing is left."""
        if self._waiting:
            return self._waiting.popleft()
        fair = -(-self._count // (2 * workers))
        size = min(int(self._target / self._each), fair) if self._each > 0.0 else 1
        points = list(islice(self._points, max(size, 1)))
        while self._added and len(points) < max(size, 1):
            points.append(self._added.popleft())
        self._count -= len(points)
        return Batch(tuple(points)) if points else None

    def took(self, batch: Batch, seconds: float) -> None:
        """Learn how long a batch took."""
        each = max(seconds / len(batch.points), 1e-6)
        self._each = each if self._each == 0.0 else (1 - _NEWEST) * self._each + _NEWEST * each

    def died(self, batch: Batch) -> Point | None:
        """Put back what a worker had when it died; return the point that must be it, if there can be no other.

        The first death may have any reason, so the batch is tried again as it is. From then on it is halved, so that
        one point that needs more memory than there is does not take the others with it.
        """
        deaths = batch.deaths + 1
        if len(batch.points) == 1 and deaths >= MOST_DEATHS:
            return batch.points[0]
        if len(batch.points) == 1 or deaths == 1:
            self._waiting.append(Batch(batch.points, deaths))
        else:
            middle = len(batch.points) // 2
            self._waiting += [Batch(batch.points[:middle], 1), Batch(batch.points[middle:], 1)]
        return None

    def put_back(self, batch: Batch) -> None:
        """Put back a batch that nobody began."""
        self._waiting.append(batch)

    def add(self, points: Iterable[Point]) -> None:
        """Add points that turned out to be needed, to be handed out behind the others."""
        before = len(self._added)
        self._added += points
        self._count += len(self._added) - before
