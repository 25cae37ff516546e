"""Synchronous steps, worked out by hand."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import pytest

from dcsim.parallelism.data_parallel import data_parallel
from dcsim.parallelism.plan import Options
from tests.oracles.exchange import AlphaBeta, check_timeline, make_work

PAIR = AlphaBeta(devices=2, hosts=1, box=(0.0, 10.0))  # an all-reduce of S bytes takes S / 10 s
WORK = make_work([1.0, 1.0], [2.0, 3.0], [[10.0], [4.0, 6.0]], optimiser_s=0.5, batch=8)


@dataclass(frozen=True)
class Small:
    """A way to make gradients smaller."""

    bits: float
    passes: float = 0.0
    reducible: bool = True


def plan(exchange=PAIR, work=WORK, **options):
    return data_parallel(lambda batch: work, exchange, work.batch, Options(**options))


def test_gradients_leave_from_the_last_row_on() -> None:
    """6 bytes are ready after half of the last row (1.5 s), 4 after all of it, 10 at the end (5 s)."""
    sizes, ready = WORK.leaving
    assert sizes.tolist() == [6.0, 4.0, 10.0]
    assert ready.tolist() == [1.5, 3.0, 5.0]


@pytest.mark.parametrize(
    ("options", "exposed"),
    [
        ({}, 1.0),  # 1.5 to 2.1, 3 to 3.4, 5 to 6
        ({"bucket_bytes": 10.0}, 1.0),  # 3 to 4, 5 to 6
        ({"bucket_bytes": math.inf}, 2.0),  # 5 to 7
        ({"overlap": False}, 2.0),
        ({"overlap": False, "bucket_bytes": 10.0}, 2.0),
    ],
)
def test_step_by_hand(options, exposed) -> None:
    step = plan(**options)
    assert step.exposed_s == pytest.approx(exposed)
    assert (step.forward_s, step.backward_s, step.optimiser_s, step.compute_s) == (2.0, 5.0, 0.5, 7.5)
    assert step.step_s == pytest.approx(7.5 + exposed)
    assert (step.samples, step.micro_batch, step.sent_bytes, step.host_sent_bytes) == (16, 8, 20.0, 0.0)
    assert (step.waits_for, step.gradient_age, step.bubble_s, step.in_flight) == (1, 0.0, 0.0, 1)
    check_timeline(step)


def test_a_slow_lane_delays_what_comes_behind() -> None:
    """At 1 byte/s: 1.5 to 7.5, then 4 bytes until 11.5, then 10 until 21.5; the backward pass ends at 5."""
    step = plan(AlphaBeta(2, 1, (0.0, 1.0)))
    assert step.exposed_s == pytest.approx(16.5)
    network = check_timeline(step)["network"]
    assert [(span.begin_s, span.end_s) for span in network] == [(3.5, 9.5), (9.5, 13.5), (13.5, 23.5)]


def test_each_tensor_costs_the_device_time() -> None:
    """Ready at 1.6, 3.2 and 5.3 s; the last arrives at 6.3 s."""
    step = plan(tensor_overhead_s=0.1)
    assert step.overhead_s == pytest.approx(0.3)
    assert step.exposed_s == pytest.approx(1.0)
    assert step.step_s == pytest.approx(8.8)
    lanes = check_timeline(step)
    assert [span.begin_s for span in lanes["network"]] == pytest.approx([3.6, 5.2, 7.3])


def test_a_device_computes_more_slowly_while_it_sends() -> None:
    """By half: 1.5 to 2.1 s cost 0.2 s, so 4 bytes leave from 3.2 to 3.6 s and cost 2/15; the pass ends at 5 1/3 s."""
    step = plan(interference=0.5)
    assert step.overhead_s == pytest.approx(1 / 3)
    assert step.exposed_s == pytest.approx(1.0)
    lanes = check_timeline(step)
    assert [span.begin_s - 2.0 for span in lanes["network"]] == pytest.approx([1.5, 3.2, 5 + 1 / 3])
    assert plan(interference=0.5, overlap=False).overhead_s == 0.0


def test_alone_nothing_is_exchanged() -> None:
    step = plan(AlphaBeta(1, 1), tensor_overhead_s=0.1)
    assert (step.step_s, step.overhead_s, step.exposed_s, step.sent_bytes) == (7.5, 0.0, 0.0, 0.0)
    assert set(check_timeline(step)) == {"compute"}


def test_a_model_without_gradients_sends_nothing() -> None:
    step = plan(work=make_work([1.0], [0.0], [[]]))
    assert (step.step_s, step.exposed_s) == (1.0, 0.0)


def test_hosts_and_devices() -> None:
    """2 devices on each of 3 hosts: 2 x 1/2 S inside, 2 x 2/3 S among hosts."""
    step = plan(AlphaBeta(2, 3, (0.0, 10.0), (0.0, 20.0)), bucket_bytes=math.inf)
    assert step.exposed_s == pytest.approx(20.0 / 10.0 + 2 * 2 / 3 * 20.0 / 20.0)
    assert (step.samples, step.waits_for) == (48, 3)
    assert step.sent_bytes == pytest.approx(2 * 5 / 6 * 20.0)
    assert step.host_sent_bytes == pytest.approx(2 * 2 / 3 * 20.0)


def test_accumulated_gradients_leave_once() -> None:
    step = plan(accumulate=3)
    assert (step.forward_s, step.backward_s, step.optimiser_s, step.samples) == (6.0, 15.0, 0.5, 48)
    assert step.exposed_s == pytest.approx(1.0)
    assert step.micro_batch == 8
    lanes = check_timeline(step)
    assert len(lanes["network"]) == 3
    assert lanes["network"][0].begin_s == pytest.approx(2 * 7 + 2 + 1.5)


def test_smaller_gradients() -> None:
    """8 bits of 4 bytes are a quarter; 0.4 s of two passes over 20 bytes at 100 bytes/s lengthen the backward pass."""
    step = plan(compression=Small(8.0, 2.0), memory_bandwidth=100.0, bucket_bytes=math.inf)
    assert step.overhead_s == pytest.approx(0.4)
    assert step.exposed_s == pytest.approx(0.5)
    assert step.sent_bytes == pytest.approx(5.0)


def test_values_that_are_already_narrow_are_not_made_wider() -> None:
    assert plan(compression=Small(16.0), value_bytes=2.0).step_s == plan().step_s
    assert plan(compression=Small(32.0), value_bytes=2.0).step_s == plan().step_s


def test_what_cannot_be_added_up_is_gathered() -> None:
    """Of 4 devices each receives 3 x c; an all-reduce of 2 c moves 2 x 3/4 x 2 c, as many bytes."""
    four = AlphaBeta(4, 1, (0.0, 10.0))
    step = plan(four, compression=Small(1.0, reducible=False), bucket_bytes=math.inf)
    assert step.exposed_s == pytest.approx(3 * (20.0 / 32) / 10.0)


def test_spans_name_rows_and_kinds() -> None:
    names = [span.what for span in plan().spans]
    assert names[:4] == ["forward row0", "forward row1", "backward row1", "backward row0"]
    assert names[4:] == ["exposed communication", "optimiser", "all-reduce 1", "all-reduce 2", "all-reduce 3"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"accumulate": 0}, "accumulate needs at least 1, not 0"),
        ({"interference": -0.1}, "interference needs at least 0, not -0.1"),
        ({"tau": 0}, "tau needs at least 1, not 0"),
        ({"servers": -1}, "servers needs at least 0, not -1"),
        ({"bucket_bytes": -1.0}, "bucket_bytes needs at least 0"),
        ({"bucket_bytes": math.nan}, "bucket_bytes needs at least 0, not nan"),
        ({"memory_bandwidth": 0.0}, "memory_bandwidth must be above zero, not 0"),
    ],
)
def test_options_out_of_range(options, message) -> None:
    with pytest.raises(ValueError, match=message):
        Options(**options)


def test_a_resnet_is_planned_within_a_millisecond() -> None:
    """160 rows, 320 tensors: the mean of many, with room for a slow machine."""
    rows = 160
    work = make_work(np.full(rows, 1e-4), np.full(rows, 2e-4), np.full((rows, 2), 3e5))
    exchange = AlphaBeta(8, 32, (1e-5, 1e10), (1e-5, 6e9))
    plan(exchange, work)
    best = math.inf
    for _ in range(20):
        begin = time.perf_counter()
        plan(exchange, work)
        best = min(best, time.perf_counter() - begin)
    assert best < 1e-3
