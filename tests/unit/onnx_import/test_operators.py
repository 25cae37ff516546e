"""What single operators become, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from onnx import TensorProto

from tests.unit.onnx_import.graphs import info, integers, node, rows, save, weight


def only(path, **asked):
    (layer,) = rows(path, **asked).values()
    return layer


def test_a_convolution_with_groups_stride_and_bias(tmp_path):
    """8 channels of 10 x 10 in 2 groups to 12 of 4 x 4: 16 positions, 4 x 9 deep, 6 wide."""
    nodes = [node("Conv", ["x", "w", "b"], "conv", group=2, strides=[2, 2], kernel_shape=[3, 3])]
    weights = [weight("w", 12, 4, 3, 3), weight("b", 12)]
    layer = only(save(tmp_path / "m.onnx", nodes, [info("x", 1, 8, 10, 10)], weights))
    assert (layer.kind, layer.rows, layer.depth, layer.columns, layer.groups) == ("conv", 16, 36, 6, 2)
    assert layer.flops == 2 * 16 * 36 * 6 * 2
    assert (layer.read, layer.write, layer.weights) == (4 * 800, 4 * 12 * 16, 4 * (432 + 12))
    assert (layer.parameters, layer.tensors, layer.winograd) == (444, (432, 12), False)


@pytest.mark.parametrize(
    ("attributes", "kernel", "winograd"),
    [
        ({}, (6, 4, 3, 3), True),
        ({"strides": [1, 1], "dilations": [1, 1], "pads": [1, 1, 1, 1]}, (6, 4, 3, 3), True),
        ({"strides": [2, 2]}, (6, 4, 3, 3), False),
        ({"dilations": [2, 2]}, (6, 4, 3, 3), False),
        ({"group": 4}, (4, 1, 3, 3), False),
        ({}, (6, 4, 5, 5), False),
    ],
)
def test_minimal_filtering_is_for_3x3_windows_that_move_by_one(tmp_path, attributes, kernel, winograd):
    nodes = [node("Conv", ["x", "w"], "conv", **attributes)]
    path = save(tmp_path / "m.onnx", nodes, [info("x", 1, 4, 12, 12)], [weight("w", *kernel)])
    assert only(path).winograd is winograd


def test_a_transposed_convolution(tmp_path):
    """Each of 25 input positions meets 2 x 2 x 3 outputs, 7 channels deep."""
    nodes = [node("ConvTranspose", ["x", "w"], "up", strides=[2, 2])]
    layer = only(save(tmp_path / "m.onnx", nodes, [info("x", 1, 7, 5, 5)], [weight("w", 7, 3, 2, 2)]))
    assert (layer.rows, layer.depth, layer.columns, layer.write) == (25, 7, 12, 4 * 3 * 100)


def test_dense_layers(tmp_path):
    nodes = [
        node("Gemm", ["x", "w", "b"], "gemm", transB=1),
        node("MatMul", ["gemm", "v"], "product"),
        node("Add", ["c", "product"], "product bias"),
        node("MatMul", ["u", "product bias"], "left"),
    ]
    weights = [weight("w", 6, 5), weight("b", 6), weight("v", 6, 7), weight("c", 7), weight("u", 9, 1)]
    found = rows(save(tmp_path / "m.onnx", nodes, [info("x", 1, 5)], weights))
    assert {
        name: (row.rows, row.depth, row.columns, row.groups, row.tensors or row.parameters)
        for name, row in found.items()
    } == {
        "gemm": (1, 5, 6, 1, (30, 6)),
        "product MatMul": (1, 6, 7, 1, (42, 7)),
        "left MatMul": (7, 1, 9, 1, 9),
    }


def test_stacks_of_matrices(tmp_path):
    """Six heads of 8 x 4 by 4 x 8, then an Einsum of the same; a constant matrix makes one tall product."""
    nodes = [
        node("MatMul", ["q", "k"], "scores"),
        node("Einsum", ["scores", "v"], "context", equation="bhst,bhtd->bhsd"),
        node("MatMul", ["context", "w"], "out"),
    ]
    inputs = [info("q", 1, 6, 8, 4), info("k", 1, 6, 4, 8), info("v", 1, 6, 8, 4)]
    found = list(rows(save(tmp_path / "m.onnx", nodes, inputs, [weight("w", 4, 10)])).values())
    assert [(row.rows, row.depth, row.columns, row.groups) for row in found] == [
        (8, 4, 8, 6),
        (8, 8, 4, 6),
        (48, 4, 10, 1),
    ]
    assert found[0].read == 4 * 2 * 6 * 8 * 4
    assert found[1].read == 4 * (6 * 8 * 8 + 6 * 8 * 4)


@pytest.mark.parametrize("shape", [(1, 6, 8, 4), (1, 8, 24)])
def test_attention_in_one_operator(tmp_path, shape):
    """Scores of 6 heads over 8 positions, their softmax, and the values they weigh."""
    heads = {"q_num_heads": 6, "kv_num_heads": 6} if len(shape) == 3 else {}
    nodes = [node("Attention", ["q", "k", "v"], "attention", **heads)]
    path = save(tmp_path / "m.onnx", nodes, [info(name, *shape) for name in "qkv"], opset=23)
    scores, softmax, values = rows(path).values()
    assert (scores.rows, scores.depth, scores.columns, scores.groups) == (8, 4, 8, 6)
    assert (values.rows, values.depth, values.columns, values.groups) == (8, 8, 4, 6)
    assert softmax.write == 4 * 6 * 64
    assert values.write == 4 * 192


@pytest.mark.parametrize(
    ("op", "gates", "flops"), [("LSTM", 4, 5 * 5 * 30), ("GRU", 3, 5 * 3 * 30), ("RNN", 1, 5 * 30)]
)
def test_recurrent_layers_in_both_directions(tmp_path, op, gates, flops):
    """Seven steps of 5 inputs to 30 units: 2 directions share nothing, steps share all."""
    wide = gates * 30
    nodes = [node(op, ["x", "w", "r", "b"], "y", hidden_size=30, direction="bidirectional")]
    weights = [weight("w", 2, wide, 5), weight("r", 2, wide, 30), weight("b", 2, 2 * wide)]
    outside, first, further = rows(save(tmp_path / "m.onnx", nodes, [info("x", 7, 1, 5)], weights)).values()
    assert (outside.kind, outside.rows, outside.depth, outside.columns, outside.repeat) == ("gemm", 7, 5, wide, 2)
    assert (first.kind, first.rows, first.depth, first.columns, first.repeat) == ("recurrent", 1, 30, wide, 2)
    assert (first.parameters, first.tensors, further.parameters) == (32 * wide, (30 * wide, 2 * wide), 0)
    assert (further.repeat, further.weights) == (2 * 6, first.weights)
    assert first.flops == 2 * 30 * wide + flops
    assert sum(row.parameters * row.repeat for row in (outside, first, further)) == 2 * wide * (5 + 30 + 2)


def test_recurrent_layers_split_several_sequences(tmp_path):
    """Seven steps of 6 sequences: the sequences are the samples."""
    nodes = [node("LSTM", ["x", "w", "r"], "y", hidden_size=30)]
    weights = [weight("w", 1, 120, 5), weight("r", 1, 120, 30)]
    six = rows(save(tmp_path / "six.onnx", nodes, [info("x", 7, 6, 5)], weights))
    assert six == rows(save(tmp_path / "one.onnx", nodes, [info("x", 7, 1, 5)], weights))


def test_quantised_products_keep_the_shapes_of_their_float_selves(tmp_path):
    eight = {"dtype": np.int8}
    nodes = [
        node("QLinearConv", ["x", "s", "z", "w", "s", "z", "s", "z", "b"], "conv", kernel_shape=[1, 1]),
        node("Reshape", ["conv", "flat"], "reshaped"),
        node("QLinearMatMul", ["reshaped", "s", "z", "v", "s", "z", "s", "z"], "dense"),
        node("DequantizeLinear", ["dense", "s", "z"], "y"),
    ]
    weights = [
        weight("s"), weight("z", **eight), weight("w", 6, 4, 1, 1, **eight), weight("b", 6, dtype=np.int32),
        weight("v", 54, 5, **eight), integers("flat", 1, 54),
    ]  # fmt: skip
    path = save(tmp_path / "m.onnx", nodes, [info("x", 1, 4, 3, 3, kind=TensorProto.INT8)], weights)
    conv, dense = rows(path).values()
    assert (conv.kind, conv.rows, conv.depth, conv.columns, conv.tensors) == ("conv", 9, 4, 6, (24, 6))
    assert (dense.kind, dense.rows, dense.depth, dense.columns, dense.parameters) == ("gemm", 1, 54, 5, 270)
    assert conv.read == 4 * 36


def test_weights_that_are_dequantised_count_once(tmp_path):
    nodes = [
        node("DequantizeLinear", ["w8", "s", "z"], "w"),
        node("MatMul", ["x", "w"], "a"),
        node("MatMul", ["a", "w"], "b"),
    ]
    weights = [weight("w8", 5, 5, dtype=np.int8), weight("s"), weight("z", dtype=np.int8)]
    first, second = rows(save(tmp_path / "m.onnx", nodes, [info("x", 1, 3, 5)], weights)).values()
    assert (first.rows, first.parameters, first.weights) == (3, 25, 100)
    assert (second.rows, second.parameters, second.weights) == (3, 0, 100)


def test_element_wise_calls(tmp_path):
    nodes = [
        node("Relu", ["x"], "relu"),
        node("Add", ["relu", "y"], "sum"),
        node("BatchNormalization", ["sum", "g", "b", "m", "v"], "norm"),
        node("MaxPool", ["norm"], "pool", kernel_shape=[2, 2], strides=[2, 2]),
        node("Concat", ["pool", "pool"], "concat", axis=1),
        node("GlobalAveragePool", ["concat"], "mean"),
        node("Softmax", ["mean"], "softmax", axis=1),
    ]
    weights = [weight(name, 4) for name in "gbmv"]
    found = rows(save(tmp_path / "m.onnx", nodes, [info("x", 1, 4, 6, 6), info("y", 1, 4, 6, 6)], weights))
    assert {
        name.split()[0]: (row.flops, row.read / 4, row.write / 4, row.parameters, row.in_place)
        for name, row in found.items()
    } == {
        "relu": (144, 144, 144, 0, False),  # an input is never overwritten
        "sum": (144, 288, 144, 0, False),
        "norm": (8 * 144, 288, 144, 8, False),
        "pool": (144, 144, 36, 0, False),
        "concat": (0, 72, 72, 0, False),
        "mean": (72, 72, 8, 0, False),
        "softmax": (40, 8, 8, 0, True),
    }
    assert found["norm BatchNormalization"].tensors == (4, 4)


def test_a_relu_overwrites_what_nothing_else_reads(tmp_path):
    nodes = [
        node("Exp", ["x"], "one"),
        node("Relu", ["one"], "relu"),
        node("Exp", ["relu"], "two"),
        node("Relu", ["two"], "kept"),
        node("Add", ["two", "kept"], "y"),
    ]
    found = rows(save(tmp_path / "m.onnx", nodes, [info("x", 1, 9)]))
    assert (found["relu"].in_place, found["kept Relu"].in_place) == (True, False)


def test_embeddings_and_copies(tmp_path):
    nodes = [
        node("Gather", ["table", "ids"], "words"),
        node("Gather", ["words", "ids0"], "picked", axis=1),
        node("Concat", ["picked", "words"], "both", axis=1),
        node("Transpose", ["both"], "turned", perm=[0, 2, 1]),
    ]
    weights = [weight("table", 1000, 16), integers("ids0", 0, 2)]
    found = list(rows(save(tmp_path / "m.onnx", nodes, [info("ids", 1, 12, kind=TensorProto.INT64)], weights)).values())
    assert [row.kind for row in found] == ["embedding", "elementwise", "elementwise"]
    assert (found[0].rows, found[0].columns, found[0].parameters, found[0].weights) == (12, 16, 16000, 0)
    assert (found[0].read, found[1].read) == (4 * 192, 4 * 32)
    assert (found[2].write, found[2].repeat) == (4 * (192 + 32), 2)  # equal calls stand in one row


def test_constants_and_views_cost_nothing(tmp_path):
    """Weights are turned before the first batch; a shape that follows from sizes is no call either."""
    nodes = [
        node("Transpose", ["w"], "turned"),
        node("Shape", ["x"], "shape"),
        node("Reshape", ["x", "shape"], "same"),
        node("Identity", ["same"], "still"),
        node("MatMul", ["still", "turned"], "y"),
    ]
    layer = only(save(tmp_path / "m.onnx", nodes, [info("x", 1, 5)], [weight("w", 7, 5)]))
    assert (layer.rows, layer.depth, layer.columns, layer.parameters) == (1, 5, 7, 35)
