"""Local SGD: every device trains by itself, and all average their weights every few steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Exchange, Options, Span, StepPlan, Timeline, Work, ring_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["local_sgd"]


@parallelism("local_sgd", options=("tau",))
def local_sgd(work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options) -> StepPlan:
    """Plan steps of which every ``tau``-th ends with an all-reduce of the weights.

    ``step = forward + backward + optimiser + all_reduce(weights) / tau``: the average is of weights that are ready,
    so one buffer of all of them is reduced, and nothing of it hides (Stich 2019, "Local SGD converges fast and
    communicates little"). Between two averages every device takes its gradients at its own weights, none of them old.
    """
    one = work(batch)
    ranks = exchange.devices * exchange.hosts
    weights = float(one.parameter_bytes.sum()) if one.trains else 0.0
    took = float(exchange.all_reduce(np.array([weights]), "all")[0]) if ranks > 1 and weights else 0.0

    def draw() -> tuple[Span, ...]:
        timeline = Timeline(one)
        for _ in range(options.tau):
            timeline.step()
        timeline.network("all-reduce of the weights", timeline.now, timeline.now + took)
        timeline.wait(took)
        return timeline.spans()

    return StepPlan(
        forward_s=one.forward,
        backward_s=one.backward,
        optimiser_s=one.optimiser_s,
        exposed_s=took / options.tau,
        samples=batch * ranks,
        micro_batch=batch,
        sent_bytes=ring_bytes(weights, ranks) / options.tau,
        host_sent_bytes=ring_bytes(weights, exchange.hosts) / options.tau,
        waits_for=exchange.hosts,
        sync_every=options.tau,
        averaged=ranks,
        draw=draw,
    )
