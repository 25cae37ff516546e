"""Models cut into stages on neighbouring devices, and replicas of such pipelines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcsim.kernels.overlap import one_after_another
from dcsim.kernels.pipeline import cut, run_stages
from dcsim.parallelism.plan.step import Span, StepPlan
from dcsim.parallelism.plan.synchronise import ring_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcsim.parallelism.plan.work import Exchange, Floats, Options, Work

__all__ = ["Chain", "Layout", "chain", "layout", "pipeline"]


@dataclass(frozen=True, eq=False)
class Chain:
    """A model as a chain of units, none of which can be cut; arrays have one entry a unit.

    Parameters
    ----------
    forward_s, backward_s : ndarray of float64
        Time of either pass (s).
    parameter_bytes, gradient_bytes : ndarray of float64
        Weights, and their gradients.
    output_bytes : ndarray of float64
        What the unit hands on.
    kept_bytes : ndarray of float64
        Outputs of all its rows, which training keeps.
    """

    forward_s: Floats
    backward_s: Floats
    parameter_bytes: Floats
    gradient_bytes: Floats
    output_bytes: Floats
    kept_bytes: Floats


def chain(work: Work) -> Chain:
    """Return the units of a model: its rows, and blocks of consecutive rows of equal ``repeat`` as many times.

    The rows of the encoder of a transformer, each called 24 times, are 24 units of one call of each.
    """
    repeats = np.array(work.repeats or (1,) * len(work.names), dtype=np.int64)
    gradients = np.array([row.sum() for row in work.tensors])
    begins = (repeats == 1) | (np.diff(repeats, prepend=0) != 0)
    starts = np.flatnonzero(begins)
    times = repeats[starts]
    kept = work.output_bytes * repeats
    columns = np.stack((work.forward_s, work.backward_s, work.parameter_bytes, gradients, kept))
    forward, backward, weights, sent, kept = np.repeat(np.add.reduceat(columns, starts, axis=1) / times, times, axis=1)
    last = np.append(starts[1:], repeats.size) - 1
    return Chain(forward, backward, weights, sent, np.repeat(work.output_bytes[last], times), kept)


@dataclass(frozen=True)
class Layout:
    """Which devices hold which stages of how many pipelines.

    Parameters
    ----------
    stages : int
        Of one pipeline.
    near : int
        Consecutive stages on one host.
    inside, across : int
        Copies of a stage on one host, and hosts that hold copies of it.
    """

    stages: int
    near: int
    inside: int
    across: int

    @property
    def pipelines(self) -> int:
        """Replicas of the model."""
        return self.inside * self.across


def layout(stages: int, devices: int, hosts: int) -> Layout:
    """Return where pipelines of so many stages go; 0: one stage for each device.

    Raises
    ------
    ValueError
        When the devices cannot be divided among pipelines.
    """
    stages = stages or devices * hosts
    if stages > devices * hosts:
        raise ValueError(f"stages: {stages} stages need as many devices, and there are {devices * hosts}")
    if stages <= devices:
        if devices % stages:
            raise ValueError(f"stages: {devices} devices of a host cannot be divided by {stages} stages")
        return Layout(stages, stages, devices // stages, hosts)
    if stages % devices:
        raise ValueError(f"stages: {stages} stages do not fill hosts of {devices} devices")
    if hosts % (stages // devices):
        raise ValueError(f"stages: {hosts} hosts cannot be divided by pipelines over {stages // devices} hosts")
    return Layout(stages, devices, 1, hosts * devices // stages)


@dataclass(frozen=True, eq=False)
class _Stages:
    """The stages of one pipeline, and when they do what; arrays have one entry a stage."""

    where: Layout
    trains: bool
    forward_s: Floats
    backward_s: Floats
    optimiser_s: Floats
    share: Floats
    kept: Floats
    gradient_bytes: Floats
    sends: Floats
    send_s: Floats

    @property
    def back_s(self) -> Floats:
        """Time of the gradients of ``sends`` on their way back: of nothing in inference."""
        return self.send_s if self.trains else 0.0 * self.send_s


def _stages(one: Work, where: Layout, exchange: Exchange) -> _Stages:
    parts = chain(one)
    count = parts.forward_s.size
    if where.stages > count:
        raise ValueError(f"stages: the model has {count} layers to cut between, too few for {where.stages} stages")
    ends = cut(parts.forward_s + parts.backward_s, where.stages)
    starts = np.concatenate(([0], ends[:-1]))

    def total(column: Floats) -> Floats:
        return np.add.reduceat(column, starts)

    def shares(column: Floats) -> Floats:
        whole = column.sum()
        return np.minimum(total(column) / whole, 1.0) if whole else np.full(where.stages, 1.0 / where.stages)

    share = shares(parts.parameter_bytes)
    sends = parts.output_bytes[ends - 1]
    sends[-1] = 0.0
    send_s = np.zeros(where.stages)
    for stage in range(where.stages - 1):
        send_s[stage] = exchange.send(float(sends[stage]), "hosts" if (stage + 1) % where.near == 0 else "box")
    return _Stages(
        where, one.trains, total(parts.forward_s), total(parts.backward_s), one.optimiser_s * share, share,
        shares(parts.kept_bytes), total(parts.gradient_bytes), sends, send_s,
    )  # fmt: skip


def _reduce(cutting: _Stages, ready: Floats, exchange: Exchange, *, overlap: bool) -> tuple[Floats, Floats]:
    """Return begin and end of the reduction of each stage's gradients among its copies.

    Those of one host go one after another, in the order in which they are ready.
    """
    where = cutting.where
    took = np.zeros(where.stages)
    if where.inside > 1 and cutting.trains:
        took += exchange.part(where.inside, 1).all_reduce(cutting.gradient_bytes, "box")
    if where.across > 1 and cutting.trains:
        took += exchange.part(1, where.across).all_reduce(cutting.gradient_bytes, "hosts")
    if not overlap:
        ready = np.full(where.stages, ready.max())
    end = ready.copy()
    if where.pipelines > 1 and cutting.trains:
        for first in range(0, where.stages, where.near):
            order = first + np.argsort(ready[first : first + where.near], kind="stable")
            end[order] = one_after_another(ready[order], took[order])
    return end - took, end


def pipeline(
    work: Callable[[int], Work], exchange: Exchange, batch: int, options: Options, *, micro: int, alternate: bool,
    overlap: bool,
) -> StepPlan:  # fmt: skip
    """Plan a step in which micro-batches pass through the stages of a model.

    Parameters
    ----------
    work : callable
        Work of one device with so many samples.
    exchange : Exchange
        Of all devices.
    batch : int
        Samples for each device: a pipeline of S stages takes S times as many.
    options : Options
        Stages and accumulation.
    micro : int
        Micro-batches of a pipeline; 0: as ``Options.microbatches`` says.
    alternate : bool
        One forward pass after each backward pass, instead of all forward passes first.
    overlap : bool
        Whether stages compute while they send, and reduce gradients while others compute.

    Raises
    ------
    ValueError
        When stages or micro-batches cannot be.
    """
    where = layout(options.stages, exchange.devices, exchange.hosts)
    micro = _micro(micro, batch, where.stages)
    one = _stages(work(batch * where.stages // micro), where, exchange)
    alternate = alternate and one.trains
    passes_s, free = (one.forward_s, one.backward_s), np.zeros(where.stages)
    begin, sent = run_stages(*passes_s, one.send_s, one.back_s, micro, alternate=alternate, blocking=not overlap)
    alone, _ = run_stages(*passes_s, free, free, micro, alternate=alternate, blocking=False)
    ideal = float((alone[:, micro:] + one.backward_s[:, None]).max())
    ready = (begin[:, micro:] + one.backward_s[:, None]).max(axis=1)
    flush = float(ready.max())
    reduce_begin, reduced = _reduce(one, ready, exchange, overlap=overlap)
    last, end = float(reduced.max()), float((reduced + one.optimiser_s).max())
    busiest = int(np.argmax(one.forward_s + one.backward_s))
    passes, ahead = options.accumulate, _ahead(where.stages, micro, alternate=alternate)
    forward, backward = micro * float(one.forward_s[busiest]), micro * float(one.backward_s[busiest])
    drawn = _Drawing(one, begin, sent, reduce_begin, reduced, passes, flush, end, alternate)
    return StepPlan(
        forward_s=passes * forward,
        backward_s=passes * backward,
        optimiser_s=end - last,
        exposed_s=passes * (flush - ideal) + last - flush,
        bubble_s=passes * (ideal - forward - backward),
        samples=passes * batch * exchange.devices * exchange.hosts,
        micro_batch=batch * where.stages // micro,
        sent_bytes=_sent(one, passes * micro),
        host_sent_bytes=_sent_by_host(one, passes * micro),
        waits_for=exchange.hosts,
        in_flight=int(ahead.max()),
        share=float(one.share.max()),
        activation_share=float((one.kept * ahead).max() / ahead.max()),
        draw=drawn.spans,
    )


def _micro(asked: int, batch: int, stages: int) -> int:
    """Return the micro-batches; where nobody says, one for one stage, else the fewest of four and more for each."""
    if stages == 1:
        micro = asked or 1
    else:
        micro = asked or stages * next((part for part in range(4, batch) if batch % part == 0), batch)
    if batch * stages % micro:
        raise ValueError(f"microbatches: {batch * stages} samples of a pipeline cannot be divided into {micro}")
    return micro


def _ahead(stages: int, micro: int, *, alternate: bool) -> Floats:
    """Return the micro-batches whose activations each stage keeps at once."""
    return np.minimum(float(micro), np.arange(stages, 0.0, -1.0) if alternate else math.inf) * np.ones(stages)


def _sent(one: _Stages, micro: int) -> float:
    """Return what each device sends, on the mean over the stages."""
    reduced = sum(ring_bytes(nbytes, one.where.pipelines) for nbytes in one.gradient_bytes.tolist())
    return ((1 + one.trains) * micro * float(one.sends.sum()) + reduced) / one.where.stages


def _sent_by_host(one: _Stages, micro: int) -> float:
    """Return what each host sends to others, on the mean over the hosts of a pipeline."""
    where = one.where
    crossing = float(one.sends[where.near - 1 :: where.near].sum())
    reduced = sum(ring_bytes(nbytes, where.across) for nbytes in one.gradient_bytes.tolist())
    return ((1 + one.trains) * micro * crossing + reduced) * where.near / where.stages


@dataclass(frozen=True, eq=False)
class _Drawing:
    """A pipeline's step, to be drawn; times from its start (s)."""

    one: _Stages
    begin: Floats
    sent: Floats
    reduce_begin: Floats
    reduced: Floats
    passes: int
    flush: float
    end: float
    alternate: bool

    def spans(self) -> tuple[Span, ...]:
        """Return the lanes of the stages, of the messages between them, and of the reduction."""
        end = (self.passes - 1) * self.flush + self.end
        computing = [self._computing(stage, end) for stage in range(self.one.where.stages)]
        return (*(span for lane in computing for span in lane), *self._sending(), *self._reducing())

    def _computing(self, stage: int, end: float) -> list[Span]:
        """Return what a stage computes, and its bubbles."""
        one, lane = self.one, f"stage {stage}"
        micro = self.begin.shape[1] // 2
        took = np.repeat((one.forward_s[stage], one.backward_s[stage]), micro)
        order = np.lexsort((took, self.begin[stage])).tolist()  # of two that begin together, one takes no time
        busy: list[tuple[float, float, str]] = []
        for turn in range(self.passes):
            for slot in order:
                start = turn * self.flush + float(self.begin[stage, slot])
                what = f"{'forward' if slot < micro else 'backward'} {slot % micro + 1}"
                busy.append((start, start + float(took[slot]), what))
        update = (self.passes - 1) * self.flush + float(self.reduced[stage])
        busy.append((update, update + float(one.optimiser_s[stage]), "optimiser"))
        spans, now = [], 0.0
        for start, stop, what in [*busy, (end, end, "")]:
            if start > now:
                spans.append(Span(lane, "bubble", now, start))
            if what:
                spans.append(Span(lane, what, start, stop))
            now = max(now, stop)
        return spans

    def _sending(self) -> list[Span]:
        """Return the messages between neighbours."""
        spans = []
        micro = self.sent.shape[1] // 2
        for turn in range(self.passes):
            for stage, slot in zip(*np.nonzero(~np.isnan(self.sent)), strict=True):
                to = stage - 1 if slot >= micro else stage + 1
                start = turn * self.flush + float(self.sent[stage, slot])
                what = f"{'gradient' if slot >= micro else 'activation'} {slot % micro + 1}"
                took = float(self.one.back_s[to] if slot >= micro else self.one.send_s[stage])
                spans.append(Span(f"stage {stage} to {to}", what, start, start + took))
        return sorted(spans, key=lambda span: (span.lane, span.begin_s))

    def _reducing(self) -> list[Span]:
        """Return the reductions of gradients among replicas."""
        where = self.one.where
        if where.pipelines < 2 or not self.one.trains:
            return []
        start = (self.passes - 1) * self.flush
        spans = [
            Span(f"network {stage // where.near}" if where.stages > where.near else "network",
                 f"all-reduce of stage {stage}", start + begin, start + end)
            for stage, (begin, end) in enumerate(zip(self.reduce_begin.tolist(), self.reduced.tolist(), strict=True))
        ]  # fmt: skip
        return sorted(spans, key=lambda span: (span.lane, span.begin_s))
