"""What a row of a layer table may say of its shape."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from dcsim.spec.model import Layer

BYTES = {"read": "16 kB", "write": "4 kB", "weights": "4 MB"}
GEMM = {"name": "g", "kind": "gemm", "flops": "2400 FLOP", **BYTES, "parameters": 124, "rows": 10, "depth": 30,
        "columns": 4}  # fmt: skip
TABLE = {"name": "t", "kind": "embedding", "flops": "0 FLOP", **BYTES, "parameters": 1280, "rows": 100, "columns": 32}
WINDOW = {**GEMM, "kind": "conv", "winograd": True}
PLAIN = {"name": "e", "kind": "elementwise", "flops": "1 kFLOP", **BYTES, "parameters": 0}


@pytest.mark.parametrize(
    "entry",
    [GEMM, TABLE, WINDOW, PLAIN, {**GEMM, "kind": "recurrent", "flops": "2880 FLOP"},
     {**GEMM, "groups": 3, "flops": "7200 FLOP"}, {**GEMM, "tensors": [120, 4]}],
)  # fmt: skip
def test_agrees(entry: dict[str, Any]) -> None:
    Layer.model_validate(entry)


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ({**GEMM, "depth": 0}, "a layer of kind gemm needs the rows, depth and columns"),
        ({**GEMM, "flops": "2399 FLOP"}, "2 x rows x depth x columns x groups = 2400 FLOP"),
        ({**GEMM, "flops": "2881 FLOP"}, "up to 20 % more"),
        ({**GEMM, "winograd": True}, "only a layer of kind conv"),
        ({**GEMM, "tensors": [120, 5]}, "tensors hold 125 values, parameters says 124"),
        ({**PLAIN, "columns": 3}, "only layers of kind gemm, conv, recurrent have rows"),
        ({**TABLE, "rows": 0}, "needs rows .lookups. and columns"),
        ({**TABLE, "columns": 0}, "needs rows .lookups. and columns"),
        ({**TABLE, "depth": 2}, "no depth"),
        ({**TABLE, "read": "12799 B"}, "at least 4 x rows x columns = 12800 B"),
        ({**TABLE, "winograd": True}, "only a layer of kind conv"),
    ],
)
def test_refuses(entry: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        Layer.model_validate(entry)
