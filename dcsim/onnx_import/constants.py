"""Small tensors that follow from sizes, such as the target of a Reshape, worked out so that shapes follow from them."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from onnx import helper, numpy_helper, shape_inference
from onnx.reference import ReferenceEvaluator

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["MOST_VALUES", "infer_shapes", "static_shapes"]

MOST_VALUES = 1024
"""Larger tensors are weights; no shape follows from what is in them."""
_ROUNDS = 1000
_GRAPHS = frozenset({onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS})


def static_shapes(graph: onnx.GraphProto) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Yield tensors whose every dimension is known, with their shapes."""
    for info in (*graph.value_info, *graph.output, *graph.input):
        kind = info.type.tensor_type
        if info.type.HasField("tensor_type") and kind.HasField("shape"):
            dims = kind.shape.dim
            if all(dim.HasField("dim_value") for dim in dims):
                yield info.name, tuple(dim.dim_value for dim in dims)


def infer_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a model whose tensors have their shapes, as far as they can be known before it runs.

    ONNX's own inference follows sizes through few operators. Where it stops, what is small and known is computed, and
    the inference goes on from there.
    """
    model = shape_inference.infer_shapes(model, data_prop=True)
    known: dict[str, Any] = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in model.graph.initializer
        if prod(tensor.dims) <= MOST_VALUES and tensor.data_location != onnx.TensorProto.EXTERNAL
    }
    before = -1
    for _ in range(_ROUNDS):
        shapes = dict(static_shapes(model.graph))
        waiting = any(name not in shapes for node in model.graph.node for name in node.output[:1])
        if not waiting or len(shapes) == before:
            break
        before = len(shapes)
        found = _computed(model, shapes, known)
        known.update(found)
        for node in model.graph.node:
            if node.output[0] in found:
                value = numpy_helper.from_array(np.asarray(found[node.output[0]]))
                node.CopyFrom(helper.make_node("Constant", [], [node.output[0]], name=node.name, value=value))
        model = shape_inference.infer_shapes(model, data_prop=True)
    return model


def _computed(
    model: onnx.ModelProto, shapes: dict[str, tuple[int, ...]], known: dict[str, Any]
) -> dict[str, Any]:
    """Return what the nodes yield that depend on sizes and known values alone."""
    versions = {each.domain.removeprefix("ai.onnx"): each.version for each in model.opset_import}
    values = dict(known)
    for node in model.graph.node:
        if len(node.output) != 1 or node.output[0] in values or any(each.type in _GRAPHS for each in node.attribute):
            continue
        feeds = {name: values[name] for name in node.input if name in values}
        if node.op_type == "Shape" and node.input[0] in shapes:
            feeds[node.input[0]] = np.empty(shapes[node.input[0]], dtype=np.bool_)
        if all(name in feeds for name in node.input if name) and _is_small(node, shapes, feeds):
            results: Any = ReferenceEvaluator(node, opsets=versions).run(None, feeds)
            if np.size(results[0]) <= MOST_VALUES:
                values[node.output[0]] = results[0]
    return {name: value for name, value in values.items() if name not in known}


def _is_small(node: onnx.NodeProto, shapes: dict[str, tuple[int, ...]], values: dict[str, Any]) -> bool:
    """Whether a node yields few values, and the same ones each time."""
    if node.domain not in {"", "ai.onnx"} or node.op_type.startswith(("Random", "Bernoulli", "Multinomial")):
        return False
    if node.op_type == "ConstantOfShape":  # of whole numbers it may be a shape, of others it stands for weights
        fill = next((helper.get_attribute_value(each).data_type for each in node.attribute), onnx.TensorProto.FLOAT)
        return fill == onnx.TensorProto.INT64 and bool(np.prod(values[node.input[0]]) <= MOST_VALUES)
    return prod(shapes.get(node.output[0], (0,))) <= MOST_VALUES
