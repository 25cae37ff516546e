"""Step times, worked out by hand."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.compute.device import box_bandwidth, gpu_device
from dcsim.compute.step import exposed_time, inside_time, pass_times, step_time
from dcsim.spec.hardware import Gpu
from dcsim.spec.model import MlModel

GPU = {
    "title": "g", "source": "test", "vendor": "v", "year": 2016, "memory": "16 GiB", "idle_power": "30 W",
    "tdp": "300 W",
    "peak": {"fp32": "10 TFLOP/s"}, "box_bandwidth": "6 GB/s", "memory_bandwidth": "100 GB/s",
    "bandwidth_efficiency": 0.8, "launch_overhead": "10 us", "efficiency": {"fp32": {"gemm": 0.5}},
}  # fmt: skip
LAYER = {
    "name": "a", "kind": "gemm", "flops": "1 GFLOP", "read": "2 MB", "write": "2 MB", "weights": "1 MB",
    "parameters": 250000, "repeat": 2, "rows": 1000, "depth": 500, "columns": 1000,
}  # fmt: skip
ROWS = {
    "name": "b", "kind": "embedding", "flops": "1 kFLOP", "read": "4 MB", "write": "2 MB", "weights": "0 B",
    "parameters": 0, "rows": 10000, "columns": 100,
}  # fmt: skip


def gpu(**changes: object) -> Gpu:
    return Gpu.model_validate({**GPU, **changes})


def model(*layers: dict[str, object], ratio: float = 2.0) -> MlModel:
    return MlModel.model_validate({
        "title": "m", "assumption": "test", "family": "MLP", "layers": layers, "backward_ratio": ratio,
        "served_bytes": "1 MB", "training_state": 1.0,
    })  # fmt: skip


def test_inside_a_box() -> None:
    linked = {"links": 4, "link_bandwidth": "20 GB/s", "box_bandwidth": None}
    assert box_bandwidth(gpu(**linked)) == 80e9
    assert box_bandwidth(gpu(**linked, effective_link_bandwidth="18 GB/s")) == 72e9
    assert box_bandwidth(gpu()) == 6e9
    assert box_bandwidth(gpu(box_bandwidth="5 GB/s")) == 5e9
    assert box_bandwidth(gpu(box_bandwidth=None)) == 6e9
    assert inside_time(100e6, 1, 1.0) == 0.0


def test_step_by_hand() -> None:
    """Inside 2 x 7/8 x 2 MB / 1 GB/s = 3.5 ms; collective 10 ms every fourth step; half may hide."""
    entry, device = model(LAYER), gpu_device(gpu())
    network = {"collective_s": 10e-3, "overlap": 0.5, "sync_every": 4}
    step = step_time(entry, device, batch=64, devices=8, bandwidth_inside=1e9, **network)
    forward, backward = pass_times(entry, device, 64)
    assert backward > 0.5 * 13.5e-3
    assert (step.forward_s, step.backward_s) == (forward, backward)
    assert step.inside_s == pytest.approx(3.5e-3)
    assert step.exposed_s == pytest.approx((6.75e-3 + 3 * 1.75e-3) / 4)
    assert step.step_s == pytest.approx(forward + backward + 3e-3)


def test_alone_a_step_is_compute() -> None:
    step = step_time(model(LAYER), gpu_device(gpu()), batch=1)
    assert step.exposed_s == 0.0
    assert step.step_s == step.compute_s


times = st.floats(0.0, 100.0)


@given(communication=times, backward=times, overlap=st.floats(0.0, 1.0))
def test_exposed_part(communication: float, backward: float, overlap: float) -> None:
    exposed = exposed_time(communication, backward, overlap)
    assert 0.0 <= exposed <= communication
    assert exposed >= communication - backward - 1e-12
    assert exposed >= communication * (1 - overlap) - 1e-9


@given(collective=times, batch=st.integers(1, 512), every=st.integers(1, 50), overlap=st.floats(0.0, 1.0))
def test_a_slower_network_never_speeds_a_step(collective: float, batch: int, every: int, overlap: float) -> None:
    entry, device = model(LAYER, ROWS), gpu_device(gpu())
    options = {"batch": batch, "sync_every": every, "overlap": overlap}
    fast = step_time(entry, device, collective_s=collective, **options)
    slow = step_time(entry, device, collective_s=2 * collective, **options)
    assert slow.step_s >= fast.step_s >= fast.compute_s
    assert math.isfinite(slow.step_s)
