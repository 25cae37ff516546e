"""What updates of the weights move and take, by hand."""

from __future__ import annotations

import pytest

from dcsim.compute.device import gpu_device
from dcsim.compute.optimiser import (
    FORMATS,
    checkpointed_rule,
    format_of,
    optimiser_time,
    update_bytes,
    updated_values,
)
from dcsim.spec.catalog import Catalog
from dcsim.spec.device import Gpu
from dcsim.spec.model import MlModel
from dcsim.spec.optimiser import Optimiser

GPU = Gpu.model_validate({
    "title": "g", "source": "test", "vendor": "v", "year": 2016, "memory": "16 GiB", "idle_power": "30 W",
    "peak": {"fp32": "10 TFLOP/s", "fp16": "20 TFLOP/s"}, "box_bandwidth": "6 GB/s", "memory_bandwidth": "100 GB/s",
    "bandwidth_efficiency": 0.8, "launch_overhead": "10 us", "tdp": "300 W",
})  # fmt: skip
DENSE = {
    "name": "d", "kind": "elementwise", "flops": "0 FLOP", "read": "4 B", "write": "4 B", "weights": "4 MB",
    "parameters": 1_000_000, "repeat": 2,
}  # fmt: skip
TABLE = {
    "name": "t", "kind": "embedding", "flops": "0 FLOP", "read": "12.8 kB", "write": "256 B", "weights": "0 B",
    "parameters": 64_000_000, "rows": 50, "columns": 64,
}  # fmt: skip


def model(*layers, **changes):
    return MlModel.model_validate({
        "title": "m", "assumption": "test", "family": "MLP", "layers": layers, "backward_ratio": 2.0,
        "served_bytes": "1 MB", "training_state": 3.0, **changes,
    })  # fmt: skip


def rule(name):
    return Catalog().load("optimisers", name)


@pytest.mark.parametrize(
    ("name", "nbytes"), [("sgd", 12), ("momentum", 20), ("adagrad", 20), ("adam", 28), ("lamb", 40)],
)  # fmt: skip
def test_bytes_of_each_rule(name, nbytes):
    """Values read and written, 4 B each: w and g in, w out; one state more in and out for each that is kept."""
    assert update_bytes(rule(name)) == nbytes


def test_mixed_precision_reads_a_narrow_gradient_and_writes_a_narrow_weight():
    assert update_bytes(rule("sgd"), "mixed") == 2 + 4 + 4 + 2
    assert update_bytes(rule("adam"), "bf16") == 2 + 3 * 4 + 3 * 4 + 2


def test_time_by_hand():
    """2 million values of 20 B at 80 GB/s, and one launch."""
    assert optimiser_time(model(DENSE), gpu_device(GPU), rule("momentum")) == pytest.approx(40e6 / 80e9 + 10e-6)
    assert optimiser_time(model(DENSE), gpu_device(GPU), rule("lamb")) == pytest.approx(80e6 / 80e9 + 20e-6)


def test_a_narrow_format_does_not_make_the_memory_faster():
    wide = optimiser_time(model(DENSE), gpu_device(GPU), rule("momentum"))
    narrow = optimiser_time(model(DENSE), gpu_device(GPU, "fp16"), rule("momentum"), "fp16")
    assert narrow == pytest.approx(wide)


def test_only_touched_rows_are_updated():
    sparse = model(DENSE, TABLE, gradient_bytes="8 MB")
    assert updated_values(sparse, 10) == 2e6 + 10 * 50 * 64
    assert updated_values(sparse, 1e6) == 2e6 + 64e6
    assert updated_values(model(DENSE, TABLE), 10) == 2e6 + 64e6
    few, many = (optimiser_time(sparse, gpu_device(GPU), rule("sgd"), batch=batch) for batch in (1, 2000))
    assert many - few == pytest.approx(1999 * 3200 * 12 / 80e9)


def test_resnet_is_updated_in_a_millisecond():
    """25.6 M values of 20 B at three quarters of 732 GB/s: far below the 0.2 s of its step."""
    found = optimiser_time(Catalog().load("models", "resnet50"), gpu_device(Catalog().load("gpus", "p100_sxm2")),
                           rule("momentum"))  # fmt: skip
    assert 0.6e-3 < found < 1.5e-3


def test_formats():
    assert format_of("int8", training=False).value == 1.0
    with pytest.raises(ValueError, match="models are not trained in int8"):
        format_of("int8")
    with pytest.raises(ValueError, match="unknown precision 'fp24'"):
        format_of("fp24")
    assert all(each.master in {0.0, 4.0} for each in FORMATS.values())


def test_rule_of_a_checkpoint():
    kept = checkpointed_rule(model(DENSE))
    assert (kept.states, update_bytes(kept)) == (2.0, 28.0)


@pytest.mark.parametrize("name", Catalog().names("optimisers"))
def test_shipped_rules_are_consistent(name):
    """A rule reads at least weight, gradient and states, and writes at least weight and states."""
    found = rule(name)
    assert found.read >= 2 + found.states
    assert found.written >= 1 + found.states


@pytest.mark.parametrize("change", [{"states": -1.0}, {"read": 1.0}, {"written": 0.0}, {"calls": 0}])
def test_rules_that_move_too_little_are_refused(change):
    fields = {"title": "o", "assumption": "test", "states": 0.0, "read": 2.0, "written": 1.0, **change}
    with pytest.raises(ValueError, match=next(iter(change))):
        Optimiser.model_validate(fields)
