"""Operators that mostly move data: element-wise functions, normalisations, pools, sums, copies, look-ups."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from dcsim.onnx_import.call import Call, Value
from dcsim.onnx_import.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["FREE", "MOVES", "elementwise"]

_PER_ELEMENT = {
    1.0: "Abs Add And Cast CastLike Ceil Div Equal Floor Greater GreaterOrEqual IsInf IsNaN Less LessOrEqual Max Mean "
    "Min Mod Mul Neg Not Or Reciprocal Relu Round Sign Sqrt Sub Sum Where Xor",
    2.0: "Clip Dropout DynamicQuantizeLinear HardSigmoid HardSwish LeakyRelu PRelu ThresholdedRelu",
    4.0: "Acos Acosh Asin Asinh Atan Atanh Celu Cos Cosh Elu Erf Exp Log Pow Selu Sigmoid Sin Sinh Softplus Softsign "
    "Swish Tan Tanh",
    8.0: "Gelu Mish RotaryEmbedding",
}
"""Rough work of an output element."""
_NORMS = (
    "BatchNormalization GroupNormalization InstanceNormalization LayerNormalization LpNormalization "
    "MeanVarianceNormalization RMSNormalization"
)
_REDUCTIONS = (
    "ArgMax ArgMin CumSum ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd "
    "ReduceSum ReduceSumSquare TopK GlobalAveragePool GlobalLpPool GlobalMaxPool NegativeLogLikelihoodLoss "
    "SoftmaxCrossEntropyLoss"
)
_COPIES = (
    "CenterCropPad Compress Concat DepthToSpace GatherElements GatherND GridSample Im2Col MaxUnpool OneHot Pad Resize "
    "ReverseSequence RoiAlign ScatterElements ScatterND SpaceToDepth Tile Transpose Trilu Upsample"
)
_VIEWS = "Expand Flatten Identity Reshape Shape Size Slice Split Squeeze Unsqueeze"
_OVERWRITES = frozenset({"Clip", "Dropout", "LeakyRelu", "Relu"})

FREE = frozenset({*_VIEWS.split(), "DequantizeLinear", "QuantizeLinear"})
"""Operators that only look at the same data in another way, or that the integer product beside them computes too."""


def elementwise(call: Call, work: float = 1.0) -> list[Row]:
    """Return a call that reads its inputs and writes its outputs once; constants of several values are trained."""
    moving = [value for value in call.given if not value.constant]
    weights = tuple(value for value in call.given if value.trained and value.size > 1)
    write = sum(value.size for value in call.outputs)
    operands = max(len(moving) + len(weights) - 1, 1) if work == 1.0 else 1
    return [
        Row(
            "elementwise",
            flops=work * operands * write,
            read=sum(value.size for value in moving),
            write=write,
            weights=weights,
            in_place=call.alone and (call.op in _OVERWRITES or _adds_a_bias(call, weights)),
        )
    ]


def _adds_a_bias(call: Call, weights: tuple[Value, ...]) -> bool:
    """Whether a call only adds one trained tensor to the last layer's result."""
    moving = [value for value in call.given if not value.constant]
    return call.op == "Add" and len(weights) == len(moving) == 1 and call.outputs[0].size == moving[0].size


def _pointwise(work: float) -> Callable[[Call], list[Row]]:
    return lambda call: elementwise(_first_output(call), work)


def _first_output(call: Call) -> Call:
    """Return a call without outputs that training alone uses (masks, running means)."""
    return Call(call.op, call.name, call.inputs, call.outputs[:1], call.attributes, call.alone)


def _norm(call: Call) -> list[Row]:
    """Return a normalisation: where its statistics are over the batch, it reads its input a second time."""
    x, y = call.needed(0), call.outputs[0]
    weights = tuple(value for value in call.inputs[1:3] if value is not None and value.constant)
    times = 2 if call.op in {"BatchNormalization", "InstanceNormalization"} else 1
    return [Row("elementwise", 8.0 * y.size, times * x.size, y.size, weights)]


def _softmax(call: Call) -> list[Row]:
    x = call.needed(0)
    return [Row("elementwise", 5.0 * x.size, x.size, x.size, in_place=call.alone)]


def _response_norm(call: Call) -> list[Row]:
    x = call.needed(0)
    return [Row("elementwise", 15.0 * x.size, x.size, x.size)]


def _pool(call: Call) -> list[Row]:
    """Return a pool: a window for each output."""
    x, y = call.needed(0), call.outputs[0]
    return [Row("elementwise", float(prod(call.attributes["kernel_shape"]) * y.size), x.size, y.size)]


def _reduction(call: Call) -> list[Row]:
    x = call.needed(0)
    return [Row("elementwise", float(x.size), x.size, sum(value.size for value in call.outputs))]


def _copy(call: Call) -> list[Row]:
    """Return a copy: as much is read as is written."""
    write = sum(value.size for value in call.outputs)
    return [Row("elementwise", 0.0, write, write)]


def _gather(call: Call) -> list[Row]:
    """Return a look-up of rows of a trained table; of anything else, a copy."""
    table, y = call.needed(0), call.outputs[0]
    if table.constant and table.trained and len(table.shape) == 2 and int(call.attributes.get("axis", 0)) == 0:
        wide = table.shape[1]
        return [Row("embedding", 0.0, y.size, y.size, (table,), rows=y.size // wide, columns=wide)]
    return _copy(call)


MOVES: Mapping[str, Callable[[Call], list[Row]]] = {
    **{op: _pointwise(work) for work, ops in _PER_ELEMENT.items() for op in ops.split()},
    **dict.fromkeys(_NORMS.split(), _norm),
    **dict.fromkeys(("Softmax", "LogSoftmax", "Hardmax"), _softmax),
    **dict.fromkeys(("AveragePool", "LpPool", "MaxPool"), _pool),
    **dict.fromkeys(_REDUCTIONS.split(), _reduction),
    **dict.fromkeys(_COPIES.split(), _copy),
    "Gather": _gather,
    "LRN": _response_norm,
}
"""What each operator costs, by its name."""
