"""Training jobs that arrive at random, independently of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.generators import generator
from dcsim.generators.plan import ArrivalRequest, Arrivals, Generator

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["poisson"]


def poisson(request: ArrivalRequest) -> Arrivals:
    """Return arrivals of a Poisson process of ``rate`` per second over the history and the horizon.

    Gaps are exponential, drawn forwards and backwards from time zero, so that a longer horizon only adds arrivals.
    """
    forward, backward, *choosing = request.rng.spawn(4)
    rate = request.rate or 0.0
    after, before = _arrivals(forward, rate, request.horizon), _arrivals(backward, rate, request.history)
    models = [rng.integers(0, request.models, len(times)) for rng, times in zip(choosing, (after, before), strict=True)]
    return Arrivals.of_recipe(np.concatenate([after, -before]), np.concatenate(models))


def _arrivals(rng: np.random.Generator, rate: float, span: float) -> NDArray[np.float64]:
    """Return the times of arrivals within a span."""
    times = np.empty(0)
    while rate > 0.0 and (not len(times) or times[-1] < span):
        more = rng.exponential(1.0 / rate, int(rate * span) + 16)
        times = np.concatenate([times, (times[-1] if len(times) else 0.0) + np.cumsum(more)])
    return times[times < span]


generator("poisson")(Generator(arrivals=poisson, arrivals_need=("rate",)))
