"""Hybrid, asynchronous inside hosts: devices share their host's weights at their own pace, hosts reduce in step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Exchange, Options, Span, StepPlan, Timeline, Work, fly, ring_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["hybrid_inside"]


@parallelism(
    "hybrid_inside",
    options=(
        "bucket_bytes", "overlap", "lanes", "tensor_overhead_s", "exchange_overhead_s", "interference",
    ),
)  # fmt: skip
def hybrid_inside(work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options) -> StepPlan:
    """Plan a step in which a host's devices share weights asynchronously, and hosts reduce their sums.

    The weights of a host are sharded over its devices: a push and a pull by all of them move what an all-reduce in
    the box moves. The hosts' reduction goes on while devices take their next batch with the weights they have, so
    that a step takes the longer of the two, ``max(step inside, all_reduce among hosts)``; without overlap, both.
    A gradient is ``devices - 1`` updates of its host old, and those of the other hosts come one step late.
    """
    one = work(batch)
    hosts, devices = exchange.hosts, exchange.devices
    flight = fly(one, options, devices, lambda nbytes: exchange.all_reduce(nbytes, "box"))
    inner = one.forward + one.backward + flight.overhead_s + flight.exposed_s + one.optimiser_s
    across = float(exchange.all_reduce(np.array([one.gradient_bytes]), "hosts")[0]) if hosts > 1 and one.trains else 0.0
    hidden = inner if options.overlap else 0.0
    wait = max(0.0, across - hidden)
    late = 1.0 if hosts > 1 and options.overlap else 0.0

    def draw() -> tuple[Span, ...]:
        timeline = Timeline(one)
        timeline.step(flight, "push and pull")
        begin = 0.0 if options.overlap else timeline.now
        timeline.wait(wait)
        timeline.among_hosts("all-reduce among hosts", begin, begin + across)
        return timeline.spans()

    return StepPlan(
        forward_s=one.forward,
        backward_s=one.backward,
        optimiser_s=one.optimiser_s,
        overhead_s=flight.overhead_s,
        exposed_s=flight.exposed_s + wait,
        samples=batch * hosts * devices,
        micro_batch=batch,
        sent_bytes=ring_bytes(one.gradient_bytes, devices) + ring_bytes(one.gradient_bytes, hosts) / devices,
        host_sent_bytes=ring_bytes(one.gradient_bytes, hosts),
        waits_for=hosts,
        abreast=False,
        gradient_age=devices - 1.0 + late,
        updates=devices,
        age_bound=math.inf if devices > 1 else late,
        draw=draw,
    )
