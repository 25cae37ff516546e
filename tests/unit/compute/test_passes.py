"""Passes of shipped models on shipped devices: what must come out of the fit, and what must not depend on it."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import pytest

from dcsim.compute.device import cpu_device, gpu_device
from dcsim.compute.layers import layer_arrays
from dcsim.compute.passes import layer_passes
from dcsim.spec.catalog import Catalog

CATALOG = Catalog()


def entry(kind: str, name: str) -> Any:
    return CATALOG.load(kind, name)


def passes(model: str, gpu: str, batch: int, precision: str = "fp32", **options: Any) -> tuple[float, float]:
    device = gpu_device(entry("gpus", gpu), precision)
    found = layer_passes(entry("models", model), device, batch, **options)
    return float(found.forward_s.sum()), float(found.backward_s.sum())


def test_a_row_for_each_row_of_the_table() -> None:
    model = entry("models", "resnet50")
    found = layer_passes(model, gpu_device(entry("gpus", "p100_sxm2")), 32)
    assert found.forward_s.shape == found.backward_s.shape == (len(model.layers),)
    assert (found.forward_s > 0.0).all()


def test_the_backward_pass_of_a_convolutional_network_takes_about_twice_the_forward_pass() -> None:
    for gpu in ("k80", "m40", "p100_sxm2", "v100_sxm2_16"):
        forward, backward = passes("resnet50", gpu, 32)
        assert 1.7 < backward / forward < 2.7, gpu


def test_backward_of_resnet50_on_a_p100() -> None:
    """120 ms (Goyal et al. 2017, section 4.3); not fitted."""
    assert passes("resnet50", "p100_sxm2", 32)[1] == pytest.approx(0.120, rel=0.05)


def test_a_p100_beats_its_peak_where_fast_convolutions_save_multiplications() -> None:
    """VGG-16: 30.9 GFLOP forward, three times that for a step."""
    forward, backward = passes("vgg16", "p100_sxm2", 64)
    assert 64 * 3 * 30.9e9 / (forward + backward) > 10.6e12


def test_mixed_precision_never_does() -> None:
    forward, backward = passes("bert_large_pretraining", "a100_sxm_80", 64, "mixed")
    model = entry("models", "bert_large_pretraining")
    work = 3 * 64 * sum(layer.flops * layer.repeat for layer in model.layers)
    assert 0.35 < work / (forward + backward) / 312e12 < 0.65


@pytest.mark.parametrize("model", ["resnet50", "bert_base", "gnmt", "dlrm"])
def test_narrower_arithmetic_is_never_slower(model: str) -> None:
    assert sum(passes(model, "v100_sxm2_32", 64, "mixed")) < sum(passes(model, "v100_sxm2_32", 64))
    single, half, bytes_ = (sum(passes(model, "t4", 16, word, training=False)) for word in ("fp32", "mixed", "int8"))
    assert bytes_ <= half <= single


def test_int8_is_never_slower_on_a_processor() -> None:
    model, cpu = entry("models", "rmc2"), entry("cpus", "e5_2680v4")
    wide, narrow = (
        layer_passes(model, cpu_device(cpu, 1, word), 16, training=False).forward_s.sum() for word in ("fp32", "int8")
    )
    assert narrow < wide


def test_a_recurrent_layer_gains_little_from_a_small_batch() -> None:
    """Weights are read again each step: eight times the sequences cost far less than eight times as much."""
    few, many = (passes("lstm_1024_25", "m40", batch, training=False)[0] for batch in (16, 128))
    assert many < 2.5 * few


def test_neighbours_slow_a_recommender_down() -> None:
    model, cpu = entry("models", "rmc2"), entry("cpus", "e5_2680v4")
    alone, crowded = (
        layer_passes(model, cpu_device(cpu, 1, cores=1, co_located=copies), 32, training=False).forward_s.sum()
        for copies in (1, 14)
    )
    assert crowded > 1.1 * alone


def test_only_the_first_product_is_marked() -> None:
    assert layer_arrays([entry("models", "resnet50")]).table[:2, -1].tolist() == [1.0, 0.0]
    assert not layer_arrays([entry("models", "bert_base")]).table[:, -1].any()


def test_a_kind_without_efficiency_is_named() -> None:
    device = dataclasses.replace(gpu_device(entry("gpus", "m40")), efficiency=(0.5, *[math.nan] * 6))
    with pytest.raises(ValueError, match="no efficiency for layers of kind conv, elementwise"):
        layer_passes(entry("models", "resnet50"), device, 1)
