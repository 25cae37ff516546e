"""Parameter servers: workers push gradients to sharded servers and pull weights, at their own pace or together."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import (
    Exchange,
    Flight,
    Floats,
    Options,
    Scope,
    Span,
    StepPlan,
    Timeline,
    Work,
    compressed,
    crowded,
    fly,
    remote,
    ring_bytes,
    times,
)

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["parameter_server"]


@parallelism(
    "parameter_server",
    options=(
        "bucket_bytes", "overlap", "lanes", "tensor_overhead_s", "exchange_overhead_s", "servers", "synchronous",
        "compression",
    ),
)  # fmt: skip
def parameter_server(work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options) -> StepPlan:
    """Plan a step against parameter servers (Dean et al. 2012, "Large scale distributed deep networks").

    Asynchronous, every device is a worker. Alone it would take its computation and what its own pushes and pulls
    leave exposed; among W workers it meets others at the adapter of its host and at the servers, which bound all
    of them together: ``step >= W x demand of one exchange``. Between a worker's pull and its push the others push
    once each, so a gradient is ``W - 1`` updates old. Synchronous, the devices of a host add up their gradients
    first, all hosts push and pull at once, and a step waits for all.
    """
    plan = _synchronous if options.synchronous else _asynchronous
    return plan(work(batch), exchange, options)


def _synchronous(one: Work, exchange: Exchange, options: Options) -> StepPlan:
    hosts, devices, servers = exchange.hosts, exchange.devices, options.servers
    push = compressed(options)

    def push_pull(size: float) -> float:
        """Return the time to push what was made smaller, and to pull whole weights."""
        return (exchange.push_pull(push * size, servers) + exchange.push_pull(size, servers)) / 2.0

    def seconds(nbytes: Floats) -> Floats:
        inside = exchange.all_reduce(nbytes, "box") if devices > 1 else 0.0 * nbytes
        return inside + times(push_pull, nbytes) if hosts > 1 or servers else inside

    flight = fly(one, options, hosts * devices + servers, seconds, by_device=False)
    return _plan(one, flight, exchange, options)


def _asynchronous(one: Work, exchange: Exchange, options: Options) -> StepPlan:
    hosts, devices, servers = exchange.hosts, exchange.devices, options.servers
    push, networked = compressed(options), hosts > 1 or servers > 0
    scope: Scope = "hosts" if networked else "box"
    away = remote(hosts, servers) if networked else remote(devices, 0)

    def seconds(nbytes: Floats) -> Floats:
        return times(
            lambda size: exchange.send(push * away * size, scope) + exchange.send(away * size, scope), nbytes
        )

    flight = fly(one, options, hosts * devices + servers, seconds, by_device=False)
    step = alone = one.forward + one.backward + flight.overhead_s + flight.exposed_s + one.optimiser_s
    total = (push + 1.0) / 2.0 * one.gradient_bytes
    if networked and one.trains:
        own = exchange.send(push * away * one.gradient_bytes, scope) + exchange.send(away * one.gradient_bytes, scope)
        everyone = exchange.push_pull(devices * total, servers)
        step = max(crowded(alone, devices, devices * own), crowded(alone, hosts * devices, everyone))
    elif devices > 1 and one.trains:
        step = crowded(alone, devices, float(exchange.all_reduce(np.array([total]), "box")[0]))
    return _plan(one, flight, exchange, options, step - alone)


def _plan(one: Work, flight: Flight, exchange: Exchange, options: Options, queued_s: float = 0.0) -> StepPlan:
    """Return the step of a worker that waits ``queued_s`` more than it would alone."""
    hosts, devices = exchange.hosts, exchange.devices
    alone = not options.synchronous
    buffers = devices if alone else 1  # that leave a host
    sent = (compressed(options) if options.servers else (compressed(options) + 1.0)) * one.gradient_bytes
    by_host = buffers * remote(hosts, options.servers) * sent
    inside = 0.0 if alone else ring_bytes(one.gradient_bytes, devices)

    def draw() -> tuple[Span, ...]:
        timeline = Timeline(one)
        timeline.step(flight, "push and pull", queued_s)
        return timeline.spans()

    return StepPlan(
        forward_s=one.forward,
        backward_s=one.backward,
        optimiser_s=one.optimiser_s,
        overhead_s=flight.overhead_s,
        exposed_s=flight.exposed_s + queued_s,
        samples=one.batch * hosts * devices,
        micro_batch=one.batch,
        sent_bytes=inside + by_host / devices,
        host_sent_bytes=by_host,
        waits_for=1 if alone else hosts,
        abreast=not alone,
        gradient_age=hosts * devices - 1.0 if alone else 0.0,
        updates=hosts * devices if alone else 1,
        age_bound=math.inf if alone and hosts * devices > 1 else 0.0,
        draw=draw,
    )
