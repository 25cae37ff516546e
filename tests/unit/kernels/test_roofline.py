"""Layer and step times against hand-computed values and against one call at a time."""

from __future__ import annotations

import numpy as np
import pytest

from dcsim.compute.layers import LAYER_KINDS
from dcsim.kernels.roofline import DEVICE_COLUMNS, FORM, LAYER_COLUMNS, Devices, Layers, layer_times, step_times
from tests.oracles import roofline as oracle

KINDS = LAYER_KINDS
PLAIN = {
    "flops": 0.0, "read": 0.0, "write": 0.0, "weights": 0.0, "repeat": 1, "rows": 0.0, "depth": 0.0, "columns": 0.0,
    "groups": 1.0, "parameters": 0, "winograd": False, "in_place": False,
}  # fmt: skip
CONV = {
    **PLAIN, "kind": "conv", "flops": 2.0 * 784 * 1152 * 128, "read": 401408.0, "write": 401408.0, "weights": 589824.0,
    "repeat": 3, "rows": 784.0, "depth": 1152.0, "columns": 128.0, "parameters": 147456, "winograd": True,
}  # fmt: skip
STRIDED = {**CONV, "winograd": False, "read": 4.0 * 3136 * 128, "repeat": 1}
GROUPED = {**CONV, "groups": 32.0, "depth": 36.0, "columns": 4.0, "parameters": 4608, "weights": 18432.0}
LARGE = {**CONV, "winograd": False, "depth": 3200.0, "parameters": 409600, "weights": 1638400.0}
NORM = {**PLAIN, "kind": "elementwise", "flops": 8e5, "read": 8e5, "write": 4e5, "weights": 1024.0, "parameters": 256}
RELU = {**PLAIN, "kind": "elementwise", "flops": 1e5, "read": 4e5, "write": 4e5, "in_place": True, "repeat": 2}
POOL = {**PLAIN, "kind": "elementwise", "flops": 1e5, "read": 4e5, "write": 1e5}
SOFTMAX = {**RELU, "flops": 5e5}
DENSE = {
    **PLAIN, "kind": "gemm", "flops": 4.1e6, "read": 8192.0, "write": 4000.0, "weights": 8.2e6, "rows": 1.0,
    "depth": 2048.0, "columns": 1000.0, "parameters": 2049000,
}  # fmt: skip
STEP = {**DENSE, "kind": "recurrent", "repeat": 25, "parameters": 0}
ROWS = {
    **PLAIN,
    "kind": "embedding",
    "read": 25600.0,
    "write": 256.0,
    "rows": 100.0,
    "columns": 64.0,
    "parameters": 10**7,
}
TREE = {**PLAIN, "kind": "tree", "flops": 1e6, "read": 1e3}
SCAN = {**PLAIN, "kind": "scan", "flops": 1e6, "read": 1e6}
TABLE = [ROWS, CONV, NORM, RELU, STRIDED, POOL, GROUPED, LARGE, DENSE, STEP, SOFTMAX, TREE, SCAN]
SHARES = {"gemm": 0.9, "conv": 0.95, "recurrent": 0.8, "embedding": 1.0, "elementwise": 0.5, "tree": 0.01, "scan": 0.02}
GPU = {
    "peak": 1e13, "bandwidth": 5e11, "launch": 2e-5, "units": 56.0, "matrix": 0, "fused": 0, "gain": 2.25, "value": 4.0,
    "gather": np.inf, "cache": 0.0, "cache_bandwidth": 0.0, "efficiency": SHARES,
}  # fmt: skip
TENSOR = {**GPU, "peak": 1e14, "matrix": 1, "fused": 1, "gain": 1.0, "value": 2.0, "bandwidth": 1e12}
CPU = {
    **GPU,
    "peak": 1e12,
    "units": 20.0,
    "gain": 1.0,
    "bandwidth": 6e10,
    "gather": 7e9,
    "cache": 3e7,
    "cache_bandwidth": 6e11,
}
DEVICES = {"gpu": GPU, "tensor": TENSOR, "cpu": CPU}


def layer_arrays(tables, ratio):
    table = [layer for layers in tables for layer in layers]
    names = {"trained": "parameters", "fast": "winograd"}
    first, held = [], []
    for layers in tables:
        marks = [layer["kind"] in KINDS[:3] for layer in layers]
        place = marks.index(True) if True in marks else -1
        usable = place >= 0 and not any(layer["parameters"] for layer in layers[:place])
        first += [float(usable and at == place) for at in range(len(layers))]
        held.append(4.0 * sum(x["parameters"] * x["repeat"] for x in layers if x["kind"] != "embedding"))
    return Layers(
        start=np.concatenate(([0], np.cumsum([len(layers) for layers in tables]))),
        kind=np.array([KINDS.index(layer["kind"]) for layer in table]),
        table=np.array([
            [*(float(layer[names.get(name, name)]) for name in LAYER_COLUMNS[:-1]), mark]
            for layer, mark in zip(table, first, strict=True)
        ]),
        held=np.array(held),
        backward_ratio=np.full(len(tables), ratio),
    )  # fmt: skip


def device_arrays(*devices):
    return Devices(
        table=np.array([[float(device[name]) for name in DEVICE_COLUMNS] for device in devices]),
        efficiency=np.array([[device["efficiency"][kind] for kind in KINDS] for device in devices]),
    )


def one(table, device, batch, ratio=1.5):
    return layer_times(layer_arrays([table], ratio), device_arrays(device), FORM, 0, 0, float(batch), ratio)


@pytest.mark.parametrize("name", DEVICES)
@pytest.mark.parametrize("batch", [1, 7, 128])
@pytest.mark.parametrize("ratio", [0.0, 1.5])
def test_against_one_call_at_a_time(name, batch, ratio):
    forward, backward = one(TABLE, DEVICES[name], batch, ratio)
    expected = np.array(oracle.passes(TABLE, DEVICES[name], FORM._asdict(), batch, ratio))
    assert forward == pytest.approx(expected[:, 0], rel=1e-12)
    assert backward == pytest.approx(expected[:, 1], rel=1e-12)


def test_memory_bound_layer_by_hand():
    """A pooling moves 1.5 times its 0.5 MB a sample; the launch is 20 us; its backward pass 1.5 times the
    traffic."""
    forward, backward = one([POOL], GPU, 10)
    moved = 1.5 * 10 * 5e5 / 5e11
    assert forward == pytest.approx([moved + 2e-5], rel=1e-6)
    assert backward == pytest.approx([1.5 * moved + 2e-5], rel=1e-6)


def test_compute_bound_product_by_hand():
    """12544 x 8192 x 4096 on 56 units: 98 x 32 tiles of 128 x 128 are 56 waves, and 0.29 are lost at the end."""
    big = {**PLAIN, "kind": "gemm", "rows": 98.0, "depth": 8192.0, "columns": 4096.0, "read": 4.0 * 98 * 8192}
    forward, _ = one([big], {**GPU, "bandwidth": 1e15}, 128, 0.0)
    tile = 2 * 128 * 128 * 8192 / (0.9e13 / 56)
    assert forward == pytest.approx([56.29 * (tile + FORM.tile_overhead) + 2e-5], rel=1e-6)


def test_the_first_product_needs_no_gradient_of_its_input():
    both = one([DENSE, DENSE], GPU, 4)[1]
    assert both[0] < both[1]
    assert one([NORM, DENSE], GPU, 4)[1][1] == both[1]


def test_the_backward_pass_bears_the_handling_of_gradients():
    free = {**NORM, "parameters": 0, "read": 4e5, "write": 8e5}
    with_values = {**free, "parameters": 1}
    more = one([with_values], GPU, 4)[1] - one([free], GPU, 4)[1]
    assert more == pytest.approx([FORM.gradient_calls * 2e-5])
    assert one([with_values], GPU, 4)[0] == one([free], GPU, 4)[0]


def test_normalisations_read_twice_only_in_training():
    training, serving = (one([NORM], GPU, 100, ratio)[0][0] - 2e-5 for ratio in (1.5, 0.0))
    assert training / serving == pytest.approx(1.5 * FORM.normalisation, rel=1e-2)


def test_narrow_values_on_matrix_units_fuse_activations_but_not_what_computes_more():
    times = np.array(one([RELU, SOFTMAX], TENSOR, 4))
    assert (times[:, 0] == 0.0).all()
    assert (times[:, 1] > 0.0).all()


def test_caches_keep_small_calls_and_small_models():
    cold = {**CPU, "cache": 0.0}
    assert one([DENSE], CPU, 1, 0.0)[0] < one([DENSE], cold, 1, 0.0)[0]
    large = {**DENSE, "repeat": 10}
    assert one([large], CPU, 1, 0.0)[0] > 10 * one([DENSE], CPU, 1, 0.0)[0]
    small_table = {**ROWS, "parameters": 10**6}
    assert one([small_table], CPU, 64, 0.0)[0] < one([ROWS], CPU, 64, 0.0)[0]


def test_inference_has_no_backward_pass():
    assert not one(TABLE, GPU, 8, 0.0)[1].any()


def test_points_are_independent_of_each_other():
    tables = [TABLE[:3], TABLE[3:]]
    models, places = np.array([0, 1, 0]), np.array([0, 1, 1])
    batches = np.array([4.0, 4.0, 64.0])
    step = step_times(layer_arrays(tables, 2.0), device_arrays(GPU, CPU), FORM, models, places, batches)
    for point in range(3):
        own = one(tables[models[point]], (GPU, CPU)[places[point]], batches[point], 2.0)
        assert [step[0][point], step[1][point]] == pytest.approx([own[0].sum(), own[1].sum()], rel=1e-14)
