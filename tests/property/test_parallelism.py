"""What holds of every plan of a step, whatever is computed and however fast the network is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcsim.kernels.pipeline import cut
from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Options
from tests.oracles.exchange import AlphaBeta, check_timeline, make_work

NAMES = tuple(parallelism.names())
PIPELINES = ("gpipe", "layer_split", "one_forward_one_backward")
SYNCHRONOUS = ("data_parallel", "embedding_sharded", "hybrid_inside", "local_sgd", *PIPELINES)
seconds = st.floats(0.0, 5.0)
rows = st.lists(
    st.tuples(
        seconds, st.floats(0.01, 5.0), st.lists(st.floats(1.0, 100.0), max_size=3), st.floats(0.0, 50.0),
        st.booleans(),
    ),
    min_size=8, max_size=14,
)  # fmt: skip
exchanges = st.builds(
    AlphaBeta, devices=st.sampled_from([1, 2, 4]), hosts=st.sampled_from([1, 2]),
    box=st.tuples(st.floats(0.0, 0.5), st.floats(0.5, 500.0)),
    net=st.tuples(st.floats(0.0, 0.5), st.floats(0.5, 500.0)),
)  # fmt: skip
limits = st.one_of(st.just(0.0), st.just(math.inf), st.floats(1.0, 500.0))
options = st.fixed_dictionaries({
    "bucket_bytes": limits, "tensor_overhead_s": st.floats(0.0, 0.2), "interference": st.floats(0.0, 1.0),
    "accumulate": st.integers(1, 3), "tau": st.integers(2, 5), "prefetch": st.integers(0, 1),
    "servers": st.integers(0, 3), "synchronous": st.booleans(),
})  # fmt: skip


def maker(table):
    forward, backward, tensors, output, sparse = zip(*table, strict=True)

    def work(batch):
        return make_work(
            np.array(forward) * batch, np.array(backward) * batch, tensors, optimiser_s=0.3,
            output=np.array(output) * batch, batch=batch,
            kinds=("embedding", *("embedding" if one else "gemm" for one in sparse[1:])),
        )  # fmt: skip

    return work


def plan(name, table, exchange, chosen, *, overlap=True, batch=2, **more):
    wanted = Options(**{**chosen, **more}, overlap=overlap)
    return parallelism.get(name).call(maker(table), exchange, batch, wanted)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(table=rows, exchange=exchanges, chosen=options)
def test_a_step_is_its_parts_and_its_timeline(name, table, exchange, chosen) -> None:
    step = plan(name, table, exchange, chosen)
    parts = (step.compute_s, step.overhead_s, step.exposed_s, step.bubble_s)
    tiny = 1e-9 * step.step_s
    assert all(part >= -tiny for part in parts)
    assert step.step_s == pytest.approx(sum(parts))
    assert step.samples == 2 * exchange.devices * exchange.hosts * (
        chosen["accumulate"] if name in (*PIPELINES, "data_parallel") else 1
    )
    assert 0 < step.share <= 1
    assert step.gradient_age <= step.age_bound
    assert step.waits_for == (exchange.hosts if name in SYNCHRONOUS else step.waits_for)
    lanes = check_timeline(step)
    for lane, spans in lanes.items():
        if lane.startswith("network"):
            assert sum(span.end_s - span.begin_s for span in spans) <= step.period_s + tiny


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40)
@given(table=rows, exchange=exchanges, chosen=options)
def test_overlap_never_slows_a_step(name, table, exchange, chosen) -> None:
    beside = plan(name, table, exchange, chosen).step_s
    after = plan(name, table, exchange, chosen, overlap=False).step_s
    assert beside <= after * (1 + 1e-9)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=25)
@given(table=rows, exchange=exchanges, chosen=options, factor=st.floats(1.0, 10.0))
def test_a_faster_network_never_slows_a_step(name, table, exchange, chosen, factor) -> None:
    faster = AlphaBeta(
        exchange.devices, exchange.hosts, (exchange.box[0] / factor, exchange.box[1] * factor),
        (exchange.net[0] / factor, exchange.net[1] * factor),
    )  # fmt: skip
    assert plan(name, table, faster, chosen).step_s <= plan(name, table, exchange, chosen).step_s * (1 + 1e-9)


@settings(max_examples=60)
@given(table=rows, exchange=exchanges, limit=limits)
def test_nothing_beats_compute_or_communication(table, exchange, limit) -> None:
    """Between max(compute, communication) and their sum; one fused buffer hides nothing."""
    step = plan("data_parallel", table, exchange, {"bucket_bytes": limit})
    sent = [span for span in step.spans if span.lane == "network"]
    communication = sum(span.end_s - span.begin_s for span in sent)
    tiny = 1e-9 * step.step_s
    assert step.step_s >= max(step.compute_s, communication) - tiny
    assert step.step_s <= step.compute_s + communication + tiny
    if math.isinf(limit):
        last = next(number for number, row in enumerate(table) if row[2]) if sent else None
        hidden = 0.0 if last is None else 2 * sum(row[1] for row in table[:last])
        assert step.exposed_s == pytest.approx(max(0.0, communication - hidden), abs=1e-9)


@settings(max_examples=60)
@given(table=rows, exchange=exchanges, chosen=options)
def test_elastic_exchanges_hide_if_and_only_if_begun_early_enough(table, exchange, chosen) -> None:
    chosen = {**chosen, "tau": 6}
    meets = exchange.hosts > 1 or chosen["servers"]
    weights = sum(sum(row[2]) for row in table)
    took = exchange.push_pull(weights, chosen["servers"]) if meets else 0.0
    never = plan("elastic_averaging", table, exchange, chosen, prefetch=0)
    inner = never.step_s - took / 6 - (0.3 / 6 if meets else 0.0)
    for prefetch in range(6):
        step = plan("elastic_averaging", table, exchange, chosen, prefetch=prefetch)
        wait = 6 * (step.step_s - inner) - (0.3 if meets else 0.0)
        assert wait == pytest.approx(max(0.0, took - prefetch * inner), abs=1e-7)


@settings(max_examples=40)
@given(table=rows, micro=st.sampled_from([8, 16, 32]), stages=st.sampled_from([1, 2, 4, 8]))
def test_free_messages_leave_only_bubbles(table, micro, stages) -> None:
    """All forward first: each phase is a line of equal jobs, ``sum + (m - 1) max``, one after the other.

    Alternating: a stage waits for those before it to fill and to drain, at least, and keeps min(s, m) micro-batches.
    """
    box = AlphaBeta(8, 1, (0.0, math.inf))
    first, alternating = (
        plan(name, table, box, {"stages": stages, "microbatches": micro}, batch=32)
        for name in ("gpipe", "one_forward_one_backward")
    )
    work = maker(table)(32 * stages // micro)
    runs = np.concatenate(([0], cut(work.forward_s + work.backward_s, stages)))
    forward, backward = (
        np.diff(np.concatenate(([0], np.cumsum(row)))[runs]) for row in (work.forward_s, work.backward_s)
    )
    phases = forward.sum() + backward.sum() + (micro - 1) * (forward.max() + backward.max())
    assert first.step_s - first.optimiser_s == pytest.approx(phases, abs=1e-9)
    both = forward + backward
    least = (np.cumsum(both) + (micro - 1) * both).max()
    assert alternating.step_s - alternating.optimiser_s >= least * (1 - 1e-9) - 1e-9
    assert (first.in_flight, alternating.in_flight) == (micro, min(stages, micro))
    assert first.exposed_s == alternating.exposed_s == 0.0 or stages < 8


@settings(max_examples=40)
@given(table=rows, exchange=exchanges, chosen=options)
def test_asynchronous_workers_are_bound_by_their_servers(table, exchange, chosen) -> None:
    chosen = {**chosen, "synchronous": False}
    step = plan("parameter_server", table, exchange, chosen)
    gradients = sum(sum(row[2]) for row in table)
    workers = exchange.devices * exchange.hosts
    if exchange.hosts > 1 or chosen["servers"]:
        assert step.step_s >= exchange.push_pull(exchange.devices * gradients, chosen["servers"]) * (1 - 1e-9)
    assert step.gradient_age == workers - 1
