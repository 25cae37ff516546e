"""Times by size, worked out once at a few sizes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Curve"]

_LEAST = 64.0  # bytes


class Curve:
    """A time that grows with the size of what is sent: worked out at a few sizes, and straight between them.

    The alpha-beta model is straight from end to end, and so are flows that share links; only where another protocol
    becomes faster, or a port begins to drop, does the slope change.

    Parameters
    ----------
    seconds : callable
        ``bytes -> s``.
    octaves : int
        Doublings from one size to the next at which the time is worked out.
    top : float
        Size from which the slope does not change any more, a power of two.
    exact : bool
        Whether every size is worked out for itself, once.

    Examples
    --------
    >>> asked = []
    >>> def seconds(nbytes):
    ...     asked.append(nbytes)
    ...     return 1.0 + nbytes
    >>> curve = Curve(seconds)
    >>> curve(np.array([0.0, 100.0, 120.0])).tolist(), asked
    ([0.0, 101.0, 121.0], [64.0, 128.0])
    """

    def __init__(
        self, seconds: Callable[[float], float], *, octaves: int = 1, top: float = 2.0**44, exact: bool = False
    ) -> None:
        self._seconds = seconds
        self._octaves = octaves
        self._top = top
        self._known: dict[float, float] = {}
        self._sizes = self._times = np.zeros(0)
        self._slope = 0.0
        self._exact = exact

    def __call__(self, sizes: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the time of each size, shape ``(sizes,)``; nothing takes no time.

        Raises
        ------
        ValueError
            For a size that is negative or not finite.
        """
        sizes = np.asarray(sizes, np.float64)
        least, most = (float(sizes.min()), float(sizes.max())) if sizes.size else (0.0, 0.0)
        if most == 0.0 == least:
            return np.zeros(sizes.shape)
        if not (least >= 0.0 and most < math.inf):
            raise ValueError(f"cannot send {least if least < 0.0 else most:g} bytes")
        if self._exact:
            return np.array([self._one(float(size)) for size in sizes.ravel()]).reshape(sizes.shape)
        low, high = (min(max(size, _LEAST), self._top) for size in (least, most))
        if not self._sizes.size or high > self._sizes[-1] or low < self._sizes[0]:
            self._learn(low, high)
        beyond = np.maximum(sizes - self._sizes[-1], 0.0) * self._slope
        return np.where(sizes > 0.0, np.interp(sizes, self._sizes, self._times) + beyond, 0.0)

    def _one(self, size: float) -> float:
        if size not in self._known:
            self._known[size] = self._seconds(size) if size > 0.0 else 0.0
        return self._known[size]

    def _learn(self, low: float, high: float) -> None:
        """Work out the sizes that are not known yet, without a gap to those that are, from the top downwards."""
        if self._sizes.size:
            low, high = min(low, float(self._sizes[0])), max(high, float(self._sizes[-1]))
        high = max(high, 2.0 * _LEAST)
        factor, sizes = 2.0**self._octaves, [self._top]
        while sizes[0] / factor >= high:
            sizes[0] /= factor
        while sizes[0] > min(low, high / 2.0):
            sizes.insert(0, max(sizes[0] / factor, _LEAST))
        self._sizes = np.array(sizes)
        self._times = np.array([self._one(size) for size in sizes])
        self._slope = (self._times[-1] - self._times[-2]) / (self._sizes[-1] - self._sizes[-2])
