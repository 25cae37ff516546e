"""An ONNX file as a list of calls between tensors whose sizes are known."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from math import prod
from typing import TYPE_CHECKING, Any

import onnx
from onnx import helper, inliner

from dcsim.errors import InputError, Problem
from dcsim.onnx_import.call import Call, Value
from dcsim.onnx_import.constants import MOST_VALUES, infer_shapes, static_shapes
from dcsim.onnx_import.inputs import fix_sizes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Graph", "read_graph"]

FLOATS = frozenset(
    getattr(onnx.TensorProto, name)
    for name in ("FLOAT", "FLOAT16", "DOUBLE", "BFLOAT16", "FLOAT8E4M3FN", "FLOAT8E5M2")
)
"""Types of elements that training can set."""
_SEEN_THROUGH = frozenset(
    {
        "Cast", "DequantizeLinear", "Flatten", "Gather", "Identity", "QuantizeLinear", "Reshape", "Slice", "Squeeze",
        "Transpose", "Unsqueeze",
    }
)  # fmt: skip
"""Operators that hand a constant on, in another form."""
_GRAPHS = frozenset({onnx.AttributeProto.GRAPH, onnx.AttributeProto.GRAPHS})
_KNOWN_AHEAD = frozenset({"Shape", "Size"})
"""Operators whose result depends on sizes alone."""
_NEVER_CONSTANT = ("Random", "Bernoulli", "Multinomial")


@dataclass(frozen=True)
class Graph:
    """What an ONNX file computes.

    Parameters
    ----------
    file : str
        As the user named it.
    sha256 : str
        Of the file.
    calls : tuple of Call
        In the order of the file, which is an order of computation; without what is the same for every batch.
    first : Value
        The first input that is used.
    """

    file: str
    sha256: str
    calls: tuple[Call, ...]
    first: Value


def read_graph(path: Path, sizes: Mapping[str, int]) -> Graph:
    """Return the graph of a file.

    Parameters
    ----------
    path : Path
        ONNX file; the values of its weights need not be there.
    sizes : Mapping
        For dimensions without a fixed size; the first one of an input (the batch) is 1 where not given.

    Raises
    ------
    InputError
        With every problem: no such file, not ONNX, sizes that are missing, shapes that cannot be inferred.
    """
    file = str(path)
    model, digest = _load(path)
    problems = [Problem(file, 0, 0, "", message) for message in fix_sizes(model, sizes)]
    if problems:
        raise InputError(problems)
    return _Reader(_inferred(model, file).graph, file, digest).read()


def _load(path: Path) -> tuple[onnx.ModelProto, str]:
    """Return what a file holds, without large weights, and its SHA-256."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError([Problem(str(path), 0, 0, "", str(error.strerror).lower())]) from None
    try:
        model = onnx.load_from_string(content)
    except Exception:  # noqa: BLE001  # the decoder's own kind of error belongs to another library
        model = onnx.ModelProto()
    if not model.graph.node:
        message = "holds no ONNX graph; export the model from its framework in the ONNX format"
        raise InputError([Problem(str(path), 0, 0, "", message)])
    for tensor in model.graph.initializer:
        if prod(tensor.dims) > MOST_VALUES:
            for field in ("raw_data", "float_data", "double_data", "int32_data", "int64_data", "uint64_data"):
                tensor.ClearField(field)
    return model, hashlib.sha256(content).hexdigest()


def _inferred(model: onnx.ModelProto, file: str) -> onnx.ModelProto:
    """Return a model whose tensors have their shapes, and whose functions stand written out."""
    try:
        if model.functions:
            model = inliner.inline_local_functions(model)
        return infer_shapes(model)
    except Exception as error:  # noqa: BLE001  # onnx raises several kinds, which share no base
        reason = str(error).strip().splitlines()[0]
        raise InputError([Problem(file, 0, 0, "", f"its shapes cannot be inferred: {reason}")]) from None


class _Reader:
    """Walks the nodes in order, with what is known of every tensor so far."""

    def __init__(self, graph: onnx.GraphProto, file: str, digest: str) -> None:
        self.graph = graph
        self.file = file
        self.digest = digest
        self.shapes = dict(static_shapes(graph))
        self.values: dict[str, Value] = {}
        self.floats = {info.name for info in (*graph.value_info, *graph.input, *graph.output)
                       if info.type.tensor_type.elem_type in FLOATS}  # fmt: skip
        self.fed = {info.name for info in graph.input}
        self.uses: dict[str, int] = {}
        for node in graph.node:
            for name in node.input:
                self.uses[name] = self.uses.get(name, 0) + 1
        for info in graph.output:
            self.uses[info.name] = self.uses.get(info.name, 0) + 1

    def read(self) -> Graph:
        """Return the calls, or refuse with every node whose result has no known size."""
        for tensor in self.graph.initializer:
            size = prod(tensor.dims)
            trained = tensor.data_type in FLOATS
            self.values[tensor.name] = Value(
                tensor.name, tuple(tensor.dims), constant=True, root=tensor.name, stored=size, trained=trained
            )
        inputs = [info.name for info in self.graph.input if info.name not in self.values and self.uses.get(info.name)]
        for name in inputs:
            self.values[name] = Value(name, self.shapes[name])
        calls, problems = [], []
        for node in self.graph.node:
            try:
                call = self._call(node)
            except ValueError as error:
                problems.append(Problem(self.file, 0, 0, "", str(error)))
                continue
            if call is not None:
                calls.append(call)
        if not inputs and not problems:
            problems.append(Problem(self.file, 0, 0, "", "has no input, so it computes nothing for a sample"))
        if problems:
            raise InputError(problems)
        return Graph(self.file, self.digest, tuple(calls), self.values[inputs[0]])

    def _call(self, node: onnx.NodeProto) -> Call | None:
        """Return what a node computes for each batch, None for nothing; notes what it yields."""
        op = f"{node.domain}.{node.op_type}" if node.domain not in {"", "ai.onnx"} else node.op_type
        name = node.name or next(filter(None, node.output), "")
        if node.op_type.lower() not in name.lower():
            name = f"{name} {node.op_type}"
        if any(attribute.type in _GRAPHS for attribute in node.attribute):
            raise ValueError(f"{name}: operator {op} picks or repeats graphs at run time; export the model without it")
        if any(each and each not in self.values for each in node.input):
            return None  # follows from a node that was refused before
        given = tuple(self.values[each] if each else None for each in node.input)
        present = [value for value in given if value is not None]
        constant = op in _KNOWN_AHEAD or (
            all(value.constant for value in present) and not op.startswith(_NEVER_CONSTANT)
        )
        wanted = [each for each in node.output if self.uses.get(each)] or list(node.output[:1])
        unknown = [each for each in wanted if each not in self.shapes]
        if unknown and not constant:
            raise ValueError(
                f"{name}: the shape of '{unknown[0]}' does not follow from operator {op} on "
                f"{', '.join(str(list(value.shape)) for value in present) or 'nothing'}; "
                "export the model with fixed sizes and ONNX's own operators"
            )
        outputs = tuple(self._value(each, op, present, constant=constant) for each in wanted)
        self.values.update({value.name: value for value in outputs})
        if constant:
            return None
        attributes = {each.name: _plain(helper.get_attribute_value(each)) for each in node.attribute}
        moving = next((value.name for value in present if not value.constant), "")
        alone = self.uses.get(moving, 0) == 1 and moving not in self.fed
        return Call(op, name, given, outputs, attributes, alone)

    def _value(self, name: str, op: str, given: list[Value], *, constant: bool) -> Value:
        """Return what a node yields."""
        shape = self.shapes.get(name, ())
        if not constant:
            return Value(name, shape)
        if op in _SEEN_THROUGH and given:
            source = given[0]
            return replace(source, name=name, shape=shape)
        trained = name in self.floats and op != "Constant"
        return Value(name, shape, constant=True, root=name, stored=prod(shape), trained=trained)


def _plain(value: Any) -> Any:
    """Return an attribute with its texts as str."""
    return value.decode() if isinstance(value, bytes) else value
