"""Nine real networks whose weights were left out, against their published counts and the hand-written tables."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcsim.compute.device import gpu_device
from dcsim.compute.step import pass_times
from dcsim.onnx_import.entry import import_model
from dcsim.spec.catalog import Catalog
from dcsim.spec.model import MlModel

FOLDER = Path(__file__).parents[4] / "shared" / "traces" / "onnx_light_graphs"
pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="needs the graphs of ../shared/traces/onnx_light_graphs")

CATALOG = Catalog()
PRODUCTS = {"conv", "gemm"}


def graph(name):
    entry = import_model(FOLDER / f"light_{name}.onnx")
    assert entry.notes == ()
    return MlModel.model_validate(entry.data)


def total(model, field, keep=lambda layer: True):
    return sum(getattr(layer, field) * layer.repeat for layer in model.layers if keep(layer))


def gmacs(model):
    return total(model, "flops", lambda layer: layer.kind in PRODUCTS) / 2e9


def sizes(model):
    """Return all gradient tensors, smallest first."""
    trained = (layer for layer in model.layers if layer.parameters)
    return sorted(size for layer in trained for size in layer.repeat * (layer.tensors or (layer.parameters,)))


@pytest.mark.parametrize(
    ("name", "gmac", "parameters"),
    [
        ("bvlc_alexnet", 0.655, 60_965_224),
        ("squeezenet", 0.349, 1_235_496),
        ("resnet50", 4.089, 25_557_032),
        ("densenet121", 2.834, 7_978_856),
        ("inception_v1", 1.432, 6_998_552),
        ("inception_v2", 2.019, 11_194_984),
        ("vgg19", 19.632, 143_667_240),
        ("zfnet512", 1.482, 87_250_536),
        ("shufflenet", 0.125, 1_393_320),
    ],
)
def test_counts(name, gmac, parameters):
    model = graph(name)
    assert gmacs(model) == pytest.approx(gmac, abs=0.0006)
    assert total(model, "parameters") == parameters
    assert model.family == "CNN"


@pytest.mark.parametrize(
    ("name", "table"),
    [
        ("resnet50", "resnet50"),
        ("vgg19", "vgg19"),
        ("squeezenet", "squeezenet1_1"),
        ("densenet121", "densenet121"),
        ("inception_v2", "inception_bn"),
    ],
)
def test_the_same_network_by_hand(name, table):
    """Products, parameters and tensors alike; kept activations and the time of a step within 1 %."""
    ours, theirs = CATALOG.load("models", table), graph(name)
    assert gmacs(theirs) == pytest.approx(gmacs(ours), rel=1e-12)
    assert total(theirs, "parameters") == total(ours, "parameters")
    assert len(sizes(theirs)) == len(sizes(ours))
    assert total(theirs, "write", lambda layer: not layer.in_place) == pytest.approx(
        total(ours, "write", lambda layer: not layer.in_place), rel=0.01
    )
    device = gpu_device(CATALOG.load("gpus", "p100_sxm2"), "fp32")
    assert sum(pass_times(theirs, device, 32)) == pytest.approx(sum(pass_times(ours, device, 32)), rel=0.01)


@pytest.mark.parametrize(
    ("name", "table"),
    [("resnet50", "resnet50"), ("vgg19", "vgg19"), ("squeezenet", "squeezenet1_1"), ("inception_v2", "inception_bn")],
)
def test_every_gradient_tensor_by_hand(name, table):
    assert sizes(graph(name)) == sizes(CATALOG.load("models", table))


@pytest.mark.parametrize(("name", "table"), [("bvlc_alexnet", "alexnet_caffe"), ("inception_v1", "googlenet")])
def test_the_same_network_at_another_size(name, table):
    """Equal weights, fewer positions: this AlexNet is of 224, not 227 px, and pools of this GoogLeNet round down."""
    ours, theirs = CATALOG.load("models", table), graph(name)
    assert sizes(theirs) == sizes(ours)
    assert 0.89 < gmacs(theirs) / gmacs(ours) < 0.92


def test_shufflenet_has_groups_of_four_and_depthwise_convolutions():
    grouped = [layer for layer in graph("shufflenet").layers if layer.kind == "conv" and layer.groups > 1]
    assert {layer.groups for layer in grouped if layer.columns > 1} == {4}
    assert {(layer.depth, layer.columns) for layer in grouped if layer.groups != 4} == {(9, 1)}
