"""Layer tables of convolutional networks against published counts, and against their own arithmetic."""

from __future__ import annotations

from itertools import pairwise

import pytest

from dcsim.spec.catalog import Catalog

CATALOG = Catalog()
CNNS = [name for name in CATALOG.names("models") if CATALOG.load("models", name).family == "CNN"]


def total(model, field, keep=lambda layer: True):
    return sum(getattr(layer, field) * layer.repeat for layer in model.layers if keep(layer))


def convolutions(name):
    return [layer for layer in CATALOG.load("models", name).layers if layer.kind == "conv"]


@pytest.mark.parametrize(
    ("name", "parameters", "gmac", "tensors"),
    [
        ("alexnet", 61_100_840, 0.714, 16),
        ("alexnet_caffe", 60_965_224, 0.724, 16),
        ("vgg11", 132_863_336, 7.609, 22),
        ("vgg16", 138_357_544, 15.47, 32),
        ("vgg19", 143_667_240, 19.632, 38),
        ("overfeat", 145_920_872, 2.80, 16),
        ("googlenet", 6_998_552, 1.583, 2 * 58),
        ("inception_v3", 23_834_568, 5.713, 3 * 94 + 2),
        ("resnet18", 11_689_512, 1.814, 62),
        ("resnet34", 21_797_672, 3.664, 110),
        ("resnet50", 25_557_032, 4.089, 161),
        ("resnet101", 44_549_160, 7.801, 314),
        ("resnet152", 60_192_808, 11.514, 467),
        ("resnext50_32x4d", 25_028_904, 4.23, 161),
        ("resnext101_32x4d", 44_177_704, 7.97, 314),
        ("resnext101_32x8d", 88_791_336, 16.414, 314),
        ("squeezenet", 1_248_424, 0.819, 52),
        ("squeezenet1_1", 1_235_496, 0.349, 52),
        ("densenet121", 7_978_856, 2.834, 364),
        ("mobilenet_v1", 4_231_976, 0.569, 83),
        ("mobilenet_v2", 3_504_872, 0.301, 158),
        ("shufflenet_v1", 1_968_344, 0.134, 149),
        ("inception_bn", 11_194_984, 2.019, 209),
        ("inception_v4", 42_679_816, 12.25, 449),
    ],
)
def test_published_counts(name, parameters, gmac, tensors):
    """Parameters exactly, multiply-adds as they are published; weights, biases and gains are tensors apart."""
    model = CATALOG.load("models", name)
    assert total(model, "parameters") == parameters
    assert total(model, "flops", lambda layer: layer.kind in {"conv", "gemm"}) / 2e9 == pytest.approx(gmac, rel=0.003)
    trained = [layer for layer in model.layers if layer.parameters]
    assert sum(layer.repeat * len(layer.tensors or (0,)) for layer in trained) == tensors
    assert model.served_bytes == 4 * parameters


@pytest.mark.parametrize(("name", "published"), [("vgg16", 58), ("resnet50", 103), ("inception_v3", 89)])
def test_feature_memory(name, published):
    """All outputs that overwrite nothing, for one image; convnet-burden tells MiB, and strides in 1x1 convolutions."""
    kept = total(CATALOG.load("models", name), "write", lambda layer: not layer.in_place)
    assert kept / 2**20 == pytest.approx(published, rel=0.05)


@pytest.mark.parametrize("name", CNNS)
def test_a_convolution_writes_its_columns_at_each_row(name):
    for layer in convolutions(name):
        assert layer.write == 4 * layer.rows * layer.columns * layer.groups, layer.name
        assert layer.flops == 2 * layer.rows * layer.depth * layer.columns * layer.groups, layer.name
        assert layer.weights == 4 * layer.parameters, layer.name
        weights, *bias = layer.tensors or (layer.parameters,)
        assert weights == layer.depth * layer.columns * layer.groups, layer.name
        assert bias in ([], [layer.columns * layer.groups]), layer.name
        if layer.winograd:
            assert (layer.groups, layer.depth % 9) == (1, 0), layer.name


@pytest.mark.parametrize("name", [name for name in CNNS if not name.startswith("inception")])
def test_rows_stand_in_the_order_of_the_forward_pass(name):
    """Maps only shrink; the branches of the later Inceptions shrink one by one."""
    maps = [layer.rows for layer in convolutions(name)]
    assert all(after <= before for before, after in pairwise(maps))


@pytest.mark.parametrize("name", CNNS)
def test_only_relu_and_dropout_overwrite(name):
    for layer in CATALOG.load("models", name).layers:
        assert layer.in_place == ("ReLU" in layer.name or "dropout" in layer.name), layer.name


@pytest.mark.parametrize("name", CNNS)
def test_an_image_comes_as_a_jpeg(name):
    given = CATALOG.load("models", name).input
    first = convolutions(name)[0]
    assert (given.stored, given.decoded, given.core_time) == (115_400, first.read, 0.005)


@pytest.mark.parametrize(
    ("name", "winograd"), [("vgg16", 13), ("resnet50", 13), ("resnext50_32x4d", 0), ("alexnet", 3)]
)
def test_3x3_windows_that_move_by_one(name, winograd):
    """ResNet-50 strides in three of its sixteen; ResNeXt has groups."""
    assert sum(layer.repeat for layer in convolutions(name) if layer.winograd) == winograd
