"""Training on a schedule: every model once per period, the models spread over it."""

from __future__ import annotations

import numpy as np

from dcsim.generators import generator
from dcsim.generators.plan import ArrivalRequest, Arrivals, Generator

__all__ = ["cadence"]


def cadence(request: ArrivalRequest) -> Arrivals:
    """Return arrivals of ``models`` models, each every ``every`` seconds.

    Model ``i`` of ``n`` starts at phase ``(i + u_i) / n`` of the period with ``u_i`` uniform on [0, 1): the schedule
    staggers its models instead of starting all at once. Arrivals reach back to ``-history``.

    Examples
    --------
    >>> from dcsim.generators.plan import ArrivalRequest
    >>> request = ArrivalRequest(10.0, 5.0, 2, np.random.default_rng(0), every=4.0)
    >>> arrivals = cadence(request)
    >>> np.diff(arrivals.time_s[arrivals.model == 1]).round(9).tolist()
    [4.0, 4.0]
    """
    period = float(request.every or 0.0)
    phase = (np.arange(request.models) + request.rng.random(request.models)) / request.models * period
    before = np.ceil(request.history / period)
    turns = np.arange(-before, np.ceil(request.horizon / period) + 1)
    times = phase[:, None] + turns[None, :] * period
    models = np.broadcast_to(np.arange(request.models)[:, None], times.shape)
    keep = (times >= -request.history) & (times < request.horizon)
    return Arrivals.of_recipe(times[keep], models[keep].astype(np.int64))


generator("cadence")(Generator(arrivals=cadence, arrivals_need=("every",)))
