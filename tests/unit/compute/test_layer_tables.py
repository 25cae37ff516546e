"""Layer tables of the shipped models against published counts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from dcsim.compute.layers import LAYER_KINDS, checkpoint_bytes, gradient_bytes, layer_arrays, parameter_count
from dcsim.kernels.roofline import LAYER_COLUMNS, Layers
from dcsim.spec.device import LayerKind
from dcsim.spec.model import MlModel

MODELS = Path(__file__).parents[3] / "workloads" / "models"


def model(name: str) -> MlModel:
    return MlModel.model_validate(yaml.safe_load((MODELS / f"{name}.yaml").read_text(encoding="utf-8")))


def macs(entry: MlModel) -> float:
    arithmetic = [layer for layer in entry.layers if layer.kind in {"conv", "gemm", "recurrent"}]
    return sum(layer.flops * layer.repeat for layer in arithmetic) / 2


@pytest.mark.parametrize(
    ("name", "parameters", "gmacs"),
    [
        ("resnet50", 25_557_032, 4.09),
        ("resnet101", 44_549_160, 7.80),
        ("resnet152", 60_192_808, 11.51),
        ("vgg16", 138_357_544, 15.47),
        ("alexnet", 61_100_840, 0.714),
    ],
)
def test_published_counts(name: str, parameters: int, gmacs: float) -> None:
    assert parameter_count(model(name)) == parameters
    assert macs(model(name)) / 1e9 == pytest.approx(gmacs, rel=0.002)
    assert gradient_bytes(model(name)) == 4 * parameters


def test_resnet50_calls() -> None:
    calls: dict[str, int] = {}
    for layer in model("resnet50").layers:
        calls[layer.kind] = calls.get(layer.kind, 0) + layer.repeat
    assert (calls["conv"], calls["gemm"]) == (53, 1)
    assert calls["elementwise"] == 53 + 49 + 16 + 2  # normalisations, ReLU, residual sums, pools


def test_layer_kinds_are_those_of_the_spec() -> None:
    assert LayerKind.__args__ == LAYER_KINDS


def test_arrays_of_two_models() -> None:
    first, second = model("lr_ctr"), model("alexnet")
    arrays = layer_arrays([first, second])
    assert isinstance(arrays, Layers)
    assert arrays.start.tolist() == [0, 2, 2 + len(second.layers)]
    assert arrays.backward_ratio.tolist() == [2.0, 1.5]
    assert [LAYER_KINDS[kind] for kind in arrays.kind[2:]] == [layer.kind for layer in second.layers]
    columns = dict(zip(LAYER_COLUMNS, arrays.table.T, strict=True))
    np.testing.assert_array_equal(columns["flops"][2:], [layer.flops for layer in second.layers])
    np.testing.assert_array_equal(columns["weights"][:2], [0.0, 0.0])
    assert columns["repeat"].sum() == 2 + sum(layer.repeat for layer in second.layers)


def test_bytes_of_training() -> None:
    assert gradient_bytes(model("lr_ctr")) == 6_710_886.0
    assert checkpoint_bytes(model("resnet50")) == 2 * 4 * 25_557_032
