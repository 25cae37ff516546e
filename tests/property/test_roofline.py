"""What must hold of step times, whatever the layer and the device."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsim.compute.device import Device
from dcsim.compute.passes import layer_passes
from dcsim.kernels.products import product_time
from dcsim.kernels.roofline import FORM
from dcsim.spec.model import MlModel

sizes = st.integers(1, 5000)
KINDS = st.sampled_from(["gemm", "conv", "recurrent"])


@st.composite
def products(draw):
    rows, depth, columns, groups = draw(sizes), draw(sizes), draw(sizes), draw(st.sampled_from([1, 2, 32]))
    kind = draw(KINDS)
    weights = 4 * depth * columns * groups
    return {
        "name": "p", "kind": kind, "flops": f"{2 * rows * depth * columns * groups} FLOP",
        "read": f"{4 * rows * depth * groups} B", "write": f"{4 * rows * columns * groups} B",
        "weights": f"{weights} B", "parameters": weights // 4, "rows": rows, "depth": depth, "columns": columns,
        "groups": groups, "winograd": kind == "conv" and draw(st.booleans()),
    }  # fmt: skip


@st.composite
def others(draw):
    read, write = draw(st.integers(1, 10**7)), draw(st.integers(1, 10**7))
    kind = draw(st.sampled_from(["elementwise", "embedding", "tree", "scan"]))
    shape = {"rows": 1, "columns": max(1, read // 4)} if kind == "embedding" else {}
    return {
        "name": "o", "kind": kind, "flops": f"{draw(st.integers(0, 10**7))} FLOP", "read": f"{max(4, read)} B",
        "write": f"{write} B", "weights": "0 B", "parameters": draw(st.integers(0, 10**6)),
        "in_place": kind == "elementwise" and draw(st.booleans()), **shape,
    }  # fmt: skip


layers = st.lists(st.one_of(products(), others()), min_size=1, max_size=4)


@st.composite
def devices(draw):
    matrix = draw(st.booleans())
    return Device(
        peak=draw(st.floats(1e10, 1e15)),
        bandwidth=draw(st.floats(1e9, 1e13)),
        launch=draw(st.floats(0.0, 1e-4)),
        efficiency=(0.9, 0.8, 0.7, 1.0, 1.0, 0.01, 0.02),
        units=float(draw(st.integers(1, 300))),
        matrix=matrix,
        fused=matrix and draw(st.booleans()),
        gain=1.0 if matrix else draw(st.sampled_from([1.0, 2.25, 4.0])),
        gather=draw(st.sampled_from([math.inf, 7e9])),
        cache=draw(st.sampled_from([0.0, 3e7])),
        cache_bandwidth=1e12,
    )


def model(rows):
    return MlModel.model_validate({
        "title": "m", "assumption": "test", "family": "MLP", "layers": rows, "backward_ratio": 1.5,
        "served_bytes": "1 MB", "training_state": 1.0,
    })  # fmt: skip


def total(rows, device, batch, *, training=True):
    passes = layer_passes(model(rows), device, batch, training=training)
    return passes.forward_s.sum() + passes.backward_s.sum()


@given(rows=layers, device=devices(), batches=st.tuples(st.integers(1, 500), st.integers(1, 500)))
def test_more_samples_never_take_less(rows, device, batches):
    low, high = sorted(batches)
    assert total(rows, device, low) <= total(rows, device, high) * (1 + 1e-9)


@given(rows=layers, more=layers, device=devices(), batch=st.integers(1, 200))
def test_more_layers_never_take_less(rows, more, device, batch):
    assert total(rows, device, batch, training=False) <= total(rows + more, device, batch, training=False) * (1 + 1e-9)


@given(rows=layers, device=devices(), batch=st.integers(1, 200), factor=st.floats(1.0, 100.0))
def test_faster_parts_never_slow_a_step(rows, device, batch, factor):
    before = total(rows, device, batch)
    for name in ("peak", "bandwidth"):
        faster = dataclasses.replace(device, **{name: factor * getattr(device, name)})
        assert total(rows, faster, batch) <= before * (1 + 1e-9)
    slower = dataclasses.replace(device, launch=factor * device.launch)
    assert total(rows, slower, batch) >= before * (1 - 1e-9)


@given(rows=layers, device=devices(), batch=st.integers(1, 200))
def test_every_call_is_launched_or_fused_and_training_takes_longer(rows, device, batch):
    forward = layer_passes(model(rows), device, batch, training=False)
    calls = sum(not (device.fused and row.get("in_place")) for row in rows)
    assert (forward.backward_s == 0.0).all()
    assert forward.forward_s.sum() >= calls * device.launch * (1 - 1e-12)
    assert total(rows, device, batch) >= forward.forward_s.sum() * (1 - 1e-9)


@given(m=sizes, n=sizes, k=sizes, grown=st.floats(1.0, 10.0), whole=st.booleans(), units=st.integers(1, 200))
def test_products_never_beat_the_peak_and_grow_with_each_size(m, n, k, grown, whole, units):
    def time(*size):
        return product_time(
            *map(float, size), 1.0, whole, FORM.tiles, 400.0, float(units), 1e12, FORM.tail, FORM.tile_overhead
        )

    once = time(m, n, k)
    assert once >= 2.0 * m * n * k / 1e12
    for larger in ((m * grown, n, k), (m, n * grown, k), (m, n, k * grown)):
        assert time(*larger) >= once * (1 - 1e-9)


@given(rows=layers, batch=st.integers(1, 64), device=devices())
def test_a_framework_that_is_twice_as_efficient_starts_calls_no_faster(rows, batch, device):
    def forward(launch, rate):
        return layer_passes(model(rows), dataclasses.replace(device, launch=launch), batch, rate=rate).forward_s

    starts = forward(1e-3, 1.0) - forward(0.0, 1.0)
    assert forward(1e-3, 2.0) - forward(0.0, 2.0) == pytest.approx(starts, rel=1e-6, abs=1e-12)
    assert (forward(0.0, 2.0) <= forward(0.0, 1.0) * (1 + 1e-9)).all()
    assert (forward(0.0, 2.0) >= 0.5 * forward(0.0, 1.0) * (1 - 1e-9)).all()
