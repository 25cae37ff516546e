"""Tables over devices, worked out by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from dcsim.parallelism.embedding_sharded import embedding_sharded
from dcsim.parallelism.plan import Options
from tests.oracles.exchange import AlphaBeta, check_timeline, make_work

KINDS = ("gemm", "embedding", "gemm")


def work(batch, tables=2, cost=1.0):
    """Dense 1 s, tables, dense 2 s; backward twice as long; 4 bytes of each table's vector for a sample."""
    return make_work(
        [1.0 * batch, tables * cost * batch, 2.0 * batch], [2.0 * batch, tables * cost * batch, 4.0 * batch],
        [[10.0], [50.0] * tables, [20.0]], output=[1.0, 4.0 * batch, 1.0], optimiser_s=0.5, batch=batch, kinds=KINDS,
        repeats=(1, tables, 1),
    )  # fmt: skip


def plan(exchange, make=work, batch=1, **options):
    return embedding_sharded(make, exchange, batch, Options(**options))


def test_a_step_by_hand() -> None:
    """Two devices of one table each look up 2 samples (2 s); 8 bytes a device, half of them to the other.

    An all-to-all takes 8/2/10 = 0.4 s, hidden by the first dense row (1 s) and by its backward pass; gradients of 20
    bytes are ready after 4 s and take 2 s, those of 10 after 6 s, beside the update of the tables until 8 s.
    """
    pair = AlphaBeta(2, 1, (0.0, 10.0))
    step = plan(pair)
    assert step.forward_s == pytest.approx(2.0 + 1.0 + 2.0)
    assert step.backward_s == pytest.approx(4.0 + 2.0 + 2.0)
    assert step.table_share == 0.5
    assert step.exposed_s == 0.0
    assert step.optimiser_s == pytest.approx(0.5 * (30 + 50) / 130)  # one table of two, and all else
    assert step.step_s == pytest.approx(5.0 + 8.0 + step.optimiser_s)
    assert (step.samples, step.waits_for) == (2, 1)
    assert step.sent_bytes == pytest.approx(2 * 8 / 2 + 30.0)
    lanes = check_timeline(step)
    assert [span.end_s for span in lanes["all-to-all"]] == pytest.approx([2.4, 5 + 4.4])
    assert [span.end_s for span in lanes["network"]] == pytest.approx([5 + 6.4, 5 + 7.4])


def test_gradients_stand_still_for_an_all_to_all() -> None:
    """Gradients of one buffer of 20 bytes at 5 bytes/s leave after 1 s of the 4 s above: 1 to 5 s, and 0.8 s longer."""

    def early(batch):
        return make_work(
            [1.0, 1.0, 1.0, 1.0], [2.0, 1.0, 3.0, 1.0], [[], [50.0], [], [20.0]], output=[1.0, 8.0, 1.0, 1.0],
            kinds=("gemm", "embedding", "gemm", "gemm"), batch=batch,
        )  # fmt: skip

    lanes = check_timeline(plan(AlphaBeta(2, 1, (0.0, 5.0)), early))
    start = 0.5 + 1.0 + 2.0
    assert [(span.begin_s - start, span.end_s - start) for span in lanes["network"]] == [pytest.approx((1.0, 5.8))]


def test_a_long_all_to_all_is_waited_for_twice() -> None:
    """At 0.5 bytes/s it takes 8 s: 1 s of them is hidden forward, 2 backward; 60 s of gradients follow."""
    step = plan(AlphaBeta(2, 1, (0.0, 0.5)))
    update = 2.0
    assert step.exposed_s == pytest.approx(7.0 + 6.0 + 60.0 - update)
    check_timeline(step)


def test_without_overlap_all_is_exposed() -> None:
    step = plan(AlphaBeta(2, 1, (0.0, 10.0)), overlap=False)
    # the second all-to-all goes first; 3 s of gradients follow it, of which the update of the tables hides 2
    assert step.exposed_s == pytest.approx(0.4 + 0.4 + 1.0)
    check_timeline(step)


def test_alone_nothing_is_exchanged() -> None:
    step = plan(AlphaBeta(1, 1))
    assert step.step_s == pytest.approx(5.0 + 8.0 + 0.5)
    assert (step.exposed_s, step.sent_bytes, step.table_share) == (0.0, 0.0, 1.0)
    check_timeline(step)


@pytest.mark.parametrize(("tables", "devices", "share"), [(3, 2, 2 / 3), (5, 4, 2 / 5), (1, 4, 1 / 4), (3, 4, 1 / 3)])
def test_the_fullest_device_sets_the_pace(tables, devices, share) -> None:
    """Of 3 tables one device has 2; one table is cut into four; 3 are cut in two, and two devices have two halves."""
    step = plan(AlphaBeta(devices, 1, (0.0, math.inf)), lambda batch: work(batch, tables))
    assert step.table_share == pytest.approx(share)
    assert step.forward_s == pytest.approx(3.0 + share * tables * devices)


def test_a_dear_table_fills_a_device() -> None:
    """Tables of 6, 2, 2 and 2 s: on two devices 6 and 6."""

    def uneven(batch):
        return make_work([6.0 * batch, 6.0 * batch, 1.0], [0.0] * 3, [[1.0], [1.0] * 3, [1.0]], batch=batch,
                         kinds=("embedding", "embedding", "gemm"), repeats=(1, 3, 1))  # fmt: skip

    assert plan(AlphaBeta(2, 1), uneven).table_share == pytest.approx(0.5)
    assert plan(AlphaBeta(4, 1), uneven).table_share == pytest.approx(0.5)


def test_each_device_updates_its_part_of_the_tables() -> None:
    """0.1 s to start and 0.4 s for 100 values, 70 of them of two tables: half of those on each of two devices."""

    def whole(batch):
        return replace(work(batch), tensors=(np.array([10.0]), np.array([35.0, 35.0]), np.array([20.0])),
                       optimiser_start_s=0.1)  # fmt: skip

    assert plan(AlphaBeta(1, 1), whole).optimiser_s == pytest.approx(0.5)
    two = plan(AlphaBeta(2, 1, (0.0, 10.0)), whole)
    assert two.optimiser_s == pytest.approx(0.1 + 0.4 * (30 + 35) / 100)
    check_timeline(two)


def test_hosts_send_what_leaves_them() -> None:
    step = plan(AlphaBeta(2, 2), lambda batch: work(batch, 4))
    assert step.host_sent_bytes == pytest.approx(2 * 16 * 2 / 4 * 2 + 2 * 1 / 2 * 30.0)


def test_a_model_without_tables() -> None:
    with pytest.raises(ValueError, match="needs a model with embedding tables, and this one has none"):
        plan(AlphaBeta(2, 1), lambda batch: make_work([1.0], [1.0], [[1.0]], kinds=("gemm",)))
