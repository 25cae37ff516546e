"""Recommendation models: embedding tables spread over all devices, everything else data-parallel."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.overlap import one_after_another
from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import (
    Exchange,
    Floats,
    Options,
    Span,
    StepPlan,
    Timeline,
    Work,
    compressed,
    leave,
    ring_bytes,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["embedding_sharded"]

_NOTHING: Floats = np.zeros(0)


@parallelism(
    "embedding_sharded", options=("bucket_bytes", "overlap", "tensor_overhead_s", "exchange_overhead_s", "compression")
)
def embedding_sharded(work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options) -> StepPlan:
    """Plan a step of a model whose tables are spread over the devices (Naumov et al. 2019, section 4).

    Each device looks up its tables for the samples of all; an all-to-all gives every device the pooled vectors of
    its own samples, and another brings their gradients back, before the tables are updated. Layers listed before
    the tables (those of the dense features) hide the first, their backward pass the second; dense gradients are
    reduced meanwhile, one bucket at a time, and stand still while an all-to-all passes. Tables, cut by columns where
    there are fewer than devices, go one by one, dearest first, to the device with least to look up; the fullest
    device sets the pace, of their update too. (Naumov et al. 2019, "Deep learning recommendation model for
    personalization and recommendation systems".)

    Raises
    ------
    ValueError
        When the model has no embedding tables.
    """
    one = work(batch)
    tables = np.array([kind == "embedding" for kind in one.kinds], dtype=bool)
    if not tables.any():
        raise ValueError("needs a model with embedding tables, and this one has none")
    ranks = exchange.devices * exchange.hosts
    everyone = work(batch * ranks)
    load = _load(everyone, tables, ranks)
    pooled = float((one.output_bytes * np.array(one.repeats or 1))[tables].sum())
    parts = _Parts.of(one, everyone, tables, load)
    swap = exchange.all_to_all(pooled * ranks * load, "all") if ranks > 1 else 0.0
    back = swap if one.trains else 0.0
    flight = _fly(parts, exchange, options, swap, back)
    ways = 1.0 + one.trains
    dense = compressed(options, ranks) * parts.dense.gradient_bytes
    optimiser = _optimiser(everyone, tables, load)
    return StepPlan(
        forward_s=parts.lookup + parts.dense.forward,
        backward_s=parts.dense.backward + parts.update,
        optimiser_s=optimiser,
        overhead_s=flight.overhead,
        exposed_s=flight.first_wait + flight.second_wait + flight.last_wait,
        samples=batch * ranks,
        micro_batch=batch,
        sent_bytes=ways * pooled * (ranks - 1) / ranks + ring_bytes(dense, ranks),
        host_sent_bytes=ways * pooled * (ranks - exchange.devices) / exchange.hosts + ring_bytes(dense, exchange.hosts),
        waits_for=exchange.hosts,
        table_share=load,
        draw=lambda: _draw(parts, flight, swap, back, optimiser),
    )


def _load(everyone: Work, tables: NDArray[np.bool_], ranks: int) -> float:
    """Return the part of all lookups on the device that has most."""
    rows = np.flatnonzero(tables)
    calls = everyone.repeats or (1,) * tables.size
    counts = np.array([max(calls[row], everyone.tensors[row].size) for row in rows])
    cuts = -(-ranks // int(counts.sum()))
    costs = np.repeat((everyone.forward_s + everyone.backward_s)[rows] / (counts * cuts), counts * cuts)
    total = float(costs.sum())
    if not total:
        return 1.0 / ranks
    loads = [0.0] * ranks
    for cost in sorted(costs.tolist(), reverse=True):
        heapq.heapreplace(loads, loads[0] + cost)
    return max(loads) / total


def _optimiser(everyone: Work, tables: NDArray[np.bool_], load: float) -> float:
    """Return the update of all dense weights and of the fullest device's part of the tables (s).

    Tables are updated where the samples of all devices touched them; values take equally long wherever they are.
    """
    values = np.array([row.sum() for row in everyone.tensors])
    if not values.any():
        return everyone.optimiser_s
    held = float(values[~tables].sum() + load * values[tables].sum()) / float(values.sum())
    start = everyone.optimiser_start_s
    return start + held * (everyone.optimiser_s - start)


@dataclass(frozen=True, eq=False)
class _Parts:
    """The step in the order in which it is computed (s)."""

    dense: Work
    lookup: float
    below: float
    above: float
    above_back: float
    tensors_above: int
    update: float

    @classmethod
    def of(cls, one: Work, everyone: Work, tables: NDArray[np.bool_], load: float) -> _Parts:
        """Split a model at its last table: layers after it need the pooled vectors."""
        last = int(np.flatnonzero(tables)[-1])
        dense = replace(
            one,
            forward_s=np.where(tables, 0.0, one.forward_s),
            backward_s=np.where(tables, 0.0, one.backward_s),
            tensors=tuple(_NOTHING if table else row for table, row in zip(tables, one.tensors, strict=True)),
        )
        return cls(
            dense,
            lookup=load * float(everyone.forward_s[tables].sum()),
            below=float(dense.forward_s[:last].sum()),
            above=float(dense.forward_s[last:].sum()),
            above_back=float(dense.backward_s[last:].sum()),
            tensors_above=sum(row.size for row in dense.tensors[last:]),
            update=load * float(everyone.backward_s[tables].sum()),
        )


@dataclass(frozen=True, eq=False)
class _Flight:
    """What the device waits for, and the network carries from the start of the backward pass on (s)."""

    begin: Floats
    end: Floats
    first_wait: float = 0.0
    overhead: float = 0.0
    swapped: float = 0.0
    second_wait: float = 0.0
    last_wait: float = 0.0


def _fly(parts: _Parts, exchange: Exchange, options: Options, swap: float, back: float) -> _Flight:
    """Put the second all-to-all and the dense gradients on the network."""
    ranks = exchange.devices * exchange.hosts
    if ranks < 2:
        return _Flight(_NOTHING, _NOTHING)
    nbytes, complete, spent = leave(parts.dense, options)
    above = parts.above_back + (float(spent[parts.tensors_above - 1]) if parts.tensors_above else 0.0)
    overhead = float(spent[-1]) if spent.size else 0.0
    dense_end = parts.dense.backward + overhead
    turn = above if options.overlap else dense_end
    swapped = turn + back
    took = exchange.all_reduce(compressed(options, ranks) * nbytes, "all")
    ready = np.where(complete <= turn, complete, np.maximum(turn, complete - back))  # as if it took no time
    end = one_after_another(ready, took)
    begin = end - took
    begin, end = np.where(begin < turn, begin, begin + back), np.where(end <= turn, end, end + back)
    updated = max(dense_end, swapped) + parts.update
    return _Flight(
        first_wait=max(0.0, swap - parts.below) if options.overlap else swap,
        overhead=overhead,
        swapped=swapped,
        second_wait=max(0.0, swapped - dense_end),
        last_wait=max(0.0, float(end[-1]) - updated) if end.size else 0.0,
        begin=begin,
        end=end,
    )


def _draw(parts: _Parts, flight: _Flight, swap: float, back: float, optimiser_s: float) -> tuple[Span, ...]:
    """Return the timeline; layers before and after the tables are one span each."""
    timeline = Timeline(parts.dense)
    timeline.compute("forward tables", parts.lookup)
    hidden = flight.first_wait < swap
    if not hidden:
        timeline.wait(flight.first_wait)
    timeline.compute("forward below the tables", parts.below)
    if hidden:
        timeline.wait(flight.first_wait)
    timeline.compute("forward above the tables", parts.above)
    start = timeline.now
    timeline.compute("backward dense layers", parts.dense.backward + flight.overhead)
    timeline.wait(flight.second_wait)
    timeline.compute("backward tables", parts.update)
    timeline.wait(flight.last_wait)
    timeline.compute("optimiser", optimiser_s)
    for number, (begin, end) in enumerate(zip(flight.begin.tolist(), flight.end.tolist(), strict=True), 1):
        timeline.network(f"all-reduce {number}", start + begin, start + end)
    swaps = (
        Span("all-to-all", "pooled vectors", parts.lookup, parts.lookup + swap),
        Span("all-to-all", "their gradients", start + flight.swapped - back, start + flight.swapped),
    )
    return (*timeline.spans(), *(span for span in swaps if span.end_s > span.begin_s))
