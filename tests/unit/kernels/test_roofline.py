"""Layer and step times against hand-computed values and against one call at a time."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.kernels.roofline import Devices, Layers, call_time, layer_times, step_times
from tests.oracles import roofline as oracle

GEMM, GATHER = 0, 1
LAYERS = [
    {"kind": GEMM, "flops": 2e6, "read": 4e3, "write": 4e3, "weights": 4e6, "repeat": 3},
    {"kind": GATHER, "flops": 0.0, "read": 1e6, "write": 1e3, "weights": 0.0, "repeat": 1},
    {"kind": GEMM, "flops": 4e9, "read": 1e5, "write": 1e5, "weights": 1e7, "repeat": 1},
]
DEVICE = {"peak": 1e13, "bandwidth": 5e11, "launch": 5e-6, "efficiency": [(0.6, 2e9), (0.2, 1e6)]}


def tables(layers=LAYERS, ratio=2.0, device=DEVICE):
    def column(key):
        return np.array([float(layer[key]) for layer in layers])

    kind = np.array([layer["kind"] for layer in layers])
    columns = [column(key) for key in ("flops", "read", "write", "weights", "repeat")]
    highest, half_work = np.array(device["efficiency"]).T
    scalars = [np.array([device[key]]) for key in ("peak", "bandwidth", "launch")]
    return (
        Layers(np.array([0, len(layers)]), kind, *columns, np.array([ratio])),
        Devices(*scalars, highest[None, :].copy(), half_work[None, :].copy()),
    )


def one_step(batch, **changes):
    layers, devices = tables(**changes)
    zero = np.array([0])
    forward, backward = step_times(layers, devices, zero, zero, np.array([float(batch)]))
    return float(forward[0]), float(backward[0])


def test_compute_bound_call():
    # 1e9 flops at half of 60 % of 1e13 FLOP/s, as half of the efficiency is reached at 1e9 flops
    assert call_time(1e9, 1.0, 1e13, 0.6, 1e9, 5e11, 0.0) == pytest.approx(1e9 / (0.3 * 1e13), rel=1e-14)


def test_memory_bound_call_and_launch():
    assert call_time(1.0, 5e11, 1e13, 0.6, 1e9, 5e11, 5e-6) == pytest.approx(1.0 + 5e-6, rel=1e-14)


def test_call_without_flops_never_waits_for_the_arithmetic():
    assert call_time(0.0, 0.0, 1.0, 1.0, 1e12, 1.0, 0.25) == 0.25


def test_layer_times_by_hand():
    layers, devices = tables()
    common = (layers.flops, layers.read, layers.write, layers.weights, layers.repeat)
    efficiency = devices.efficiency[0, layers.kind], devices.half_work[0, layers.kind]
    seconds = layer_times(*common, *efficiency, 32.0, 1e13, 5e11, 5e-6, 1.0)
    assert seconds == pytest.approx(
        [
            3 * ((64e6 + 2e9) / 6e12 + 5e-6),
            32 * 1.001e6 / 5e11 + 5e-6,
            (128e9 + 2e9) / 6e12 + 5e-6,
        ],
        rel=1e-14,
    )
    assert layer_times(*common, *efficiency, 32.0, 1e13, 5e11, 5e-6, 0.0).tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("batch", [1, 16, 128])
def test_step_against_one_call_at_a_time(batch):
    forward, backward = one_step(batch)
    assert forward == pytest.approx(oracle.pass_time(LAYERS, DEVICE, batch, 1.0), rel=1e-12)
    assert backward == pytest.approx(oracle.pass_time(LAYERS, DEVICE, batch, 2.0), rel=1e-12)


def test_inference_has_no_backward_pass():
    forward, backward = one_step(8, ratio=0.0)
    assert forward == one_step(8)[0]
    assert backward == 0.0


def test_small_batches_cost_nearly_as_much_as_larger_ones():
    small, large = one_step(1, layers=LAYERS[:1])[0], one_step(8, layers=LAYERS[:1])[0]
    assert small < large < 1.02 * small


def test_points_are_independent_of_each_other():
    first, devices = tables()
    start = np.array([0, 2, 3])
    layers = first._replace(start=start, backward_ratio=np.array([1.0, 2.0]))
    models, batches = np.array([0, 1, 0]), np.array([4.0, 4.0, 64.0])
    forward, backward = step_times(layers, devices, models, np.zeros(3, np.int64), batches)
    for point, own in enumerate([LAYERS[:2], LAYERS[2:], LAYERS[:2]]):
        expected = one_step(int(batches[point]), layers=own, ratio=[1.0, 2.0, 1.0][point])
        assert (forward[point], backward[point]) == expected
