"""Recommendation models: embedding tables spread over all devices, everything else data-parallel."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.overlap import fill_buckets, one_after_another
from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Exchange, Options, Span, StepPlan, Timeline, Work, compressed, ring_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["embedding_sharded"]


@parallelism(
    "embedding_sharded", options=("bucket_bytes", "overlap", "tensor_overhead_s", "compression")
)
def embedding_sharded(work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options) -> StepPlan:
    """Plan a step of a model whose tables are spread over the devices (Naumov et al. 2019, section 4).

    Each device looks up its tables for the samples of all; an all-to-all gives every device the pooled vectors of
    its own samples, and another brings their gradients back, before the tables are updated. Layers listed before
    the tables (those of the dense features) hide the first, their backward pass the second; dense gradients are
    reduced meanwhile. The network carries one transfer at a time. Tables, cut by columns where there are fewer
    than devices, go one by one, dearest first, to the device with least to look up; the fullest device sets the
    pace. (Naumov et al. 2019, "Deep learning recommendation model for personalization and recommendation systems".)

    Raises
    ------
    ValueError
        When the model has no embedding tables.
    """
    one = work(batch)
    tables = np.array([kind == "embedding" for kind in one.kinds], dtype=bool)
    if not tables.any():
        raise ValueError("embedding_sharded needs a model with embedding tables, and this one has none")
    ranks = exchange.devices * exchange.hosts
    everyone = work(batch * ranks)
    load = _load(everyone, tables, ranks)
    pooled = float((one.output_bytes * np.array(one.repeats or 1))[tables].sum())
    parts = _Parts.of(one, everyone, tables, load)
    swap = exchange.all_to_all(pooled * ranks * load, "all") if ranks > 1 else 0.0
    flight = _fly(parts, exchange, options, swap)
    dense = compressed(options, ranks) * parts.dense.gradient_bytes
    return StepPlan(
        forward_s=parts.lookup + parts.dense.forward,
        backward_s=parts.dense.backward + parts.update,
        optimiser_s=one.optimiser_s,
        overhead_s=flight.overhead,
        exposed_s=flight.first_wait + flight.second_wait + flight.last_wait,
        samples=batch * ranks,
        micro_batch=batch,
        sent_bytes=2.0 * pooled * (ranks - 1) / ranks + ring_bytes(dense, ranks),
        host_sent_bytes=2.0 * pooled * (ranks - exchange.devices) / exchange.hosts + ring_bytes(dense, exchange.hosts),
        waits_for=exchange.hosts,
        table_share=load,
        draw=lambda: _draw(parts, flight, swap, one.optimiser_s),
    )


def _load(everyone: Work, tables: np.ndarray, ranks: int) -> float:
    """Return the part of all lookups on the device that has most."""
    rows = np.flatnonzero(tables)
    counts = np.array(everyone.repeats or (1,) * tables.size)[rows]
    cuts = -(-ranks // int(counts.sum()))
    costs = np.repeat((everyone.forward_s + everyone.backward_s)[rows] / (counts * cuts), counts * cuts)
    total = float(costs.sum())
    if not total:
        return 1.0 / ranks
    loads = [0.0] * ranks
    for cost in sorted(costs.tolist(), reverse=True):
        heapq.heapreplace(loads, loads[0] + cost)
    return max(loads) / total


@dataclass(frozen=True, eq=False)
class _Parts:
    """The step in the order in which it is computed (s)."""

    dense: Work
    lookup: float
    below: float
    above: float
    above_back: float
    update: float

    @classmethod
    def of(cls, one: Work, everyone: Work, tables: np.ndarray, load: float) -> _Parts:
        """Split a model at its last table: layers after it need the pooled vectors."""
        last = int(np.flatnonzero(tables)[-1])
        nothing = np.zeros(0)
        dense = replace(
            one,
            forward_s=np.where(tables, 0.0, one.forward_s),
            backward_s=np.where(tables, 0.0, one.backward_s),
            tensors=tuple(nothing if table else row for table, row in zip(tables, one.tensors, strict=True)),
        )
        return cls(
            dense,
            lookup=load * float(everyone.forward_s[tables].sum()),
            below=float(dense.forward_s[:last].sum()),
            above=float(dense.forward_s[last:].sum()),
            above_back=float(dense.backward_s[last:].sum()),
            update=load * float(everyone.backward_s[tables].sum()),
        )


@dataclass(frozen=True, eq=False)
class _Flight:
    """What the device waits for, and the network carries from the start of the backward pass on (s)."""

    overhead: float
    first_wait: float
    second_wait: float
    last_wait: float
    begin: np.ndarray
    end: np.ndarray
    back: int


def _fly(parts: _Parts, exchange: Exchange, options: Options, swap: float) -> _Flight:
    """Put the second all-to-all and the dense gradients on the network, first come first served."""
    ranks = exchange.devices * exchange.hosts
    sizes, ready = parts.dense.leaving
    if ranks < 2:
        return _Flight(0.0, 0.0, 0.0, 0.0, np.zeros(0), np.zeros(0), -1)
    spent = options.tensor_overhead_s * np.arange(1.0, sizes.size + 1.0)
    if options.compression is not None:
        spent = spent + np.cumsum(sizes) * (options.compression.passes / options.memory_bandwidth)
    overhead = float(spent[-1]) if sizes.size else 0.0
    before = int(np.searchsorted(ready, parts.above_back * (1 + 1e-12), side="right"))
    turn = parts.above_back + (float(spent[before - 1]) if before else 0.0)
    dense_end = parts.dense.backward + overhead
    nbytes, complete = fill_buckets(sizes, ready + spent, options.bucket_bytes)
    if not options.overlap:
        complete, turn = np.full(complete.size, dense_end), dense_end
    back = int(np.searchsorted(complete, turn, side="left"))
    took = np.insert(exchange.all_reduce(compressed(options, ranks) * nbytes, "all"), back, swap)
    end = one_after_another(np.insert(complete, back, turn), took)
    updated = max(dense_end, float(end[back])) + parts.update
    return _Flight(
        overhead=overhead,
        first_wait=max(0.0, swap - parts.below) if options.overlap else swap,
        second_wait=max(0.0, float(end[back]) - dense_end),
        last_wait=max(0.0, float(end[-1]) - updated),
        begin=end - took,
        end=end,
        back=back,
    )


def _draw(parts: _Parts, flight: _Flight, swap: float, optimiser_s: float) -> tuple[Span, ...]:
    """Return the timeline; layers before and after the tables are one span each."""
    timeline = Timeline(parts.dense)
    timeline.compute("forward tables", parts.lookup)
    start = timeline.now
    hidden = flight.first_wait < swap
    if not hidden:
        timeline.wait(flight.first_wait)
    timeline.compute("forward below the tables", parts.below)
    if hidden:
        timeline.wait(flight.first_wait)
    timeline.network("all-to-all of pooled vectors", start, start + swap)
    timeline.compute("forward above the tables", parts.above)
    start = timeline.now
    timeline.compute("backward dense layers", parts.dense.backward + flight.overhead)
    timeline.wait(flight.second_wait)
    timeline.compute("backward tables", parts.update)
    timeline.wait(flight.last_wait)
    timeline.compute("optimiser", optimiser_s)
    whats = [f"all-reduce {number + 1}" for number in range(flight.end.size - 1)]
    whats.insert(flight.back, "all-to-all of their gradients")
    for what, begin, end in zip(whats, flight.begin.tolist(), flight.end.tolist(), strict=False):
        timeline.network(what, start + begin, start + end)
    return timeline.spans()
