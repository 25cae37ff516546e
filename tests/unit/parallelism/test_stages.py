"""Split models and pipelines, worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Options, chain, layout
from tests.oracles.exchange import AlphaBeta, check_timeline, make_work


def plan(name, exchange, work, batch=1, **options):
    return parallelism.get(name).call(work, exchange, batch, Options(**options))


def even(rows=4, **facts):
    """Rows of 1 s forward and 2 s backward for each sample, 10 bytes of weights each."""

    def work(batch):
        return make_work(np.full(rows, 1.0 * batch), np.full(rows, 2.0 * batch), np.full((rows, 1), 10.0), batch=batch,
                         **facts)  # fmt: skip

    return work


def test_blocks_of_equal_repeat_are_cut_between_calls() -> None:
    """Two rows called twice are two units of one call of each."""
    work = make_work([1.0, 2.0, 4.0, 3.0], [1.0] * 4, [[5.0], [1.0, 1.0], [4.0] * 2, [7.0]],
                     output=[1.0, 2.0, 3.0, 4.0], repeats=(1, 2, 2, 1))  # fmt: skip
    parts = chain(work)
    assert parts.forward_s.tolist() == [1.0, 3.0, 3.0, 3.0]
    assert parts.gradient_bytes.tolist() == [5.0, 5.0, 5.0, 7.0]
    assert parts.output_bytes.tolist() == [1.0, 3.0, 3.0, 4.0]
    assert parts.kept_bytes.tolist() == [1.0, 5.0, 5.0, 4.0]


def test_rows_called_once_are_never_joined() -> None:
    parts = chain(make_work([1.0, 2.0, 3.0], [1.0] * 3, [[1.0]] * 3))
    assert parts.forward_s.tolist() == [1.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("stages", "devices", "hosts", "found"),
    [
        (0, 4, 2, (8, 4, 1, 1)),
        (4, 8, 2, (4, 4, 2, 2)),
        (8, 4, 6, (8, 4, 1, 3)),
        (1, 4, 1, (1, 1, 4, 1)),
    ],
)
def test_where_pipelines_go(stages, devices, hosts, found) -> None:
    where = layout(stages, devices, hosts)
    assert (where.stages, where.near, where.inside, where.across) == found
    assert where.stages * where.pipelines == devices * hosts


@pytest.mark.parametrize(
    ("stages", "devices", "hosts", "message"),
    [
        (9, 8, 1, "9 stages need as many devices, and there are 8"),
        (3, 8, 1, "8 devices of a host cannot be divided by 3 stages"),
        (6, 4, 3, "6 stages do not fill hosts of 4 devices"),
        (8, 4, 3, "3 hosts cannot be divided by pipelines over 2 hosts"),
    ],
)
def test_stages_that_cannot_be(stages, devices, hosts, message) -> None:
    with pytest.raises(ValueError, match=message):
        layout(stages, devices, hosts)


@pytest.mark.parametrize("name", ["layer_split", "gpipe", "one_forward_one_backward"])
def test_more_stages_than_layers(name) -> None:
    with pytest.raises(ValueError, match="the model has 4 layers to cut between, too few for 8 stages"):
        plan(name, AlphaBeta(8, 1), even(4))


@pytest.mark.parametrize("name", ["gpipe", "one_forward_one_backward"])
def test_micro_batches_share_the_batch(name) -> None:
    with pytest.raises(ValueError, match="microbatches: 12 samples of a pipeline cannot be divided into 5"):
        plan(name, AlphaBeta(4, 1), even(), batch=3, microbatches=5)


def test_split_layers_wait_for_one_another() -> None:
    """4 samples through 4 rows: 4 x 4 x 3 s of computation, 6 messages of 8 bytes at 4 bytes/s."""
    box = AlphaBeta(4, 1, (0.0, 4.0))
    step = plan("layer_split", box, even(output=8.0, optimiser_s=4.0))
    assert step.forward_s == 4.0
    assert step.backward_s == 8.0
    assert step.bubble_s == pytest.approx(36.0)
    assert step.exposed_s == pytest.approx(12.0)
    assert step.optimiser_s == pytest.approx(1.0)
    assert step.step_s == pytest.approx(61.0)
    assert (step.samples, step.micro_batch, step.in_flight, step.share) == (4, 4, 1, 0.25)
    assert step.sent_bytes == pytest.approx(2 * 3 * 8 / 4)
    check_timeline(step)


def test_messages_between_hosts_cross_the_network() -> None:
    """Of 3 cuts the middle one lies between two hosts."""
    step = plan("layer_split", AlphaBeta(2, 2, (0.0, 4.0), (1.0, 2.0)), even(output=8.0))
    assert step.exposed_s == pytest.approx(2 * (2.0 + 5.0 + 2.0))
    assert step.host_sent_bytes == pytest.approx(2 * 8.0 / 2)
    assert step.waits_for == 2


@pytest.mark.parametrize("name", ["gpipe", "one_forward_one_backward"])
def test_bubble_of_equal_stages(name) -> None:
    """4 samples in 4 micro-batches, 4 stages: 3 / 7 of the time are bubbles."""
    step = plan(name, AlphaBeta(4, 1, (0.0, 1.0)), even(), microbatches=4)
    assert step.step_s == pytest.approx(7 * 3.0)
    assert step.bubble_s / step.step_s == pytest.approx(3 / 7)
    assert step.exposed_s == 0.0
    check_timeline(step)


def test_alternating_keeps_fewer_micro_batches() -> None:
    exchange, options = AlphaBeta(2, 1), {"batch": 8, "microbatches": 16}
    all_first = plan("gpipe", exchange, even(2), **options)
    alternating = plan("one_forward_one_backward", exchange, even(2), **options)
    assert alternating.step_s == all_first.step_s
    assert (all_first.in_flight, alternating.in_flight) == (16, 2)
    assert all_first.micro_batch == alternating.micro_batch == 1


def test_the_stage_that_keeps_most() -> None:
    """Rows keep 1, 1, 1 and 5 of 8 parts; alternating, stages 0 and 3 keep 4 x 1 and 1 x 5 parts of 4 micro-batches."""
    exchange, make = AlphaBeta(4, 1, (0.0, math.inf)), even(output=np.array([1.0, 1.0, 1.0, 5.0]))
    all_first = plan("gpipe", exchange, make, batch=4, microbatches=16)
    alternating = plan("one_forward_one_backward", exchange, make, batch=4, microbatches=16)
    assert all_first.activation_share == pytest.approx(5 / 8)
    assert alternating.activation_share == pytest.approx(5 / 8 / 4)
    assert all_first.share == alternating.share == 0.25


@pytest.mark.parametrize(("batch", "micro"), [(32, 16), (6, 24), (7, 28), (3, 12), (1, 4)])
def test_micro_batches_are_chosen_where_nobody_says(batch, micro) -> None:
    """At least four for each of 4 stages where the batch divides so."""
    step = plan("gpipe", AlphaBeta(4, 1), even(), batch=batch)
    assert step.in_flight == micro
    assert step.micro_batch * micro == 4 * batch


@pytest.mark.parametrize("name", ["gpipe", "one_forward_one_backward"])
def test_a_single_stage_takes_its_batch_at_once(name) -> None:
    """A device of its own has nobody to wait for; whoever asks for micro-batches gets them."""
    step = plan(name, AlphaBeta(1, 1), even(), batch=32)
    assert (step.micro_batch, step.in_flight, step.bubble_s) == (32, 1, 0.0)
    replicas = plan(name, AlphaBeta(4, 1), even(), batch=32, stages=1)
    assert (replicas.micro_batch, replicas.in_flight) == (32, 1)
    assert plan(name, AlphaBeta(1, 1), even(), batch=32, microbatches=4).micro_batch == 8


def test_replicas_reduce_their_stages() -> None:
    """2 stages of 20 bytes on 4 devices: 2 replicas reduce 20 bytes in 2 s each, the last stage's beside the others."""
    box = AlphaBeta(4, 1, (0.0, 10.0))
    step = plan("gpipe", box, even(), batch=2, stages=2, microbatches=4)
    assert step.exposed_s == pytest.approx(2.0)
    assert step.samples == 8
    assert step.share == 0.5
    late = plan("gpipe", box, even(), batch=2, stages=2, microbatches=4, overlap=False)
    assert late.exposed_s == pytest.approx(4.0)
    orders = [[span.what[-1] for span in check_timeline(one)["network"]] for one in (step, late)]
    assert orders == [["1", "0"], ["0", "1"]]


def test_replicas_across_hosts_share_an_adapter() -> None:
    """Both stages of 20 bytes go through each host's adapter, one after the other: 2 x 20 / 10 s each, no overlap."""
    hosts = AlphaBeta(2, 3, (0.0, 1e9), (0.0, 10.0))
    step = plan("layer_split", hosts, even(), stages=2)
    assert step.exposed_s == pytest.approx(2 * 2 * 2 / 3 * 20.0 / 10.0, abs=1e-6)
    assert step.host_sent_bytes == pytest.approx(2 * 2 * 2 / 3 * 20.0)


def test_pipelines_over_hosts_reduce_on_each() -> None:
    """4 stages over 2 of 4 hosts: the two stages of a host share its adapter, those of the next have their own."""
    hosts = AlphaBeta(2, 4, (0.0, 1e9), (0.0, 10.0))
    step = plan("layer_split", hosts, even(), stages=4)
    assert step.exposed_s == pytest.approx(2 * 1 * 10.0 / 10.0, abs=1e-6)
    lanes = check_timeline(step)
    assert {"network 0", "network 1"} <= set(lanes)


@pytest.mark.parametrize("name", ["layer_split", "gpipe", "one_forward_one_backward"])
def test_accumulated_passes_flush_and_reduce_once(name) -> None:
    box = AlphaBeta(4, 1, (0.0, 10.0))
    once = plan(name, box, even(optimiser_s=1.0), stages=2)
    thrice = plan(name, box, even(optimiser_s=1.0), stages=2, accumulate=3)
    reduced = 2.0 if name != "layer_split" else 4.0
    assert thrice.step_s == pytest.approx(3 * (once.step_s - reduced - 0.5) + reduced + 0.5)
    assert (thrice.samples, thrice.in_flight) == (3 * once.samples, once.in_flight)
    check_timeline(thrice)


def test_one_stage_is_data_parallel_with_one_buffer() -> None:
    box = AlphaBeta(4, 1, (0.0, 10.0))
    split = plan("layer_split", box, even(optimiser_s=1.0), stages=1)
    plain = plan("data_parallel", box, even(optimiser_s=1.0), bucket_bytes=1e9)
    assert split.step_s == pytest.approx(plain.step_s)
