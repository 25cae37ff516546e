"""Training jobs that arrive at random, independently of each other."""

from __future__ import annotations

import numpy as np

from dcsim.generators import generator
from dcsim.generators.plan import ArrivalRequest, Arrivals, Generator

__all__ = ["poisson"]


def poisson(request: ArrivalRequest) -> Arrivals:
    """Return arrivals of a Poisson process of ``rate`` per second over the history and the horizon.

    Given their number, the arrivals of a Poisson process are independent and uniform over the span.
    """
    span = request.history + request.horizon
    count = int(request.rng.poisson((request.rate or 0.0) * span))
    times = np.sort(request.rng.random(count) * span - request.history)
    return Arrivals.of_recipe(times, request.rng.integers(0, request.models, count))


generator("poisson")(Generator(arrivals=poisson, arrivals_need=("rate",)))
