"""Functions that older exports spell out in simple operators, and frameworks compute in one call."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dcsim.onnx_import.call import Call, Value

__all__ = ["fuse"]


def fuse(calls: Sequence[Call]) -> list[Call]:
    """Return calls with each layer normalisation and each GeLU, ``x (1 + erf(x / sqrt 2)) / 2``, as one.

    Parameters
    ----------
    calls : sequence of Call
        In an order of computation.
    """
    makers = {value.name: call for call in calls for value in call.outputs}
    whole: dict[str, Call] = {}
    gone: set[str] = set()
    for call in calls:
        for op, parts in (("LayerNormalization", _layer_norm(call, makers)), ("Gelu", _gelu(call, makers))):
            if parts:
                start = _moving(parts[-1])[0]
                whole[_made(call)] = replace(call, op=op, inputs=(start,), attributes={}, alone=False)
                gone.update(_made(part) for part in parts)
    return [whole.get(_made(call), call) for call in calls if _made(call) not in gone]


def _layer_norm(call: Call, makers: Mapping[str, Call]) -> list[Call]:
    """Return the other calls of a normalisation that ends here, the first last; none if it is no such thing."""
    centred, root = _maker(call, 0, makers, "Sub"), _maker(call, 1, makers, "Sqrt")
    if call.op != "Div" or centred is None or root is None:
        return []
    shifted = _maker(root, 0, makers, "Add")
    variance = shifted and _maker(shifted, 0, makers, "ReduceMean")
    square = variance and _maker(variance, 0, makers, "Pow", "Mul")
    mean = _maker(centred, 1, makers, "ReduceMean")
    if not (shifted and variance and square and mean):
        return []
    if _moving(square)[0] not in centred.outputs or _moving(mean)[0] != _moving(centred)[0]:
        return []
    return [centred, root, shifted, variance, square, mean]


def _gelu(call: Call, makers: Mapping[str, Call]) -> list[Call]:
    """Return the other calls of a GeLU that ends here, the first last; none if it is no such thing."""
    for index in range(2):
        product = _maker(call, 0, makers, "Mul")
        shifted = product and _maker(product, index, makers, "Add")
        error = shifted and _maker(shifted, 0, makers, "Erf")
        scaled = error and _maker(error, 0, makers, "Div", "Mul")
        if call.op == "Mul" and product and shifted and error and scaled and _moving(scaled)[0] in _moving(product):
            return [product, shifted, error, scaled]
    return []


def _moving(call: Call) -> list[Value]:
    """Return the inputs of a call that are no constants."""
    return [value for value in call.given if not value.constant]


def _maker(call: Call, index: int, makers: Mapping[str, Call], *ops: str) -> Call | None:
    """Return the call that makes one of the moving inputs, if its operator is one of those."""
    moving = _moving(call)
    found = makers.get(moving[index].name) if index < len(moving) else None
    return found if found is not None and found.op in ops else None


def _made(call: Call) -> str:
    """Return what tells one call from all others."""
    return call.outputs[0].name
