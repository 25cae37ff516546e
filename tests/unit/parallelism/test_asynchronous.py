"""Parameter servers, hybrids, elastic averaging and local SGD, worked out by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pytest

from dcsim.parallelism import parallelism
from dcsim.parallelism.plan import Options, crowded
from tests.oracles.exchange import AlphaBeta, check_timeline, make_work

WORK = make_work([1.0, 1.0], [2.0, 3.0], [[10.0], [4.0, 6.0]], optimiser_s=0.5, batch=8)
FUSED = math.inf
COMPUTE = 7.5


def plan(name, exchange, work=WORK, **options):
    return parallelism.get(name).call(lambda batch: work, exchange, work.batch, Options(**options))


@dataclass(frozen=True)
class Quarter:
    """8 bits for each value of 4 bytes."""

    bits: float = 8.0
    passes: float = 0.0
    reducible: bool = False


def test_synchronous_servers_beside_the_workers() -> None:
    """20 bytes: 1 x 20 / 10 s inside, and 2 x 3/4 x 20 / 5 s through 4 hosts' adapters."""
    exchange = AlphaBeta(2, 4, (0.0, 10.0), (0.0, 5.0))
    step = plan("parameter_server", exchange, synchronous=True, bucket_bytes=FUSED)
    assert step.exposed_s == pytest.approx(2.0 + 6.0)
    assert (step.waits_for, step.gradient_age, step.age_bound, step.samples) == (4, 0.0, 0.0, 64)
    assert step.host_sent_bytes == pytest.approx(2 * 3 / 4 * 20.0)
    check_timeline(step)


def test_few_synchronous_servers_bind() -> None:
    exchange = AlphaBeta(1, 8, net=(0.0, 10.0))
    two = plan("parameter_server", exchange, synchronous=True, servers=2, bucket_bytes=FUSED)
    eight = plan("parameter_server", exchange, synchronous=True, servers=8, bucket_bytes=FUSED)
    assert two.exposed_s == pytest.approx(2 * 4 * 20.0 / 10.0)
    assert eight.exposed_s == pytest.approx(2 * 20.0 / 10.0)
    assert eight.host_sent_bytes == 20.0


def test_one_asynchronous_worker_meets_nobody() -> None:
    """A push and a pull of 20 bytes at 10 bytes/s, after the backward pass."""
    step = plan("parameter_server", AlphaBeta(1, 1, net=(0.0, 10.0)), servers=1, bucket_bytes=FUSED)
    assert step.step_s == pytest.approx(COMPUTE + 4.0)
    assert (step.waits_for, step.gradient_age, step.age_bound) == (1, 0.0, 0.0)


def test_servers_bound_all_asynchronous_workers_together() -> None:
    """64 workers of 20 bytes each way through one server of 10 bytes/s: 256 s a step at least, hardly more."""
    step = plan("parameter_server", AlphaBeta(1, 64, net=(0.0, 10.0)), servers=1, bucket_bytes=FUSED)
    assert 256.0 <= step.step_s < 256.01
    assert (step.gradient_age, step.age_bound, step.samples) == (63.0, math.inf, 512)
    check_timeline(step)


def test_with_many_servers_asynchronous_workers_are_nearly_alone() -> None:
    alone = COMPUTE + 4.0
    step = plan("parameter_server", AlphaBeta(1, 8, net=(0.0, 10.0)), servers=800, bucket_bytes=FUSED)
    assert alone <= step.step_s < 1.2 * alone


def test_devices_of_a_host_share_its_adapter() -> None:
    """8 devices push and pull 20 x 3/4 bytes each: 24 s through an adapter of 10 bytes/s, however many servers."""
    step = plan("parameter_server", AlphaBeta(8, 4, net=(0.0, 10.0)), bucket_bytes=FUSED)
    assert step.step_s == pytest.approx(crowded(COMPUTE + 3.0, 8, 24.0))
    assert step.step_s >= 24.0
    assert step.host_sent_bytes == pytest.approx(8 * 3 / 4 * 40.0)
    assert step.sent_bytes == pytest.approx(3 / 4 * 40.0)


def test_asynchronous_inside_one_box() -> None:
    """Half of 20 bytes out and back at 10 bytes/s alone; both devices together as long as an all-reduce."""
    step = plan("parameter_server", AlphaBeta(2, 1, (0.0, 10.0)), bucket_bytes=FUSED)
    assert step.step_s == pytest.approx(crowded(COMPUTE + 2.0, 2, 2.0))
    assert (step.host_sent_bytes, step.gradient_age) == (0.0, 1.0)
    assert plan("parameter_server", AlphaBeta(1, 1)).step_s == COMPUTE


def test_pushes_get_smaller_and_pulls_do_not() -> None:
    step = plan(
        "parameter_server", AlphaBeta(1, 1, net=(0.0, 10.0)), servers=1, bucket_bytes=FUSED, compression=Quarter()
    )
    assert step.exposed_s == pytest.approx((5.0 + 20.0) / 10.0)
    assert step.host_sent_bytes == 5.0


def test_hosts_as_workers_push_once() -> None:
    """Inside 2 s, to servers 2 x 3/4 x 20 / 10 s; gradients are 3 updates old instead of 7."""
    step = plan("hybrid_across", AlphaBeta(2, 4, (0.0, 10.0), (0.0, 10.0)), bucket_bytes=FUSED)
    assert step.step_s == pytest.approx(crowded(COMPUTE + 5.0, 4, 3.0))
    assert (step.gradient_age, step.age_bound, step.waits_for) == (3.0, math.inf, 1)
    assert step.host_sent_bytes == pytest.approx(30.0)
    check_timeline(step)


def test_hybrid_of_one_host_is_synchronous() -> None:
    box = AlphaBeta(4, 1, (0.0, 10.0))
    assert plan("hybrid_across", box).step_s == pytest.approx(plan("data_parallel", box).step_s)


@pytest.mark.parametrize(("bandwidth", "overlap", "wait"), [(10.0, True, 0.0), (1.0, True, 20.5), (10.0, False, 3.0)])
def test_hosts_in_step_while_devices_go_on(bandwidth, overlap, wait) -> None:
    """2 x 3/4 x 20 bytes among hosts beside a step of 7.5 + 2 s."""
    exchange = AlphaBeta(2, 4, (0.0, 10.0), (0.0, bandwidth))
    step = plan("hybrid_inside", exchange, bucket_bytes=FUSED, overlap=overlap)
    assert step.exposed_s == pytest.approx(2.0 + wait)
    assert (step.gradient_age, step.waits_for) == (2.0 if overlap else 1.0, 4)
    check_timeline(step)


def test_elastic_averaging_hides_what_is_fetched_early() -> None:
    """An exchange of 20 bytes both ways takes 20 s; 2 steps of 7.5 s before it hide 15 of them, 3 all."""
    exchange = AlphaBeta(1, 4, net=(0.0, 2.0))
    options = {"tau": 5, "servers": 4}
    late = plan("elastic_averaging", exchange, prefetch=2, **options)
    early = plan("elastic_averaging", exchange, prefetch=3, **options)
    assert late.exposed_s == pytest.approx(5.0 / 5)
    assert early.exposed_s == 0.0
    assert early.step_s == pytest.approx(COMPUTE + 0.5 / 5)
    assert (early.gradient_age, early.age_bound, early.waits_for, early.sync_every) == (5.0, 8.0, 1, 5)
    assert early.host_sent_bytes == 4.0
    for step in (late, early):
        among = check_timeline(step)["network among hosts"]
        assert [(span.what, span.end_s) for span in among] == [("weights and centre", step.period_s - 0.5)]
        assert among[0].end_s - among[0].begin_s == pytest.approx(20.0)
    assert plan("elastic_averaging", exchange, prefetch=3, overlap=False, **options).exposed_s == 0.0
    assert plan("elastic_averaging", exchange, **options).exposed_s == pytest.approx(20.0 / 5)


def test_elastic_averaging_of_one_host_is_data_parallel() -> None:
    box = AlphaBeta(4, 1, (0.0, 10.0))
    assert plan("elastic_averaging", box, tau=4).step_s == pytest.approx(plan("data_parallel", box).step_s)
    served = plan("elastic_averaging", box, tau=4, servers=2)
    assert (served.replicas, served.gradient_age, served.age_bound) == (1, 0.0, 0.0)  # drawn towards itself alone


def test_elastic_averaging_on_32_nodes() -> None:
    """AlexNet, 244 MB, 0.663 s a step, 10 GbE, 64 servers, tau 10, prefetch 5: nothing exposed, 0.59 Gbit/s a node."""
    alexnet = make_work([0.221], [0.442], [np.full(16, 244e6 / 16)], batch=128)
    exchange = AlphaBeta(4, 32, (0.0, 5e9), (1e-4, 1.1e9))
    step = plan("elastic_averaging", exchange, alexnet, tau=10, prefetch=5, servers=64, bucket_bytes=FUSED)
    inside = 1.5 * 244e6 / 5e9
    assert step.exposed_s == pytest.approx(inside)
    assert 2 * step.host_sent_bytes * 8 / 0.663 == pytest.approx(0.59e9, rel=0.01)
    assert step.age_bound == 15.0


@pytest.mark.parametrize("prefetch", [4, 5])
def test_elastic_exchanges_follow_one_another(prefetch) -> None:
    with pytest.raises(ValueError, match=f"prefetch: {prefetch} steps must be fewer than the 4 steps"):
        plan("elastic_averaging", AlphaBeta(1, 2), tau=4, prefetch=prefetch)


def test_local_steps_share_one_average() -> None:
    """2 x 3/4 x 20 / 10 s once in 6 steps."""
    step = plan("local_sgd", AlphaBeta(1, 4, net=(0.0, 10.0)), tau=6)
    assert step.exposed_s == pytest.approx(3.0 / 6)
    assert (step.sync_every, step.waits_for, step.averaged, step.gradient_age, step.age_bound) == (6, 4, 4, 0.0, 0.0)
    assert step.sent_bytes == pytest.approx(30.0 / 6)
    check_timeline(step)
    assert plan("local_sgd", AlphaBeta(1, 1), tau=6).step_s == COMPUTE


def test_each_plan_says_which_options_it_reads() -> None:
    fields = set(Options.__dataclass_fields__)
    for name in parallelism.names():
        assert set(parallelism.get(name).facts["options"]) <= fields


@pytest.mark.parametrize("name", parallelism.names())
def test_inference_has_nothing_to_synchronise(name) -> None:
    """Only what the forward pass itself hands on is sent: pooled vectors of a table, or activations between stages."""
    work = make_work([1.0, 1.0], [0.0, 0.0], [[], []], output=8.0, kinds=("embedding", "gemm"))
    step = plan(name, AlphaBeta(2, 1, (1.0, 8.0)), work)
    sends = name in ("embedding_sharded", "gpipe", "layer_split", "one_forward_one_backward")
    assert (step.exposed_s > 0, step.sent_bytes > 0) == (sends, sends)
    assert (step.backward_s, step.optimiser_s, step.overhead_s) == (0.0, 0.0, 0.0)
    check_timeline(step)
