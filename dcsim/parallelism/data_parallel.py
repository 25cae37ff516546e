"""Synchronous data parallelism: every device has all weights, and gradients are reduced while others are computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Exchange, Options, Span, StepPlan, Timeline, Work, compressed, fly, ring_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["data_parallel"]


@parallelism(
    "data_parallel",
    options=(
        "bucket_bytes", "overlap", "lanes", "tensor_overhead_s", "exchange_overhead_s", "interference", "accumulate",
        "compression",
    ),
)  # fmt: skip
def data_parallel(work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options) -> StepPlan:
    """Plan a step that ends when every device has the sum of all gradients and has updated its weights.

    ``step = forward + backward + overhead + exposed + optimiser``, where ``exposed`` is what the last bucket arrives
    after the end of the backward pass: ``end[i] = max(ready[i], end[i-1]) + all_reduce(bucket i)`` (Li et al. 2020,
    "PyTorch distributed: experiences on accelerating data parallel training"). With ``accumulate`` k there are k
    passes over ``batch`` samples each, and only the last one's gradients, the sums, are exchanged.
    """
    one = work(batch)
    ranks = exchange.devices * exchange.hosts
    small = compressed(options, ranks)
    flight = fly(one, options, ranks, lambda nbytes: exchange.all_reduce(small * nbytes, "all"))
    micro = options.accumulate
    sent = small * one.gradient_bytes

    def draw() -> tuple[Span, ...]:
        timeline = Timeline(one)
        for _ in range(micro - 1):
            timeline.forward()
            timeline.backward()
        timeline.step(flight)
        return timeline.spans()

    return StepPlan(
        forward_s=micro * one.forward,
        backward_s=micro * one.backward,
        optimiser_s=one.optimiser_s,
        overhead_s=flight.overhead_s,
        exposed_s=flight.exposed_s,
        samples=micro * batch * ranks,
        micro_batch=batch,
        sent_bytes=ring_bytes(sent, ranks),
        host_sent_bytes=ring_bytes(sent, exchange.hosts),
        waits_for=exchange.hosts,
        draw=draw,
    )
