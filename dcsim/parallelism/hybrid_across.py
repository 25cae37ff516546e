"""Hybrid, asynchronous across hosts: the devices of a host are one synchronous worker of parameter servers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import (
    Exchange,
    Floats,
    Options,
    Span,
    StepPlan,
    Timeline,
    Work,
    crowded,
    fly,
    remote,
    ring_bytes,
    times,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["hybrid_across"]


@parallelism(
    "hybrid_across",
    options=(
        "bucket_bytes", "overlap", "lanes", "tensor_overhead_s", "exchange_overhead_s", "servers",
    ),
)  # fmt: skip
def hybrid_across(work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options) -> StepPlan:
    """Plan a step in which each host reduces its gradients, and pushes and pulls once, at its own pace.

    Servers see a worker for each host instead of each device: gradients are only ``hosts - 1`` updates old, each
    of as many samples as the host takes. Hosts queue at the servers as in ``parameter_server``.
    """
    one = work(batch)
    hosts, devices, servers = exchange.hosts, exchange.devices, options.servers
    away = remote(hosts, servers)

    def seconds(nbytes: Floats) -> Floats:
        inside = exchange.all_reduce(nbytes, "box") if devices > 1 else 0.0 * nbytes
        return inside + 2.0 * times(lambda size: exchange.send(away * size, "hosts"), nbytes) if away else inside

    flight = fly(one, options, hosts * devices + servers, seconds, by_device=False)
    step = alone = one.forward + one.backward + flight.overhead_s + flight.exposed_s + one.optimiser_s
    if away and one.trains:
        step = crowded(alone, hosts, exchange.push_pull(one.gradient_bytes, servers))
    by_host = away * one.gradient_bytes * (1.0 if servers else 2.0)

    def draw() -> tuple[Span, ...]:
        timeline = Timeline(one)
        timeline.step(flight, "reduce, push and pull", step - alone)
        return timeline.spans()

    return StepPlan(
        forward_s=one.forward,
        backward_s=one.backward,
        optimiser_s=one.optimiser_s,
        overhead_s=flight.overhead_s,
        exposed_s=flight.exposed_s + step - alone,
        samples=batch * hosts * devices,
        micro_batch=batch,
        sent_bytes=ring_bytes(one.gradient_bytes, devices) + by_host / devices,
        host_sent_bytes=by_host,
        gradient_age=hosts - 1.0,
        updates=hosts,
        age_bound=math.inf if hosts > 1 else 0.0,
        draw=draw,
    )
