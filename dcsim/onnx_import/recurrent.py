"""Operators that go along a sequence: LSTM, GRU and plain recurrent layers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dcsim.onnx_import.row import Row

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from dcsim.onnx_import.call import Call, Value

__all__ = ["RECURRENT", "samples_of"]

_LAYERS = ("LSTM", "GRU", "RNN")


def samples_of(call: Call) -> int | None:
    """Return how many sequences a recurrent layer takes at once; None for other operators."""
    if call.op not in _LAYERS:
        return None
    return call.needed(0).shape[0 if call.attributes.get("layout", 0) else 1]


def _recurrent(call: Call) -> list[Row]:
    """Return the input products of all steps as one call, then one call a step for the state and the gates.

    Steps after the first share its weights. A step reads the gates' input products and the state, and writes the gates
    and the state; about 5 FLOP for each gate and each value of a cell, at most a sixth of the product's.
    """
    x, w, r = (call.needed(index) for index in range(3))
    bias = call.input(3)
    directions, wide, inputs = w.shape
    hidden = r.shape[2]
    values = wide + hidden * (2 if call.op == "LSTM" else 1)
    batch = samples_of(call) or 1
    steps = x.size // (batch * inputs)
    product = 2.0 * hidden * wide
    gates = 5.0 * (wide + (hidden if call.op == "LSTM" else 0))
    all_steps = Row(
        "gemm",
        flops=2.0 * steps * batch * inputs * wide,
        read=x.size,
        write=steps * batch * wide,
        weights=(_part(w, directions),),
        rows=steps * batch,
        depth=inputs,
        columns=wide,
        repeat=directions,
        suffix=" input products",
    )
    first = Row(
        "recurrent",
        flops=batch * (product + min(gates, product / 6)),
        read=batch * values,
        write=batch * values,
        weights=tuple(_part(value, directions) for value in (r, bias) if value is not None),
        rows=batch,
        depth=hidden,
        columns=wide,
        repeat=directions,
        suffix=" first step",
    )
    if steps == 1:
        return [all_steps, first]
    return [all_steps, first, replace(first, repeat=directions * (steps - 1), shares=True, suffix=" further steps")]


def _part(value: Value, directions: int) -> Value:
    """Return the weights of one direction."""
    return replace(value, shape=(value.size // directions,), stored=value.stored // directions)


RECURRENT: Mapping[str, Callable[[Call], list[Row]]] = dict.fromkeys(_LAYERS, _recurrent)
"""What each operator costs, by its name."""
