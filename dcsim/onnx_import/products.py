"""Operators that are matrix products: convolutions, dense layers, attention."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

from dcsim.onnx_import.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dcsim.onnx_import.call import Call, Value

__all__ = ["PRODUCTS"]


def _conv(call: Call, data: int = 0, kernel: int = 1, bias: int = 2) -> list[Row]:
    """Return a convolution as its implicit matrix product: a row for each output position, the window deep."""
    x, w, y = call.needed(data), call.needed(kernel), call.outputs[0]
    groups = int(call.attributes.get("group", 1))
    window = w.shape[2:]
    once = all(step == 1 for key in ("strides", "dilations") for step in call.attributes.get(key, ()))
    return [
        _product(
            "conv",
            moved=(x.size, y.size),
            operands=(w, call.input(bias)),
            rows=y.shape[0] * prod(y.shape[2:]),
            depth=prod(w.shape[1:]),
            columns=w.shape[0] // groups,
            groups=groups,
            winograd=window == (3, 3) and once and groups == 1,
            activations=() if w.constant else (w,),
        )
    ]


def _conv_transpose(call: Call) -> list[Row]:
    """Return a transposed convolution: each input position times the window and the output channels."""
    x, w, y = call.needed(0), call.needed(1), call.outputs[0]
    groups = int(call.attributes.get("group", 1))
    return [
        _product(
            "conv",
            moved=(x.size, y.size),
            operands=(w, call.input(2)),
            rows=x.shape[0] * prod(x.shape[2:]),
            depth=x.shape[1] // groups,
            columns=prod(w.shape[1:]),
            groups=groups,
        )
    ]


def _gemm(call: Call) -> list[Row]:
    """Return a dense layer."""
    a, b, y = call.needed(0), call.needed(1), call.outputs[0]
    depth = a.shape[0] if call.attributes.get("transA", 0) else a.shape[1]
    rows, columns = y.shape
    return [_dense(a, b, y, call.input(2), rows=rows, depth=depth, columns=columns)]


def _matmul(call: Call, left: int = 0, right: int = 1) -> list[Row]:
    """Return a product of stacks of matrices; a constant matrix makes the whole stack one tall product."""
    a, b, y = call.needed(left), call.needed(right), call.outputs[0]
    bias = call.input(2) if call.op == "MatMul" else None
    first = a.shape if len(a.shape) > 1 else (1, *a.shape)
    second = b.shape if len(b.shape) > 1 else (*b.shape, 1)
    depth = first[-1]
    columns, stacked = second[-1], prod(second[:-2])
    rows = max(y.size, 1) // (columns * stacked)
    if b.constant and stacked == 1:
        return [_dense(a, b, y, bias, rows=rows, depth=depth, columns=columns)]
    if a.constant and prod(first[:-2]) == 1:  # the product transposed: the constant matrix is the weights
        return [_dense(b, a, y, bias, rows=columns * stacked, depth=depth, columns=first[-2])]
    groups = y.size // (first[-2] * columns)
    return [_dense(a, b, y, bias, rows=first[-2], depth=depth, columns=columns, groups=groups)]


def _dense(
    a: Value, b: Value, y: Value, bias: Value | None, *, rows: int, depth: int, columns: int, groups: int = 1
) -> Row:
    """Return a product; what of its operands is constant is weights, the rest is read."""
    return _product(
        "gemm",
        moved=(0, y.size),
        operands=(a, b, bias),
        rows=rows,
        depth=depth,
        columns=columns,
        groups=groups,
        activations=tuple(value for value in (a, b, bias) if value is not None and not value.constant),
    )


def _product(
    kind: str,
    *,
    moved: tuple[float, float],
    operands: Sequence[Value | None],
    rows: int,
    depth: int,
    columns: int,
    groups: int = 1,
    winograd: bool = False,
    activations: Sequence[Value] = (),
) -> Row:
    return Row(
        kind,
        flops=2.0 * rows * depth * columns * groups,
        read=moved[0] + sum(value.size for value in activations),
        write=moved[1],
        weights=tuple(value for value in operands if value is not None and value.constant),
        rows=rows,
        depth=depth,
        columns=columns,
        groups=groups,
        winograd=winograd,
    )


def _einsum(call: Call) -> list[Row]:
    """Return a contraction of two tensors as a stack of matrix products."""
    equation = str(call.attributes["equation"]).replace(" ", "")
    terms, _, result = equation.partition("->")
    names = terms.split(",")
    if len(names) != 2 or "..." in equation or not result or len(set(names[0])) < len(names[0]):
        raise ValueError(f"{call.name}: Einsum '{equation}' is no product of two tensors; export it as MatMul")
    a, b = call.needed(0), call.needed(1)
    size = {**dict(zip(names[0], a.shape, strict=True)), **dict(zip(names[1], b.shape, strict=True))}
    left, right, out = set(names[0]), set(names[1]), set(result)

    def of(letters: set[str]) -> int:
        return prod(size[letter] for letter in letters)

    rows, depth, columns = of((left & out) - right), of((left & right) - out), of((right & out) - left)
    groups = of(left & right & out)
    if a.constant:
        rows, columns = columns, rows
    return [_dense(a, b, call.outputs[0], None, rows=rows, depth=depth, columns=columns, groups=groups)]


def _attention(call: Call) -> list[Row]:
    """Return scaled dot-product attention: scores, softmax, and the mean of the values that they weigh."""
    q, k, v = (call.needed(index) for index in range(3))
    if len(q.shape) == 4:
        heads, depth, own, other, wide = q.shape[1], q.shape[3], q.shape[2], k.shape[2], v.shape[3]
    else:
        heads = int(call.attributes["q_num_heads"])
        depth, own, other = q.shape[2] // heads, q.shape[1], k.shape[1]
        wide = v.shape[2] // int(call.attributes["kv_num_heads"])
    groups = q.shape[0] * heads
    scores = groups * own * other
    return [
        Row("gemm", 2.0 * scores * depth, q.size + k.size, scores, (), own, depth, other, groups, suffix=" scores"),
        Row("elementwise", 5.0 * scores, 2 * scores, scores, suffix=" softmax"),
        Row("gemm", 2.0 * scores * wide, scores + v.size, groups * own * wide, (), own, other, wide, groups,
            suffix=" values"),
    ]  # fmt: skip


PRODUCTS: Mapping[str, Callable[[Call], list[Row]]] = {
    "Conv": _conv,
    "ConvInteger": lambda call: _conv(call, bias=99),
    "DeformConv": lambda call: _conv(call, bias=3),
    "QLinearConv": lambda call: _conv(call, 0, 3, 8),
    "ConvTranspose": _conv_transpose,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "MatMulInteger": _matmul,
    "QLinearMatMul": lambda call: _matmul(call, 0, 3),
    "Einsum": _einsum,
    "Attention": _attention,
}
"""What each operator costs, by its name."""
