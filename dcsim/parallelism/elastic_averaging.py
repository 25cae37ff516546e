"""Elastic averaging: hosts train by themselves and are drawn towards a centre on sharded servers every few steps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Exchange, Options, Span, StepPlan, Timeline, Work, fly, remote, ring_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["elastic_averaging"]


@parallelism(
    "elastic_averaging",
    options=(
        "bucket_bytes", "overlap", "lanes", "tensor_overhead_s", "exchange_overhead_s", "interference", "tau",
        "prefetch", "servers",
    ),
)  # fmt: skip
def elastic_averaging(work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options) -> StepPlan:
    """Plan steps of which every ``tau``-th exchanges weights with a centre (Zhang, Choromanska and LeCun 2015).

    The devices of a host are one worker: they reduce their gradients every step. An exchange, the worker's
    weights to the servers and the centre's back, begins ``prefetch`` steps before its result is used, so that the
    worker waits ``max(0, exchange - prefetch x step)`` once in ``tau`` steps. What it is drawn towards, where there are
    other workers, is at most ``tau + prefetch`` steps old. The elastic update itself moves about as many values as that
    of an optimiser, and takes as long (an assumption).

    Raises
    ------
    ValueError
        When an exchange would begin before the one before has ended.
    """
    tau, prefetch, servers = options.tau, options.prefetch, options.servers
    if prefetch >= tau:
        raise ValueError(f"prefetch: {prefetch} steps must be fewer than the {tau} steps between exchanges (tau)")
    one = work(batch)
    hosts, devices = exchange.hosts, exchange.devices
    flight = fly(one, options, devices, lambda nbytes: exchange.all_reduce(nbytes, "box"))
    inner = one.forward + one.backward + flight.overhead_s + flight.exposed_s + one.optimiser_s
    weights = float(one.parameter_bytes.sum()) if one.trains else 0.0
    meets = one.trains and (hosts > 1 or servers > 0)
    elastic = one.optimiser_s if meets else 0.0
    took = exchange.push_pull(weights, servers) if meets else 0.0
    hidden = prefetch * inner
    wait = max(0.0, took - hidden)
    by_host = remote(hosts, servers) * weights * (1.0 if servers else 2.0) / tau

    def draw() -> tuple[Span, ...]:
        timeline = Timeline(one)
        for _ in range(tau):
            timeline.step(flight)
        timeline.among_hosts("weights and centre", timeline.now - min(took, hidden), timeline.now + wait)
        timeline.wait(wait)
        timeline.compute("optimiser, elastic", elastic)
        return timeline.spans()

    return StepPlan(
        forward_s=one.forward,
        backward_s=one.backward,
        optimiser_s=one.optimiser_s,
        overhead_s=flight.overhead_s + elastic / tau,
        exposed_s=flight.exposed_s + wait / tau,
        samples=batch * hosts * devices,
        micro_batch=batch,
        sent_bytes=ring_bytes(one.gradient_bytes, devices) + by_host / devices,
        host_sent_bytes=by_host,
        sync_every=tau,
        gradient_age=prefetch + (tau - 1) / 2.0 if meets and hosts > 1 else 0.0,
        replicas=hosts if meets else 1,
        age_bound=float(tau + prefetch) if meets and hosts > 1 else 0.0,
        draw=draw,
    )
