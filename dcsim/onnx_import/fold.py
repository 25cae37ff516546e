"""Calls that frameworks compute as part of the one before: biases of products, gains and biases of normalisations."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcsim.onnx_import.call import Call, Value

__all__ = ["fold"]

_GAIN, _BIAS = 1, 2
"""Inputs of a normalisation; a product has its bias in the same place."""
_NORMS = frozenset({"BatchNormalization", "InstanceNormalization", "LayerNormalization", "RMSNormalization"})
_PRODUCTS = frozenset({"Conv", "ConvTranspose", "Gemm", "MatMul"})


def fold(calls: Sequence[Call]) -> list[Call]:
    """Return calls without those that only scale or shift what a normalisation or a product yields.

    A trained tensor that is added to a product without a bias is its bias. One that multiplies or is added to what a
    normalisation yields takes the place of its own gain or bias, which then only undoes the other.

    Parameters
    ----------
    calls : sequence of Call
        In an order of computation.
    """
    folded: list[Call] = []
    place: dict[str, int] = {}
    for call in calls:
        moving = [value for value in call.given if not value.constant]
        into = place.get(moving[0].name) if len(moving) == 1 and call.alone else None
        taken = None if into is None else _taken(folded[into], call)
        if into is None or taken is None:
            place[call.outputs[0].name] = len(folded)
            folded.append(call)
        else:
            folded[into] = taken
            place[call.outputs[0].name] = into
    return folded


def _taken(before: Call, call: Call) -> Call | None:
    """Return a call with the gain or bias that the next one brings; None if it is no such thing."""
    weights = [value for value in call.given if value.trained]
    if call.op not in {"Mul", "Add"} or len(weights) != 1 or call.outputs[0].size != before.outputs[0].size:
        return None
    if before.op in _NORMS:
        return _with(before, _GAIN if call.op == "Mul" else _BIAS, weights[0], call)
    channels = before.outputs[0].shape[1 if before.op.startswith("Conv") else -1]
    if before.op in _PRODUCTS and call.op == "Add" and before.input(_BIAS) is None and weights[0].size == channels:
        return _with(before, _BIAS, weights[0], call)
    return None


def _with(call: Call, index: int, value: Value, after: Call) -> Call:
    """Return a call with an input replaced or added, which yields what the call after it did."""
    inputs = [*call.inputs, *[None] * (index + 1 - len(call.inputs))]
    inputs[index] = value
    return replace(call, inputs=tuple(inputs), outputs=after.outputs)
