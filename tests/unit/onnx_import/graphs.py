"""Small ONNX graphs for tests, as frameworks would export them."""

from __future__ import annotations

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from dcsim.onnx_import.entry import import_model
from dcsim.spec.model import MlModel

FLOAT = TensorProto.FLOAT


def weight(name, *shape, dtype=np.float32):
    return numpy_helper.from_array(np.ones(shape, dtype=dtype), name)


def integers(name, *values):
    return numpy_helper.from_array(np.array(values, dtype=np.int64), name)


def node(op, inputs, output, **attributes):
    return helper.make_node(op, inputs, [output], name=output, **attributes)


def info(name, *shape, kind=FLOAT):
    return helper.make_tensor_value_info(name, kind, shape)


def save(path, nodes, inputs, weights=(), outputs=None, opset=17):
    """Write a graph; its output is that of the last node where not given."""
    outputs = outputs or [helper.make_tensor_value_info(nodes[-1].output[0], FLOAT, None)]
    graph = helper.make_graph(nodes, "graph", inputs, outputs, list(weights))
    opsets = [helper.make_opsetid("", opset), helper.make_opsetid("com.acme", 1)]
    path.write_bytes(helper.make_model(graph, opset_imports=opsets, ir_version=8).SerializeToString())
    return path


def rows(path, **asked):
    """Return the layers of a file as the specification reads them, by name."""
    return {layer.name: layer for layer in MlModel.model_validate(import_model(path, **asked).data).layers}
