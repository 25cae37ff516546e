"""A layer as an operator describes it, before it is counted per sample."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcsim.onnx_import.call import Value

__all__ = ["Row"]


@dataclass(frozen=True)
class Row:
    """What one call costs for all samples of the graph; sizes are numbers of values.

    Parameters
    ----------
    kind : str
        Kind of layer.
    flops : float
        Work.
    read, write : float
        Activations moved.
    weights : tuple of Value
        Constants that the call reads and training sets.
    rows, depth, columns, groups : int
        Matrix product; 0 rows for none.
    winograd, in_place : bool
        As in ``dcsim.spec.model.Layer``.
    repeat : int
        Calls like this one, each with its part of the weights.
    shares : bool
        Whether the weights are those of the row before.
    suffix : str
        Added to the name of the node.
    """

    kind: str
    flops: float
    read: float
    write: float
    weights: tuple[Value, ...] = ()
    rows: int = 0
    depth: int = 0
    columns: int = 0
    groups: int = 1
    winograd: bool = False
    in_place: bool = False
    repeat: int = 1
    shares: bool = False
    suffix: str = ""
